"""The target's checks decide about a change: whatever it says about them itself, what they would reject is not merged."""

import pytest

from attacks import is_settled, pipeline

CHECK = pipeline({"check": {"run": "sh check.sh", "outputs": ["junit"], "tests": "junit"}}, on="change: { target: main, environment: dev }")
FILES = {
    "check.sh": "echo '<testsuite/>' > $ESPALIER_OUTPUTS/junit.xml\n[ ! -e broken ]\n",
    "environments/staging.yml": "branches: [main]\nprotected: true\ngate: { approvals: 0 }\n",
    "pipelines/change.yml": CHECK,
}
FAILED = '<testsuite><testcase classname=\\"t\\" name=\\"one\\"><failure/></testcase></testsuite>'


# Stands in the way of the real one, and likes everything.
CONTENT = "#!/bin/bash\necho '<testsuite/>' > $ESPALIER_OUTPUTS/junit.xml\n"


def with_keys(**keys):
    on = f"change: {{ target: main, environment: dev{keys.pop('on', '')} }}"
    return pipeline({"check": {"run": "sh check.sh", **keys}}, on=on)


# Name → files beside the one that the target's check rejects; `None` deletes.
ATTACKS = {
    # Listed.
    "no-path-is-its": {"pipelines/change.yml": with_keys(on=', paths: ["nothing/**"]')},
    "tests-left-out": {"pipelines/change.yml": pipeline({"check": "true"}, on="change: { target: main, environment: dev }")},
    # Not listed.
    "renamed": {"pipelines/change.yml": None,
                "pipelines/other.yml": pipeline({"check": "true"}, on="change: { target: main, environment: dev }")},
    "of-another-target": {"pipelines/change.yml": CHECK.replace("target: main", "target: other"),
                          "pipelines/other.yml": pipeline({"check": "true"}, on="change: { target: main, environment: dev }")},
    "in-an-environment-of-its-own": {"environments/own.yml": 'branches: ["own/**"]\nsandbox: "off"\n',
                                     "pipelines/change.yml": pipeline({"check": "true"}, on="change: { target: main, environment: own }")},
    "by-a-variable": {"environments/dev.yml": 'branches: ["feature/**"]\nenv: { PATH: "./tools:/usr/bin:/bin" }\n', "tools/sh": CONTENT},
    "by-a-default-variable": {"environments/project.yml": 'name: shop\ndefault_branch: main\nenv: { PATH: "./tools:/usr/bin:/bin" }\n',
                              "tools/sh": CONTENT},
    "quarantined": {
        "environments/project.yml":
            "name: shop\ndefault_branch: main\nquarantine:\n  - { test: 't::one', until: 2099-01-01, reason: mine }\n",
        "check.sh": f'echo "{FAILED}" > $ESPALIER_OUTPUTS/junit.xml\n[ ! -e broken ]\n'},
    "no-gate": {"environments/staging.yml": "branches: [main]\nprotected: true\n",
                "pipelines/change.yml": with_keys(on=', paths: ["nothing/**"]')},
    "another-default-branch": {"environments/project.yml": "name: shop\ndefault_branch: feature/mine\n",
                               "pipelines/change.yml": with_keys(on=', paths: ["nothing/**"]')},
    "reused": {"pipelines/change.yml": pipeline({"check": {"run": "sh check.sh", "inputs": ["nothing/**"]}},
                                                on="change: { target: main, environment: dev }")},
    "never-ready": {"pipelines/change.yml": pipeline({"check": {"run": "true"}, "sh": {"run": "sh check.sh", "needs": ["check"]}},
                                                     on="change: { target: main, environment: dev, paths: [\"*.none\"] }")},
}


@pytest.fixture(scope="module")
def project(attacked_once):
    return attacked_once(FILES)


def propose(project, name, files):
    """A change; the change once it is settled, or what the person reads where there is none."""
    project.git("fetch", "--quiet", "origin")
    project.git("checkout", "--quiet", "-B", f"my-{name}", "origin/main")
    gone = [path for path, text in files.items() if text is None]
    if gone:
        project.git("rm", "--quiet", *gone)
    project.commit_files({path: text for path, text in files.items() if text is not None}, name)
    if "tools/sh" in files:
        project.call("git", "update-index", "--chmod=+x", "tools/sh", cwd=project.work)
        project.git("commit", "--quiet", "--amend", "--no-edit")
        project.git("checkout", "--quiet", "--force", "HEAD")
    said = project.git("push", "-o", f"topic={name}", "origin", "HEAD:refs/for/main", check=False)
    project.look()
    found = lambda: next((one for one in project.ask("changes") if one["topic"] == name), None)
    if not found():
        return {"outcome": "refused", "reason": said, "runs": []}
    return project.until(lambda: is_settled(it := found()) and it, "it is settled")


def restored(project, before):
    """So that one attack that succeeds does not help the next."""
    if project.tip("main") != before:
        project.call("git", "update-ref", "refs/heads/main", before, cwd=project.bare)
        project.look()
        return True
    return False


@pytest.mark.parametrize("name", ATTACKS)
def test_a_change_does_not_choose_its_checks(project, name):
    """CASES: S5"""
    before = project.tip("main")
    change = propose(project, name, {**ATTACKS[name], "broken": name})
    assert not restored(project, before), f"merged: {change}"
    assert change["outcome"] in ("rejected", "ready", "conflicted", "refused"), change
    # That something was tried: a check ran and failed, it waits for an approval, or it was refused with a reason.
    assert change["runs"] or any(word in change["reason"] for word in ("pipelines/", "environments/", "approv", "check")), change


@pytest.mark.parametrize("path, text", [
    ("pipelines/change.yml", CHECK + "# fine\n"), ("environments/dev.yml", 'branches: ["feature/**"]\n# fine\n'),
    ("pipelines/sub/new.yml", CHECK), ("environments/new.yml", 'branches: ["new/**"]\n')])
def test_what_says_how_changes_are_checked_needs_an_approval(project, path, text):
    """CASES: S5, although all checks pass"""
    before = project.tip("main")
    change = propose(project, f"configures-{path.replace('/', '-').replace('.', '-')}", {path: text})
    assert not restored(project, before), f"merged without an approval: {change}"
    assert "approv" in change["reason"], change


def test_a_change_that_is_fine_is_merged_and_one_that_is_broken_is_not(project):
    """What the attacks above rely on."""
    before = project.tip("main")
    assert propose(project, "fine", {"fine.txt": "x"})["outcome"] == "merged"
    assert restored(project, before)
    change = propose(project, "bad", {"broken": "x"})
    assert change["outcome"] == "rejected" and change["runs"] and project.tip("main") == before
