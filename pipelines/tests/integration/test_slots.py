from collections import Counter
from datetime import datetime, timedelta, timezone
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError

from hrob.infer import slots
from hrob.infer.predictions import PREDICTIONS
from hrob.infer.slots import Content, SlotTable, Source
from hrob.step import Refused

WRITERS = 2
MOMENTS = [datetime(2026, 11, 23, 11, tzinfo=timezone.utc) + timedelta(hours=12 * n) for n in range(12)]
SCORES = pd.Series({f"bwght2-{n:07d}": n / 100 for n in range(60)})


def predictions(root: Path) -> SlotTable:
    return SlotTable(root, "predictions", PREDICTIONS)


def content(scores: pd.Series) -> Content:
    batch = pa.record_batch([pa.array(scores.index, pa.string()), pa.array(scores.to_numpy())], schema=PREDICTIONS)
    return Content(len(scores), lambda: iter([batch]))


def publish(root: Path, moment: datetime, run: str, version: int = 1, scores: pd.Series = SCORES) -> slots.Written:
    return predictions(root).publish(content(scores), Source("hrob-risk", version, "0123456789abcdef"), run, moment)


def race(root: Path, run: str, start) -> list[bool]:
    """Publishes every moment at the same instant as the other writers; whether each call changed the table."""
    changed = []
    for moment in MOMENTS:
        start.wait(timeout=300)
        changed.append(publish(root, moment, run).changed)
    return changed


def race_to_create(roots: list[Path], start) -> None:
    for root in roots:
        start.wait(timeout=300)
        predictions(root).open_or_create()


def stored(root: Path) -> pd.DataFrame:
    return ds.dataset(DeltaTable(root).file_uris()).to_table().to_pandas()


def test_processes_racing_for_a_slot_write_it_once(tmp_path):
    context = get_context("spawn")
    with context.Manager() as manager, context.Pool(WRITERS) as pool:
        start = manager.Barrier(WRITERS)
        racers = [pool.apply_async(race, (tmp_path, f"racer-{n}", start)) for n in range(WRITERS)]
        outcomes = [racer.get(timeout=600) for racer in racers]
    assert [sum(changed) for changed in zip(*outcomes)] == [1] * len(MOMENTS)
    assert DeltaTable(tmp_path).version() == len(MOMENTS)
    rows = stored(tmp_path)
    assert Counter(rows.groupby("logical_time").id.nunique()) == {len(SCORES): len(MOMENTS)}
    assert len(rows) == len(SCORES) * len(MOMENTS)
    assert (rows.groupby("logical_time").run.nunique() == 1).all()


def test_processes_racing_to_create_a_table_make_one(tmp_path):
    roots = [tmp_path / str(n) for n in range(20)]
    context = get_context("spawn")
    with context.Manager() as manager, context.Pool(WRITERS) as pool:
        start = manager.Barrier(WRITERS)
        racers = [pool.apply_async(race_to_create, (roots, start)) for _ in range(WRITERS)]
        for racer in racers:
            racer.get(timeout=600)
    assert [DeltaTable(root).version() for root in roots] == [0] * len(roots)


def test_a_commit_on_an_outdated_snapshot_fails(tmp_path):
    outdated = predictions(tmp_path).open_or_create()
    publish(tmp_path, MOMENTS[0], "1")
    with pytest.raises(CommitFailedError):
        predictions(tmp_path).commit(outdated, content(SCORES), Source("x", 2, "c"), "2", MOMENTS[0])
    assert set(stored(tmp_path).run) == {"1"}


def test_each_write_is_the_next_transaction_of_its_slot(tmp_path):
    for version in (1, 1, 2):
        publish(tmp_path, MOMENTS[0], "1", version)
    publish(tmp_path, MOMENTS[1], "1")
    table = DeltaTable(tmp_path)
    assert [table.transaction_version(predictions(tmp_path).application(moment)) for moment in MOMENTS[:3]] == [2, 1, None]


def test_two_times_of_one_day_do_not_touch_each_other(tmp_path):
    morning, night = MOMENTS[0], MOMENTS[0] + timedelta(hours=12)
    publish(tmp_path, morning, "1")
    publish(tmp_path, night, "2")
    publish(tmp_path, night, "3", version=2)
    versions = stored(tmp_path).groupby("logical_time").model_version.agg(set).to_dict()
    assert versions == {slots.text(morning): {1}, slots.text(night): {2}}


def test_another_model_version_replaces_a_slot_and_can_be_taken_back(tmp_path):
    for version in (1, 2, 1):
        assert publish(tmp_path, MOMENTS[0], "1", version).changed
        rows = stored(tmp_path)
        assert set(rows.model_version) == {version} and len(rows) == len(SCORES)
        assert not publish(tmp_path, MOMENTS[0], "2", version).changed


@pytest.mark.parametrize("already", [False, True])
def test_a_day_without_births_empties_its_slot_and_no_more(tmp_path, already):
    if already:
        publish(tmp_path, MOMENTS[0], "1")
    nothing = SCORES.iloc[:0]
    assert publish(tmp_path, MOMENTS[0], "2", scores=nothing).changed == already
    assert not publish(tmp_path, MOMENTS[0], "3", scores=nothing).changed
    assert not DeltaTable(tmp_path).file_uris()


def test_a_table_with_other_columns_is_refused(tmp_path):
    write_deltalake(tmp_path, pa.table({"id": ["a"], "score": [1], "logical_date": [MOMENTS[0].date()], "logical_time": ["x"]}))
    with pytest.raises(Refused, match="has the columns id string, score int64, .*expected id string, score double"):
        publish(tmp_path, MOMENTS[0], "1")


def test_rows_of_a_run_that_did_not_end_are_written_again(tmp_path):
    source = Source("hrob-risk", 1, "0123456789abcdef")
    publish(tmp_path, MOMENTS[0], "1")
    later = predictions(tmp_path).publish(content(SCORES + 1), source, "2", MOMENTS[0], even_if_equal=True)
    assert later.changed and set(stored(tmp_path).run) == {"2"} and stored(tmp_path).score.min() >= 1
