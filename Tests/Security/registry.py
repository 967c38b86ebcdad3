"""A real MLflow server of somebody else, and models of one file in it that nobody has to train."""

import contextlib
import pathlib
import shutil
import tempfile
import types

import mlflow_servers
import pytest

needs_mlflow = pytest.mark.skipif(not mlflow_servers.PYTHON.exists(), reason=f"{mlflow_servers.PYTHON} is missing: scripts/setup makes it")


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
