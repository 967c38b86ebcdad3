"""A champion is replaced on evidence, even while the registry comes and goes; MLflow and Espalier tell the same story.

The reference project with a real embedded MLflow server, without its own test steps, on the packaged births.
"""

import re
import shutil
import signal
import urllib.request
from collections import Counter

import pytest

from story import FEW, ROOT, SELECTION
from watched import Latch

SERVER = ROOT / ".venv/server/bin/python"
DAY = "2026-11-23T11:00:00Z"
pytestmark = pytest.mark.skipif(not SERVER.exists(), reason=f"{SERVER} is missing: scripts/setup makes it")


def reduced(text):
    """release.yml without its test steps, and with a latch between evidence and verdict."""
    text = re.sub(r"  (unit|integration)-tests:\n(    .*\n)+", "", text).replace(", unit-tests, integration-tests", "")
    wait = "run: 'python -m hrob.validate && echo > $ESPALIER_DATA/validated && read go < $ESPALIER_DATA/go'"
    return text.replace("run: python -m hrob.validate", wait)


@pytest.fixture(scope="module")
def project(watch_all):
    project = watch_all(adopt=False)
    for part, left_out in (("pipelines", ("tests", "dev.yml", "staging.yml", "change.yml", "*low-weight.yml")), ("environments", ())):
        shutil.rmtree(project.work / part)
        ignore = shutil.ignore_patterns("__pycache__", *left_out)
        shutil.copytree(ROOT / part, project.work / part, ignore=ignore)
    project.select(FEW)
    project.commit_files({"pipelines/release.yml": reduced((ROOT / "pipelines/release.yml").read_text())}, "Predict")
    project.git("push", "--quiet", "origin", "main")
    # A Python that does not start while `down` exists: that is how the registry is kept away.
    project.down = project.folder / "down"
    python = project.folder / "python"
    python.write_text(f'#!/bin/sh\n[ ! -e {project.down} ] || exit 1\nexec {SERVER} "$@"\n')
    python.chmod(0o755)
    project.options = ("--mlflow-python", str(python))
    data = project.home / "data/hrob/prod"
    data.mkdir(parents=True)
    project.validated, project.go = Latch(data / "validated"), Latch(data / "go")
    project.adopt()
    project.serve()
    return project


def cut(project, name, files=None):
    """A release branch; its commit and run, once the evidence is there."""
    commit = project.branch(f"release/{name}", files)
    project.push(f"release/{name}")
    project.validated.wait(900)
    return commit, project.runs(commit=commit)[0]["id"]


def answers(project):
    try:
        return urllib.request.urlopen(f"{address(project)}/health", timeout=2).status == 200
    except OSError:
        return False


def address(project):
    return (project.home / "mlflow/address").read_text().strip()


@pytest.fixture(scope="module")
def first(project):
    commit, run = cut(project, "1")
    project.go.open()
    return commit, project.detail(run)


@pytest.fixture(scope="module")
def second(project, first):
    """A better model, whose verdict is due while the registry is away; what was seen meanwhile."""
    commit, run = cut(project, "2", {SELECTION: (ROOT / SELECTION).read_text()})
    project.down.touch()
    minder = (project.home / "mlflow/lock").read_text().strip()
    for server in children(minder):
        project.call("kill", "-9", server)
    project.until(lambda: not answers(project), "the registry is away")
    project.go.open()
    waits = lambda: project.now(run)["steps"]["promote"]["state"] == "waiting" and project.now(run)
    seen = project.until(waits, "the step waits")
    decided = project.ask("decisions")
    # The daemon may crash meanwhile, too.
    project.end(signal.SIGKILL)
    project.down.unlink()
    project.serve()
    return commit, seen, decided, project.detail(run)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return file.read().split()


def test_the_first_model_is_promoted_by_its_floors(project, first):
    commit, run = first
    assert run["run"]["outcome"] == "passed", run
    decision = project.ask("decisions")[0]
    assert (decision["verdict"], decision["challenger"], decision.get("champion")) == ("promoted", "1", None)
    assert decision["commit"] == commit and decision["run"] == run["run"]["id"] and decision["applied_at"]
    assert decision["configuration_digest"] == run["configuration_digest"]


def test_a_verdict_waits_for_the_registry_and_nothing_is_lost(project, second):
    _, seen, decided, run = second
    assert "127.0.0.1" in seen["steps"]["promote"]["detail"] and seen["run"]["outcome"] == "running"
    assert len(decided) == 1
    assert run["run"]["outcome"] == "passed", run
    assert {step["attempts"] for step in run["steps"].values() if step["state"] != "reused"} == {1}
    decisions = project.ask("decisions")
    assert [(d["verdict"], d["challenger"], d.get("champion")) for d in decisions] == [("promoted", "1", None), ("promoted", "2", "1")]
    assert decisions[1]["applied_at"] and (project.home / f"evidence/{decisions[1]['evidence_sha256']}.csv").exists()


def test_the_registry_agrees(project, second):
    from mlflow import MlflowClient
    client = MlflowClient(address(project))
    registered = client.get_registered_model("hrob-risk")
    assert registered.aliases == {"challenger": "2", "champion": "2"}
    shown = {model["version"]: model for model in project.ask("models")}
    assert set(shown) == {"1", "2"}
    for version, model in shown.items():
        told = client.get_model_version("hrob-risk", version)
        run = project.now(int(told.tags["espalier.run"]))
        assert (told.tags, told.current_stage) == (model["tags"], model["stage"])
        assert sorted(told.aliases) == sorted(model["aliases"])
        assert told.tags["espalier.commit"] == run["run"]["commit"] and told.tags["espalier.tree"] == run["tree"]
        assert told.tags["espalier.configuration"] == f"sha256:{run['configuration_digest']}"
        assert told.tags["espalier.dataset.births"] == run["datasets"]["births"]
        assert client.get_run(told.run_id).data.tags["espalier.run"] == told.tags["espalier.run"]
    assert shown["2"]["stage"] == "Production" and shown["1"]["stage"] != "Production"


def test_a_fire_writes_its_partition_once_with_the_champion(project, second):
    import deltalake
    from story import predictions
    table = project.home / "data/hrob/prod/predictions"
    fired = project.ask("fire", "inference", "--at", DAY, "--wait")
    assert fired["run"]["outcome"] == "passed" and fired["model"] == "models:/hrob-risk/2"
    rows, version = predictions(table), deltalake.DeltaTable(str(table)).version()
    assert Counter(row["logical_date"] for row in rows) == {"2026-11-23": len(rows)} and rows
    assert {(row["model_name"], row["model_version"], row["commit"], row["run"], row["logical_time"]) for row in rows} == {
        ("hrob-risk", 2, second[0], str(fired["run"]["id"]), DAY)}

    again = project.ask("fire", "inference", "--at", DAY, "--wait")
    assert again["run"]["outcome"] == "passed" and again["model"] == fired["model"]
    assert deltalake.DeltaTable(str(table)).version() == version and predictions(table) == rows
    fire, = (fire for fire in project.ask("schedules")[0]["fires"] if fire["logical_time"] == DAY)
    assert fire["version"] == "2"
