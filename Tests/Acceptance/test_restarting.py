"""A step outlives the daemon, however the daemon ends, and is never run twice."""

import contextlib
import http.client
import os
import signal
import sqlite3
import time

import pytest

COUNTING = """\
on: { push: { environment: dev } }
steps:
  work:
    run: |
      echo ran >> $ESPALIER_DATA/count
      echo > $ESPALIER_DATA/started
      read go < $ESPALIER_DATA/go
      echo finished
  after: { needs: [work], run: 'echo after >> $ESPALIER_DATA/count' }
"""


@pytest.fixture
def working(watch):
    """A project whose run 1 is in the middle of its first step."""
    project = watch({"pipelines/dev.yml": COUNTING})
    project.started, project.go = project.latch("started"), project.latch("go")
    project.branch("feature/long")
    project.push("feature/long")
    project.started.wait()
    return project


def minder(project, attempt=1):
    """Process of the minder of the step `work`."""
    return int((project.home / f"runs/1/work/{attempt}/lock").read_text())


def count(project):
    return (project.data() / "count").read_text().split()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("ends", ["after the restart", "before the restart"])
def test_a_step_goes_on_while_the_daemon_restarts(working, number, ends):
    project, pid = working, minder(working)
    project.end(number)
    os.kill(pid, 0)
    if ends == "before the restart":
        project.go.open()
        project.until((project.home / "runs/1/work/1/exit").exists, "the step ends")
    project.serve()
    if ends == "after the restart":
        assert project.now(1)["steps"]["work"]["state"] == "running"
        project.go.open()
    run = project.detail(1)
    assert run["run"]["outcome"] == "passed" and run["steps"]["work"]["attempts"] == 1
    assert count(project) == ["ran", "after"] and project.log(1, "work") == "finished\n"


def test_while_the_disk_takes_nothing_others_get_the_slot_and_nothing_is_run_twice(watch):
    """The slot of a step that has ended goes to another run at once; its own run waits for the disk."""
    project = watch({"pipelines/dev.yml": COUNTING}, options=("--slots", "1"))
    project.started, project.go = project.latch("started"), project.latch("go")
    for name in ("feature/first", "feature/second"):
        project.branch(name)
        project.push(name)
    project.started.wait()
    project.until(lambda: project.now(1)["steps"]["work"]["state"] == "running", "its start is on the disk")
    with contextlib.closing(sqlite3.connect(project.home / "espalier.sqlite", isolation_level=None, timeout=60)) as database:
        database.execute("BEGIN IMMEDIATE")
        project.go.open()
        project.started.wait()
        assert [project.now(run)["steps"]["work"]["state"] for run in (1, 2)] == ["running", "pending"], "nothing is on the disk"
        assert count(project) == ["ran", "ran"]
        project.end(signal.SIGKILL)
    project.serve()
    project.go.open()
    for run in (1, 2):
        detail = project.detail(run)
        assert detail["run"]["outcome"] == "passed" and [step["attempts"] for step in detail["steps"].values()] == [1, 1]
    assert sorted(count(project)) == ["after", "after", "ran", "ran"]


def test_ten_crashes_in_a_row_lose_and_double_nothing(working):
    project = working
    for _ in range(10):
        project.end(signal.SIGKILL)
        project.serve()
    project.go.open()
    assert project.detail(1)["run"]["outcome"] == "passed"
    assert count(project) == ["ran", "after"] and len(project.runs()) == 1


def test_steps_are_taken_up_however_many_projects_there_are(watch):
    project = watch({"pipelines/dev.yml": COUNTING}, adopt=False)
    for number in range(20):
        other = project.folder / f"{number}.git"
        project.call("git", "init", "--quiet", "--bare", other)
        project.adopt(other)
    project.adopt()
    project.serve()
    started, go = project.latch("started"), project.latch("go")
    for number in range(1, 13):
        project.branch(f"feature/{number}")
        project.push(f"feature/{number}")
        started.wait()
        project.end(signal.SIGKILL)
        project.serve()
        go.open()
        project.until(lambda: project.now(number)["run"]["outcome"] == "passed", f"run {number} passes")


def test_a_daemon_that_is_told_to_end_has_no_trouble_to_tell(watch):
    project = watch()
    host, port = (project.home / "address").read_text().strip().removeprefix("http://").rstrip("/").split(":")
    idle, asking = (http.client.HTTPConnection(host, int(port)) for _ in range(2))
    idle.request("GET", "/")
    assert idle.getresponse().read()
    # Begun, and never done.
    asking.connect()
    asking.sock.sendall(b"GET / HTTP/1.1\r\n")
    began = time.monotonic()
    project.end()
    assert time.monotonic() - began < 20
    assert " error " not in project.last_words() and " warning " not in project.last_words()


def test_a_second_daemon_of_one_home_is_refused(working):
    done = working.espalier("serve", "--port", "0")
    assert done.returncode == 1 and f"a daemon is already running on {working.home}" in done.stderr
    working.go.open()
    assert working.detail(1)["run"]["outcome"] == "passed"


def test_a_killed_minder_is_lost_and_tried_once_more(working):
    project = working
    os.kill(minder(project), signal.SIGKILL)
    project.started.wait()
    assert project.now(1)["steps"]["work"]["attempts"] == 2
    project.go.open()
    run = project.detail(1)
    assert run["run"]["outcome"] == "passed" and count(project) == ["ran", "ran", "after"]


def test_a_minder_killed_twice_is_lost_for_good(working):
    project = working
    os.kill(minder(project), signal.SIGKILL)
    project.started.wait()
    os.kill(minder(project, attempt=2), signal.SIGKILL)
    run = project.detail(1)
    work, after = run["steps"]["work"], run["steps"]["after"]
    assert (run["run"]["outcome"], work["state"], work["attempts"]) == ("lost", "lost", 2)
    assert work["detail"] == "its minder ended without a record"
    assert (after["state"], after["detail"]) == ("skipped", "'work' did not pass")


def test_a_minder_killed_while_the_daemon_is_down_is_lost_too(working):
    project, pid = working, minder(working)
    project.end(signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)
    project.serve()
    project.started.wait()
    project.go.open()
    run = project.detail(1)
    assert run["run"]["outcome"] == "passed" and run["steps"]["work"]["attempts"] == 2


@pytest.mark.parametrize("sandbox", ["required", '"off"'])
def test_the_command_of_a_killed_minder_does_not_go_on(watch, sandbox):
    project = watch({"pipelines/dev.yml": COUNTING, "environments/project.yml": f"name: shop\nsandbox: {sandbox}\n"})
    started, go = project.latch("started"), project.latch("go")
    project.branch("feature/long")
    project.push("feature/long")
    started.wait()
    os.kill(minder(project), signal.SIGKILL)
    started.wait()
    go.open(times=2)
    project.detail(1)
    # The first attempt would have printed this, had it lived to read its line.
    assert "finished" not in (project.home / "runs/1/work/1/log").read_text()
