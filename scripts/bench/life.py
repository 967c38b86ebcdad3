"""One life of a daemon, from its start to its exit or kill."""

import contextlib
import json
import socket
import subprocess
import time
import urllib.request

# Seconds that a daemon may take to answer.
TO_ANSWER = 30


class Life:
    """It scans everything every two seconds, so that it soon sees what a fault has hidden from it."""

    def __init__(self, program, home, log, environment, failpoint=None):
        self.home = home
        self.has_answered = False
        extra = {"ESPALIER_FAILPOINT": failpoint} if failpoint else {}
        with open(log, "ab") as out:
            self.spawned = time.monotonic()
            # In a session of its own: Ctrl-C is for this script, which then ends the daemon.
            self.process = subprocess.Popen(
                [program, "serve", "--port", "0", "--slots", "4", "--look-every", "2"], env={**environment, **extra},
                stdout=out, stderr=out, start_new_session=True)

    def is_alive(self):
        return self.process.poll() is None

    def first_answer(self):
        """Milliseconds from its start to its first answer; None if it ended before, or gave none."""
        while self.is_alive() and time.monotonic() < self.spawned + TO_ANSWER:
            if self.ring():
                self.has_answered = True
                return (time.monotonic() - self.spawned) * 1e3
            time.sleep(0.001)
        return None

    def ring(self, line="look", seconds=TO_ANSWER):
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as door:
            door.settimeout(seconds)
            door.connect(str(self.home / "socket"))
            door.sendall(f"{line}\n\n".encode())
            return b"".join(iter(lambda: door.recv(65_536), b""))
        return b""

    def unended(self):
        """Running and waiting runs, as (id, pipeline); None if it does not answer."""
        # Its pages are ready a moment later than its socket.
        while self.is_alive() and not (self.home / "address").exists() and time.monotonic() < self.spawned + TO_ANSWER:
            time.sleep(0.002)
        with contextlib.suppress(OSError, ValueError, KeyError):
            address = (self.home / "address").read_text().strip()
            with urllib.request.urlopen(f"{address}api/status", timeout=TO_ANSWER) as answer:
                status = json.load(answer)
            return [(run["id"], run["pipeline"]) for run in status["running"] + status["queued"]]
        return None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def wait(self, seconds):
        """Whether it ends within that time."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True
