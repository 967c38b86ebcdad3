"""Gated branches: no direct pushes, approvals, and what operators do is on record."""

import pytest

FILES = {
    "check.sh": "[ ! -e broken ]\n",
    "environments/staging.yml": "branches: [main]\nprotected: true\ngate: { approvals: 1 }\n",
    "pipelines/change.yml": """\
        on: { change: { target: main, environment: dev } }
        steps: { check: { run: sh check.sh } }
        """,
}


@pytest.fixture(scope="module")
def project(watch_all):
    return watch_all(FILES)


def change(project, topic):
    return next(change for change in project.ask("changes") if change["topic"] == topic)


def become(project, topic, state):
    project.until(lambda: change(project, topic)["outcome"] == state, f"{topic} is {state}")
    return change(project, topic)


def refused(project, *arguments):
    answer = project.espalier(*arguments)
    assert answer.returncode == 1
    return answer.stderr


def push_to_main(project, name):
    project.git("fetch", "--quiet", "origin")
    commit = project.branch(f"direct-{name}", {f"{name}.txt": "x"}, start="origin/main")
    return commit, project.git("push", "origin", "HEAD:refs/heads/main", check=False)


def test_a_direct_push_is_refused_with_the_way_out(project):
    before = project.tip("main")
    _, said = push_to_main(project, "one")
    assert "main is gated" in said and "git push origin HEAD:refs/for/main" in said
    assert project.tip("main") == before


def test_other_branches_are_pushed_as_ever(project):
    project.branch("feature/free", {"free.txt": "x"}, start="origin/main")
    project.push("HEAD:refs/heads/feature/free")
    assert project.tip("feature/free")


def test_an_operator_lets_one_push_through_and_both_are_on_record(project):
    answer = project.espalier("bypass", "main", "--reason", "the gate's own check is broken", "--as", "an operator")
    assert "one push into main" in answer.stdout
    commit, said = push_to_main(project, "urgent")
    assert "an operator lets this push through" in said and project.tip("main") == commit
    _, said = push_to_main(project, "again")
    assert "main is gated" in said and project.tip("main") == commit
    project.until(lambda: len(project.ask("audit")) == 2, "the push is on record")
    passing, grant = project.ask("audit")
    assert grant["who"] == passing["who"] == "an operator" and "the gate's own check is broken" in grant["deed"]
    assert commit[:10] in passing["deed"]


def test_a_bypass_is_for_gated_branches_only(project):
    said = refused(project, "bypass", "feature/free", "--reason", "x")
    assert "'feature/free' is not gated: push as usual" in said


def test_a_change_waits_for_an_approval_by_somebody_else(project):
    project.branch("mine", {"mine.txt": "x"}, start="origin/main")
    project.push("HEAD:refs/for/main", "-o", "topic=mine")
    mine = become(project, "mine", "ready")
    assert mine["reason"] == f"it has 0 of 1 approvals: `espalier change approve {mine['id']}`"
    said = refused(project, "change", "approve", str(mine["id"]), "--as", "A data scientist")
    assert "is the author of change" in said
    project.espalier("change", "approve", str(mine["id"]), "--as", "A reviewer")
    assert become(project, "mine", "merged")["approved_by"] == ["A reviewer"]
    assert project.ask("audit")[0]["deed"] == f"approved change {mine['id']}"
    history = [moment["sentence"] for moment in project.ask("change", "show", str(mine["id"]))["history"]]
    assert history[0].startswith("proposed with") and history[-1].startswith("merged: merged as")


def test_the_gates_own_landing_is_no_bypass(project):
    assert all("was moved past its gate" not in entry["deed"] for entry in project.ask("audit")[:1])


def test_a_branch_is_proposed_without_a_push(project):
    project.branch("feature/open", {"open.txt": "x"}, start="origin/main")
    project.push("HEAD:refs/heads/feature/open")
    assert "espalier: change " in project.espalier("change", "open", "feature/open").stdout
    opened = become(project, "feature-open", "ready")
    project.commit_files({"open.txt": "y"})
    project.push("HEAD:refs/heads/feature/open")
    project.espalier("change", "open", "feature/open")
    project.until(lambda: change(project, "feature-open")["head"] == project.tip("feature/open"), "it has the new head")
    assert change(project, "feature-open")["id"] == opened["id"]
    project.espalier("change", "withdraw", str(opened["id"]), "--as", "A data scientist")
    assert change(project, "feature-open")["outcome"] == "withdrawn"
    said = refused(project, "change", "withdraw", str(opened["id"]))
    assert f"change {opened['id']} is withdrawn" in said


def test_a_gate_that_the_branch_takes_away_stays_until_that_is_merged(project):
    project.branch("feature/ungate", {"environments/staging.yml": "branches: [main]\nprotected: true\n"}, start="origin/main")
    project.push("HEAD:refs/heads/feature/ungate")
    _, said = push_to_main(project, "sneaky")
    assert "main is gated" in said


def test_a_gate_that_was_merged_away_is_gone(project):
    project.git("checkout", "--quiet", "feature/ungate")
    project.push("HEAD:refs/for/main", "-o", "topic=ungate")
    ungate = become(project, "ungate", "ready")
    project.espalier("change", "approve", str(ungate["id"]), "--as", "A reviewer")
    become(project, "ungate", "merged")
    def is_free():
        return "main is gated" not in push_to_main(project, "free")[1]
    project.until(is_free, "main takes pushes")


def test_a_gate_that_came_with_a_broken_pipeline_closes_when_that_is_mended(watch):
    project = watch({**FILES, "environments/staging.yml": "branches: [main]\nprotected: true\n"})
    project.git("checkout", "--quiet", "-B", "mending", "origin/main")
    gate = {"environments/staging.yml": FILES["environments/staging.yml"], "pipelines/dev.yml": "on: nothing\n"}
    project.commit_files(gate)
    project.push("HEAD:refs/heads/main")
    project.git("rm", "--quiet", "pipelines/dev.yml")
    mended = project.commit_files({}, "Mend")
    project.push("HEAD:refs/heads/main")
    project.until(lambda: "main is gated" in push_to_main(project, "late")[1] and project.tip("main") == mended, "main is gated")
