"""What persons and time do to a champion: approvals, rollbacks, aliases moved by others, holdouts that are used up. And what
an auditor can make of it. A real MLflow server; models of one line."""

import base64
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time

import pytest

from story import ROOT

SERVER = ROOT / ".venv/server/bin/python"
pytestmark = pytest.mark.skipif(not SERVER.exists(), reason=f"{SERVER} is missing: scripts/setup makes it")

TRAIN = """\
import os
import mlflow

def same(model_input: list[float]) -> list[float]:
    return model_input

# Or else of two that train first one fails to make it.
assert mlflow.get_experiment_by_name(os.environ["MLFLOW_EXPERIMENT_NAME"]), "the experiment is not there"
with mlflow.start_run():
    model = mlflow.pyfunc.log_model(name="model", python_model=same, input_example=[0.25], pip_requirements=[])
with open(os.environ["ESPALIER_OUTPUT"], "a") as said:
    print(f"model_uri={model.model_uri}", file=said)
"""

# Labels in two blocks; how far a model tells them apart is in its file. Also which rows it has seen.
SCORE = """\
import os, pathlib, random
quality = {"challenger": float(pathlib.Path("quality").read_text()), "champion": 0.4}
outputs = pathlib.Path(os.environ["ESPALIER_OUTPUTS"])
columns = ["challenger"] + (["champion"] if os.environ.get("ESPALIER_CHAMPION_URI") else [])
with open(outputs / "evidence.csv", "w") as file:
    print("id", "label", "site", *columns, sep=",", file=file)
    for row in range(600):
        label = row % 3 == 0
        noise = random.Random(row)
        scores = {name: noise.gauss(quality[name] * label, 1) for name in columns}
        print(f"{HOLDOUT}{row}", int(label), "ab"[row % 2], *(scores[name] for name in columns), sep=",", file=file)
(outputs / "training.txt").write_text(pathlib.Path("seen").read_text())
with open(os.environ["ESPALIER_OUTPUT"], "a") as said:
    print("latency_ms=12.5", file=said)
"""

RELEASE = """\
on: { push: { environment: prod } }
steps:
  train: { run: python train.py }
  register: { needs: [train], register: { model: "${steps.train.outputs.model_uri}" } }
  score: { needs: [register], run: python score.py, outputs: [evidence, training] }
  promote:
    needs: [score]
    promote:
      evidence: "${steps.score.outputs.evidence}"
      training_ids: "${steps.score.outputs.training}"
      floor: { roc_auc: 0.5, precision@50: 0.3 }
      improve: { metric: roc_auc, by: 0.0 }
      slices: { columns: [site], metric: roc_auc, margin: 0.02 }
      at_most: { latency_ms: 50 }
      holdout: { budget: 2 }
"""


@pytest.fixture(scope="module")
def project(watch_all):
    project = watch_all({
        "train.py": TRAIN, "score.py": SCORE.replace("{HOLDOUT}", "row"), "quality": "0.9\n", "seen": "id\nelsewhere\n",
        "pipelines/release.yml": RELEASE,
        "environments/prod.yml":
            'branches: ["release/**"]\nprotected: true\napprovals: { promote: 1 }\n'
            "registry: { model: risk, aliases: { candidate: challenger, incumbent: champion } }\n",
    }, options=("--mlflow-python", str(SERVER)))
    return project


def cut(project, name, files=None):
    """A release; its decision, once its run has passed."""
    commit = project.branch(f"release/{name}", files or {"note.txt": f"{name}\n"})
    project.push(f"release/{name}")
    run = project.run_once(commit=commit)
    assert run["run"]["outcome"] == "passed", (run, project.log(run["run"]["id"], "promote"))
    return next(one for one in project.ask("decisions") if one["run"] == run["run"]["id"])


def approve(project, decision, name="the operator"):
    return project.espalier("decisions", "approve", decision["id"], "--as", name)


def decision(project, number):
    return project.ask("decisions", "show", number)


def applied(project, number):
    return project.until(lambda: decision(project, number).get("applied_at"), f"decision {number} is applied")


def registry(project):
    from mlflow import MlflowClient
    return MlflowClient((project.home / "mlflow/address").read_text().strip())


@pytest.fixture(scope="module")
def first(project):
    return cut(project, "1")


