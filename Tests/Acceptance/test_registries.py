"""MLflow servers that somebody else runs: by URL, with passwords, below a path, over TLS, on PostgreSQL, and with models in
them that other people delete. Real servers; one daemon, whose environments each have a server of their own."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import tempfile
import types
import urllib.request

import mlflow_servers
import pytest
from mlflow_servers import PYTHON, Proxy
from watched import OPEN

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason=f"{PYTHON} is missing: scripts/setup makes it")

# Says which model was logged: by itself, or before, where the commit has a file that says so.
TRAIN = """\
import os, pathlib
print(*sorted(os.environ.items()), sep="\\n")
uri = pathlib.Path("logged").read_text().strip()
if not uri:
    import mlflow

    def same(model_input: list[float]) -> list[float]:
        return model_input

    # Or else of two that train first one fails to make it.
    assert mlflow.get_experiment_by_name(os.environ["MLFLOW_EXPERIMENT_NAME"]), "the experiment is not there"
    with mlflow.start_run():
        uri = mlflow.pyfunc.log_model(name="model", python_model=same, input_example=[0.25], pip_requirements=[]).model_uri
with open(os.environ["ESPALIER_OUTPUT"], "a") as said:
    print(f"model_uri={uri}", file=said)
"""

# The challenger is always much better. Waits, where a test wants to come between.
SCORE = """\
import os, pathlib, random
columns = {"challenger": 2.0, **({"champion": 0.2} if os.environ.get("ESPALIER_CHAMPION_URI") else {})}
print("champion:", os.environ.get("ESPALIER_CHAMPION_URI"))
go = pathlib.Path(os.environ["ESPALIER_DATA"], "go")
if go.exists():
    go.open().readline()
with open(pathlib.Path(os.environ["ESPALIER_OUTPUTS"], "evidence.csv"), "w") as file:
    print("id", "label", *columns, sep=",", file=file)
    for row in range(200):
        noise, label = random.Random(row), row % 2
        print(row, label, *(noise.gauss(quality * label, 1) for quality in columns.values()), sep=",", file=file)
"""

RELEASE = """\
on: { push: { environment: [ENVIRONMENTS] } }
steps:
  train: { run: python train.py }
  register: { needs: [train], register: { model: "${steps.train.outputs.model_uri}" } }
  score: { needs: [register], run: python score.py, outputs: [evidence] }
  promote:
    needs: [score]
    promote: { evidence: "${steps.score.outputs.evidence}", floor: { roc_auc: 0.5 }, improve: { metric: roc_auc, by: 0.0 } }
"""

# As it stands in a URL, and as it is.
PASSWORD, PLAIN = "sesame%3A%40open", "sesame:@open"
# What FoundationNetworking trusts on Debian.
STORE = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
TRAINED = ("url", "auth", "prefix", "postgresql")


@pytest.fixture(scope="module")
def servers():
    """All servers and what stands before them, by environment. MLflow itself may still be starting: `ready`."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="accept-registries-", dir="/tmp"))
    folder.chmod(0o755)
    with contextlib.ExitStack() as stack:
        url, ready = stack.enter_context(mlflow_servers.mlflow(folder, f"sqlite:///{folder}/mlflow.db"))
        own = mlflow_servers.certificate(folder)

        def proxy(**options):
            return stack.enter_context(Proxy(url, **options).serving())

        made = types.SimpleNamespace(
            folder=folder, url=url, ready=ready, certificate=own,
            postgresql=None, missing=mlflow_servers.missing_for_postgresql(),
            auth=proxy(allowed=[f"espalier:{PLAIN}", "trainer:trains"]), token=proxy(allowed=["the-token"]),
            prefix=proxy(prefix="/ml/tracking"), tls=proxy(certificate=own))
        if not made.missing:
            (folder / "on-postgresql").mkdir()
            database = stack.enter_context(mlflow_servers.postgresql(folder))
            made.postgresql, made.postgresql_ready = stack.enter_context(
                mlflow_servers.mlflow(folder / "on-postgresql", database))
        yield made
    shutil.rmtree(folder, ignore_errors=True)


def environment(server, model, aliases="candidate: challenger, incumbent: champion", more="", stage="", name=None):
    return (f'branches: ["{name or model}/**"]\nprotected: true\n{more}'
            f'registry: {{ server: "{server}", model: {model}, aliases: {{ {aliases} }}{stage} }}\n')


