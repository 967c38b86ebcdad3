"""What is signed of a model, checked with tools that know nothing of Espalier; models whose files or signatures somebody has
changed; and two daemons that share one registered model by mistake. One real MLflow server of somebody else."""

import base64
import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import types

import mlflow_servers
import pytest
from mlflow_servers import PYTHON
from story import ROOT
from test_registries import (
    RELEASE, SCORE, TRAIN, between, client, decisions, ended, environment, passed, push, release, run_of, stopped)

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason=f"{PYTHON} is missing: scripts/setup makes it")

# All that MLflow 3.17 carries of names that make trouble elsewhere; one é in each of its two ways.
ODD = ["empty", "deep/er/π (1).bin", "deep-er/a", "a b+c&d=e;f.txt", "100%.txt", "caf\u00e9", "cafe\u0301", "q'uo\"te", "back\\slash",
       "c:olon", "-dash", "~tilde", ".hidden", "sub/.gitignore", "sub/model.sig"]
# At the top of a model, model_signing never looks at the first, and the second are the signature and MLflow's own note.
IGNORED = [".git/config", ".gitignore", ".gitattributes", "model.sig", "registered_model_meta"]

# Beside the model that is logged, files of all sorts.
TRAIN_ODD = TRAIN.replace("with open(", """\
if not pathlib.Path("logged").read_text().strip():
    for name in NAMES:
        file = pathlib.Path("files", name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("" if name == "empty" else name)
    mlflow.MlflowClient().log_model_artifacts(uri.removeprefix("models:/"), "files")
with open(""").replace("NAMES", repr(ODD + IGNORED))
ENVIRONMENTS = {
    "signed": {}, "tampered": {}, "approved-later": {"more": "approvals: { promote: 1 }\n"},
    "back": {"stage": ", smoke: 'echo loaded >> $ESPALIER_DATA/loaded'"}, "unstated": {"stage": ", smoke: 'echo fine'"}, "older": {"stage": ", smoke: 'echo fine'"},
    "late": {"stage": ", smoke: 'echo > $ESPALIER_DATA/trying; read go < $ESPALIER_DATA/tried'"}, "held": {}, "unlocked": {}, "fired": {},
}
NIGHTLY = """\
on: { schedule: { cron: "0 0 3 1 1 ? 2099", environment: fired } }
steps:
  look: { run: "true" }
  score: { needs: [look], run: 'echo $ESPALIER_MODEL_URI >> $ESPALIER_DATA/scored; test ! -e $ESPALIER_DATA/late' }
"""


