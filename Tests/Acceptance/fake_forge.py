"""A forge on loopback: a real bare repository over http, pull requests in memory, and the REST API of one of four kinds."""

import collections
import contextlib
import dataclasses
import http.client
import http.server
import json
import subprocess
import threading
import time
import urllib.parse
import uuid

from forge_dialects import DIALECTS, ZEROS
from forge_server import Answering

TOKEN = "the-token-of-espalier"
SECRET = "shared-with-the-forge"


@dataclasses.dataclass
class Pull:
    number: int
    source: str
    head: str
    title: str
    author: str = "chris"
    target: str = "main"
    fork: bool = False
    draft: bool = False
    # `merging` is one that the forge was asked to merge, and will.
    state: str = "open"
    before: str = ZEROS
    merged_as: str | None = None
    conflicts: bool = False
    # Open, and between two pages of the list when it is read.
    slips: bool = False


@dataclasses.dataclass
class Told:
    """A status that the forge was sent."""

    commit: str
    context: str
    state: str
    description: str
    url: str | None


Asked = collections.namedtuple("Asked", "at call argument status")


class FakeForge:
    """Serves as long as the `with` lasts."""

    def __init__(self, project, kind):
        self.project, self.dialect = project, DIALECTS[kind]()
        self.pulls, self.statuses, self.asked = {}, [], []
        # Faults.
        self.down = self.blocks = self.merges_later = self.gives_up = False
        self.most, self.pushing_token, self.private = 100, TOKEN, False
        self.failing = collections.deque()
        self.answers, self.kept_waiting = threading.Event(), 0
        self.answers.set()

    def __enter__(self):
        project = self.project
        project.environment["no_proxy"] = "127.0.0.1"
        project.call("git", "config", "http.receivepack", "true", cwd=project.bare)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.server.root, self.server.forge, self.server.answers, self.server.pause = project.folder, self, self.answers, 0
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.url = f"{self.address}/{project.bare.name}"
        self.token, self.secret = project.folder / "token", project.folder / "secret"
        self.token.write_text(f"{TOKEN}\n")
        self.secret.write_text(f"{SECRET}\n")
        self.thread = threading.Thread(target=self.server.serve_forever, args=[0.02])
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.answers.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def link(self, *options, secret=True, name="shop"):
        """Join the project to this forge."""
        files = ["--token-file", self.token, *(["--secret-file", self.secret] if secret else [])]
        dialect = self.dialect
        return self.project.call(
            self.project.binaries / "espalier", "link", name, "--kind", dialect.kind, "--api", self.address + dialect.root,
            "--repository", dialect.repository, *files, *options)

    @contextlib.contextmanager
    def having(self, **faults):
        """With these attributes, for a while."""
        usual = {name: getattr(self, name) for name in faults}
        self.__dict__.update(faults)
        try:
            yield
        finally:
            self.__dict__.update(usual)

    @contextlib.contextmanager
    def silence(self):
        """Calls get no answer, for a while."""
        self.answers.clear()
        try:
            yield
        finally:
            self.answers.set()

    @contextlib.contextmanager
    def expired_token(self):
        """With another token in the file, for a while."""
        self.token.write_text("expired\n")
        try:
            yield
        finally:
            self.token.write_text(TOKEN)

    # What people do on it

    def open(self, files, name=None, start="origin/main", **more):
        """A pull request of one commit; one from a fork has no branch here."""
        number = len(self.pulls) + 1
        source = name or f"topic-{number}"
        self.project.git("fetch", "--quiet", self.project.bare, "+refs/heads/*:refs/remotes/origin/*")
        self.project.git("checkout", "--quiet", "-B", source, start)
        head = self.commit(files, source)
        pull = Pull(number, source, head, f"Pull {number}", **more)
        self.pulls[number] = pull
        self.place(pull)
        return pull

    def update(self, pull, files, message="Update"):
        self.project.git("checkout", "--quiet", pull.source)
        pull.before, pull.head = pull.head, self.commit(files, message)
        self.place(pull)

    def commit(self, files, message):
        """Files by their text; without text they are removed."""
        gone = [path for path, text in files.items() if text is None and (self.project.work / path).exists()]
        if gone:
            self.project.git("rm", "--quiet", *gone)
        return self.project.commit_files({path: text for path, text in files.items() if text is not None}, message)

    def page(self, pull):
        return self.dialect.page_of(pull, self.address)

    def place(self, pull):
        """Have the refs that a forge has."""
        specs = [] if pull.fork else [f"+{pull.head}:refs/heads/{pull.source}"]
        self.project.git("push", "--quiet", self.project.bare, *specs, f"+{pull.head}:refs/pulled/{pull.number}")
        ref = self.dialect.pull_ref.format(pull.number)
        commit = pull.head if ref.endswith("/head") else self.merge_commit(pull, False, "Try to merge")
        if commit:
            self.bare("update-ref", ref, commit)

    def close(self, pull):
        pull.state = "closed"

    def merge(self, pull, squash=False, message="Merge by hand"):
        """Merge it into its target; what the target has then, or nothing."""
        commit = self.merge_commit(pull, squash, message)
        if commit:
            self.bare("update-ref", f"refs/heads/{pull.target}", commit)
            pull.state, pull.merged_as = "merged", commit
        return commit

    def merge_commit(self, pull, squash, message):
        base = self.project.tip(pull.target)
        done = subprocess.run(["git", "merge-tree", "--write-tree", base, pull.head], cwd=self.project.bare, text=True,
                              capture_output=True, env=self.project.environment)
        if done.returncode:
            return None
        parents = ["-p", base] + ([] if squash else ["-p", pull.head])
        return self.bare("commit-tree", done.stdout.split()[0], *parents, "-m", message).strip()

    def has(self, commit):
        return subprocess.run(["git", "cat-file", "-e", commit], cwd=self.project.bare, capture_output=True).returncode == 0

    def bare(self, *arguments):
        return self.project.call("git", *arguments, cwd=self.project.bare)

    # Webhooks

    def tell(self, event, pull=None, **more):
        """Send a webhook; the status and the text of the answer."""
        return self.post(*self.dialect.moved(event, pull, more.pop("repository", None)), **more)

    def tell_push(self, branch, before=ZEROS, after=None):
        return self.post(*self.dialect.pushed(f"refs/heads/{branch}", before, after or self.project.tip(branch)))

    def post(self, event, body, delivery=None, secret=SECRET, to="shop"):
        delivery = delivery or str(uuid.uuid4())
        if hasattr(self.dialect, "envelope"):
            body = self.dialect.envelope(event, delivery, body)
        raw = json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **self.dialect.headers(event, delivery, raw, secret)}
        address = urllib.parse.urlsplit((self.project.home / "address").read_text())
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        connection.request("POST", f"/hooks/{to}", raw, headers)
        answer = connection.getresponse()
        said = answer.status, answer.read().decode().strip()
        connection.close()
        return said

    # What it saw

    def status(self, commit, context="espalier/gate"):
        """The latest one, if any."""
        return next((told for told in reversed(self.statuses) if (told.commit, told.context) == (commit, context)), None)

    def states(self, commit, context="espalier/gate"):
        """All of them, oldest first, each once in a row."""
        states = [told.state for told in self.statuses if (told.commit, told.context) == (commit, context)]
        return [state for at, state in enumerate(states) if at == 0 or states[at - 1] != state]

    def count(self, call, since=0.0, about=None):
        """How often it was asked for that."""
        return sum(asked.call == call and asked.at >= since and about in (None, asked.argument) for asked in list(self.asked))

    @staticmethod
    def now():
        """As `asked` tells the time."""
        return time.monotonic()

    def tree(self, commit, mirror=False):
        folder = self.project.home / "mirrors/shop.git" if mirror else self.project.bare
        return self.project.call("git", "rev-parse", f"{commit}^{{tree}}", cwd=folder).strip()

    def fails_next(self, times, status=503, **headers):
        """The next calls of the API fail."""
        self.failing.extend([(status, headers)] * times)

    # The API

    def answer(self, method, path, query, headers, body):
        """Status, JSON or text, header fields."""
        call, argument = self.dialect.route(method, path)
        self.kept_waiting += not self.answers.is_set()
        self.answers.wait(60)
        if self.down:
            answer = 503, {"message": "down for maintenance"}, {}
        elif self.failing:
            status, fields = self.failing.popleft()
            answer = status, {"message": "not now"}, {name.replace("_", "-"): value for name, value in fields.items()}
        elif call is None:
            answer = 404, {"message": "Not Found"}, {}
        elif not self.dialect.knows(headers, TOKEN):
            answer = *self.dialect.refused_token(), {}
        else:
            answer = getattr(self, f"answer_{call}")(argument, query, body)
        self.note(call, argument, answer[0])
        return answer

    def note(self, call, argument, status):
        self.asked.append(Asked(self.now(), call, argument, status))

    def answer_list(self, _, query, body):
        begin, size = self.dialect.page(query, self.most)
        pulls = [pull for pull in list(self.pulls.values()) if pull.state == "open" and not pull.slips]
        next_page = begin // size + 2 if len(pulls) > begin + size else None
        return self.dialect.listed(pulls[begin:begin + size], self.address, next_page)

    def answer_get(self, number, query, body):
        pull = self.pulls.get(int(number))
        if not pull:
            return 404, {"message": "Not Found"}, {}
        shown = self.dialect.show(pull)
        self.finish(pull)
        return 200, shown, {}

    def answer_status(self, commit, query, body):
        if not self.has(commit):
            return *self.dialect.no_commit(commit), {}
        context, state, description, url = self.dialect.status(body)
        before = self.status(commit, context)
        self.statuses.append(Told(commit, context, state, description, url))
        return *self.dialect.status_answer(before and before.state, state), {}

    def answer_merge(self, number, query, body):
        pull = self.pulls[int(number)]
        head, squash, message = self.dialect.order(body)
        if self.blocks or pull.state != "open":
            return *self.dialect.not_mergeable(), {}
        if head != pull.head:
            return *self.dialect.head_moved(), {}
        if pull.conflicts:
            return 200, self.dialect.show(pull), {}
        if self.merges_later:
            pull.state, self.order = "merging", (squash, message)
        elif not self.merge(pull, squash, message):
            return *self.dialect.not_mergeable(), {}
        return *self.dialect.merged(pull), {}

    def finish(self, pull):
        """What was put off until somebody has looked."""
        if pull.state == "merging":
            if self.gives_up or not self.merge(pull, *self.order):
                pull.state, pull.conflicts = "open", True