@pytest.fixture(scope="module")
def project(watch_all, servers):
    login = "env: { MLFLOW_TRACKING_USERNAME: trainer, MLFLOW_TRACKING_PASSWORD: trains }\n"
    environments = {
        "url": environment(servers.url, "url", stage=", stage: Production"),
        "auth": environment(servers.auth.address(f"espalier:{PASSWORD}"), "auth", more=login),
        "stranger": environment(servers.auth.address("espalier:wrong-sesame"), "stranger"),
        "token": environment(servers.token.address(), "token"),
        "prefix": environment(servers.prefix.address() + "/", "prefix"),
        "astray": environment(servers.prefix.address().replace("tracking", "trakcing"), "astray"),
        "postgresql": environment(servers.postgresql or servers.url, "postgresql"),
        "shared-staging": environment(servers.url, "shared", "candidate: staged, incumbent: staging", name="shared-staging"),
        "shared-prod": environment(servers.url, "shared", name="shared-prod"),
        "gone-model": environment(servers.url, "gone-model"),
        "remade": environment(servers.url, "remade"),
        "gone-version": environment(servers.url, "gone-version"),
        "gone-champion": environment(servers.url, "gone-champion"),
        "approved": environment(servers.url, "approved", more="approvals: { promote: 1 }\n"),
    }
    made = watch_all(
        {"train.py": TRAIN, "score.py": SCORE, "logged": "\n",
         "pipelines/release.yml": RELEASE.replace("ENVIRONMENTS", ", ".join(environments)),
         **{f"environments/{name}.yml": text for name, text in environments.items()}},
        options=("--slots", "6"), env={"MLFLOW_TRACKING_TOKEN": "the-token"})
    # `espalier models` asks the servers itself.
    made.environment["MLFLOW_TRACKING_TOKEN"] = "the-token"
    servers.ready()
    if servers.postgresql:
        servers.postgresql_ready()
    return made


@pytest.fixture(scope="module")
def trained(project):
    """A first release of each kind of server, all at once: its run's number."""
    commits = {name: push(project, name, "1", {"note.txt": f"{name}\n"}) for name in TRAINED}
    return {name: run_of(project, commit) for name, commit in commits.items()}


@pytest.fixture(scope="module")
def logged(project, trained):
    """The file that names a model which was logged before: no release from here on trains."""
    return {"logged": ended(project, trained["url"])["steps"]["train"]["values"]["model_uri"] + "\n"}


def push(project, environment, name, files):
    commit = project.branch(f"{environment}/{name}", {**files, "note.txt": f"{environment} {name}\n"})
    project.push(f"{environment}/{name}")
    return commit


def run_of(project, commit):
    return project.until(lambda: project.runs(commit=commit), "a run")[0]["id"]


def ended(project, run):
    """A run once it has ended; one that does not end gives its slot back to the other tests."""
    try:
        return project.until(lambda: (it := project.now(run))["run"]["outcome"] not in OPEN and it, f"run {run} ends", seconds=600)
    except AssertionError:
        project.espalier("cancel", run)
        raise AssertionError(project.espalier("runs", run).stdout)


def release(project, environment, name, files):
    """A release once it has ended."""
    return ended(project, run_of(project, push(project, environment, name, files)))


def passed(project, detail):
    assert detail["run"]["outcome"] == "passed", (detail, *(project.log(detail["run"]["id"], step) for step in detail["steps"]))
    return detail


def client(url):
    from mlflow import MlflowClient
    return MlflowClient(url)


def decisions(project, detail):
    return [one for one in project.ask("decisions") if one["run"] == detail["run"]["id"]]


def holds(project, servers, trained, name, server=None):
    """The first release of an environment is registered, promoted, and states its files; what it was."""
    detail = passed(project, ended(project, trained[name]))
    model = client(server or servers.url).get_registered_model(name)
    assert model.aliases == {"challenger": "1", "champion": "1"}
    assert "its files are stated and signed" in project.log(trained[name], "register")
    decision, = decisions(project, detail)
    assert decision["verdict"] == "promoted" and decision["applied_at"]
    return detail


def assert_through_the_door(project, run, step):
    """The step had the address of the daemon and a token of its own, and nothing else that leads to a server."""
    log = project.log(run, step)
    door = (project.home / "mlflow/address").read_text().strip().rpartition("/")
    assert f"'MLFLOW_TRACKING_URI', '{door[0]}'" in log and f"'MLFLOW_TRACKING_TOKEN', '{run}.{step}.1." in log
    assert door[2] not in log


# Servers of all sorts