def test_a_promotion_waits_for_somebody_else_than_its_author(project, first):
    assert (first["verdict"], first["approvals_needed"]) == ("promoted", 1) and "applied_at" not in first
    assert "champion" not in registry(project).get_registered_model("risk").aliases
    author = project.git("log", "-1", "--format=%an", "release/1").strip()
    refused = approve(project, first, author)
    assert refused.returncode and "somebody else has to approve it" in refused.stderr
    done = approve(project, first)
    assert "becomes champion" in done.stdout, done
    applied(project, first["id"])
    assert registry(project).get_registered_model("risk").aliases["champion"] == first["challenger"]
    assert decision(project, first["id"])["approved_by"] == ["the operator"]
    again = approve(project, first)
    assert again.returncode and "has no pending approval" in again.stderr
    assert any("approved decision" in one["deed"] and one["who"] == "the operator" for one in project.ask("audit"))


@pytest.fixture(scope="module")
def second(project, first):
    """The second champion, approved while the daemon is down in between."""
    made = cut(project, "2")
    approve(project, made)
    applied(project, made["id"])
    return made


def test_every_rule_and_slice_reports_its_numbers(project, second):
    findings = decision(project, second["id"])["findings"]
    assert [(one["rule"], one["subject"], one.get("slice"), one["outcome"]) for one in findings] == [
        ("floor", "roc_auc", None, "passed"), ("floor", "precision@50", None, "passed"),
        ("at_most", "latency_ms", None, "passed"), ("improve", "roc_auc", None, "passed"),
        ("slices", "roc_auc", None, "passed"), ("slices", "roc_auc", "site=a", "passed"),
        ("slices", "roc_auc", "site=b", "passed")]
    improve = findings[3]
    assert 0 < improve["lower"] < improve["difference"] < improve["upper"] and improve["confidence"] == 0.975
    assert improve["delong_lower"] == pytest.approx(improve["lower"], abs=0.02)
    shown = project.espalier("decisions", "show", second["id"]).stdout
    assert "site=b" in shown and "precision@50" in shown


def test_a_rollback_tries_the_old_champion_and_goes_through_the_ledger(project, second):
    assert "was not champion before" in project.espalier(
        "rollback", "risk", "--to", "77", "--reason", "x", "--as", "me").stderr
    assert "never had a champion" in project.espalier("rollback", "nothing", "--reason", "x", "--as", "me").stderr
    # Times on the command line are whole seconds.
    time.sleep(1.1)
    between = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    time.sleep(1.1)
    done = project.espalier("rollback", "risk", "--reason", "alarms on the ward", "--as", "the operator", "--wait")
    assert done.returncode == 0, done
    run = project.runs(pipeline="rollback")[-1]
    assert "it predicts [0.25]" in project.log(run["id"], "smoke")
    assert registry(project).get_registered_model("risk").aliases["champion"] == first_version(project)
    made = project.ask("decisions")[-1]
    assert (made["challenger"], made["champion"]) == (first_version(project), second["challenger"])
    assert made["reasons"] == ["Rolled back by the operator: alarms on the ward"] and made["applied_at"]
    then, now = (project.ask("models", "--at", at) for at in (between, "2100-01-01T00:00:00Z"))
    assert [(one["version"], one["decision"]) for one in then] == [(second["challenger"], second["id"])]
    assert [(one["version"], one["decision"]) for one in now] == [(first_version(project), made["id"])]
    assert len(project.ask("models", "--at", "always")) == 3
    # What has been rolled back is not gone back to.
    further = project.espalier("rollback", "risk", "--reason", "x", "--as", "me")
    assert f"there is no champion before risk {first_version(project)} to go back to" in further.stderr


def first_version(project):
    return project.ask("decisions")[0]["challenger"]


def test_an_alias_that_somebody_else_has_moved_is_not_moved_over(project, second):
    made = cut(project, "6", {"seen": "id\n", "score.py": SCORE.replace("{HOLDOUT}", "newest")})
    assert made["verdict"] == "promoted" and "applied_at" not in made
    other = next(one.version for one in registry(project).search_model_versions("name='risk'")
                 if one.version not in (made["challenger"], made["champion"]))
    registry(project).set_registered_model_alias("risk", "champion", other)
    approve(project, made)
    void = project.until(lambda: decision(project, made["id"]).get("voided"), "the move is void")
    assert f"it has been moved to {other} meanwhile" in void
    assert registry(project).get_registered_model("risk").aliases["champion"] == other
    ledger = project.ask("models", "--at", "2100-01-01T00:00:00Z")[0]["version"]
    remarks = {one["version"]: one.get("remark") for one in project.ask("models")}
    assert remarks[other] == f"'champion' was moved outside Espalier: the ledger has it at {ledger}"
    assert remarks[ledger].endswith("somebody else has moved it") and set(remarks.values()) - {None} == {
        remarks[other], remarks[ledger]}
    back = project.espalier("rollback", "risk", "--to", ledger, "--reason", "put it back", "--as", "me", "--wait")
    assert back.returncode == 0, back
    assert not any(one.get("remark") for one in project.ask("models"))


