"""MLflow's own client, unchanged, through the daemon: all that training and scoring does with it; and how long that is possible."""

import json
import pathlib
import urllib.error
import urllib.request

import pytest
from mlflow_servers import PYTHON

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason=f"{PYTHON} is missing: scripts/setup makes it")

# What a project does with MLflow. Each line that names something asserts that it is there afterwards.
WORK = """\
import hashlib, os, pathlib, sys
import mlflow, pandas
from mlflow import MlflowClient
from sklearn.linear_model import LogisticRegression

client, fitted = MlflowClient(), LogisticRegression().fit([[0.0], [1.0]], [0, 1])
with mlflow.start_run(run_name="training", tags={"espalier.run": os.environ["ESPALIER_RUN"], "team": "risk"}) as run:
    mlflow.log_params({"depth": 3})
    mlflow.log_metrics({"auc": 0.75, "loss": float("nan")})
    mlflow.set_tags({"kind": "test", "gone": "soon"})
    mlflow.delete_tag("gone")
    mlflow.log_dict({"a": 1}, "features.json")
    mlflow.log_text("text", "folder/\\u00e4 b+c.txt")
    mlflow.log_table({"a": [1]}, "table.json")
    mlflow.log_input(mlflow.data.from_pandas(pandas.DataFrame({"a": [1]})), context="training")
    logged = mlflow.sklearn.log_model(fitted, name="model", pip_requirements=[], input_example=[[0.5]])
    mlflow.log_metric("of_model", 0.1, model_id=logged.model_id)
    with mlflow.start_run(nested=True):
        mlflow.log_metric("auc", 0.5)
    large = pathlib.Path("large.bin")
    large.write_bytes(os.urandom(20 << 20))
    mlflow.log_artifact(large)
found = client.get_run(run.info.run_id)
assert found.data.metrics["auc"] == 0.75 and found.data.params == {"depth": "3"}, found.data
assert found.data.tags["team"] == "risk" and "gone" not in found.data.tags and found.data.tags["espalier.owner"]
assert found.info.status == "FINISHED" and len(found.inputs.dataset_inputs) == 1
assert {one.path for one in client.list_artifacts(run.info.run_id)} >= {"features.json", "folder", "large.bin", "table.json"}
assert mlflow.artifacts.load_text(run.info.artifact_uri + "/folder/\\u00e4 b+c.txt") == "text"
back = pathlib.Path(mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/large.bin"))
assert hashlib.sha256(back.read_bytes()).digest() == hashlib.sha256(large.read_bytes()).digest()
assert len(mlflow.search_runs()) >= 2 and len(client.get_metric_history(run.info.run_id, "auc")) == 1
assert [one.model_id for one in mlflow.search_logged_models(output_format="list")] == [logged.model_id]
assert mlflow.sklearn.load_model(logged.model_uri).predict([[1.0]]) == [1]
external = mlflow.initialize_logged_model(name="external")
mlflow.set_logged_model_tags(external.model_id, {"a": "b"})
mlflow.log_model_params({"p": "1"}, external.model_id)
mlflow.finalize_logged_model(external.model_id, "READY")
mlflow.sklearn.autolog(log_models=False)
with mlflow.start_run():
    LogisticRegression().fit([[0.0], [1.0]], [0, 1])
with open(os.environ["ESPALIER_OUTPUT"], "a") as said:
    print(f"model_uri={logged.model_uri}\\nrun_id={run.info.run_id}", file=said)
print("all of it works")
"""
# Another step of the same run, and models by name, alias and version.
READ = """\
import os, mlflow
from mlflow import MlflowClient
with mlflow.start_run(run_id="${RUN}"):
    mlflow.log_metric("later", 1.0)
for uri in (os.environ["ESPALIER_MODEL_URI"], "models:/risk@latest-dev", "models:/risk/latest"):
    assert mlflow.sklearn.load_model(uri).predict([[1.0]]) == [1]
    assert mlflow.models.get_model_info(uri).flavors
client = MlflowClient()
assert [one.version for one in client.search_model_versions("name='risk'")] == ["1"]
for refused in (lambda: client.set_registered_model_alias("risk", "champion", "1"), lambda: client.delete_run("${RUN}"),
                lambda: mlflow.register_model(os.environ["ESPALIER_MODEL_URI"], "risk")):
    try:
        refused()
    except mlflow.MlflowException as error:
        assert "PERMISSION_DENIED" in str(error), error
    else:
        raise AssertionError("it was not refused")
print("TOKEN", os.environ["MLFLOW_TRACKING_URI"], os.environ["MLFLOW_TRACKING_TOKEN"], flush=True)
# A restart of the daemon in the middle.
data = os.environ["ESPALIER_DATA"]
with open(data + "/started", "w") as started:
    started.write("here\\n")
open(data + "/go").readline()
assert client.get_run("${RUN}").data.metrics["later"] == 1.0
print("and again")
"""
PIPELINE = """\
on: { push: { environment: dev } }
steps:
  work: { run: python work.py }
  register: { needs: [work], register: { model: "${steps.work.outputs.model_uri}" } }
  read: { needs: [register], env: { RUN: "${steps.work.outputs.run_id}" }, run: 'sed -i "s/\\${RUN}/$RUN/" read.py; python read.py' }
"""