def test_an_external_server_gets_versions_aliases_and_legacy_stages(project, servers, trained, logged):
    holds(project, servers, trained, "url")
    assert_through_the_door(project, trained["url"], "train")
    registry = client(servers.url)
    version = registry.get_model_version("url", "1")
    assert (version.current_stage, version.tags["espalier.run"]) == ("Production", str(trained["url"]))
    second = passed(project, release(project, "url", "2", logged))
    assert "champion: models:/url/1" in project.log(second["run"]["id"], "score")
    assert registry.get_registered_model("url").aliases == {"challenger": "2", "champion": "2"}
    assert [registry.get_model_version("url", one).current_stage for one in "12"] == ["Archived", "Production"]


def test_a_password_in_the_url_works_and_is_told_to_nobody(project, servers, trained):
    detail = holds(project, servers, trained, "auth")
    number = trained["auth"]
    assert_through_the_door(project, number, "train")
    told = [(project.folder / "daemon.log").read_text(), json.dumps(detail)]
    told += [project.log(number, step) for step in detail["steps"]]
    for words in (["status"], ["runs"], ["runs", number], ["explain", number], ["decisions"], ["models"], ["audit"],
                  ["plan", "--push", "auth/1"], ["provenance", "auth", "1"], ["doctor"]):
        for form in ([], ["--json"]):
            done = project.espalier(*words, *form)
            told.append(done.stdout + done.stderr)
    board = project.ask("status")["address"]
    for page in ("", "runs", f"runs/{number}", f"api/runs/{number}/steps/train/log", "models", "decisions"):
        told.append(urllib.request.urlopen(board + page, timeout=20).read().decode())
    for secret in (PASSWORD, PLAIN, servers.auth.expected[0].removeprefix("Basic ")):
        assert not [text for text in told if secret in text]


def test_a_wrong_password_is_an_error_that_says_where_and_what_to_do(project, servers, logged):
    detail = release(project, "stranger", "1", logged)
    register = detail["steps"]["register"]
    assert register["state"] == "failed" and "401" in register["detail"], register
    said = register["detail"] + project.espalier("runs", detail["run"]["id"]).stdout
    assert "wrong-sesame" not in said + (project.folder / "daemon.log").read_text()
    assert servers.auth.address() in register["detail"]
    assert re.search("name:password@|MLFLOW_TRACKING_TOKEN", register["detail"])


def test_a_token_of_the_daemon_is_sent_as_bearer(project, servers, logged):
    detail = passed(project, release(project, "token", "1", logged))
    assert client(servers.url).get_registered_model("token").aliases["champion"] == "1"
    assert all("the-token" not in project.log(detail["run"]["id"], step) for step in detail["steps"])


def test_one_server_that_turns_us_away_hides_no_other_models(project, servers, trained, logged):
    ended(project, trained["url"])
    release(project, "stranger", "2", logged)
    done = project.espalier("models", "--json")
    assert done.returncode == 0, done
    champion, = (one for one in json.loads(done.stdout) if one["name"] == "url" and "champion" in one["aliases"])
    assert champion["stage"] == "Production"
    assert servers.auth.address() in done.stderr and "wrong-sesame" not in done.stderr


def test_a_server_below_a_path(project, servers, trained):
    holds(project, servers, trained, "prefix")
    assert_through_the_door(project, trained["prefix"], "train")
    assert any(method == "PUT" and path.startswith("/ml/tracking/api/2.0/mlflow-artifacts/")
               for method, path in servers.prefix.seen), "no artifact came this way"
    assert all(path.startswith("/ml/tracking/api/") for _, path in servers.prefix.seen if "trakcing" not in path)


def test_a_wrong_path_is_an_error_that_names_the_server(project, servers, logged):
    register = release(project, "astray", "1", logged)["steps"]["register"]
    assert register["state"] == "failed" and "404" in register["detail"], register
    assert servers.prefix.address().replace("tracking", "trakcing") in register["detail"]


def test_a_certificate_of_ones_own(watch, servers):
    """Trusted where the machine trusts it: nothing else makes FoundationNetworking do so on Linux."""
    trust = f"env: {{ MLFLOW_TRACKING_SERVER_CERT_PATH: {servers.certificate} }}\n"
    project = watch({"environments/tls.yml": environment(servers.tls.address(), "tls", more=trust),
                     "train.py": TRAIN, "score.py": SCORE, "logged": "models:/m-0123456789abcdef0123456789abcdef\n",
                     "pipelines/release.yml": RELEASE.replace("ENVIRONMENTS", "tls")}, readable=[servers.certificate])
    servers.ready()
    run = run_of(project, push(project, "tls", "1", {}))
    said = project.until(lambda: project.now(run)["steps"]["register"]["detail"], "the step says something")
    project.espalier("cancel", run)
    ended(project, run)
    project.end()
    if os.geteuid() == 0:
        bundle = servers.folder / "bundle.crt"
        bundle.write_text((STORE.read_text() if STORE.exists() else "") + servers.certificate.read_text())
        serve_trusting(project, bundle)
        detail = passed(project, release(project, "tls", "2", {"logged": "\n"}))
        assert client(servers.url).get_registered_model("tls").aliases == {"challenger": "1", "champion": "1"}
        assert_through_the_door(project, detail["run"]["id"], "train")
        assert "its files are stated and signed" in project.log(detail["run"]["id"], "register")
        assert ("POST", "/api/2.0/mlflow/registered-models/create") in servers.tls.seen
    assert servers.tls.address() in said and "certificate" in said, said
    assert re.search("update-ca-certificates|/etc/ssl/certs", said), said


