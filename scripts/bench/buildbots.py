"""Buildbot, as `throughput` measures it: a master on SQLite and one worker, installed once from PyPI into `.venv/buildbot`.

Whatever could make it slower and is not asked of it is left out: no pages, no polling, no checkout.
"""

import contextlib
import pathlib
import signal
import socket
import subprocess
import time

import daemons
import figures
import peers

VENV = peers.folder("buildbot")
REQUIREMENTS = pathlib.Path(__file__).with_name("requirements-buildbot.txt")
# It is slow, even more so on a busy machine.
PATIENCE = 120

# SIGUSR2 queues as many requests as the file `wanted` says. What happens is told in the file `marks`, a line each.
MASTER = """\
import pathlib, signal, time
from buildbot.plugins import schedulers, steps, util, worker
from buildbot.util import service
from twisted.internet import defer, reactor
from twisted.python import log

# A worker makes one build of a builder at a time.
NAMES = [f"noop-{{number}}" for number in range({slots})]

def mark(*words):
    with open("marks", "a") as file:
        print(*words, time.time(), file=file)

class Queue(service.BuildbotService):
    @defer.inlineCallbacks
    def startService(self):
        yield super().startService()
        yield self.master.mq.startConsuming(lambda *_: mark("attached"), ("workers", None, "connected"))
        yield self.master.mq.startConsuming(self.finished, ("builds", None, "finished"))
        signal.signal(signal.SIGUSR2, lambda *_: reactor.callFromThread(lambda: self.queue().addErrback(log.err)))

    def finished(self, _, build):
        mark("finished", build["buildrequestid"], build["results"])

    @defer.inlineCallbacks
    def queue(self):
        builders = []
        for name in NAMES:
            builders.append((yield self.master.data.updates.findBuilderId(name)))
        source = {{"codebase": "", "repository": "", "branch": None, "revision": None, "project": ""}}
        mark("queued")
        for number in range(int(pathlib.Path("wanted").read_text())):
            yield self.master.data.updates.addBuildset(
                waited_for=False, scheduler="queue", sourcestamps=[source], reason="bench",
                builderids=[builders[number % len(builders)]])

BuildmasterConfig = {{
    "workers": [worker.Worker("worker", "secret", max_builds={slots})],
    "protocols": {{"pb": {{"port": "tcp:{port}:interface=127.0.0.1"}}}},
    "builders": [util.BuilderConfig(
        name=name, workernames=["worker"], collapseRequests=False,
        factory=util.BuildFactory([steps.ShellCommand(command=["true"])])) for name in NAMES],
    "schedulers": [schedulers.Triggerable(name="queue", builderNames=NAMES)],
    "services": [Queue(name="queue")],
    "db": {{"db_url": "sqlite:///state.sqlite"}},
    "buildbotNetUsageData": None,
}}
"""


def install():
    peers.install(VENV, REQUIREMENTS)


class Buildbot:
    """A master and its worker, from their start until their context ends."""

    def __init__(self, folder, slots):
        self.master, self.worker = folder / "buildbot-master", folder / "buildbot-worker"
        self.slots = slots
        self.port = free_port()
        self.processes = []

    def __enter__(self):
        try:
            self.create()
            self.start_up_ms = self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(20)
            except BaseException:
                process.kill()
                process.wait()

    def create(self):
        peers.quietly(VENV / "bin/buildbot", "create-master", "--quiet", self.master)
        (self.master / "master.cfg").write_text(MASTER.format(slots=self.slots, port=self.port))
        peers.quietly(VENV / "bin/buildbot-worker", "create-worker", "--quiet", self.worker, f"127.0.0.1:{self.port}", "worker",
                "secret")

    def start(self):
        """Milliseconds until a build could start."""
        began = time.monotonic_ns()
        self.spawn(self.master)
        self.until(self.is_listening, "the master is running")
        self.spawn(self.worker)
        self.until(lambda: self.marks("attached"), "the worker is attached")
        return (time.monotonic_ns() - began) / 1e6

    def spawn(self, folder):
        with open(f"{folder}.log", "ab") as log:
            self.processes.append(subprocess.Popen(
                [VENV / "bin/twistd", "--nodaemon", "--no_save", "--pidfile=", "--python=buildbot.tac"], cwd=folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True))

    def is_listening(self):
        return "BuildMaster is running" in self.read(self.master / "twistd.log")

    def marks(self, kind):
        """The master's records of that kind, oldest first: their words, and last the time of day."""
        return [line.split()[1:] for line in self.read(self.master / "marks").splitlines() if line.startswith(f"{kind} ")]

    @staticmethod
    def read(path):
        with contextlib.suppress(OSError):
            return path.read_text()
        return ""

    def build(self, count):
        """Queue this many requests at once, and wait for their builds. Returns the seconds from the first request to the last
        build's end, and how many builds were lost and doubled."""
        before = len(self.marks("finished"))
        (self.master / "wanted").write_text(str(count))
        self.processes[0].send_signal(signal.SIGUSR2)
        # A file with a line for each build shows the progress, at no cost to the master.
        self.until(lambda: len(self.marks("finished")) - before >= count, f"{count} builds end", seconds=PATIENCE + 5 * count,
                   pause=0.25)
        finished = self.marks("finished")[before:]
        began, ended = float(self.marks("queued")[-1][0]), float(finished[-1][-1])
        passed = [request for request, results, _ in finished if results == "0"]
        return ended - began, count - len(set(passed)), len(passed) - len(set(passed))

    def until(self, condition, what, seconds=PATIENCE, pause=0.02):
        deadline = time.monotonic() + seconds
        while not condition():
            ended = any(process.poll() is not None for process in self.processes)
            if ended or time.monotonic() > deadline:
                why = "a process of it has ended" if ended else f"not within {seconds} s"
                raise SystemExit(f"{daemons.NAME}: Buildbot: {what}: {why}\n{self.read(self.master / 'twistd.log')[-3000:]}")
            time.sleep(pause)

    @property
    def roots(self):
        return [process.pid for process in self.processes]


def versions():
    pinned = dict(line.split("==") for line in REQUIREMENTS.read_text().split() if "==" in line)
    python = figures.answer(VENV / "bin/python", "--version").split()[1]
    return {"buildbot": pinned["buildbot"], "twisted": pinned["Twisted"], "buildbot_python": python}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
