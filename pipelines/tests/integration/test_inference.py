"""`infer` as it is run in earnest, on births that are well and on births that are not."""

import json
import shutil
import signal
from datetime import date, datetime, timezone

import numpy as np
import pandas as pd
import pyarrow.dataset as ds
import pytest
from deltalake import DeltaTable, write_deltalake

from hrob.infer import slots
from hrob.intake import arrivals

ROWS = 120_000
MOMENT = datetime(2026, 11, 23, 11, tzinfo=timezone.utc)
# Inference that is killed when it has handed the first batch of a table to the Delta writer.
KILLED = """
import os, signal
from hrob.infer import slots
from hrob.infer.__main__ import main

whole = slots.SlotTable.with_lineage

def half(table, *given):
    for batch in whole(table, *given):
        yield batch
        if table.name == "NAME":
            os.kill(os.getpid(), signal.SIGKILL)

slots.SlotTable.with_lineage = half
main()
"""


@pytest.fixture
def fresh(contest, tmp_path):
    """Runs inference on a data root of its own, over `births` where they are named."""

    def predict(time="2026-11-23T11:00:00Z", uri=contest.challenger, births=None, program=None, **settings):
        if births:
            settings |= {"births": str(births), "intake": "all"}
        (tmp_path / "config.json").write_text(json.dumps({"dataset": "bwght2", "infer": settings}))
        variables = dict(
            ESPALIER_LOGICAL_TIME=time,
            ESPALIER_MODEL_URI=uri,
            ESPALIER_DATA=str(tmp_path / "data"),
            ESPALIER_CONFIG=str(tmp_path / "config.json"),
            ESPALIER_OUTPUT=str(tmp_path / "output"),
            ESPALIER_RUN="41",
        )
        (tmp_path / "output").write_text("")
        if program:
            return contest.checkout.start("infer", program, **variables)
        return contest.checkout.call("infer", **variables)

    return predict


def table(tmp_path, name="predictions") -> DeltaTable:
    return DeltaTable(tmp_path / "data" / name)


def rows(tmp_path, name="predictions") -> pd.DataFrame:
    files = table(tmp_path, name).file_uris()
    found = ds.dataset(files).to_table().to_pandas() if files else pd.DataFrame(columns=["id"])
    return found.sort_values("id", ignore_index=True)


def reported(tmp_path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in (tmp_path / "output").read_text().splitlines())


def spoilt(raw) -> pd.DataFrame:
    """The packaged births, of which 61 cannot be scored: 3 without a score of their own, and 58 more."""
    births = raw.reset_index(drop=True).astype(object)
    births.loc[:49, "mage"] = 99
    births.loc[50:57, "npvis"] = "many"
    return births


def test_the_births_of_the_day_are_scored_once(fresh, contest, raw, tmp_path):
    printed, _ = fresh(program="from hrob.infer.__main__ import main; main()").communicate()
    assert "births scored" in printed
    found = rows(tmp_path)
    assert list(found.id) == list(raw.index[arrivals.is_of_day(raw.index, arrivals.DEFAULTS, date(2026, 11, 23))])
    assert found.score.between(0, 1).all() and found.score.nunique() > 10
    assert set(found.model_version) == {int(contest.challenger.rsplit("/")[-1])} and set(found.run) == {"41"}
    version = table(tmp_path).version()
    code, printed = fresh()
    assert code == 0 and "nothing to do" in printed and table(tmp_path).version() == version
    assert reported(tmp_path) == {"scored": str(len(found)), "quarantined": "0", "health": "passed"}


@pytest.mark.parametrize("kind", ["csv.gz", "parquet", "delta"])
def test_births_that_cannot_be_scored_are_in_quarantine_with_the_reason(fresh, raw, tmp_path, kind):
    births, path = spoilt(raw), tmp_path / f"births.{kind}"
    if kind == "csv.gz":
        births.to_csv(path, index=False)
    else:
        # A column with words in it is text.
        births = births.astype({name: str if name == "npvis" else float for name in births}).replace({"npvis": {"nan": None}})
        births.to_parquet(path) if kind == "parquet" else write_deltalake(path, births)
    code, printed = fresh(births=path)
    assert code == 0, printed
    ill = rows(tmp_path, "quarantine").set_index("row")
    assert len(rows(tmp_path)) == 1832 - 61 and len(ill) == 61
    assert ill.reason.value_counts().to_dict() == {
        "mage is not within 10 to 60": 50, "npvis is no number": 8, "omaps is missing": 3,
    }
    assert list(ill.index[:58]) == list(range(1, 59)) and ill.id[1] == "bwght2-0000001"
    assert reported(tmp_path) == {"births": "1832", "scored": "1771", "quarantined": "61", "health": "passed"}
    assert "in quarantine: 50 births, mage is not within 10 to 60" in printed