def serve_trusting(project, bundle):
    """Start the daemon where the machine trusts what is in `bundle`: nobody else sees that."""
    binaries, project.binaries = project.binaries, project.folder / "trusting"
    project.binaries.mkdir()
    (project.binaries / "espalier").write_text(
        f'#!/bin/sh\nexec unshare --mount sh -c \'mount --bind {bundle} {STORE} && exec "$0" "$@"\' {binaries}/espalier "$@"\n')
    (project.binaries / "espalier").chmod(0o755)
    project.serve()
    project.binaries = binaries


def test_a_server_on_postgresql(project, servers, trained, logged):
    if servers.missing:
        pytest.skip(servers.missing)
    holds(project, servers, trained, "postgresql", servers.postgresql)
    own = ended(project, trained["postgresql"])["steps"]["train"]["values"]["model_uri"]
    passed(project, release(project, "postgresql", "2", {"logged": f"{own}\n"}))
    assert client(servers.postgresql).get_registered_model("postgresql").aliases == {"challenger": "2", "champion": "2"}


def test_a_server_that_is_away_holds_up_nobody_else(watch):
    """Steps that wait for it do no work, and so take no place of others."""
    nobody = f"http://127.0.0.1:{mlflow_servers.free_port()}"
    project = watch({"environments/away.yml": environment(nobody, "away"), "train.py": TRAIN, "score.py": SCORE,
                     "logged": "models:/m-0123456789abcdef0123456789abcdef\n",
                     "pipelines/release.yml": RELEASE.replace("ENVIRONMENTS", "away")}, options=("--slots", "2"))
    waiting = [run_of(project, push(project, "away", name, {})) for name in "12"]
    for run in waiting:
        project.until(lambda: project.now(run)["steps"]["register"]["state"] == "waiting", "it waits")
        assert nobody in project.now(run)["steps"]["register"]["detail"]
    commit = project.branch("feature/other")
    project.push("feature/other")
    try:
        assert ended(project, run_of(project, commit))["run"]["outcome"] == "passed"
    finally:
        for run in waiting:
            project.espalier("cancel", run)


# Who shares what


def test_environments_that_share_a_model_keep_to_their_aliases(project, servers, logged):
    for name in ("shared-staging", "shared-prod", "shared-staging"):
        passed(project, release(project, name, str(len(project.runs(environment=name)) + 1), logged))
    model = client(servers.url).get_registered_model("shared")
    assert model.aliases == {"staged": "3", "staging": "3", "challenger": "2", "champion": "2"}
    scored = [project.log(run["id"], "score") for run in project.runs() if run["environment"].startswith("shared")]
    assert ["None" in log for log in scored] == [True, True, False] and "models:/shared/1" in scored[2]
    refused = project.espalier("rollback", "shared", "--reason", "x", "--as", "me")
    assert "shared-prod and shared-staging: name one with --environment" in refused.stderr
    only = project.espalier("rollback", "shared", "--environment", "shared-prod", "--reason", "x", "--as", "me")
    assert "there is no champion before shared 2" in only.stderr


def test_environments_with_a_model_each_do_not_see_each_other(project, servers, trained):
    holds(project, servers, trained, "prefix")
    found = client(servers.url).search_model_versions("name='prefix'")
    assert {one.tags["espalier.environment"] for one in found} == {"prefix"}


# What other people delete


@contextlib.contextmanager
def between(project, environment, name, files):
    """A release that has registered its version and is being scored; ended when the block is left."""
    latch = project.latch("go", environment)
    run = run_of(project, push(project, environment, name, files))
    project.until(lambda: project.now(run)["steps"]["score"]["state"] == "running", "it is scored")
    detail = {}
    yield detail
    latch.open()
    (project.data(environment) / "go").unlink()
    detail.update(ended(project, run))


