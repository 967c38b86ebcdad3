"""A small watched project: a bare repository, a working copy, a daemon; and the latches by which tests and steps meet."""

import contextlib
import json
import os
import select
import signal
import socket
import sqlite3
import subprocess
import textwrap
import time

from story import Story

PROJECT = {
    "environments/project.yml": "name: shop\ndefault_branch: main\n",
    "environments/dev.yml": 'branches: ["feature/**"]\n',
    "environments/staging.yml": 'branches: ["main"]\nprotected: true\n',
    "environments/prod.yml": 'branches: ["release/**"]\nprotected: true\n',
    "pipelines/dev.yml": "on: { push: { environment: dev } }\nsteps:\n  hello: { run: 'echo hello from $ESPALIER_BRANCH' }\n",
}
OPEN = ("queued", "running")


class Watched(Story):
    """`Story` with a shell-only project, and with daemons that may be stopped, killed and started again."""

    def begin(self, files=None, adopt=True, options=(), env=None, readable=()):
        self.call("git", "init", "--quiet", "--bare", "--initial-branch=main", self.bare)
        self.call("git", "clone", "--quiet", self.bare, self.work)
        self.git("checkout", "--quiet", "-b", "main")
        self.options, self.extra = tuple(options), env or {}
        if readable:
            self.home.mkdir(parents=True, exist_ok=True)
            (self.home / "policy.yml").write_text(f"readable: {json.dumps([str(path) for path in readable])}\n")
        self.commit_files({**PROJECT, **(files or {})}, "Begin")
        self.git("push", "--quiet", "origin", "main")
        if adopt:
            self.adopt()
            self.serve()

    def commit_files(self, files, message="Change"):
        for path, text in files.items():
            self.write(path, textwrap.dedent(text))
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD").strip()

    def branch(self, name, files=None, start="main", message=None):
        """A new branch of the working copy, with one commit of its own."""
        self.git("checkout", "--quiet", "-B", name, start)
        return self.commit_files(files or {"note.txt": f"{name}\n"}, message or name)

    def push(self, refspec, *options):
        """Push; what the remote end said, one line a remark."""
        said = self.call("git", "push", *options, "origin", *refspec.split(), cwd=self.work)
        return "\n".join(line.removeprefix("remote: ").removesuffix("\x1b[K").strip() for line in said.splitlines())

    # The daemon

    def espalier(self, *arguments):
        return subprocess.run([self.binaries / "espalier", *map(str, arguments)], env=self.environment, text=True,
                              capture_output=True)

    def adopt(self, repository=None, *arguments):
        return self.ask("adopt", repository or self.bare, *arguments)

    def serve(self, *options, looks=True):
        address = self.home / "address"
        address.unlink(missing_ok=True)
        with open(self.folder / "daemon.log", "ab") as log:
            self.daemon = subprocess.Popen(
                [self.binaries / "espalier", "serve", "--port", "0", *(options or self.options)],
                env={**self.environment, **self.extra}, stdout=log, stderr=log, start_new_session=True)
        # A message is answered only after the first look at everything has been asked for.
        self.until(lambda: address.exists() and (not looks or self.ring("look")), "the daemon answers")

    def ring(self, *lines):
        """Say something at the daemon's door; its answer."""
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(120)
            try:
                door.connect(str(self.home / "socket"))
                door.sendall("\n".join([*lines, "", ""]).encode())
                return b"".join(iter(lambda: door.recv(65536), b"")).decode()
            except ConnectionError:
                return ""

    def look(self):
        """Have everything looked at and planned, now."""
        assert self.ring("look") == "ok\n"
        # What another look has found is planned by whoever looked.
        self.until(lambda: self.query("SELECT count(*) FROM event WHERE handled_at IS NULL") == [(0,)], "all is planned")

    def end(self, number=signal.SIGTERM):
        self.daemon.send_signal(number)
        try:
            code = self.daemon.wait(60)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            raise AssertionError(f"the daemon does not end, and is killed:\n{self.last_words()}") from None
        assert code == (0 if number in (signal.SIGTERM, signal.SIGINT) else -number), f"{code}\n{self.last_words()}"
        self.daemon = None

    def last_words(self):
        return (self.folder / "daemon.log").read_text()[-3000:]

    def close(self):
        """End the daemon, and whatever steps it left behind."""
        if self.daemon and self.daemon.poll() is None:
            self.end()
        for lock in [*self.home.glob("runs/*/*/*/lock"), *self.home.glob("mlflow/lock")]:
            # It may end at this moment.
            with contextlib.suppress(OSError):
                pid = lock.read_text().strip()
                if pid and alive(int(pid), "espalier-minder"):
                    os.kill(int(pid), signal.SIGTERM)

    def until(self, condition, what="it happens", seconds=60):
        """Wait until `condition` gives something, and return it: the one place where anything is polled.

        What a condition does not find (a key, an item) may still come: an answer leaves out what is not known yet."""
        deadline, missing = time.monotonic() + seconds, None
        while time.monotonic() < deadline:
            if self.daemon and self.daemon.poll() is not None:
                raise AssertionError(f"the daemon ended:\n{self.last_words()}")
            try:
                if found := condition():
                    return found
                missing = None
            except (LookupError, StopIteration) as error:
                missing = error
            time.sleep(0.05)
        raise AssertionError(f"{what}: not within {seconds} s\n{self.last_words()}") from missing

    # What happened

    def runs(self, **filters):
        """Runs, oldest first, of that branch, pipeline, commit, ..."""
        found = reversed(self.ask("runs", "--limit", "1000"))
        return [run for run in found if all(run[key] == value for key, value in filters.items())]

    def has_open_runs(self):
        return any(run["outcome"] in OPEN for run in self.runs())

    def run_once(self, **filters):
        """The one such run, once it has ended, with its steps by name."""
        runs = self.until(lambda: self.runs(**filters), f"a run of {filters}")
        assert len(runs) == 1, runs
        return self.detail(runs[0]["id"])

    def detail(self, number):
        """A run once it has ended, with its steps by name."""
        done = subprocess.run([self.binaries / "espalier", "runs", str(number), "--wait", "--json"], env=self.environment,
                              text=True, capture_output=True, timeout=900)
        return self.named(json.loads(done.stdout))

    def now(self, number):
        """A run as it stands."""
        return self.named(self.ask("runs", number))

    @staticmethod
    def named(detail):
        return {**detail, "steps": {step["name"]: step for step in detail["steps"]}}

    def log(self, run, step):
        return self.ask("logs", run, step)[0]["text"]

    def remarks(self):
        return "\n".join(self.ask("status")["remarks"])

    def query(self, sql):
        """Rows of the store, read only."""
        with sqlite3.connect(f"file:{self.home}/espalier.sqlite?mode=ro", uri=True) as database:
            return database.execute(sql).fetchall()

    def data(self, environment="dev"):
        """$ESPALIER_DATA of an environment."""
        folder = self.home / "data/shop" / environment
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def latch(self, name, environment="dev"):
        return Latch(self.data(environment) / name)


# For schedules that are due each day: not while they are tested.
HOUR = (time.gmtime().tm_hour + 12) % 24


class Latch:
    """A fifo in a data root. A step says `echo > $ESPALIER_DATA/x` or waits with `read go < $ESPALIER_DATA/x`."""

    def __init__(self, path):
        os.mkfifo(path)
        # Open at both ends, so that neither side waits for the other to come.
        self.end = os.open(path, os.O_RDWR)

    def wait(self, seconds=60):
        """Until a step has written a line."""
        ready, _, _ = select.select([self.end], [], [], seconds)
        assert ready, "no step came here"
        return os.read(self.end, 4096).decode()

    def open(self, times=1):
        """Let `times` waiting steps go on."""
        os.write(self.end, b"go\n" * times)


def alive(pid, program):
    """Whether that process is still that program."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return program.encode() in file.read()
    except OSError:
        return False