def test_a_fire_that_finds_the_champion_ill_has_the_one_before_it_back(project, second):
    tick = """\
        on: { schedule: { cron: "0 0 3 1 1 ? 2099", environment: prod } }
        steps:
          predict: { run: 'echo "health=$(cat $ESPALIER_DATA/health)" >> $ESPALIER_OUTPUT; echo health_reason=all the same >> $ESPALIER_OUTPUT' }
        """
    made = cut(project, "well", {"pipelines/tick.yml": tick, "environments/prod.yml": environment(project).replace(
        "registry: {", "registry: { rollback: on-failed-health,"), "score.py": SCORE.replace("{HOLDOUT}", "well")})
    approve(project, made)
    applied(project, made["id"])
    before = made["champion"]

    def fire(health, day):
        (project.data("prod") / "health").write_text(health)
        fired = project.espalier("fire", "tick", "--at", f"2026-11-{day}T03:00:00Z", "--wait")
        assert fired.returncode == 0, fired

    fire("fine", "01")
    assert decisions(project)[-1]["id"] == made["id"]
    fire("failed", "02")
    back = project.until(lambda: decisions(project)[-1]["id"] > made["id"] and decisions(project)[-1], "it is decided")
    assert back["challenger"] == before and "all the same" in back["reasons"][0] and "by espalier" in back["reasons"][0]
    applied(project, back["id"])
    assert registry(project).get_registered_model("risk").aliases["champion"] == before
    # The same moment again is pinned to the version that has gone already.
    fire("failed", "02")
    project.look()
    assert decisions(project)[-1]["id"] == back["id"]


def decisions(project):
    return project.ask("decisions")


def environment(project):
    return project.git("show", "main:environments/prod.yml")


def test_a_version_that_cannot_predict_does_not_come_back(project, second):
    current = registry(project).get_registered_model("risk").aliases["champion"]
    commit = project.branch("release/smoke", {
        "environments/prod.yml": (project.work / "environments/prod.yml").read_text().replace(
            "registry: {", "registry: { smoke: 'echo no; exit 3',"), "score.py": SCORE.replace("{HOLDOUT}", "other")})
    project.push("release/smoke")
    assert project.run_once(commit=commit)["run"]["outcome"] == "passed"
    approve(project, project.ask("decisions")[-1])
    project.until(lambda: project.ask("decisions")[-1].get("applied_at"), "it is champion")
    champion = project.ask("decisions")[-1]["challenger"]
    done = project.espalier("rollback", "risk", "--to", current, "--reason", "x", "--as", "me", "--wait")
    assert done.returncode == 1
    assert registry(project).get_registered_model("risk").aliases["champion"] == champion
    assert project.runs(pipeline="rollback")[-1]["outcome"] == "failed"


def test_a_holdout_that_is_used_up_decides_no_more(project, second):
    """`row…` has compared once, with release 2; its budget is 2."""
    last, spent = cut(project, "3"), cut(project, "4")
    assert last["findings"][3]["confidence"] == 0.975 and "its budget is" not in last["reasons"][0]
    assert spent["verdict"] == "not_promoted" and "has compared models 2 times, and its budget is 2" in spent["reasons"][0]
    assert [one["outcome"] for one in spent["findings"]] == [one["outcome"] for one in last["findings"]]


def test_rows_that_were_trained_on_never_promote(project, second):
    made = cut(project, "5", {"seen": "id\nfresh7\nfresh70\n", "score.py": SCORE.replace("{HOLDOUT}", "fresh")})
    assert made["verdict"] == "not_promoted"
    assert "trained on 2 of the rows that it is judged by, such as 'fresh7'" in made["reasons"][0]


def test_an_auditor_checks_the_ledger_without_the_daemon(project, second):
    verified = project.espalier("decisions", "verify")
    assert verified.returncode == 0 and "each follows the one before it" in verified.stdout, verified
    lines = project.espalier("decisions", "export").stdout.splitlines()
    assert len(lines) == len(project.ask("decisions"))
    file = project.folder / "ledger.jsonl"

    def check(changed):
        file.write_text("\n".join(changed) + "\n")
        return project.espalier("decisions", "verify", "--file", file)

    assert check(lines).returncode == 0
    tampered = [lines[0], lines[1].replace("not_promoted", "promoted").replace("0.975", "0.95"), *lines[2:]]
    assert "decision 2 is not what was decided" in check(tampered).stdout
    assert "decision 3 does not follow" in check([lines[0], *lines[2:]]).stdout
    assert check(["no json"]).returncode == 1
    # By anybody's means: SHA-256 of the last hash, a line feed, and the body.
    previous = ""
    for line in map(json.loads, lines):
        assert hashlib.sha256(f"{previous}\n{line['body']}".encode()).hexdigest() == line["hash"]
        previous = line["hash"]
    evidence = project.home / "evidence" / f"{project.ask('decisions')[0]['evidence_sha256']}.csv"
    kept = evidence.read_text()
    evidence.write_text(kept.replace("row0,1", "row0,0"))
    assert "decision 1: its evidence" in project.espalier("decisions", "verify").stdout
    evidence.write_text(kept)
    assert project.espalier("decisions", "verify").returncode == 0


