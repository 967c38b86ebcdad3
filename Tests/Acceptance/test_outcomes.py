"""How steps end: a closed set, each with what a person wants to know."""

import pytest

STEPS = """\
on: { push: { environment: dev } }
steps:
  fails: { run: exit 7 }
  child: { needs: [fails], run: 'true' }
  grandchild: { needs: [child], run: 'true' }
  free: { run: 'echo free' }
  slow: { run: sleep 600, timeout: 1s }
  patient: { needs: [slow], run: 'true' }
  killed: { run: 'kill -9 $$' }
  missing: { run: no-such-program-anywhere }
  quits-with-children: { run: 'sleep 600 & echo left behind' }
"""


@pytest.fixture(scope="module")
def steps(watch_all):
    project = watch_all({"pipelines/dev.yml": STEPS})
    project.branch("feature/all")
    project.push("feature/all")
    run = project.run_once(branch="feature/all")
    assert run["run"]["outcome"] == "failed"
    return run["steps"]


@pytest.mark.parametrize("step, state, detail", [
    ("fails", "failed", "exit code 7"),
    ("child", "skipped", "'fails' did not pass"),
    ("grandchild", "skipped", "'child' did not pass"),
    ("free", "passed", ""),
    ("slow", "timed_out", "after 1 s"),
    ("patient", "skipped", "'slow' did not pass"),
    ("missing", "failed", "exit code 127"),
    ("quits-with-children", "passed", ""),
])
def test_a_step_ends_with_its_state_and_reason(steps, step, state, detail):
    assert (steps[step]["state"], steps[step]["detail"]) == (state, detail)


def test_a_killed_command_failed_and_is_not_tried_again(steps):
    assert (steps["killed"]["state"], steps["killed"]["attempts"]) == ("failed", 1)
    assert steps["killed"]["detail"] in ("signal 9", "exit code 137")


def test_steps_that_end_at_the_same_moment_all_count(watch):
    steps = "".join(f"  s{number}: {{ run: 'true' }}\n" for number in range(24))
    project = watch({"pipelines/dev.yml": f"on: {{ push: {{ environment: dev }} }}\nsteps:\n{steps}"}, options=("--slots", "8"))
    for number in range(1, 4):
        project.branch(f"feature/{number}")
        project.push(f"feature/{number}")
        assert project.run_once(branch=f"feature/{number}")["run"]["outcome"] == "passed"


def test_a_run_that_only_timed_out_says_so(watch):
    project = watch({"pipelines/dev.yml": "on: { push: { environment: dev } }\nsteps: { slow: { run: sleep 600, timeout: 1s } }\n"})
    project.branch("feature/slow")
    project.push("feature/slow")
    assert project.run_once(branch="feature/slow")["run"]["outcome"] == "timed_out"


def test_a_newer_push_supersedes_the_running_one(watch):
    project = watch({"pipelines/dev.yml": """\
        on: { push: { environment: dev } }
        concurrency: { supersede: running }
        steps:
          work: { run: 'echo > $ESPALIER_DATA/started; [ ! -e slow ] || read go < $ESPALIER_DATA/go' }
          after: { needs: [work], run: 'true' }
        """})
    started, go = project.latch("started"), project.latch("go")
    first = project.branch("feature/x", {"slow": ""})
    project.push("feature/x")
    started.wait()
    project.git("rm", "--quiet", "slow")
    second = project.commit_files({}, "Quick")
    project.push("feature/x")
    old, new = project.run_once(commit=first), project.run_once(commit=second)
    assert (old["run"]["outcome"], new["run"]["outcome"]) == ("superseded", "passed")
    assert {step["detail"] for step in old["steps"].values()} == {f"by run {new['run']['id']}"}


def test_runs_of_one_group_never_overlap(watch):
    project = watch({"pipelines/dev.yml": """\
        on: { push: { environment: dev } }
        concurrency: { group: one }
        steps: { work: { run: 'echo > $ESPALIER_DATA/started; read go < $ESPALIER_DATA/go' } }
        """})
    started, go = project.latch("started"), project.latch("go")
    for name in ("feature/a", "feature/b"):
        project.branch(name)
        project.push(name)
    started.wait()
    project.look()
    outcomes = lambda: [run["outcome"] for run in project.runs()]
    project.until(lambda: outcomes() == ["running", "queued"], "one runs")
    go.open()
    started.wait()
    project.until(lambda: outcomes() == ["passed", "running"], "the other runs")
    go.open()
    assert project.detail(2)["run"]["outcome"] == "passed"
