from datetime import date

import pyarrow.dataset as ds
import pytest
from deltalake import DeltaTable

from hrob import intake


def predict(contest, time, uri=None, **variables):
    uri = uri or contest.challenger
    return contest.checkout.run("infer", ESPALIER_LOGICAL_TIME=time, ESPALIER_MODEL_URI=uri, **variables)


def delta(contest) -> DeltaTable:
    return DeltaTable(contest.checkout.root / "data/predictions")


def slot(contest, time: str):
    """The predictions of one logical time."""
    files = delta(contest).file_uris(file_pruning_predicate=f"logical_date = '{time[:10]}'")
    return ds.dataset(files).to_table(filter=ds.field("logical_time") == time).to_pandas()


@pytest.fixture(scope="module")
def first(contest) -> str:
    time = "2026-11-23T11:00:00Z"
    assert "births scored" in predict(contest, time, ESPALIER_RUN="41")
    return time


def test_the_slot_holds_the_births_of_the_day(contest, first, raw):
    rows = slot(contest, first)
    assert sorted(rows.id) == list(intake.of_day(raw, date(2026, 11, 23)).index)
    assert rows.score.between(0, 1).all() and rows.score.nunique() > 10
    assert set(rows.model_version) == {int(contest.challenger.rsplit("/")[-1])}


def test_a_repeat_changes_nothing_and_says_so(contest, first):
    before = delta(contest).version()
    assert "nothing to do" in predict(contest, first, ESPALIER_RUN="42")
    assert delta(contest).version() == before
    assert set(slot(contest, first).run) == {"41"}