@pytest.fixture(scope="module")
def project(watch_all):
    return watch_all(
        {"environments/dev.yml": 'branches: ["feature/**"]\nregistry: { model: risk, aliases: { candidate: latest-dev } }\n',
         "work.py": WORK, "read.py": READ, "pipelines/dev.yml": PIPELINE},
        options=("--mlflow-python", str(PYTHON)))


def test_what_projects_do_with_mlflow_works_through_the_door(project):
    started, go = project.latch("started"), project.latch("go")
    project.branch("feature/one")
    project.push("feature/one")
    run = project.until(lambda: project.runs(branch="feature/one"), "a run")[0]["id"]
    try:
        project.until(lambda: project.now(run)["steps"]["read"]["state"] == "running", "it reads", seconds=180)
        started.wait(180)
    except AssertionError:
        raise AssertionError(project.log(run, "work") + project.log(run, "read"))
    url, token = project.log(run, "read").split("TOKEN ")[1].split()[:2]
    assert ask(url, token) == 200 and ask(url, token + "0") == 401 and ask(url, "") == 401
    project.end()
    project.serve()
    project.until(lambda: ask(url, token) == 200, "the next daemon listens there, and lets the step in")
    go.open()
    detail = project.detail(run)
    assert detail["run"]["outcome"] == "passed", project.log(run, "work") + project.log(run, "read")
    assert "all of it works" in project.log(run, "work") and "refused" not in project.log(run, "work")
    log = project.log(run, "read")
    for refused in ("POST registered-models/alias", "POST runs/delete", "POST registered-models/create"):
        assert f"espalier: refused: {refused} (" in log, log
    assert ask(url, token) in (401, 503), "the token outlives its attempt"


def ask(url, token):
    """Whether a token is good for anything: the status of an answer."""
    asked = urllib.request.Request(url + "/api/2.0/mlflow/experiments/get-by-name?experiment_name=shop-dev",
                                   headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=20) as answer:
            return json.loads(answer.read()) and answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def test_operators_reach_all_of_it_by_an_address_that_only_they_can_read(project):
    file = project.home / "mlflow/address"
    assert file.stat().st_mode & 0o077 == 0 and pathlib.Path(file.parent).stat().st_mode & 0o077 == 0
    address = file.read_text().strip()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(address + "/", timeout=30) as page:
        assert b"<title>MLflow</title>" in page.read()
    from mlflow import MlflowClient
    client = MlflowClient(address)
    client.set_registered_model_alias("risk", "mine", "1")
    assert client.get_registered_model("risk").aliases["mine"] == "1"
