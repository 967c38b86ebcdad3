"""The ledger knows that there was a champion: what is deleted or renamed in MLflow neither fires empty, nor makes the next one a first."""

import zlib

import pytest

from attacks import STARTED, log_of, pipeline
from registry import create_version, log_model, needs_mlflow, prod, release, releasing, start_server

pytestmark = needs_mlflow

SCHEDULE = 'schedule: { cron: "0 0 3 1 1 ? 2099", environment: prod }'

# What its folder holds, and whether it can be changed.
PREDICT = """
echo "model: ${ESPALIER_MODEL_URI:-none}"
[ -z "$ESPALIER_MODEL" ] || echo "holds: $(cat $ESPALIER_MODEL/weights)"
(echo other > "$ESPALIER_MODEL/weights"; rm -f "$ESPALIER_MODEL/weights"; touch "$ESPALIER_MODEL/new") 2> /dev/null && echo changed || true
"""


@pytest.fixture(scope="module")
def server():
    with start_server() as server:
        yield server


@pytest.fixture
def project(attacked_once, server, request):
    """One whose model is champion by a decision, and whose schedule is live. A model of its own."""
    name = f"risk-{zlib.crc32(request.node.name.encode())}"
    project = attacked_once({
        "environments/prod.yml": prod(server).replace("model: risk", f"model: {name}").replace("champion } }", "champion }, smoke: 'true' }"),
        "pipelines/release.yml": releasing(log_model(server.client)),
        "pipelines/nightly.yml": pipeline({"predict": PREDICT}, on=SCHEDULE)})
    run = release(project, "1")
    assert run["run"]["outcome"] == "passed", project.words(run)
    project.model = name
    project.until(lambda: project.ask("schedules"), "the schedule is live")
    yield project
    project.close()


def delete_model(client, model):
    client.delete_registered_model(model)


def rename_model(client, model):
    client.rename_registered_model(model, f"{model}-renamed")


def delete_version(client, model):
    client.delete_model_version(model, "1")


def delete_alias(client, model):
    client.delete_registered_model_alias(model, "champion")


def move_alias(client, model):
    """To a version that no decision has made champion."""
    client.set_registered_model_alias(model, "champion", create_version(client, model, log_model(client, word="other")))


def make_again(client, model):
    """Another model of the same name, whose first version has the same number."""
    client.delete_registered_model(model)
    client.create_registered_model(model)
    client.set_registered_model_alias(model, "champion", create_version(client, model, log_model(client, word="other")))


# Name → what somebody does in MLflow.
ATTACKS = {
    "deleted-model": delete_model, "deleted-version": delete_version, "renamed-model": rename_model,
    # Not listed.
    "deleted-alias": delete_alias, "moved-alias": move_alias, "made-again": make_again,
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_fire_without_its_champion_is_refused(project, server, name):
    """CASES: P1"""
    ATTACKS[name](server.client, project.model)
    fired = project.espalier("fire", "nightly", "--at", "2026-11-01T03:00:00Z", "--wait")
    runs = [project.detail(run["id"]) for run in project.runs(pipeline="nightly")]
    logs = [log_of(project, run, "predict") for run in runs]
    assert not [log for log in logs if STARTED in log], logs
    told = fired.stdout + fired.stderr + "".join(map(str, runs)) + project.espalier("schedules").stdout + project.espalier("status").stdout
    assert "champion" in told or project.model in told, told


@pytest.mark.parametrize("name", ATTACKS)
def test_the_next_release_is_no_first_one(project, server, name):
    """CASES: P1: it is compared with what was champion, or waits for a person"""
    ATTACKS[name](server.client, project.model)
    decided = len(project.ask("decisions"))
    again = project.branch("again")
    project.push("again")
    project.call("git", "update-ref", "refs/heads/main", again, cwd=project.bare)
    project.look()
    run = release(project, "2", start=again)
    made = [one for one in project.ask("decisions")[decided:] if one["verdict"] == "promoted" and one.get("champion") != "1"]
    assert made == [], "promoted against nothing, or against what no decision made champion"
    assert any(STARTED in log_of(project, run, step) for step in run["steps"]) or any(step.get("detail") for step in run["steps"].values())


@pytest.mark.parametrize("name", ATTACKS)
def test_people_are_told_that_a_champion_is_gone(project, server, name):
    """CASES: P1"""
    before = project.espalier("models").stdout
    ATTACKS[name](server.client, project.model)
    after = project.espalier("models").stdout
    assert project.model in after and "champion" in after.replace(before, ""), after
    assert any(word in after for word in ("gone", "moved", "deleted", "ledger", "missing")), after


def test_a_champion_that_is_there_is_used(project, server):
    """What the attacks above rely on."""
    project.espalier("fire", "nightly", "--at", "2026-11-01T03:00:00Z", "--wait")
    log = log_of(project, project.detail(project.runs(pipeline="nightly")[-1]["id"]), "predict")
    assert f"model: models:/{project.model}/1" in log and "holds: weights" in log and "changed" not in log, log


def fire(project, day):
    return project.espalier("fire", "nightly", "--at", f"2026-11-{day}T03:00:00Z", "--wait")


def test_a_person_accepts_what_somebody_has_made_champion(project, server):
    """What the refusals propose; the accepted version is verified like any other."""
    move_alias(server.client, project.model)
    assert fire(project, "01").returncode and f"espalier decisions accept {project.model}" in project.espalier("status").stdout
    done = project.espalier("decisions", "accept", project.model, "--reason", "we checked it", "--as", "ann", "--wait")
    assert done.returncode == 0, (done.stdout, done.stderr)
    decided = project.ask("decisions")[-1]
    assert decided["reasons"] == ["Accepted by ann: we checked it"] and decided["applied_at"]
    assert (decided["challenger"], decided["champion"]) == ("2", "1")
    assert any("accepted" in one["deed"] and one["who"] == "ann" for one in project.ask("audit"))
    assert fire(project, "01").returncode == 0 and "accept" not in project.espalier("status").stdout
    log = log_of(project, project.detail(project.runs(pipeline="nightly")[-1]["id"]), "predict")
    assert f"model: models:/{project.model}/2" in log and "holds: other" in log and "changed" not in log, log
    for file in server.folder.glob("artifacts/**/weights"):
        if file.read_text() == "other":
            file.write_text("spoilt")
    assert fire(project, "02").returncode
    assert any("not those that were registered" in project.words(project.detail(run["id"])) for run in project.runs(pipeline="nightly"))


def test_a_rollback_puts_the_champion_back(project, server):
    move_alias(server.client, project.model)
    assert fire(project, "01").returncode
    done = project.espalier("rollback", project.model, "--to", "1", "--reason", "not ours", "--as", "ann", "--wait")
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert server.client.get_registered_model(project.model).aliases["champion"] == "1"
    assert fire(project, "01").returncode == 0