def test_what_is_registered_is_stated_in_a_way_that_public_tools_verify(project, second, tmp_path):
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import SSlibKey
    envelope = json.loads(project.espalier("provenance", "risk", "1").stdout)
    pem = project.espalier("provenance", "risk", "1", "--public-key").stdout
    keyid = envelope["signatures"][0]["keyid"]
    key = SSlibKey(keyid, "ed25519", "ed25519", {"public": ed25519_hex(pem)})
    assert Envelope.from_dict(json.loads(json.dumps(envelope))).verify([key], 1)
    statement = json.loads(base64.b64decode(envelope["payload"]))
    assert (statement["_type"], statement["predicateType"]) == (
        "https://in-toto.io/Statement/v1", "https://slsa.dev/provenance/v1")
    definition = statement["predicate"]["buildDefinition"]
    first = project.ask("decisions")[0]
    assert definition["resolvedDependencies"][0]["digest"]["gitCommit"] == first["commit"]
    assert definition["internalParameters"]["configurationSha256"] == first["configuration_digest"]
    # Its subjects are the very files that whoever loads the model gets.
    load = "import sys, mlflow.artifacts as a; a.download_artifacts('models:/risk/1', dst_path=sys.argv[1])"
    subprocess.run([sys.executable, "-c", load, tmp_path], check=True,
                   env={**os.environ, "MLFLOW_TRACKING_URI": registry(project).tracking_uri})
    folder = tmp_path
    digests = {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
               for path in folder.rglob("*") if path.is_file()}
    stated = {one["name"]: one["digest"]["sha256"] for one in statement["subject"]}
    assert stated and {name: digests.get(name) for name in stated} == stated
    changed = Envelope.from_dict({**envelope, "payload": base64.b64encode(b"{}").decode()})
    with pytest.raises(Exception):
        changed.verify([key], 1)


def ed25519_hex(pem):
    from cryptography.hazmat.primitives import serialization
    key = serialization.load_pem_public_key(pem.encode())
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw).hex()


def test_a_model_whose_files_were_changed_does_not_become_champion(project, second):
    """Between registration and promotion somebody with access to the files puts another model there."""
    files = project.home / "mlflow"
    commit = project.branch("release/changed", {"score.py": SCORE.replace("{HOLDOUT}", "changed") + (
        "\nimport time; go = pathlib.Path(os.environ['ESPALIER_DATA'], 'go'); open(go).read()\n")})
    (project.data("prod") / "go").exists() or os.mkfifo(project.data("prod") / "go")
    project.push("release/changed")
    run = project.until(lambda: project.runs(commit=commit), "the run")[0]["id"]
    project.until(lambda: project.now(run)["steps"]["score"]["state"] == "running", "it is scored")
    newest = max(files.glob("**/MLmodel"), key=lambda path: path.stat().st_mtime)
    newest.write_text(newest.read_text() + "# other\n")
    with open(project.data("prod") / "go", "w") as go:
        go.write("go\n")
    ended = project.detail(run)
    assert ended["steps"]["promote"]["state"] == "failed", ended["steps"]["promote"]
    assert "the model's files are not those that were registered: MLmodel" in ended["steps"]["promote"]["detail"]
    assert not [one for one in project.ask("decisions") if one["run"] == run]


def test_what_was_decided_can_be_judged_again_from_kept_evidence(project, second):
    evidence = project.home / "evidence" / f"{second['evidence_sha256']}.csv"
    project.git("checkout", "--quiet", "release/2")
    judged, = project.ask("judge", evidence, "--project", project.work, "--reported", "latency_ms=12.5")
    assert (judged["verdict"], judged["findings"]) == (second["verdict"], second["findings"])
    slow = project.espalier("judge", evidence, "--project", project.work)
    assert "latency_ms: no step has reported it" in json.dumps(
        project.ask("judge", evidence, "--project", project.work)[0]["reasons"]) and slow.returncode == 0
