"""A real MLflow server of somebody else, and models of one file in it that nobody has to train."""

import contextlib
import pathlib
import shutil
import tempfile
import types

import mlflow_servers
import pytest

from attacks import pipeline

needs_mlflow = pytest.mark.skipif(not mlflow_servers.PYTHON.exists(), reason=f"{mlflow_servers.PYTHON} is missing: scripts/setup makes it")


# Registers the model @MODEL@ that was logged before, and makes it champion by evidence that always says so.
PROMOTING = {
    "note": {"run": 'echo "model_uri=@MODEL@" >> $ESPALIER_OUTPUT'},
    "register": {"needs": ["note"], "register": {"model": "${steps.note.outputs.model_uri}"}},
    "score": {"needs": ["register"], "outputs": ["evidence"],
              "run": "[ -n \"$ESPALIER_CHAMPION_URI\" ] && champion=,champion score=,0.5; (echo id,label,challenger$champion; "
                     "for row in $(seq 400); do echo $row,$((row % 2)),0.$((row % 2 * 8 + 1))$score; done) "
                     "> $ESPALIER_OUTPUTS/evidence.csv"},
    "promote": {"needs": ["score"], "promote": {
        "evidence": "${steps.score.outputs.evidence}", "floor": {"roc_auc": 0.5}, "improve": {"metric": "roc_auc", "by": 0.0}}},
}
# Of an environment, whose server is @URL@.
MODEL = "registry: { server: @URL@, model: risk, aliases: { candidate: challenger, incumbent: champion } }\n"


@contextlib.contextmanager
def start_server():
    from mlflow import MlflowClient
    folder = pathlib.Path(tempfile.mkdtemp(prefix="attack-registry-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        with mlflow_servers.mlflow(folder, f"sqlite:///{folder}/mlflow.db") as (url, ready):
            ready()
            yield types.SimpleNamespace(url=url, folder=folder, client=MlflowClient(url))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def log_model(client, experiment="0", word="weights"):
    """A model of one file; its URI."""
    model = client.create_logged_model(experiment, name="model")
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "MLmodel").write_text(f"flavors: {{}}\nmodel_id: {model.model_id}\n")
        pathlib.Path(folder, "weights").write_text(word)
        client.log_model_artifacts(model.model_id, folder)
    client.finalize_logged_model(model.model_id, "READY")
    return model.model_uri


def releasing(model, on="push: { environment: prod }"):
    """A pipeline that registers and promotes that model."""
    return pipeline(PROMOTING, on=on).replace("@MODEL@", model)


def prod(server, more=""):
    return 'branches: ["release/**"]\nprotected: true\n' + more + MODEL.replace("@URL@", server.url)


def release(project, name, start="main"):
    """A release of main's own commit; its run, once it has ended."""
    project.push(f"{start}:refs/heads/release/{name}")
    return project.run_once(branch=f"release/{name}", pipeline="release")


def create_version(client, name, uri):
    """A version that Espalier knows nothing of."""
    known = client.get_logged_model(uri.removeprefix("models:/"))
    return client.create_model_version(name, known.artifact_location, model_id=known.model_id).version