@pytest.fixture(scope="module")
def server():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="accept-signatures-", dir="/tmp"))
    with mlflow_servers.mlflow(folder, f"sqlite:///{folder}/mlflow.db") as (url, ready):
        ready()
        yield types.SimpleNamespace(url=url, folder=folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def project(watch_all, server):
    return watch_all({
        "train.py": TRAIN_ODD, "score.py": SCORE, "logged": "\n",
        "pipelines/nightly.yml": NIGHTLY,
        "pipelines/release.yml": RELEASE.replace("ENVIRONMENTS", ", ".join(ENVIRONMENTS)),
        **{f"environments/{name}.yml": environment(server.url, name, **more) for name, more in ENVIRONMENTS.items()},
    }, options=("--slots", "4"))


@pytest.fixture(scope="module")
def first(project):
    """The one release that trains."""
    return passed(project, ended(project, run_of(project, push(project, "signed", "1", {}))))


@pytest.fixture
def logged(first, server):
    """A copy of the trained model, for a test to spoil: the file that has a release register it, and where its files are."""
    uri = first["steps"]["train"]["values"]["model_uri"]
    registry = client(server.url)
    known = registry.get_logged_model(uri.removeprefix("models:/"))
    copy = registry.create_logged_model(known.experiment_id)
    files, = server.folder.glob(f"artifacts/*/models/{known.model_id}/artifacts")
    shutil.copytree(files, files.parents[1] / copy.model_id / "artifacts")
    return types.SimpleNamespace(
        uri=copy.model_uri, files=files.parents[1] / copy.model_id / "artifacts", change={"logged": copy.model_uri + "\n"})


def champion(server, name):
    return client(server.url).get_registered_model(name).aliases.get("champion")


def kept(project, server, name, version, key="provenance"):
    """The digest that a version carries."""
    return client(server.url).get_model_version(name, version).tags[f"espalier.{key}"].removeprefix("sha256:")


def statement_of(envelope):
    return json.loads(base64.b64decode(envelope["payload"]))


@contextlib.contextmanager
def without(file, text=None):
    """A file is gone for a while, or has another text."""
    was = file.read_bytes()
    file.unlink()
    if text is not None:
        file.write_bytes(text)
    try:
        yield
    finally:
        file.write_bytes(was)


# By public tools alone


@pytest.fixture(scope="module")
def downloaded(project, first, server, tmp_path_factory):
    """The folder that whoever loads the model gets, with what the manual's commands print beside it."""
    folder = tmp_path_factory.mktemp("downloaded")
    load = "import sys, mlflow.artifacts as a; a.download_artifacts('models:/signed/1', dst_path=sys.argv[1])"
    subprocess.run([sys.executable, "-c", load, folder / "model"], check=True, capture_output=True,
                   env={**os.environ, "MLFLOW_TRACKING_URI": server.url})
    path = f"{pathlib.Path(sys.executable).parent}:{project.binaries}:{os.environ['PATH']}"
    done = subprocess.run(["bash", "-ec", "\n".join(manual("sh"))], cwd=folder, text=True, capture_output=True,
                          env={**project.environment, "PATH": path})
    assert done.returncode == 0 and "Verification succeeded" in done.stdout, done
    assert {file.name for file in folder.iterdir()} == {"model", "model.sig", "model.pub", "statement.json", "statement.pub"}
    return folder


def manual(language):
    """What docs/promotion.md has a reader type, of the model that was downloaded."""
    part, = re.findall(r"## Where a version came from\n(.*?)\n## ", (ROOT / "docs/promotion.md").read_text(), re.S)
    return [block.replace("risk 7", "signed 1").replace("FOLDER", "model")
            for block in re.findall(rf"```{language}\n(.*?)```", part, re.S)]


def verify(folder, model=None, signature="model.sig", key="model.pub"):
    return subprocess.run(
        [sys.executable, "-m", "model_signing", "verify", "key", model or folder / "model", "--signature", folder / signature,
         "--public_key", folder / key], text=True, capture_output=True)


def test_model_signing_verifies_a_model_as_it_was_downloaded(downloaded, tmp_path):
    done = verify(downloaded)
    assert done.returncode == 0 and "Verification succeeded" in done.stdout, done
    bundle = json.loads((downloaded / "model.sig").read_text())
    names = [one["name"] for one in statement_of(bundle["dsseEnvelope"])["predicate"]["resources"]]
    assert {*ODD, "MLmodel"} <= set(names) and not set(names) & set(IGNORED)
    # In the order that model_signing itself gives them, so that the digest of all of them is the same.
    import model_signing.hashing
    manifest = model_signing.hashing.Config().set_ignored_paths(paths=["model.sig", "registered_model_meta"]).hash(downloaded / "model")
    assert names == [one.identifier for one in manifest.resource_descriptors()]
    # The signature may lie in the folder that it is of.
    shutil.copytree(downloaded / "model", tmp_path / "model")
    shutil.copy(downloaded / "model.sig", tmp_path / "model/model.sig")
    assert verify(downloaded, tmp_path / "model", signature=tmp_path / "model/model.sig").returncode == 0


@pytest.mark.parametrize("spoil, said", [
    (lambda model: (model / "MLmodel").write_text("other"), "Hash mismatch for .*MLmodel"),
    (lambda model: (model / "deep/er/π (1).bin").unlink(), "Missing files"),
    (lambda model: (model / "empty").write_text("\n"), "Hash mismatch for .*empty"),
    (lambda model: (model / "deep/more").write_text(""), "Extra files"),
    (lambda model: (model / "caf\u00e9").rename(model / "cafe\u0301"), "Missing files|Hash mismatch"),
])
def test_model_signing_finds_what_is_not_as_it_was(downloaded, tmp_path, spoil, said):
    shutil.copytree(downloaded / "model", tmp_path / "model")
    assert verify(downloaded, tmp_path / "model").returncode == 0
    spoil(tmp_path / "model")
    done = verify(downloaded, tmp_path / "model")
    assert done.returncode != 0 and re.search(said, done.stdout + done.stderr), done


def test_model_signing_does_not_take_another_key(project, server, downloaded, logged):
    passed(project, release(project, "back", "0", logged.change))
    (downloaded / "other.pub").write_text(project.espalier("provenance", "back", "1", "--signature-key").stdout)
    done = verify(downloaded, key="other.pub")
    assert done.returncode != 0 and "Key mismatch" in done.stdout + done.stderr, done


def test_in_toto_and_securesystemslib_verify_what_is_stated(downloaded):
    from cryptography.hazmat.primitives import serialization
    from google.protobuf import json_format
    from in_toto_attestation.v1.statement import Statement
    from in_toto_attestation.v1.statement_pb2 import Statement as Message
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import SSlibKey
    statement = Envelope.from_dict(json.loads((downloaded / "statement.json").read_text()))
    bundle = json.loads((downloaded / "model.sig").read_text())
    signature = Envelope.from_dict(bundle["dsseEnvelope"])
    public = serialization.load_pem_public_key((downloaded / "statement.pub").read_bytes())
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    keys = [SSlibKey(hashlib.sha256(raw).hexdigest(), "ed25519", "ed25519", {"public": raw.hex()}),
            SSlibKey("", "ecdsa", "ecdsa-sha2-nistp256", {"public": (downloaded / "model.pub").read_text()})]
    for envelope, key, other in ((statement, *keys), (signature, *reversed(keys))):
        assert envelope.verify([key], 1)
        with pytest.raises(Exception, match="0 signatures|threshold|Accepted"):
            envelope.verify([other], 1)
        # in-toto's own reading of what a statement has to be.
        Statement.copy_from_pb(json_format.Parse(envelope.payload, Message())).validate()
    # The statement is of all files, also of those that model_signing passes over.
    stated = {one["name"]: one["digest"]["sha256"] for one in json.loads(statement.payload)["subject"]}
    model = downloaded / "model"
    for name in {*ODD, *IGNORED} - {"model.sig", "registered_model_meta"}:
        assert stated[name] == hashlib.sha256((model / name).read_bytes()).hexdigest(), name
    assert {"model.sig", "registered_model_meta", "MLmodel"} <= stated.keys()


def test_the_manuals_program_verifies_the_statement(downloaded, tmp_path):
    program, = manual("python")
    shutil.copytree(downloaded, tmp_path / "copy")
    # MLflow has written over it.
    (tmp_path / "copy/model/registered_model_meta").write_text("registered_model_meta")

    def run():
        return subprocess.run([sys.executable, "-c", program], cwd=tmp_path / "copy", text=True, capture_output=True)

    assert run().returncode == 0, run()
    for file, change in (("model/.gitignore", lambda text: text + "x"), ("statement.json", lambda text: text.replace('"sig":"', '"sig":"AA'))):
        with without(tmp_path / "copy" / file, change((tmp_path / "copy" / file).read_text()).encode()):
            assert run().returncode == 1, file
    assert run().returncode == 0


def test_keys_are_for_nobody_else(project, first):
    keys = {file.name: file for file in (project.home / "keys").iterdir()}
    assert {"shop.signed.pem", "shop.signed.p256.pem"} <= keys.keys()
    assert not [file for file in keys.values() if file.stat().st_mode & 0o077]


# Before an alias moves


@pytest.mark.parametrize("spoil, said", [
    (lambda one: one.files / "MLmodel", "the model's files are not those that were registered: MLmodel; put back what tampered"),
    (lambda one: one.files / ".git/config", r"not those that were registered: \.git/config"),
    (lambda one: one.kept / f"{one.statement}.json", r"is not signed by this environment's key"),
    (lambda one: one.kept / f"{one.statement}.sig", r"the model's signature, .*\.sig, is not of these files and this environment's key"),
    (lambda one: one.keys / "shop.tampered.p256.pem", r"p256\.pem is no P-256 key in PKCS #8"),
])
@pytest.mark.parametrize("text", [None, b"other"], ids=["gone", "other"])
def test_what_is_not_as_it_was_registered_does_not_become_champion(project, server, logged, spoil, said, text):
    before = champion(server, "tampered") if project.runs(environment="tampered") else None
    name = str(len(project.runs(environment="tampered")) + 1)
    with contextlib.ExitStack() as stack:
        with between(project, "tampered", name, logged.change) as detail:
            version = project.now(project.runs(environment="tampered")[-1]["id"])["steps"]["register"]["values"]["version"]
            logged.statement = kept(project, server, "tampered", version)
            logged.kept, logged.keys = project.home / "provenance", project.home / "keys"
            file = spoil(logged)
            stack.enter_context(without(file, text))
    if text is None and project.home in file.parents:
        said = "is not there"
    stopped(project, detail, said)
    assert decisions(project, detail) == [] and champion(server, "tampered") == before


def test_a_signature_of_another_version_is_none(project, server, logged, first):
    other = project.home / "provenance" / f"{kept(project, server, 'signed', '1')}.sig"
    with contextlib.ExitStack() as stack:
        with between(project, "tampered", "other", logged.change) as detail:
            version = project.now(project.runs(environment="tampered")[-1]["id"])["steps"]["register"]["values"]["version"]
            own = project.home / "provenance" / f"{kept(project, server, 'tampered', version)}.sig"
            stack.enter_context(without(own, other.read_bytes()))
    stopped(project, detail, "the model's signature, .* is not of these files")


def test_an_approved_version_is_verified_again_before_it_becomes_champion(project, server, logged):
    made, = decisions(project, passed(project, release(project, "approved-later", "1", logged.change)))
    with without(logged.files / "python_model.pkl", b"other"):
        assert project.espalier("decisions", "approve", made["id"], "--as", "the operator").returncode == 0
        void = project.until(lambda: project.ask("decisions", "show", made["id"]).get("voided"), "the move is void")
    assert "not those that were registered: python_model.pkl" in void and champion(server, "approved-later") is None


# Going back


def roll_back(project, name, version="1"):
    """What the command ended with, and the run."""
    done = project.espalier("rollback", name, "--to", version, "--reason", "alarms", "--as", "the operator", "--wait")
    return done, project.now(project.runs(pipeline="rollback", environment=name)[-1]["id"])


def test_a_rollback_verifies_the_version_that_comes_back(project, server, logged, first):
    known = len(project.runs(environment="back"))
    registered = [passed(project, release(project, "back", str(known + one), change))["steps"]["register"]["values"]["version"]
                  for one, change in ((1, logged.change), (2, {"logged": first["steps"]["train"]["values"]["model_uri"] + "\n"}))]

    def back():
        done, detail = roll_back(project, "back", registered[0])
        return done, detail["steps"]["smoke"]["detail"]

    # It is not even loaded: that would run what is in it.
    loaded = project.data("back") / "loaded"
    with without(logged.files / "python_model.pkl", b"other"):
        done, said = back()
    assert done.returncode == 1 and "not those that were registered: python_model.pkl" in said and not loaded.exists(), said
    assert f"put back what back {registered[0]} was registered with, or let another version be champion" in said
    with without(project.home / "provenance" / f"{kept(project, server, 'back', registered[0])}.sig"):
        done, said = back()
    assert done.returncode == 1 and "the model's signature" in said, said
    # What tags say is anybody's.
    for tag in ("provenance", "signature"):
        client(server.url).delete_model_version_tag("back", registered[0], f"espalier.{tag}")
    with without(logged.files / "python_model.pkl", b"other"):
        done, _ = back()
    assert done.returncode == 1 and champion(server, "back") == registered[1] and not loaded.exists()
    done, said = back()
    assert done.returncode == 0 and champion(server, "back") == registered[0] and loaded.exists(), (done, said)


def test_a_fire_verifies_the_champion_before_anything_loads_it(project, server, logged):
    version = passed(project, release(project, "fired", "1", logged.change))["steps"]["register"]["values"]["version"]
    scored, late = project.data("fired") / "scored", project.data("fired") / "late"

    def fire(day):
        done = project.espalier("fire", "nightly", "--at", f"2026-11-{day}T03:00:00Z", "--wait")
        return project.now(project.runs(pipeline="nightly")[-1]["id"]), done.returncode

    with without(logged.files / "python_model.pkl", b"other"):
        detail, code = fire(10)
        assert code == 1 and "not those that were registered: python_model.pkl" in detail["steps"]["look"]["detail"]
        assert f"put back what fired {version} was registered with" in detail["steps"]["look"]["detail"]
        project.espalier("retry", detail["run"]["id"])
        assert "not those that were registered" in ended(project, detail["run"]["id"])["steps"]["look"]["detail"]
    assert not scored.exists() and detail["run"]["outcome"] == "failed"
    late.write_text("")
    detail, code = fire(11)
    assert code == 1 and scored.read_text() == f"models:/fired/{version}\n"
    # What had passed had been verified: it is not loaded from the server for each step.
    late.unlink()
    with without(logged.files / "python_model.pkl", b"other"):
        project.espalier("retry", detail["run"]["id"])
        passed(project, ended(project, detail["run"]["id"]))


def test_a_version_that_is_changed_while_it_is_tried_does_not_come_back(project, server, logged, first):
    for one, change in ((1, logged.change), (2, {"logged": first["steps"]["train"]["values"]["model_uri"] + "\n"})):
        passed(project, release(project, "late", str(one), change))
    trying, tried = project.latch("trying", "late"), project.latch("tried", "late")
    asked = project.espalier("rollback", "late", "--reason", "alarms", "--as", "the operator")
    run = int(asked.stdout.split()[1])
    trying.wait()
    with without(logged.files / "MLmodel", b"other"):
        tried.open()
        restore = ended(project, run)["steps"]["restore"]
    assert restore["state"] == "failed" and "not those that were registered: MLmodel" in restore["detail"], restore
    assert champion(server, "late") == "2"


def test_a_signature_that_is_gone_is_not_taken_for_none(project, server, first):
    with without(project.home / "provenance" / f"{kept(project, server, 'signed', '1')}.sig"):
        done = project.espalier("provenance", "signed", "1", "--signature")
    assert done.returncode == 1 and "is not there any more" in done.stderr


def test_a_version_of_which_nothing_was_stated_may_come_back_with_a_remark(project, server, first):
    elsewhere = [passed(project, release(project, "unstated", str(one), {"logged": f"s3://bucket/{one}\n"})) for one in (1, 2)]
    assert "its files are not stated" in project.log(elsewhere[0]["run"]["id"], "register")
    assert project.espalier("provenance", "unstated", "1").returncode == 1
    done, detail = roll_back(project, "unstated")
    assert done.returncode == 0 and champion(server, "unstated") == "1", done
    assert "the files of unstated 1 are not verified: nothing was stated when it was registered" in project.log(
        detail["run"]["id"], "restore")


def test_a_version_from_before_models_were_signed_may_come_back_with_a_remark(project, server, logged, first):
    passed(project, release(project, "older", "1", logged.change))
    passed(project, release(project, "older", "2", {"logged": first["steps"]["train"]["values"]["model_uri"] + "\n"}))
    # What an older Espalier has left of the first.
    project.end()
    statement = kept(project, server, "older", "1")
    (project.home / "provenance" / f"{statement}.sig").unlink()
    with contextlib.closing(sqlite3.connect(project.home / "espalier.sqlite")) as database, database:
        signature = f'"signature":"sha256:{kept(project, server, "older", "1", "signature")}",'
        changed = [database.execute("UPDATE step_fact SET fact = replace(fact, ?, '') WHERE instr(fact, ?)", (text, text)).rowcount
                   for text in (signature, "," + signature[:-1])]
    assert sum(changed) == 1
    client(server.url).delete_model_version_tag("older", "1", "espalier.signature")
    project.serve()
    with without(logged.files / "MLmodel", b"other"):
        assert roll_back(project, "older")[0].returncode == 1
    done, detail = roll_back(project, "older")
    assert done.returncode == 0 and champion(server, "older") == "1", done
    assert "older 1 is from before models were signed: what was stated about it is verified" in project.log(
        detail["run"]["id"], "restore")
    none = project.espalier("provenance", "older", "1", "--signature")
    assert none.returncode == 1 and "older 1 has no signature here" in none.stderr


# Two daemons


def lease(server, model):
    return client(server.url).get_registered_model(model).tags.get("espalier.lease")


def until(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def test_a_move_waits_while_a_lease_of_another_daemon_lasts(project, server, logged):
    with between(project, "held", "1", logged.change) as detail:
        client(server.url).set_registered_model_tag("held", "espalier.lease", f"0123456789ab {until(600)} elsewhere")
        run = project.runs(environment="held")[-1]["id"]
        (project.data("held") / "go").write_text("go\n")
        promote = project.until(
            lambda: (it := project.now(run)["steps"]["promote"])["state"] == "waiting" and it, "the move waits")
        assert "another daemon, 0123456789ab on elsewhere, moves aliases of held" in promote["detail"], promote
        assert champion(server, "held") is None
        client(server.url).set_registered_model_tag("held", "espalier.lease", f"0123456789ab {until(1)} elsewhere")
    passed(project, detail)
    assert champion(server, "held") == "1" and lease(server, "held") is None


@pytest.mark.parametrize("left", ["0123456789ab 2020-01-01T00:00:00Z elsewhere", "no lease at all"])
def test_a_lease_that_is_over_or_none_holds_up_nothing(project, server, logged, left):
    name = str(len(project.runs(environment="unlocked")) + 1)
    with between(project, "unlocked", name, logged.change) as detail:
        client(server.url).set_registered_model_tag("unlocked", "espalier.lease", left)
    passed(project, detail)
    assert champion(server, "unlocked") == name and lease(server, "unlocked") is None


def test_one_ledger_decides_about_a_model(watch, server, logged):
    """CASES: P1, of two daemons"""
    def daemon(name, env=None):
        aliases = f"candidate: {name}-challenger, incumbent: {name}-champion"
        return watch({
            "train.py": TRAIN, "score.py": SCORE, **logged.change,
            "pipelines/release.yml": RELEASE.replace("ENVIRONMENTS", name),
            f"environments/{name}.yml": environment(server.url, "contested", aliases, name=name)}, env=env)

    def refused(daemon, detail):
        promote = detail["steps"]["promote"]
        assert promote["state"] == "failed" and f"by the ledger of another daemon, {owner()}" in promote["detail"], promote
        assert "deleting the model's tag 'espalier.ledger'" in promote["detail"] and not daemon.ask("decisions")[seen[daemon]:]

    def owner():
        return client(server.url).get_registered_model("contested").tags["espalier.ledger"]

    # The first dies after it has moved its alias, before it has given the lease back.
    dying, other = daemon("one", {"ESPALIER_FAILPOINT": "alias.moved"}), daemon("two")
    push(dying, "one", "1", {})
    dying.daemon.wait(60)
    held = lease(server, "contested")
    assert held.endswith(" " + socket.gethostname()) and str(dying.home) not in held
    seen = {dying: 0, other: 0}
    refused(other, release(other, "two", "1", {}))
    assert "two-champion" not in client(server.url).get_registered_model("contested").aliases
    # It comes back, knows its own lease and ledger, makes its move good, and gives the lease back.
    dying.extra = {}
    dying.serve()
    passed(dying, ended(dying, dying.runs(environment="one")[0]["id"]))
    assert client(server.url).get_registered_model("contested").aliases["one-champion"] == "1" and lease(server, "contested") is None
    # Handed over, as the message says.
    client(server.url).delete_registered_model_tag("contested", "espalier.ledger")
    passed(other, release(other, "two", "2", {}))
    aliases = client(server.url).get_registered_model("contested").aliases
    assert aliases["two-champion"] == aliases["two-challenger"] and lease(server, "contested") is None
    seen[dying] = len(dying.ask("decisions"))
    refused(dying, release(dying, "one", "2", {}))
