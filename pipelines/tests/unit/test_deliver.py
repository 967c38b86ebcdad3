import json
from datetime import datetime, timezone

import pandas as pd
import pytest

from hrob.deliver import delivery
from hrob.infer.slots import Source
from hrob.step import Refused

MOMENT = datetime(2026, 11, 23, 11, tzinfo=timezone.utc)
KEY = bytes(32)
IDS = pd.Series([f"bwght2-{n:07d}" for n in range(12)])
COLUMNS = pd.DataFrame({"score": [n / 7 for n in range(12)], "age": ["young"] * 7 + ["old"] * 5, "sex": ["f", "m"] * 6})


def rule(**given):
    return delivery.OF_PARTNER | given


def test_only_agreed_columns_leave_the_house():
    table = delivery.de_identified(IDS, COLUMNS, rule(columns=["score", "age"]), KEY).table
    assert list(table.columns) == ["pseudonym", "score", "age"]
    assert not table.astype(str).apply(lambda column: column.str.contains("bwght2")).any(axis=None)
    assert sorted(table.score) == [round(n / 7, 3) for n in range(12)]


def test_rows_do_not_lie_in_the_order_of_the_source():
    table = delivery.de_identified(IDS, COLUMNS, rule(), KEY).table
    assert list(table.pseudonym) == sorted(table.pseudonym) and list(table.score) != sorted(table.score)


def test_cells_with_few_births_are_suppressed():
    whole = delivery.de_identified(IDS, COLUMNS, rule(columns=["age"]), KEY)
    assert whole.suppressed == 0
    finer = delivery.de_identified(IDS, COLUMNS, rule(columns=["score", "age", "sex"], least_cell=4), KEY)
    assert finer.suppressed == 3 + 3 + 2
    assert finer.table[finer.table.age == delivery.SUPPRESSED].sex.eq(delivery.SUPPRESSED).all()
    told = finer.table[finer.table.age != delivery.SUPPRESSED]
    assert told.groupby(["age", "sex"]).size().min() >= 4
    assert finer.table.score.notna().all()


@pytest.mark.parametrize(
    "partners, message",
    [
        ({"a/b": {}}, "cannot name a folder"),
        ({"a": {"columns": ["fmaps"]}}, "'fmaps' is not delivered: outcome"),
        ({"a": {"columns": ["scores"]}}, "unknown column 'scores'; did you mean 'score'"),
        ({"a": {"colums": []}}, "unknown key 'colums'; did you mean 'columns'"),
    ],
)
def test_what_cannot_be_agreed_is_refused(mapping, partners, message):
    with pytest.raises(Refused, match=message):
        delivery.agreed(partners, mapping)


def put(folder, scores=COLUMNS):
    made = delivery.de_identified(IDS, scores, rule(), KEY)
    content = made.table.to_csv(index=False).encode()
    told = delivery.manifest("one", made, content, Source("hrob-risk", 1, "abc"), "41", MOMENT, KEY)
    return delivery.put(folder, told, content)


def test_a_repeat_changes_nothing_and_another_score_replaces_the_file(tmp_path):
    assert put(tmp_path)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    assert not put(tmp_path)
    assert {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == before
    assert put(tmp_path, COLUMNS.assign(score=0.5))
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("spoil", ["manifest", "file", "leftover"])
def test_what_a_crash_left_is_made_good(tmp_path, spoil):
    put(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    file = tmp_path / manifest["files"][0]["name"]
    whole = file.read_bytes()
    if spoil == "manifest":
        (tmp_path / "manifest.json").unlink()
    elif spoil == "file":
        file.write_bytes(whole[:20])
    else:
        (tmp_path / "manifest.json").write_text("{")
        (tmp_path / ".predictions-1").write_text("half")
    assert put(tmp_path)
    assert file.read_bytes() == whole and json.loads((tmp_path / "manifest.json").read_text()) == manifest
    assert len(list(tmp_path.iterdir())) == 2
