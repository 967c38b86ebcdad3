"""A change never runs in a protected environment, and never registers or promotes: it is what nobody has looked at yet."""

import pytest

from attacks import STARTED, is_settled, log_of_attack, pipeline
from registry import MODEL, PROMOTING, log_model, needs_mlflow, start_server

ROB = "cat $ESPALIER_DATA/secret.csv @HOME@/data/shop/prod/secret.csv; echo x > @HOST@/attack; echo x > $ESPALIER_DATA/written; true"
GATED = {
    "environments/staging.yml": "branches: [main]\nprotected: true\ngate: { approvals: 2 }\n",
    "pipelines/change.yml": pipeline({"check": "true"}, on="change: { target: main, environment: dev }"),
}


def robbing(environment, target="main", **more):
    return pipeline({"attack": {"run": ROB, **more}}, on=f"change: {{ target: {target}, environment: {environment} }}")


# Name → files of the change, and its target. Nobody approves any.
ATTACKS = {
    "its-own-check": ({"pipelines/change.yml": robbing("prod")}, "main"),
    # Not listed.
    "a-check-beside": ({"pipelines/also.yml": robbing("prod")}, "main"),
    "staging": ({"pipelines/change.yml": robbing("staging")}, "main"),
    "unprotected-prod": ({"environments/prod.yml": 'branches: ["release/**"]\n', "pipelines/change.yml": robbing("prod")}, "main"),
    "ungated-target": ({"pipelines/also.yml": robbing("prod", target="feature/base")}, "feature/base"),
    "any-target": ({"pipelines/change.yml": robbing("prod", target='"**"')}, "main"),
    "data-of-prod": ({"environments/dev.yml": 'branches: ["feature/**"]\ndata_root: data/shop/prod\nsandbox: "off"\n',
                      "pipelines/change.yml": robbing("dev")}, "main"),
    "a-new-environment": ({"environments/mine.yml": 'branches: ["mine/**"]\ndata_root: data/shop/prod\nsandbox: "off"\n',
                           "pipelines/change.yml": robbing("mine")}, "main"),
    "a-new-protected-one": ({"environments/mine.yml": 'branches: ["mine/**"]\nprotected: true\ndata_root: data/shop/prod\nsandbox: "off"\n',
                             "pipelines/change.yml": robbing("mine")}, "main"),
}


@pytest.fixture(scope="module")
def project(attacked):
    project = attacked(GATED)
    project.push("main:refs/heads/feature/base")
    return project


def propose(project, name, files, target="main"):
    """A change; what the person reads, and the runs that it caused, once it waits or has ended."""
    project.git("fetch", "--quiet", "origin")
    project.branch(f"my-{name}", {path: project.placed(text) for path, text in files.items()}, start="origin/main")
    said = project.git("push", "-o", f"topic={name}", "origin", f"HEAD:refs/for/{target}", check=False)
    project.look()
    made = [one for one in project.ask("changes") if one["topic"] == name]
    if not made:
        return said, []
    settled = project.until(lambda: is_settled(it := change(project, name)) and it, "it is settled")
    shown = project.espalier("change", "show", settled["id"]).stdout
    return f"{said}\n{shown}\n{settled.get('reason')}\n{project.remarks()}", [project.detail(run) for run in settled["runs"]]


def change(project, name):
    return next(one for one in project.ask("changes") if one["topic"] == name)


@pytest.mark.parametrize("name", ATTACKS)
def test_a_change_does_not_reach_prod(project, name):
    """CASES: S4"""
    files, target = ATTACKS[name]
    said, runs = propose(project, name, files, target)
    tried = [(run, log_of_attack(project, run)) for run in runs if "attack" in run["steps"]]
    assert [run["run"]["environment"] for run, _ in tried if run["run"]["environment"] in ("prod", "staging")] == [], tried
    assert [project.stolen(log) for _, log in tried if project.stolen(log)] == [], tried
    written = [file for file in (project.host / "attack", project.home / "data/shop/prod/written") if file.exists()]
    for file in written:
        file.unlink()
    assert written == [] and project.changed() == []
    refused = any(word in said for word in ("prod", "staging", "mine", "approv", "pipelines/"))
    assert refused or any(STARTED in log for _, log in tried), said


@pytest.fixture(scope="module")
def risky(attacked_once):
    """A project whose dev and prod have one model, on a real server."""
    with start_server() as server:
        prod = 'branches: ["release/**"]\nprotected: true\n' + MODEL.replace("@URL@", server.url)
        registry = MODEL.replace("@URL@", server.url).replace("candidate: challenger, incumbent: champion", "incumbent: best")
        dev = 'branches: ["feature/**"]\n' + registry
        project = attacked_once({**GATED, "environments/prod.yml": prod, "environments/dev.yml": dev})
        project.server, project.model = server, log_model(server.client)
        yield project


def promoting(project, on):
    return pipeline(PROMOTING, on=on).replace("@MODEL@", project.model)


def made(project):
    """Versions and decisions so far."""
    return len(project.server.client.search_model_versions("name='risk'")), len(project.ask("decisions"))


@needs_mlflow
@pytest.mark.parametrize("file, environment", [("change", "prod"), ("change", "dev"), ("also", "prod"), ("also", "dev")])
def test_a_change_makes_no_version_and_no_champion(risky, file, environment):
    """CASES: S4, as listed by its own check in prod; else beside the target's check, and in an environment that is not protected"""
    before = made(risky)
    text = promoting(risky, f"change: {{ target: main, environment: {environment} }}")
    said, runs = propose(risky, f"promotes-{file}-{environment}", {f"pipelines/{file}.yml": text})
    assert made(risky) == before, said
    tried = [run for run in runs if "register" in run["steps"]]
    assert tried or any(word in said for word in ("register", "promote", "prod", "pipelines/")), said


@needs_mlflow
def test_a_release_makes_one(risky):
    """What the attack above relies on."""
    versions, decisions = made(risky)
    risky.git("fetch", "--quiet", "origin")
    risky.git("checkout", "--quiet", "--detach", "origin/main")
    commit = risky.commit_files({"pipelines/release.yml": promoting(risky, "push: { environment: prod }")})
    # By who may write to the repository's files: the gate of main is not what is tried here.
    risky.git("push", "origin", "HEAD:refs/heads/feature/release")
    risky.call("git", "update-ref", "refs/heads/main", commit, cwd=risky.bare)
    risky.look()
    risky.push(f"{commit}:refs/heads/release/1")
    run = risky.run_once(branch="release/1", pipeline="release")
    assert run["run"]["outcome"] == "passed", risky.words(run)
    assert made(risky) == (versions + 1, decisions + 1)
    assert risky.server.client.get_registered_model("risk").aliases["champion"]
