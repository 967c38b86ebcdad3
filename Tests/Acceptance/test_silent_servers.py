"""Git servers that take a connection and then say nothing: nobody waits for them for ever."""

import contextlib
import pathlib
import random
import signal
import subprocess
import time

import pytest

from fake_forge import FakeForge
from on_forge import become, on_forge
from remotes import over_http
from watched import alive


@pytest.fixture
def mirrored(watch):
    """A project that lives on a server, and the server."""
    project = watch(adopt=False, options=("--fetch-every", "1", "--patience", "2"))
    with over_http(project) as server:
        project.adopt(project.git("remote", "get-url", "origin").strip(), "--name", "far")
        project.serve()
        yield project, server


def go_silent(project, server):
    """A server that says nothing any more, and is being asked."""
    server.answers.clear()
    project.until(lambda: errands(project.daemon), "the server is asked")


def errands(process):
    """The processes by which a daemon or a command asks a server."""
    found = []
    for task in pathlib.Path(f"/proc/{process.pid}/task").glob("*/children"):
        # Threads come and go.
        with contextlib.suppress(OSError):
            found += task.read_text().split()
    return [pid for pid in found if alive(pid, "git-subprocess")]


def test_it_counts_as_gone_and_is_asked_again(mirrored):
    project, server = mirrored
    go_silent(project, server)
    project.until(lambda: "it has said nothing for 2 s" in project.last_words(), "the server is given up")
    server.answers.set()
    commit = project.branch("feature/after")
    project.git("push", "origin", "feature/after")
    assert project.run_once(commit=commit)["run"]["outcome"] == "passed"


def test_one_that_is_only_slow_is_waited_for(mirrored):
    project, server = mirrored
    project.end()
    server.pause = 0.5
    commit = project.branch("feature/large", {"large.txt": random.Random(1).randbytes(800_000).hex()})
    project.git("push", project.bare, "feature/large")
    began = time.monotonic()
    project.serve("--fetch-every", "1", "--patience", "6")
    assert project.run_once(commit=commit)["run"]["outcome"] == "passed"
    assert time.monotonic() - began > 8 and "it has said nothing" not in project.last_words()


def test_other_projects_are_not_held_up(mirrored):
    project, server = mirrored
    near = project.folder / "near.git"
    project.call("git", "clone", "--quiet", "--bare", project.bare, near)
    project.adopt(near)
    go_silent(project, server)
    commit = project.branch("feature/near")
    project.git("push", near, "feature/near")
    assert project.run_once(commit=commit)["run"]["project"] == "near"
    assert not server.answers.is_set()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["sigterm", "sigint"])
def test_the_daemon_ends_without_it(mirrored, number):
    project, server = mirrored
    project.end()
    project.serve("--fetch-every", "1", "--patience", "300")
    go_silent(project, server)
    asking = errands(project.daemon)
    began = time.monotonic()
    project.end(number)
    assert time.monotonic() - began < 30 and not server.answers.is_set()
    project.until(lambda: not any(alive(pid, "git-subprocess") for pid in asking), "they are gone")


def test_adopting_from_it_is_given_up(silent):
    project, url = silent
    refused = project.espalier("adopt", url, "--name", "far", "--patience", "1")
    assert refused.returncode == 1 and "it has said nothing for 1 s" in refused.stderr
    assert project.ask("status")["projects"] == []


def test_who_does_not_wait_for_it_leaves_nothing_behind(silent):
    project, url = silent
    adopting = subprocess.Popen([project.binaries / "espalier", "adopt", url], env=project.environment)
    asking, = project.until(lambda: errands(adopting), "the server is asked")
    adopting.kill()
    adopting.wait()
    project.until(lambda: not alive(asking, "git-subprocess"), "it is gone")


@pytest.fixture
def silent(watch):
    """A project that is not adopted yet, and where it lives: on a server that says nothing."""
    project = watch(adopt=False)
    with over_http(project) as server:
        server.answers.clear()
        yield project, project.git("remote", "get-url", "origin").strip()


def test_other_forges_are_not_held_up(watch):
    with on_forge(watch, "gitlab") as project, FakeForge(project, "gitea") as silent:
        project.adopt(silent.url, "--name", "silent")
        with silent.silence():
            silent.link(name="silent")
            project.until(lambda: silent.kept_waiting, "the silent forge is asked")
            began, pull = time.monotonic(), project.forge.open({"good.txt": "x\n"})
            project.forge.tell("opened", pull)
            become(project, pull, "merged")
            project.until(lambda: "success" in project.forge.states(pull.head), "the other forge is told")
            assert time.monotonic() - began < 25, "after 30 s the silent one counts as gone"


@pytest.mark.parametrize("landing", ["push", "api"])
def test_the_daemon_ends_in_the_middle_of_landing(watch, landing):
    with on_forge(watch, "github", "--landing", landing) as project:
        forge = project.forge
        pull = forge.open({"slow": "x\n"})
        forge.tell("opened", pull)
        project.started.wait()
        with forge.silence():
            project.go.open()
            project.until(lambda: errands(project.daemon), "the change is landing")
            began = time.monotonic()
            project.end()
            assert time.monotonic() - began < 20
        project.serve()
        become(project, pull, "merged")
