"""Predictions of a day are delivered to two partners."""

import hashlib
import json

import pandas as pd
import pytest
from deltalake import DeltaTable

from hrob.deliver.delivery import SUPPRESSED

TIME = "2026-11-23T11:00:00Z"
PARTNERS = {"network": {"columns": ["score", "age_of_mother", "male"], "least_cell": 12}, "quality": {"digits": 2}}


@pytest.fixture
def delivered(contest, tmp_path):
    """Runs `infer` and `deliver` on a data root of their own."""

    def run(step="deliver", uri=contest.challenger, partners=PARTNERS, **config):
        (tmp_path / "config.json").write_text(json.dumps({"dataset": "bwght2", "deliver": {"partners": partners}, **config}))
        return contest.checkout.call(
            step,
            ESPALIER_LOGICAL_TIME=TIME,
            ESPALIER_MODEL_URI=uri,
            ESPALIER_DATA=str(tmp_path / "data"),
            ESPALIER_CONFIG=str(tmp_path / "config.json"),
            ESPALIER_RUN="41",
        )

    assert run("infer")[0] == 0
    return run


def manifest(tmp_path, partner):
    folder = tmp_path / "data/deliveries" / partner / "2026-11-23T110000Z"
    told = json.loads((folder / "manifest.json").read_text())
    content = (folder / told["files"][0]["name"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == told["files"][0]["sha256"] and len(content) == told["files"][0]["bytes"]
    return told, pd.read_csv(folder / told["files"][0]["name"])


def test_each_partner_has_what_was_agreed(delivered, contest, tmp_path):
    code, printed = delivered()
    assert code == 0, printed
    scored = DeltaTable(tmp_path / "data/predictions").count()
    told, table = manifest(tmp_path, "network")
    assert list(table.columns) == ["pseudonym", "score", "age_of_mother", "male"] and len(table) == scored == told["files"][0]["rows"]
    assert told["model"] == {"name": "hrob-risk", "version": int(contest.challenger.rsplit("/")[-1])}
    assert told["commit"].startswith("0123456789abcdef") and told["logical_time"] == TIME and told["run"] == "41"
    assert [column["name"] for column in told["schema"]] == list(table.columns)
    assert (table.age_of_mother == SUPPRESSED).sum() == told["suppressed"]
    kept = table[table.age_of_mother != SUPPRESSED]
    assert len(kept) == 0 or kept.groupby(["age_of_mother", "male"]).size().min() >= 12
    other = manifest(tmp_path, "quality")[1]
    assert list(other.columns) == ["pseudonym", "score"] and set(other.pseudonym).isdisjoint(table.pseudonym)


def test_models_with_tables_of_their_own_leave_each_other_alone(delivered, contest, tmp_path):
    delivered()
    before = {path: path.read_bytes() for path in (tmp_path / "data").rglob("*.*")}
    for step in ("infer", "deliver"):
        code, printed = delivered(step, uri=contest.champion, partners={"network": {}}, tables="low_weight")
        assert code == 0, printed
    assert {path: path.read_bytes() for path in before} == before
    made = {path.relative_to(tmp_path / "data").parts[0] for path in (tmp_path / "data").rglob("*.*") if path not in before}
    assert made == {"predictions_low_weight", "quarantine_low_weight", "deliveries_low_weight"}
    assert DeltaTable(tmp_path / "data/predictions_low_weight").count() == DeltaTable(tmp_path / "data/predictions").count()
    code, printed = delivered("infer", tables="../predictions")
    assert code == 1 and "config.tables: '../predictions' cannot end the names of tables" in printed


def test_a_repeat_changes_nothing(delivered, tmp_path):
    delivered()
    files = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (tmp_path / "data/deliveries").rglob("*.*")}
    code, printed = delivered()
    assert code == 0 and printed.count("nothing to do") == 2
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (tmp_path / "data/deliveries").rglob("*.*")} == files


def test_predictions_of_another_version_are_not_delivered(delivered, contest, tmp_path):
    code, printed = delivered(uri=contest.champion)
    assert code == 1 and "run predict first" in printed and not (tmp_path / "data/deliveries").exists()


def test_a_backfill_with_another_version_replaces_the_delivery(delivered, contest, tmp_path):
    delivered()
    before, _ = manifest(tmp_path, "network")
    delivered("infer", contest.champion)
    assert delivered(uri=contest.champion)[0] == 0
    after, _ = manifest(tmp_path, "network")
    assert after["model"] != before["model"] and after["key"] == before["key"]