def test_scores_do_not_depend_on_where_births_come_from(fresh, contest, raw, tmp_path):
    raw.reset_index(drop=True).to_csv(tmp_path / "births.csv", index=False)
    fresh(births=tmp_path / "births.csv")
    read = rows(tmp_path).set_index("id").score
    fresh(time="2026-11-24T11:00:00Z")
    packaged = rows(tmp_path).query("logical_time == '2026-11-24T11:00:00Z'").set_index("id").score
    assert np.allclose(read[packaged.index], packaged, rtol=0, atol=1e-12)


def test_absurd_births_publish_nothing_and_say_why(fresh, raw, tmp_path):
    raw.assign(mage=99).to_parquet(tmp_path / "births.parquet", index=False)
    code, printed = fresh(births=tmp_path / "births.parquet")
    assert code == 1 and "no prediction was published" in printed
    assert reported(tmp_path)["health"] == "failed"
    assert reported(tmp_path)["health_reason"].startswith("100.0% of 1832 births cannot be scored, 1832 because mage is not within")
    assert not (tmp_path / "data/predictions").exists() and len(rows(tmp_path, "quarantine")) == 1832


def test_absurd_scores_publish_nothing(fresh, raw, tmp_path):
    raw.assign(omaps=0.0).to_parquet(tmp_path / "births.parquet", index=False)
    code, _ = fresh(births=tmp_path / "births.parquet")
    assert code == 1 and "the mean of 1832 scores is" in reported(tmp_path)["health_reason"]
    assert not (tmp_path / "data/predictions").exists()
    code, _ = fresh(births=tmp_path / "births.parquet", health={"times_the_mean": 100.0})
    assert code == 0 and len(rows(tmp_path)) == 1832


def test_a_time_long_ago_is_filled_again_and_again_alike(fresh, contest, tmp_path):
    """Backfill: a chosen version gives the same partition, whatever was there in between."""
    time, seen = "2020-02-29T11:00:00Z", []
    for uri in (contest.champion, contest.challenger, contest.champion):
        assert fresh(time, uri)[0] == 0
        fresh("2020-03-01T11:00:00Z", contest.challenger)
        seen.append(rows(tmp_path).query("logical_time == @time").reset_index(drop=True))
    assert seen[0].equals(seen[2]) and not seen[0].score.equals(seen[1].score)
    assert len(seen[0]) == len(seen[1])


def test_a_column_that_the_source_lacks_is_named(fresh, raw, tmp_path):
    raw.drop(columns="npvis").to_parquet(tmp_path / "births.parquet")
    code, printed = fresh(births=tmp_path / "births.parquet")
    assert code == 1 and "has no column 'npvis'" in printed


@pytest.mark.parametrize("name", ["quarantine", "predictions"])
def test_kill_9_in_the_middle_of_writing_leaves_nothing_that_a_reader_sees(fresh, raw, tmp_path, name):
    """A repeat makes it good, also beside files of a writer that died before its commit."""
    spoilt(raw.iloc[np.arange(ROWS) % len(raw)]).astype({"npvis": str}).astype({"mage": float}).to_parquet(tmp_path / "births.parquet")
    process = fresh(births=tmp_path / "births.parquet", program=KILLED.replace("NAME", name))
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    written = {"quarantine": 0, "predictions": 1}[name]
    held = lambda name: slots.SlotTable(tmp_path / "data" / name, name, None).held(MOMENT)
    assert not held("predictions") and len(held("quarantine")) == written
    folder = tmp_path / "data/predictions/logical_date=2026-11-23"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(tmp_path / "births.parquet", folder / "part-00000-of-a-writer-that-died.parquet")
    code, printed = fresh(births=tmp_path / "births.parquet")
    assert code == 0, printed
    scored, ill = rows(tmp_path), rows(tmp_path, "quarantine")
    assert len(scored) + len(ill) == ROWS and len(ill) >= 58 and scored.id.is_unique
    assert not set(scored.id) & set(ill.id)
    version = table(tmp_path).version()
    assert "nothing to do" in fresh(births=tmp_path / "births.parquet")[1]
    assert table(tmp_path).version() == version == 1
