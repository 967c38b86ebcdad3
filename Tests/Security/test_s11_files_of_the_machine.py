"""A step sees what it was granted: the system's programs, its workspace, its environment's data; no other file, socket or process."""

import contextlib
import os
import socket
import threading

import pytest

from attacks import STARTED, Canary, attempt, log_of_attack, pipeline

# Name → command. A step that fails to read says so and goes on.
ATTACKS = {
    # Listed.
    "forge-token": "cat @PERSON@/.netrc; cat @PERSON@/.docker/config.json; cat @PERSON@/.ssh/*",
    "other-project": "cat @OTHER@/secret; git -C @OTHER@ log; ls @OTHER@",
    "other-data": "cat @ELSEWHERE@/prod/secret.csv @HOME@/data/shop/prod/secret.csv",
    # Not listed: what lies elsewhere on the machine, ways around a path, and what is no file.
    "whole-machine": "grep -rhs canary- @PERSON@/.. /srv /run/user /dev/shm /var/lib/espalier | head -100",
    "system-secrets": """
        cat /etc/shadow > $TMPDIR/shadow && echo SHADOW
        cat /etc/ssh/ssh_host_*_key > $TMPDIR/host && echo HOSTKEY
        """,
    "own-repository": "cat @BARE@/config; git -C @BARE@ log --all --oneline; git clone -q @BARE@ $TMPDIR/clone && echo CLONED",
    "way-around": """
        ln -s @PERSON@ person; cat person/.netrc; cat $PWD/../../../../../../../..@PERSON@/.netrc
        cat /proc/self/root@PERSON@/.netrc /proc/self/cwd/../../person/.netrc
        cd /proc/self/fd && for fd in *; do cat $fd/../person/.netrc; done
        """,
    "open-files": "for fd in $(seq 3 16); do [ -e /proc/self/fd/$fd ] && readlink /proc/self/fd/$fd && echo OPEN; done",
    "environment": "tr '\\0' '\\n' < /proc/1/environ; tr '\\0' '\\n' < /proc/$PPID/environ; ls /proc | grep '^[0-9]'",
    "daemons-socket": "python3 talk.py @HOME@/socket",
    "hosts-socket": "python3 talk.py @PERSON@/agent",
    "abstract-socket": "python3 talk.py @ABSTRACT@",
}
TALK = """\
import socket, sys
name = sys.argv[1]
with socket.socket(socket.AF_UNIX) as door:
    door.connect("\\0" + name[1:] if name.startswith("@") else name)
    door.sendall(b"look\\n\\n")
    print("ANSWER", door.recv(100))
"""
ELSEWHERE = 'branches: ["release/**"]\nprotected: true\ndata_root: @ELSEWHERE@/prod\n'


@pytest.fixture(scope="module")
def project(attacked):
    project = attacked(adopt=False, env={"MLFLOW_TRACKING_TOKEN": "canary-of-the-daemon"}, options=("--slots", "4"))
    project.commit_files({"environments/prod.yml": project.placed(ELSEWHERE)})
    project.git("push", "--quiet", "origin", "main")
    project.adopt()
    project.serve()
    return project


@contextlib.contextmanager
def agent(project, name):
    """A program of the daemon's user that answers on a socket, as an ssh agent or Docker does."""
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(name)
        door.listen()
        if not name.startswith("\0"):
            os.chmod(name, 0o600)
            project.give(name)

        def answer():
            with contextlib.suppress(OSError):
                while True:
                    client, _ = door.accept()
                    client.recv(100)
                    client.sendall(project.canaries.ssh.word.encode())
                    client.close()

        threading.Thread(target=answer, daemon=True).start()
        yield
        door.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def run(project):
    """All attacks, each a step."""
    abstract = f"attack-{os.getpid()}-{project.folder.name}"
    steps = {name: project.placed(command.replace("@ABSTRACT@", f"@{abstract}")) + "\ntrue" for name, command in ATTACKS.items()}
    with agent(project, str(project.person / "agent")), agent(project, f"\0{abstract}"):
        yield attempt(project, "feature/look", {"talk.py": TALK, "pipelines/dev.yml": pipeline(steps)})


@pytest.mark.parametrize("name", ATTACKS)
def test_a_step_reads_nothing_that_it_was_not_granted(project, run, name):
    """CASES: S11"""
    log = log_of_attack(project, run, name)
    assert STARTED in log
    assert project.stolen(log) == [] and "canary-of-the-daemon" not in log, log
    found = [word for word in ("SHADOW", "HOSTKEY", "CLONED", "OPEN", "ANSWER") if word in log]
    assert found == [], log


def test_nothing_was_changed(project, run):
    """CASES: S11"""
    assert project.changed() == []


def test_a_canary_is_what_the_daemons_user_can_read(project):
    """What the attacks above rely on."""
    for canary in vars(project.canaries).values():
        assert canary.is_in(project.call("cat", canary.path))


def test_another_project_of_the_daemon_is_out_of_reach(project, run):
    """CASES: S11, both adopted: a step of one reads the repository, the data and the outputs of the other"""
    other = project.folder / "neighbour.git"
    project.call("git", "clone", "--quiet", "--bare", project.bare, other)
    project.adopt(other, "--name", "neighbour")
    secret = Canary(project.home / "data/neighbour/dev/secret.csv")
    project.give(project.home / "data")
    steps = {"attack": f"cat {secret.path}; ls {other} && echo SEEN; ls {project.home}/runs {project.home}/data; true"}
    again = attempt(project, "feature/neighbour", {"pipelines/dev.yml": pipeline(steps)})
    log = log_of_attack(project, again)
    assert not secret.is_in(log) and "SEEN" not in log and "neighbour" not in log.replace(str(secret.path), "").replace(str(other), "")
