"""The daemon's token goes to the server that the operator named, and nowhere else: to no address of a branch, and into no step."""

import http.server
import json

import pytest

from attacks import STARTED, attempt, pipeline
from mlflow_servers import LoopbackServer

TOKEN = "the-daemons-own-token"


class Listener(LoopbackServer):
    """A server that answers like an empty MLflow, and keeps what it was asked and with which headers."""

    def __init__(self, elsewhere=None):
        super().__init__(Listening)
        self.seen, self.elsewhere = [], elsewhere
        self.url = f"http://127.0.0.1:{self.server_port}"

    def has_token(self):
        return any(TOKEN in text for text in self.seen)


class Listening(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append(f"{self.requestline}\n{self.headers}\n{body.decode(errors='replace')}")
        if self.server.elsewhere:
            self.send_response(307)
            self.send_header("Location", self.server.elsewhere + self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        content = json.dumps({"experiment": {"experiment_id": "1"}, "experiments": [], "model_versions": [],
                              "registered_models": []}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def log_message(self, *_):
        pass


REGISTER = {
    "attack": 'env; tr "\\0" "\\n" < /proc/1/environ; echo model_uri=runs:/0123456789abcdef0123456789abcdef/model >> $ESPALIER_OUTPUT',
    "register": {"needs": ["attack"], "register": {"model": "${steps.attack.outputs.model_uri}"}},
}


@pytest.fixture(scope="module")
def servers():
    with Listener().serving() as ours, Listener().serving() as theirs:
        yield ours, theirs


def registry(server, champion="best"):
    return f'registry: {{ server: "{server}", model: risk, aliases: {{ candidate: for-{champion}, incumbent: {champion} }} }}\n'


def prod(server, more=""):
    return f'branches: ["release/**"]\nprotected: true\n{more}' + registry(server, "champion")


@pytest.fixture(scope="module")
def project(attacked_once, servers):
    ours, _ = servers
    return attacked_once(
        {"environments/prod.yml": prod(ours.url), "environments/dev.yml": 'branches: ["feature/**"]\n' + registry(ours.url),
         "pipelines/release.yml": pipeline(REGISTER, on="push: { environment: prod }"),
         "pipelines/dev.yml": pipeline(REGISTER)},
        env={"MLFLOW_TRACKING_TOKEN": TOKEN}, options=("--look-every", "1"))


# Name → branch, and the files that name another server. OURS is the operator's, THEIRS the attacker's.
ATTACKS = {
    # Listed.
    "release": ("release/named", {"environments/prod.yml": prod("THEIRS")}),
    # Not listed.
    "user-in-the-url": ("release/user", {"environments/prod.yml": prod("http://OURHOST@THEIRHOST")}),
    "fragment": ("release/fragment", {"environments/prod.yml": prod("THEIRS/#OURHOST")}),
    "feature": ("feature/named", {"environments/dev.yml": 'branches: ["feature/**"]\n' + registry("THEIRS")}),
    "variable": ("feature/variable", {
        "environments/dev.yml": 'branches: ["feature/**"]\nenv: { MLFLOW_TRACKING_URI: "THEIRS" }\n' + registry("OURS")}),
    "proxy": ("feature/proxy", {
        "environments/dev.yml": 'branches: ["feature/**"]\nenv: { http_proxy: "THEIRS", ALL_PROXY: "THEIRS", no_proxy: "" }\n'}),
    "new-environment": ("other/x", {"environments/other.yml": 'branches: ["other/**"]\nprotected: true\n' + registry("THEIRS", "chosen"),
                                    "pipelines/other.yml": pipeline(REGISTER, on="push: { environment: other }")}),
    "notices": ("release/notices", {
        "environments/prod.yml": prod("OURS", 'notify: { x: { on: [failed], webhook: { url: "THEIRS" } } }\n')}),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_address_of_a_branch_gets_no_token(project, servers, name):
    """CASES: S12"""
    ours, theirs = servers
    branch, files = ATTACKS[name]
    theirs.seen.clear()
    swap = {"OURHOST": ours.url.removeprefix("http://"), "THEIRHOST": theirs.url.removeprefix("http://"), "OURS": ours.url,
            "THEIRS": theirs.url}
    for word, value in swap.items():
        files = {path: text.replace(word, value) for path, text in files.items()}
    run = attempt(project, branch, files, "registry", "environments/", "release/", "other/", "prod")
    asked = [project.espalier("models"), project.espalier("doctor")]
    assert not theirs.has_token(), theirs.seen
    if run:
        logs = project.words(run)
        assert STARTED in logs and TOKEN not in logs, logs
    assert TOKEN not in "".join(done.stdout + done.stderr for done in asked) + project.remarks()


def test_a_redirect_takes_no_token_along(attacked_once, servers):
    """CASES: S12, by the operator's own server, or whoever answers in its place"""
    _, theirs = servers
    theirs.seen.clear()
    with Listener(elsewhere=theirs.url).serving() as leading:
        project = attacked_once({"environments/prod.yml": prod(leading.url),
                                 "pipelines/release.yml": pipeline(REGISTER, on="push: { environment: prod }")},
                                env={"MLFLOW_TRACKING_TOKEN": TOKEN})
        project.push("main:refs/heads/release/1")
        project.until(lambda: leading.has_token(), "the operator's own server is asked, with the token")
        project.until(lambda: project.runs(branch="release/1"), "it runs")
        project.espalier("models")
        assert not theirs.has_token(), theirs.seen
        project.close()


def test_the_operators_server_gets_it(project, servers):
    """What the attacks above rely on: the server that the default branch names is asked with the token."""
    ours, _ = servers
    ours.seen.clear()
    project.push("main:refs/heads/release/good")
    project.until(lambda: ours.has_token(), "it is asked with the token")
