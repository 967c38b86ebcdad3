"""A schedule goes live by a release of its own that passed: not because another pipeline of the same push did."""

import pytest

from attacks import pipeline

ON = "push: { environment: prod }"
SCHEDULE = 'schedule: { cron: "0 0 3 1 1 ? 2099", environment: prod }'
GOOD = {
    "environments/prod.yml": 'branches: ["release/**"]\nprotected: true\n',
    "pipelines/release-a.yml": pipeline({"check": "[ ! -e broken-a ]"}, on=ON),
    "pipelines/release-b.yml": pipeline({"check": "[ ! -e broken-b ]"}, on=ON),
    "pipelines/inference.yml": pipeline({"predict": "echo $ESPALIER_COMMIT"}, on=SCHEDULE),
}

# Name → files of the release that must not go live. Pipelines a and b start by the same push.
ATTACKS = {
    "one-fails": {"broken-a": "x"},
    # Not listed.
    "the-other-fails": {"broken-b": "x"},
    "fails-last": {"broken-a": "x", "pipelines/release-a.yml": pipeline({"check": "sleep 1; [ ! -e broken-a ]"}, on=ON)},
    "times-out": {"pipelines/release-a.yml": pipeline({"check": {"run": "sleep 60", "timeout": "1s"}}, on=ON)},
    "is-refused": {"pipelines/release-a.yml": pipeline({"check": "true",
                                                        "refused": {"needs": ["check"], "register": {"model": "${steps.check.outputs.x}"}}},
                                                       on=ON)},
    "third-of-three": {"pipelines/release-c.yml": pipeline({"check": "false"}, on=ON)},
    "leaves-its-steps-out": {"pipelines/release-a.yml": pipeline({"first": "false", "check": {"needs": ["first"], "run": "true"}}, on=ON)},
}


@pytest.fixture(scope="module")
def project(attacked_once):
    """One release has passed, and its schedule is live."""
    project = attacked_once(GOOD, options=("--slots", "4"))
    project.good = push(project, "good", {})
    project.until(lambda: live(project), "it is live")
    return project


def push(project, name, files):
    """A release from main: its commit, once all that it starts has ended."""
    project.git("checkout", "--quiet", "-B", f"local-{name}", "main")
    commit = project.commit_files(files, name)
    # What main holds may be released; main's own gate is not what is tried here.
    project.call("git", "fetch", "--quiet", project.work, f"local-{name}", cwd=project.bare)
    before = project.tip("main")
    project.call("git", "update-ref", "refs/heads/main", commit, cwd=project.bare)
    project.look()
    project.push(f"{commit}:refs/heads/release/{name}")
    project.until(lambda: len(project.runs(commit=commit, environment="prod")) >= 2 and not project.has_open_runs(), "all of it has ended")
    project.look()
    project.call("git", "update-ref", "refs/heads/main", before, cwd=project.bare)
    return commit


def live(project):
    return {one["name"]: one["commit"] for one in project.ask("schedules")}


@pytest.mark.parametrize("name", ATTACKS)
def test_nothing_goes_live_on_a_broken_commit(project, name):
    """CASES: P5"""
    before = live(project)
    commit = push(project, name, ATTACKS[name])
    outcomes = {run["pipeline"]: run["outcome"] for run in project.runs(commit=commit, environment="prod")}
    assert "passed" in outcomes.values() and set(outcomes.values()) != {"passed"}, outcomes
    after = live(project)
    if after != before:
        push(project, f"good-after-{name}", {})
    assert after == before, outcomes


def test_a_cancelled_one_makes_nothing_live(project):
    """CASES: P5, by who stops the pipeline that would have failed"""
    before = live(project)
    project.git("checkout", "--quiet", "-B", "local-cancelled", "main")
    commit = project.commit_files({"pipelines/release-a.yml": pipeline({"check": "sleep 60"}, on=ON)}, "cancelled")
    project.call("git", "fetch", "--quiet", project.work, "local-cancelled", cwd=project.bare)
    kept = project.tip("main")
    project.call("git", "update-ref", "refs/heads/main", commit, cwd=project.bare)
    project.look()
    project.push(f"{commit}:refs/heads/release/cancelled")
    run = project.until(lambda: project.runs(commit=commit, pipeline="release-a"), "it runs")[0]
    assert project.espalier("cancel", run["id"]).returncode == 0
    project.until(lambda: not project.has_open_runs(), "all of it has ended")
    project.look()
    project.call("git", "update-ref", "refs/heads/main", kept, cwd=project.bare)
    assert live(project) == before


def test_a_release_that_passes_goes_live(project):
    """What the attacks above rely on."""
    commit = push(project, "fine", {"fine.txt": "x"})
    project.until(lambda: live(project)["inference"] == commit, "it is live on the new commit")
