"""Branches, commits and repositories that are gone by the time somebody wants them."""

import pytest

SLOW = "on: { push: { environment: dev } }\nsteps: { only: { run: 'echo > $ESPALIER_DATA/started; read go < $ESPALIER_DATA/go' } }\n"


def test_a_commit_that_is_gone_gets_a_clear_remark(watch):
    project = watch()
    # A ref whose commit does not exist: what a look finds when a branch was rewritten and collected meanwhile.
    ref = project.bare / "refs/heads/feature/ghost"
    ref.parent.mkdir(parents=True)
    ref.write_text("0123456789abcdef0123456789abcdef01234567\n")
    project.look()
    assert "feature/ghost: the commit is gone: its branch was deleted or rewritten" in project.remarks()
    ref.unlink()
    project.look()
    assert "feature/ghost: branch 'feature/ghost' was deleted" in project.remarks()
    assert not project.runs()


def test_branches_that_come_and_go_leave_a_sound_daemon(watch):
    project = watch()
    commit = project.branch("feature/flicker")
    project.push("feature/flicker:refs/hidden/objects")
    for number in range(30):
        name = f"refs/heads/feature/flicker-{number}"
        project.call("git", "update-ref", name, commit, cwd=project.bare)
        project.call("git", "update-ref", "-d", name, cwd=project.bare)
    project.look()
    branches = [run["branch"] for run in project.runs()]
    assert len(branches) == len(set(branches))
    project.branch("feature/after")
    project.push("feature/after")
    assert project.run_once(branch="feature/after")["run"]["outcome"] == "passed"


def test_a_commit_collected_before_its_step_starts_is_lost_with_a_reason(watch):
    project = watch(options=("--slots", "1"))
    started, go = project.latch("started"), project.latch("go")
    project.branch("feature/first", {"pipelines/dev.yml": SLOW})
    project.push("feature/first")
    started.wait()
    project.branch("feature/second", {"data.txt": "will be gone\n"})
    project.push("feature/second")
    project.git("push", "--quiet", "origin", ":feature/second")
    project.call("git", "gc", "--quiet", "--prune=now", cwd=project.bare)
    go.open()
    run = project.run_once(branch="feature/second")
    assert run["run"]["outcome"] == "lost" and run["steps"]["hello"]["attempts"] == 2
    assert "cannot read tree" in run["steps"]["hello"]["detail"]
    assert project.run_once(branch="feature/first")["run"]["outcome"] == "passed"


def test_a_push_to_a_repository_that_is_away_for_a_while_is_planned_when_it_is_back(watch):
    project = watch(adopt=False)
    project.adopt()
    project.extra = {"ESPALIER_FAILPOINT": "look.stored@1"}
    commit = project.branch("feature/x")
    project.push("feature/x")
    with pytest.raises(AssertionError, match="the daemon ended"):
        project.serve()
    project.daemon, project.extra = None, {}
    away = project.folder / "away.git"
    project.bare.rename(away)
    log = project.folder / "daemon.log"
    project.serve(looks=False)
    project.until(lambda: "cannot be planned yet" in log.read_text(), "the event waits")
    away.rename(project.bare)
    assert project.run_once(commit=commit)["run"]["outcome"] == "passed"