def stopped(project, detail, said):
    """Its promotion has failed, says why, and leaves no decision that still wants to move something."""
    promote = detail["steps"]["promote"]
    assert promote["state"] == "failed" and re.search(said, promote["detail"]), promote
    for one in decisions(project, detail):
        shown = project.ask("decisions", "show", one["id"])
        assert shown.get("voided") or one["verdict"] == "not_promoted", shown


def test_a_model_that_is_deleted_before_its_promotion(project, servers, logged):
    registry = client(servers.url)
    with between(project, "gone-model", "1", logged) as detail:
        registry.delete_registered_model("gone-model")
    try:
        stopped(project, detail, "gone-model")
    finally:
        passed(project, release(project, "gone-model", "2", logged))
    assert registry.get_registered_model("gone-model").aliases == {"challenger": "1", "champion": "1"}


def test_a_model_that_somebody_has_made_anew_does_not_lend_its_version(project, servers, logged):
    registry = client(servers.url)
    with between(project, "remade", "1", logged) as detail:
        registry.delete_registered_model("remade")
        registry.create_registered_model("remade")
        uri = logged["logged"].strip()
        assert registry.create_model_version("remade", uri, model_id=uri.removeprefix("models:/")).version == "1"
    assert "champion" not in registry.get_registered_model("remade").aliases
    stopped(project, detail, "remade 1|version 1")


def test_a_version_that_is_deleted_before_its_promotion(project, servers, logged):
    registry = client(servers.url)
    passed(project, release(project, "gone-version", "1", logged))
    with between(project, "gone-version", "2", logged) as detail:
        registry.delete_model_version("gone-version", "2")
    assert registry.get_registered_model("gone-version").aliases == {"champion": "1"}
    try:
        stopped(project, detail, "gone-version")
    finally:
        passed(project, release(project, "gone-version", "3", logged))
    assert registry.get_registered_model("gone-version").aliases == {"challenger": "3", "champion": "3"}


def test_a_champion_that_is_deleted_while_it_is_compared(project, servers, logged):
    registry = client(servers.url)
    passed(project, release(project, "gone-champion", "1", logged))
    with between(project, "gone-champion", "2", logged) as detail:
        registry.delete_model_version("gone-champion", "1")
    stopped(project, detail, "made gone-champion 1 its 'champion'.* and it is gone from the registry")
    # The next one is no first one: a person says what serves.
    refused = release(project, "gone-champion", "3", logged)
    assert "espalier decisions accept gone-champion --version VERSION" in refused["steps"]["score"]["detail"], refused["steps"]
    accept(project, "gone-champion", "--version", "3")
    assert registry.get_registered_model("gone-champion").aliases["champion"] == "3"
    assert project.ask("decisions")[-1]["reasons"] == ["Accepted by the operator: it is gone"]


def accept(project, model, *options):
    done = project.espalier("decisions", "accept", model, *options, "--reason", "it is gone", "--as", "the operator", "--wait")
    assert done.returncode == 0, (done.stdout, done.stderr)


def test_an_alias_of_a_deleted_version_is_no_champion(project, servers, logged):
    """MLflow drops aliases with their versions; a database that was mended by hand may not."""
    passed(project, release(project, "gone-champion", "4", logged))
    with contextlib.closing(sqlite3.connect(servers.folder / "mlflow.db", timeout=30)) as database, database:
        moved = database.execute(
            "UPDATE registered_model_aliases SET version = 1 WHERE name = 'gone-champion' AND alias = 'champion'")
        assert moved.rowcount == 1
    refused = release(project, "gone-champion", "5", logged)
    assert "made gone-champion 4 its 'champion'" in refused["steps"]["score"]["detail"], refused["steps"]
    done = project.espalier("rollback", "gone-champion", "--to", "4", "--reason", "x", "--as", "me", "--wait")
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert client(servers.url).get_registered_model("gone-champion").aliases["champion"] == "4"


def test_an_approved_version_that_is_gone_holds_up_no_other(project, servers, logged):
    registry = client(servers.url)
    first, second = (decisions(project, passed(project, release(project, "approved", one, logged)))[0] for one in "12")
    registry.delete_model_version("approved", first["challenger"])
    for one in (first, second):
        assert project.espalier("decisions", "approve", one["id"], "--as", "the operator").returncode == 0
    project.until(lambda: project.ask("decisions", "show", second["id"]).get("applied_at"), "the second is applied")
    voided = project.until(lambda: project.ask("decisions", "show", first["id"])["voided"], "the first is void")
    assert "approved" in voided
    assert registry.get_registered_model("approved").aliases["champion"] == second["challenger"]
