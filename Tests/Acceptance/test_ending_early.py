"""Cancelling, retrying, limits of time and memory: a run ends as it was told to, and nothing of it survives."""

import os
import signal

import pytest

WORK = """\
on: { push: { environment: dev } }
steps:
  before: { run: 'echo before >> $ESPALIER_DATA/count' }
  work:
    needs: [before]
    run: |
      setsid sleep 4321 &
      echo $! > $ESPALIER_DATA/pid; echo work >> $ESPALIER_DATA/count
      echo > $ESPALIER_DATA/started
      read go < $ESPALIER_DATA/go
  after: { needs: [work], run: 'echo after >> $ESPALIER_DATA/count' }
"""


@pytest.fixture(params=["required", '"off"'])
def working(watch, request):
    """A project whose run 1 is in the middle of its second step, with and without a sandbox."""
    project = watch({"pipelines/dev.yml": WORK, "environments/project.yml": f"name: shop\nsandbox: {request.param}\n"})
    project.started, project.go = project.latch("started"), project.latch("go")
    project.branch("feature/long")
    project.push("feature/long")
    project.started.wait()
    return project


def states(run):
    return {name: step["state"] for name, step in run["steps"].items()}


def sleepers():
    """Processes of the step that left its session."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if file.read() == b"sleep\x004321\x00":
                    found.append(int(pid))
        except OSError:
            pass
    return found


def test_a_cancelled_run_ends_with_everything_it_started(working):
    working.until(sleepers, "the step has left a process behind")
    run = working.ask("cancel", 1, "--wait")
    assert run["run"]["outcome"] == "cancelled"
    assert states(working.now(1)) == {"before": "passed", "work": "cancelled", "after": "cancelled"}
    assert sleepers() == []


def test_a_cancel_outlives_the_daemon_that_heard_it(watch):
    project = watch({"pipelines/dev.yml": WORK.replace("setsid sleep 4321 &", "trap '' TERM")})
    started = project.latch("started")
    project.latch("go")
    project.branch("feature/long")
    project.push("feature/long")
    started.wait()
    project.ask("cancel", 1)
    project.end(signal.SIGKILL)
    project.serve()
    run = project.detail(1)
    assert (run["run"]["outcome"], run["steps"]["work"]["attempts"]) == ("cancelled", 1)


def test_an_ended_run_cannot_be_cancelled(working):
    working.go.open()
    working.detail(1)
    done = working.espalier("cancel", 1)
    assert done.returncode == 1 and "run 1 has ended already: passed" in done.stderr
    assert "there is no run 77" in working.espalier("cancel", 77).stderr


def test_a_retry_runs_only_what_did_not_pass(working):
    working.ask("cancel", 1, "--wait")
    working.ask("retry", 1)
    working.started.wait()
    working.go.open()
    run = working.detail(1)
    assert run["run"]["outcome"] == "passed" and states(run) == {"before": "passed", "work": "passed", "after": "passed"}
    assert run["steps"]["work"]["attempts"] == 2 and run["steps"]["before"]["attempts"] == 1
    assert (working.data() / "count").read_text().split() == ["before", "work", "work", "after"]
    assert "has passed: there is nothing to retry" in working.espalier("retry", 1).stderr


def test_a_run_at_work_cannot_be_retried(working):
    assert "run 1 is still at work" in working.espalier("retry", 1).stderr
    working.go.open()
    working.detail(1)


def test_a_run_whose_time_is_over_ends_whatever_its_steps_may_take(watch):
    project = watch({"pipelines/dev.yml": """\
        on: { push: { environment: dev } }
        timeout: 1s
        steps: { slow: { run: sleep 300 }, after: { needs: [slow], run: 'true' } }
        """})
    project.branch("feature/slow")
    project.push("feature/slow")
    run = project.run_once(branch="feature/slow")
    assert run["run"]["outcome"] == "timed_out"
    assert {(step["state"], step["detail"]) for step in run["steps"].values()} == {("timed_out", "after 1 s")}


LIMITS = """\
branches: ["feature/**"]
compute:
  small: { memory: 64MiB, cpus: 1, processes: 40 }
"""


@pytest.fixture(scope="module")
def limited(watch_all):
    hog = "python3 -c \"x = bytearray(400 << 20); print(len(x))\""
    project = watch_all({"environments/dev.yml": LIMITS, "pipelines/dev.yml": f"""\
        on: {{ push: {{ environment: dev }} }}
        steps:
          hog: {{ run: '{hog}', compute: small }}
          survives: {{ run: '{hog} || echo went on without it', compute: small }}
          bomb: {{ run: 'for i in $(seq 100); do sleep 5 & done; echo forked', compute: small, timeout: 20s }}
          modest: {{ run: 'cat /proc/self/cgroup', compute: small }}
        """})
    project.branch("feature/limits")
    project.push("feature/limits")
    run = project.run_once(branch="feature/limits")
    if any("no control group of this machine" in step["detail"] for step in run["steps"].values()):
        pytest.skip("this machine has no writable control groups for memory, cpu and pids: `espalier doctor`")
    return project, run["steps"]


def test_a_step_that_takes_too_much_memory_says_so(limited):
    step = limited[1]["hog"]
    assert (step["state"], step["attempts"]) == ("out_of_memory", 1)


def test_a_step_that_copes_with_a_killed_child_has_passed(limited):
    assert limited[1]["survives"]["state"] == "passed"


def test_a_step_that_forks_without_end_is_stopped_by_its_limit(limited):
    project, steps = limited
    assert steps["bomb"]["state"] == "failed" and "fork" in project.log(1, "bomb").lower()


def test_nothing_is_left_of_the_control_groups(limited):
    project, steps = limited
    assert steps["modest"]["state"] == "passed"
    left = [folder for folder, _, _ in os.walk("/sys/fs/cgroup") if folder.endswith("/1.modest.1")]
    assert left == []
