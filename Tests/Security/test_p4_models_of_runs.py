"""Whatever way a model is named, it is resolved to files, stated, signed and verified before it becomes champion."""

import pathlib
import tempfile

import pytest

from registry import create_version, log_model, needs_mlflow, prod, release, releasing, start_server

pytestmark = needs_mlflow


def log_run(server):
    """A run with a model among its artifacts, as older clients log it."""
    run = server.client.create_run("0").info.run_id
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "MLmodel").write_text("flavors: {}\n")
        pathlib.Path(folder, "weights").write_text("of a run")
        server.client.log_artifacts(run, folder, "model")
    return run


def of_a_run(server):
    return f"runs:/{log_run(server)}/model"


def by_its_artifacts(server):
    run = log_run(server)
    return server.client.get_run(run).info.artifact_uri + "/model"


def by_another_name(server):
    """A version of another model, which somebody else registered."""
    server.client.create_registered_model("other")
    return f"models:/other/{create_version(server.client, 'other', log_model(server.client))}"


def by_an_alias(server):
    """Which may point to something else a moment later."""
    server.client.create_registered_model("aliased")
    server.client.set_registered_model_alias("aliased", "mine", create_version(server.client, "aliased", log_model(server.client)))
    return "models:/aliased@mine"


def file_of_the_machine(server):
    folder = server.folder / "loose"
    folder.mkdir()
    (folder / "MLmodel").write_text("flavors: {}\n")
    return f"file://{folder}"


# Name → what the step reports as its model.
ATTACKS = {
    "run": of_a_run,
    # Not listed.
    "artifacts": by_its_artifacts, "version-of-another": by_another_name, "alias-of-another": by_an_alias, "file": file_of_the_machine,
    "slashes": lambda server: of_a_run(server) + "/", "climbing": lambda server: of_a_run(server).replace("/model", "/x/../model"),
}


@pytest.fixture(scope="module")
def server():
    with start_server() as server:
        yield server


@pytest.mark.parametrize("name", ATTACKS)
def test_no_champion_is_unverified(attacked_once, server, name):
    """CASES: P4"""
    model = f"risk-{name}"
    project = attacked_once({"environments/prod.yml": prod(server).replace("model: risk", f"model: {model}"),
                             "pipelines/release.yml": releasing(ATTACKS[name](server))})
    run = release(project, "1")
    words = project.words(run)
    made = [one for one in project.ask("decisions") if one["verdict"] == "promoted" and one.get("applied_at")]
    if made:
        stated = project.espalier("provenance", model, made[0]["challenger"])
        assert stated.returncode == 0 and "payload" in stated.stdout, (stated, words)
        assert "not verified" not in words and "not stated" not in words, words
        assert spoilt_does_not_fire(project, server, made[0]["challenger"])
    else:
        failed = [step["detail"] for step in run["steps"].values() if step["state"] == "failed"]
        assert failed and any(word in "".join(failed) for word in ("model", "runs:/", "models:/", "file:")), words
    project.close()


def spoilt_does_not_fire(project, server, version):
    """Its files are changed on the server: a rollback to it, which verifies it, is refused."""
    for file in server.folder.glob("artifacts/**/weights"):
        if file.read_text() == "of a run":
            file.write_text("spoilt")
    done = project.espalier("rollback", project.ask("decisions")[0]["model"], "--to", version, "--reason", "x", "--as", "me", "--wait")
    return done.returncode != 0


def test_a_logged_model_is_stated(attacked_once, server):
    """What the attacks above rely on."""
    project = attacked_once({"environments/prod.yml": prod(server).replace("model: risk", "model: fine"),
                             "pipelines/release.yml": releasing(log_model(server.client))})
    run = release(project, "1")
    assert run["run"]["outcome"] == "passed" and "its files are stated and signed" in project.words(run)
    assert project.espalier("provenance", "fine", "1").returncode == 0
