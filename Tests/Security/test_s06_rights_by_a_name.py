"""A branch gets no rights by its name: a protected branch holds commits of the default branch, or what its own gate let in.

Each attack brings a commit that nobody has reviewed to a name of prod, and it sets its own data root, sandbox and approvals."""

import pytest

from attacks import STARTED, assert_refused, log_of_attack, pipeline

RELEASE = pipeline({"deploy": "cat $ESPALIER_DATA/secret.csv; true"}, on="push: { environment: prod }")
# What a release that nobody has reviewed would do.
ATTACK = {
    "environments/prod.yml": 'branches: ["release/**"]\nprotected: true\nsandbox: "off"\napprovals: { promote: 0 }\n',
    "pipelines/release.yml": pipeline({"attack": "cat $ESPALIER_DATA/secret.csv; echo x > @HOST@/attack; true"},
                                      on="push: { environment: prod }"),
}


@pytest.fixture(scope="module")
def project(attacked_once):
    return attacked_once({"pipelines/release.yml": RELEASE}, options=("--look-every", "1"))


def unreviewed(project, name, start="main"):
    """A commit of one's own on a branch of one's own; the branch is pushed, which anybody may."""
    commit = project.branch(f"feature/{name}", {path: project.placed(text) for path, text in ATTACK.items()}, start=start)
    project.push(f"feature/{name}")
    return commit


def to_the_hook(refspec):
    return lambda project, name: project.git("push", "origin", refspec.replace("NAME", name), check=False)


def behind_the_hook(project, name):
    """With access to the files of the repository no hook is asked, and the event is all that is left."""
    return project.call("git", "update-ref", f"refs/heads/release/{name}", f"refs/heads/feature/{name}", cwd=project.bare)


def by_a_symbolic_ref(project, name):
    return project.call("git", "symbolic-ref", f"refs/heads/release/{name}", f"refs/heads/feature/{name}", cwd=project.bare)


def by_a_release_that_exists(project, name):
    """A release of main's commit is moved on."""
    project.push(f"main:refs/heads/release/{name}")
    return to_the_hook("feature/NAME:refs/heads/release/NAME")(project, name)


def by_deleting_it_first(project, name):
    project.push(f"main:refs/heads/release/{name}")
    project.git("push", "origin", f":refs/heads/release/{name}", check=False)
    return to_the_hook("feature/NAME:refs/heads/release/NAME")(project, name)


def by_a_tag(project, name):
    """Of the same name as the branch of main's commit."""
    project.git("tag", "--force", f"release/{name}", f"feature/{name}")
    project.git("push", "origin", f"refs/tags/release/{name}", check=False)
    return to_the_hook("refs/tags/release/NAME:refs/heads/release/NAME")(project, name)


def among_many(project, name):
    """One of several refs in one push, of which the others are fine."""
    return project.git("push", "origin", f"main:refs/heads/release/{name}-fine", f"feature/{name}:refs/heads/release/{name}", check=False)


def by_a_change(project, name):
    """Proposed to a release that does not exist: there is no gate that could let it in."""
    return to_the_hook("feature/NAME:refs/for/release/NAME")(project, name)


ATTACKS = {
    "pushed": to_the_hook("feature/NAME:refs/heads/release/NAME"),
    # Not listed.
    "deeper-name": to_the_hook("feature/NAME:refs/heads/release/NAME/hotfix/1"),
    "forced": to_the_hook("+feature/NAME:refs/heads/release/NAME"),
    "behind-the-hook": behind_the_hook, "symbolic-ref": by_a_symbolic_ref, "moved-on": by_a_release_that_exists,
    "deleted-first": by_deleting_it_first, "tag": by_a_tag, "among-many": among_many, "change": by_a_change,
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_commit_that_nobody_reviewed_does_not_run_in_prod(project, name):
    """CASES: S6"""
    commit = unreviewed(project, name)
    assert_does_not_run(project, commit, ATTACKS[name](project, name))


def assert_does_not_run(project, commit, said):
    project.look()
    runs = [project.detail(run["id"]) for run in project.runs(commit=commit) if run["environment"] == "prod"]
    written = project.changed()
    for file in project.host.iterdir():
        file.unlink()
    assert runs == [], (said, [project.espalier("logs", run["run"]["id"]).stdout for run in runs])
    assert written == []
    assert_refused(said + project.remarks(), "release/", "prod")


def test_a_history_of_its_own_does_not_run_in_prod(project):
    """CASES: S6, without a commit of main below it"""
    project.git("checkout", "--quiet", "--orphan", "feature/orphan", "main")
    commit = project.commit_files({path: project.placed(text) for path, text in ATTACK.items()})
    assert_does_not_run(project, commit, project.git("push", "origin", "HEAD:refs/heads/release/orphan", check=False))


def test_a_default_branch_of_ones_own_does_not_help(project):
    """CASES: S6, by what the branch itself says: which branch is the default, and which environment covers it"""
    project.branch("feature/own-default", {
        **{path: project.placed(text) for path, text in ATTACK.items()},
        "environments/project.yml": "name: shop\ndefault_branch: feature/own-default\n"})
    commit = project.commit_files({"environments/prod.yml": 'branches: ["feature/**"]\nprotected: true\n',
                                   "environments/dev.yml": "branches: [dev]\n"})
    said = project.git("push", "origin", "HEAD:refs/heads/feature/own-default", "HEAD:refs/heads/release/own-default", check=False)
    assert_does_not_run(project, commit, said)


def test_a_commit_of_main_runs_in_prod(project):
    """What the attacks above rely on."""
    said = project.push("main:refs/heads/release/good")
    run = project.until(lambda: project.runs(branch="release/good"), f"it runs: {said}")[0]
    log = log_of_attack(project, project.detail(run["id"]), "deploy")
    assert run["environment"] == "prod" and STARTED in log and project.stolen(log) == ["prod"]
