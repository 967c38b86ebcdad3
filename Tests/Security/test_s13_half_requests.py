"""Connections that send half a request, or none, are closed after a time, and keep nobody else from being answered."""

import contextlib
import dataclasses
import resource
import socket
import time
import urllib.parse
import urllib.request

import pytest

# The daemon's own descriptors; connections of the listed attack, and of each that is not.
DESCRIPTORS, MOST, MANY = 1_024, 1_500, 300
# Within which a connection that says nothing more is closed.
PATIENCE = 45

# Name → what a connection sends at first, and what it drips each second.
ATTACKS = {
    "half-a-head": (b"GET /api/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ", b""),
    # Not listed.
    "nothing": (b"", b""),
    "dripping-head": (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"X: y\r\n"),
    "half-a-body": (b"POST /hooks/shop HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\n{", b""),
    "dripping-body": (b"POST /hooks/shop HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "never-read": (b"GET /api/runs HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 200, b""),
}




@dataclasses.dataclass
class Attack:
    """What became of one, on a daemon of its own."""

    project: object
    beginning: bytes
    drip: bytes
    most: int
    made: list = dataclasses.field(default_factory=list)
    tried: int = 0
    asked: int = 0
    served: int = 0

    def begin(self, stack):
        """Connect from 127.0.0.2. Who is refused at once has no connection."""
        for self.tried in range(1, self.most + 1):
            with contextlib.suppress(OSError):
                connection = stack.enter_context(socket.create_connection(("127.0.0.1", port(self.project)), 1, ("127.0.0.2", 0)))
                connection.setblocking(False)
                self.made.append(connection)
                connection.send(self.beginning)
            if self.tried - len(self.made) > 20:
                break

    def go_on(self, reads):
        """Say a little more, see who was closed, and whether a person is still answered."""
        for connection in self.made:
            with contextlib.suppress(OSError):
                connection.send(self.drip)
        if reads:
            self.made = [connection for connection in self.made if not is_closed(connection)]
        self.asked += 1
        self.served += self.project.daemon.poll() is None and answers(self.project)


def is_closed(connection):
    """What the daemon says is read, up to its end."""
    try:
        while connection.recv(65536):
            pass
        return True
    except BlockingIOError:
        return False
    except OSError:
        return True


def port(project):
    return urllib.parse.urlsplit((project.home / "address").read_text()).port


def answers(project):
    """Whether a person gets a page, from another address than the attacker's."""
    try:
        with urllib.request.urlopen((project.home / "address").read_text() + "api/runs", timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.fixture(scope="module")
def attacks(attacked_once):
    """All of them at the same time, until all connections are closed or nobody needs to wait any longer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = MOST + len(ATTACKS) * MANY + 200
    if hard < needed:
        pytest.skip(f"this user may open {hard} files, and the attack needs {needed}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    with contextlib.ExitStack() as stack:
        made = {}
        for name, (beginning, drip) in ATTACKS.items():
            project = attacked_once(limits=f"ulimit -n {DESCRIPTORS}")
            made[name] = Attack(project, beginning, drip, MOST if name == "half-a-head" else MANY)
            made[name].begin(stack)
        deadline = time.monotonic() + PATIENCE
        while any(attack.made for attack in made.values()) and time.monotonic() < deadline:
            for name, attack in made.items():
                # Who never reads is asked at the end only, for reading would be the end of the attack.
                attack.go_on(reads=name != "never-read" or time.monotonic() > deadline - 2)
            time.sleep(1)
        yield made
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("name", ATTACKS)
def test_connections_that_do_not_go_on_are_closed(attacks, name):
    """CASES: S13"""
    attack = attacks[name]
    assert attack.tried > 20, "the attack did not take place"
    assert attack.project.daemon.poll() is None, f"the daemon ended:\n{attack.project.last_words()}"
    assert len(attack.made) < 20, f"{len(attack.made)} of {attack.tried} are open after {PATIENCE} s"


@pytest.mark.parametrize("name", ATTACKS)
def test_others_are_answered_meanwhile(attacks, name):
    """CASES: S13"""
    attack = attacks[name]
    assert attack.asked and attack.served == attack.asked, f"{attack.served} of {attack.asked} times"


def test_pushes_are_seen_meanwhile(attacks):
    """CASES: S13, for what does not come by HTTP"""
    project = attacks["half-a-head"].project
    commit = project.branch("feature/meanwhile")
    project.push("feature/meanwhile")
    assert project.run_once(commit=commit)["run"]["outcome"] == "passed"
