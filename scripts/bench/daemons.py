"""What every bench needs: a release build, a folder that goes away, daemons that end, and an exit code."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

import figures

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAME = pathlib.Path(sys.argv[0]).name
# What has not happened after this many seconds never will.
PATIENCE = 30


def run(main):
    """Run a bench, and exit with its code. A signal unwinds it like an error, so that everything it created is removed."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        # Under nohup, a closed terminal is no reason to end.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)


def positive(text):
    if int(text) < 1:
        raise ValueError
    return int(text)


def progress(text, is_last=True):
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="\n" if is_last else "", file=sys.stderr, flush=True)


def require_sandbox(option):
    if not shutil.which("bwrap"):
        raise SystemExit(f"{NAME}: {option} needs bubblewrap: run scripts/setup")


def binaries():
    """The folder of the programs: $ESPALIER_BIN, else that of a new release build."""
    return pathlib.Path(os.environ.get("ESPALIER_BIN") or build()).resolve()


def build():
    script = 'set -euo pipefail; export ESPALIER_BUILD=release; source scripts/build >&2; printf %s "$ESPALIER_BIN"'
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, text=True, stdout=subprocess.PIPE)
    if done.returncode:
        raise SystemExit(done.returncode)
    return done.stdout


@contextlib.contextmanager
def temporary_folder():
    """A folder that is removed afterwards, however this ends, even while a last step still uses it."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"espalier-{NAME}-"))
    try:
        yield folder
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        deadline = time.monotonic() + 5
        while folder.exists() and time.monotonic() < deadline:
            shutil.rmtree(folder, onerror=open_up)
            time.sleep(0.05)


def open_up(remove, path, _):
    """overlayfs leaves a folder that only root may enter."""
    with contextlib.suppress(OSError):
        os.chmod(path, 0o700)
        remove(path)


class Daemon:
    """A daemon with a home of its own. When its context ends, so do the daemon and its running steps."""

    def __init__(self, binaries, home, *options):
        self.program = binaries / "espalier"
        self.home = home
        self.log = home.parent / f"{home.name}.log"
        self.environment = {**os.environ, "ESPALIER_HOME": str(home), "GIT_CONFIG_GLOBAL": os.devnull}
        self.options = [str(option) for option in options]
        self.process = None
        self.start_up_ms = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.end()
        self.end_steps()

    def start(self):
        """Spawn, and wait until it answers."""
        began = time.monotonic_ns()
        self.spawn()
        self.until(self.answers, "the daemon answers", pause=0.002)
        self.start_up_ms = (time.monotonic_ns() - began) / 1e6

    def spawn(self):
        # A daemon that was killed has left its address behind.
        (self.home / "address").unlink(missing_ok=True)
        with open(self.log, "ab") as log:
            # In a session of its own: Ctrl-C is for this script, which then ends the daemon.
            self.process = subprocess.Popen([self.program, "serve", "--port", "0", *self.options], env=self.environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def end(self):
        if not self.process:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except BaseException:
            self.kill()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end_steps(self):
        """Minders outlive their daemon by design. Tell them to end, and wait for that."""
        minders = [int(words[0]) for lock in self.home.glob("runs/*/*/*/lock") if (words := lock.read_text().split())]
        for minder in filter(self.is_minder, minders):
            with contextlib.suppress(ProcessLookupError):
                os.kill(minder, signal.SIGTERM)
        deadline = time.monotonic() + 15
        while any(map(self.is_minder, minders)) and time.monotonic() < deadline:
            time.sleep(0.02)

    def is_minder(self, process):
        """Whether that process is still a minder of this home: process ids are reused."""
        with contextlib.suppress(OSError):
            command = pathlib.Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace")
            return "espalier-minder" in command and f"{self.home}/" in command
        return False

    def adopt(self, repository, name):
        subprocess.run([self.program, "adopt", repository, "--name", name], env=self.environment, check=True,
                       stdout=subprocess.DEVNULL)

    def version(self):
        return figures.answer(self.program, "--version").strip()

    def answers(self):
        with contextlib.suppress(OSError):
            return self.ask("healthz") == b"ok"

    def ask(self, path):
        with urllib.request.urlopen(self.address() + path, timeout=10) as answer:
            return answer.read()

    def address(self):
        return (self.home / "address").read_text().strip()

    def settle(self, commit, branch=None):
        """Wait until the newest run has ended, which must be of that commit."""
        self.until(lambda: self.is_over(commit, branch), f"the run of {commit} ends")

    def is_over(self, commit, branch):
        runs = json.loads(self.ask("api/runs?limit=1"))
        return (bool(runs) and runs[0]["commit"] == commit and branch in (None, runs[0]["branch"])
                and runs[0]["outcome"] not in ("queued", "running"))

    def until(self, condition, what, seconds=PATIENCE, pause=0.01):
        deadline = time.monotonic() + seconds
        while not condition():
            ended = self.process.poll() is not None
            if ended or time.monotonic() > deadline:
                why = "it has ended" if ended else f"not within {seconds} s"
                raise SystemExit(f"{NAME}: {what}: {why}\n{self.log.read_text()[-3000:]}")
            time.sleep(pause)

    def query(self, sql, *values):
        """Rows of the store, read only."""
        with contextlib.closing(sqlite3.connect(f"file:{self.home}/espalier.sqlite?mode=ro", uri=True)) as database:
            return database.execute(sql, values).fetchall()
