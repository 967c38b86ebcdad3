import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from hrob.features import derive, files
from hrob.intake import births, mappings
from hrob.publish import __main__ as publish
from hrob.publish import shared_table
from hrob.step import Refused
from hrob.store import Definition, Moved, Store

VISITS = Definition(
    "visits", "obstetrics", "mother", "seen_at", "Prenatal visits.", {"weight": pa.float64(), "payer": pa.string()}
)


def day(number: int) -> pd.Timestamp:
    return pd.Timestamp("2026-03-01T09:00:00Z") + timedelta(days=number)


def rows(*given) -> pd.DataFrame:
    """(mother, day, weight)"""
    columns = {"mother": [row[0] for row in given], "seen_at": [day(row[1]) for row in given], "weight": [row[2] for row in given]}
    return pd.DataFrame(columns | {"payer": "private"})


def asked(*given) -> pd.DataFrame:
    """(mother, day)"""
    return pd.DataFrame({"mother": [row[0] for row in given], "time": [day(row[1]) for row in given]})


def weights(snapshot, *given, **options) -> list:
    return [None if np.isnan(value) else value for value in snapshot.at(asked(*given), ["weight"], **options).weight]


@pytest.fixture
def store(tmp_path) -> Store:
    made = Store(tmp_path)
    made.register(VISITS, {})
    return made


def test_a_table_remembers_how_it_was_registered(store):
    assert store.definition("visits") == VISITS
    assert store.names() == ["visits"]
    store.register(VISITS, {})
    assert store.snapshot("visits").version == 0


def test_rows_for_a_version_that_is_not_the_newest_any_more_are_not_written(store):
    store.append("visits", rows(("a", 1, 60.0)), "clinic", expected=0)
    with pytest.raises(Moved, match="visits is at version 1, not 0"):
        store.append("visits", rows(("b", 1, 70.0)), "clinic", expected=0)
    assert store.snapshot("visits").version == 1
    # Trying again what was written is no mistake.
    assert not store.append("visits", rows(("a", 1, 60.0)), "clinic", expected=0).changed


def test_a_row_is_seen_from_its_event_time_on_and_never_before(store):
    store.append("visits", rows(("a", 1, 60.0), ("a", 5, 62.0), ("b", 3, 70.0)), "clinic")
    snapshot = store.snapshot("visits")
    assert weights(snapshot, ("a", 0), ("a", 1), ("a", 4), ("a", 5), ("b", 9), ("c", 9)) == [None, 60, 60, 62, 70, None]
    found = snapshot.at(asked(("b", 9), ("a", 4)).set_axis(["x", "y"]), ["weight", "payer"])
    assert list(found.index) == ["x", "y"] and list(found.seen_at) == [day(3), day(1)]
    assert list(found.payer) == ["private", "private"]


def test_no_lookup_sees_the_future_whatever_the_rows(store):
    """Against the plain definition, on rows at random with many ties between the two sides."""
    random = np.random.default_rng(0)
    keys = sorted({(str(mother), int(when)) for mother, when in zip(random.integers(0, 20, 300), random.integers(0, 30, 300))})
    store.append("visits", rows(*[(mother, when, float(number)) for number, (mother, when) in enumerate(keys)]), "clinic")
    spine = [(str(mother), int(when)) for mother, when in zip(random.integers(0, 22, 500), random.integers(-2, 33, 500))]
    for age in (None, 3):
        expected = []
        for mother, when in spine:
            known = [n for n, (m, w) in enumerate(keys) if m == mother and w <= when and (age is None or when - w <= age)]
            expected.append(max(known, key=lambda number: keys[number][1], default=None))
        max_age = None if age is None else timedelta(days=age)
        assert weights(store.snapshot("visits"), *spine, max_age=max_age) == expected


def test_what_is_too_old_is_not_known(store):
    store.append("visits", rows(("a", 1, 60.0)), "clinic")
    snapshot = store.snapshot("visits")
    assert weights(snapshot, ("a", 3), ("a", 4), max_age=timedelta(days=2)) == [60, None]


def test_late_data_are_seen_from_the_next_version_on_and_an_earlier_version_never_changes(store):
    store.append("visits", rows(("a", 1, 60.0), ("a", 9, 64.0)), "clinic")
    before = store.snapshot("visits")
    store.append("visits", rows(("a", 5, 62.0)), "clinic, late")
    after = store.snapshot("visits")
    assert (before.name, after.name) == ("visits@1", "visits@2")
    assert weights(before, ("a", 4), ("a", 6), ("a", 9)) == [60, 60, 64]
    assert weights(after, ("a", 4), ("a", 6), ("a", 9)) == [60, 62, 64]
    assert weights(store.snapshot("visits", 1), ("a", 6)) == [60]


def test_of_rows_for_the_same_moment_the_one_written_last_counts(store):
    for number, weight in enumerate((60.0, 61.0, 59.0)):
        store.append("visits", rows(("a", 1, weight)), f"correction {number}")
    assert weights(store.snapshot("visits"), ("a", 1)) == [59]
    assert weights(store.snapshot("visits", 2), ("a", 1)) == [61]


def test_a_correction_may_take_a_value_back(store):
    store.append("visits", rows(("a", 1, 60.0)), "clinic")
    store.append("visits", rows(("a", 1, np.nan)), "correction")
    assert weights(store.snapshot("visits"), ("a", 2)) == [None]


def append_once(root) -> bool:
    return Store(root).append("visits", rows(("a", 1, 60.0), ("b", 1, 70.0)), "clinic").changed


def test_the_same_rows_are_written_once_also_by_processes_at_once(store):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert sorted(pool.map(append_once, [store.root] * 4)) == [False, False, False, True]
    assert not store.append("visits", rows(("b", 1, 70.0), ("a", 1, 60.0)), "clinic").changed
    assert DeltaTable(store.root / "visits").count() == 2 and store.snapshot("visits").version == 1
    assert store.append("visits", rows(("a", 1, 60.0)), "clinic").changed


@pytest.mark.parametrize(
    "spoil, message",
    [
        (lambda good: good.rename(columns={"weight": "wieght"}), "unknown column 'wieght'; did you mean 'weight'"),
        (lambda good: good.drop(columns="payer"), "the rows have no column 'payer'"),
        (lambda good: good.assign(mother=None), "1 rows have no mother"),
        (lambda good: good.assign(seen_at=pd.NaT), "1 rows have no seen_at"),
        (lambda good: good.assign(seen_at=good.seen_at.dt.tz_localize(None)), "seen_at holds datetime64.ns., expected times with a zone"),
        (lambda good: good.assign(seen_at=pd.Timestamp("2999-01-01T00:00:00Z")), "1 rows are from the future, a of 2999"),
        (lambda good: pd.concat([good, good.assign(weight=61.0)]), "a of 2026-03-02 09:00:00.00:00 occurs twice"),
        (lambda good: good.assign(weight="sixty"), "the rows do not fit mother string, seen_at timestamp.*weight double"),
    ],
)
def test_rows_that_would_mislead_are_refused(store, spoil, message):
    with pytest.raises(Refused, match=message):
        store.append("visits", spoil(rows(("a", 1, 60.0))), "clinic")
    assert store.snapshot("visits").version == 0


@pytest.mark.parametrize(
    "change, message",
    [
        ({"owner": ""}, "'births' has no owner"),
        ({"name": "../births"}, "named with small letters, digits and _, not '../births'"),
        ({"features": {"fmaps": pa.float64()}}, r"'fmaps' must not be a feature: outcome"),
        ({"features": {"bwght": pa.float64()}}, r"'bwght' must not be a feature: measured after the first minute"),
        ({"features": {"written_at": pa.float64()}}, "'written_at' is a column of the table's own"),
    ],
)
def test_definitions_that_would_mislead_are_refused(tmp_path, mapping, change, message):
    with pytest.raises(Refused, match=message):
        Store(tmp_path).register(replace(VISITS, **({"name": "births"} | change)), mapping.refused)
    assert Store(tmp_path).names() == []


def test_a_table_is_not_registered_twice_in_two_ways(store):
    with pytest.raises(Refused, match="visits is registered by obstetrics with another owner and features"):
        store.register(replace(VISITS, owner="cardiology", features={"weight": pa.float64()}), {})


def test_what_is_not_there_names_the_nearest(store):
    with pytest.raises(Refused, match="unknown feature table 'visit'; did you mean 'visits'"):
        store.snapshot("visit")
    with pytest.raises(Refused, match="has the versions 0 to 0, not 4"):
        store.snapshot("visits", 4)
    with pytest.raises(Refused, match="unknown feature 'wieght'; did you mean 'weight'"):
        store.snapshot("visits").at(asked(("a", 1)), ["wieght"])
    with pytest.raises(Refused, match="a spine for visits@0 has the columns mother and time; mother is missing"):
        store.snapshot("visits").at(asked(("a", 1)).drop(columns="mother"), ["weight"])


def test_models_of_two_targets_share_one_table(raw, table, mapping, tmp_path):
    other = mappings.read("bwght2", target="low_birth_weight")
    weighed = derive.table(raw, other)
    assert (weighed.label == (raw.bwght < 2500)).all() and weighed.label.sum() == 92
    shared = Store(tmp_path)
    first, written = shared_table.publish(table, mapping, "low_apgar5", shared)
    assert (first.name, written) == ("births_first_minute@1", 1829)
    second, written = shared_table.publish(weighed, other, "low_birth_weight", shared)
    # Three births have no score at five minutes, but a weight.
    assert (second.name, written) == ("births_first_minute@2", 3)
    assert shared_table.publish(table, mapping, "low_apgar5", shared)[1] == 0
    assert shared_table.joined(table, first, mapping).equals(table)
    assert shared_table.joined(weighed, second, other).equals(weighed)
    with pytest.raises(Refused, match="births_first_minute@1 knows nothing of 3 births"):
        shared_table.joined(weighed, first, other)
    assert first.definition.owner == "obstetrics"
    assert not {"label", "holdout", *mapping.refused} & set(first.definition.schema.names)


def test_two_models_that_publish_at_once_write_no_birth_twice(raw, table, mapping, tmp_path, monkeypatch):
    other, shared = mappings.read("bwght2", target="low_birth_weight"), Store(tmp_path)
    append = Store.append

    def overtaken(self, *given, **options):
        """The other model's run comes between the look and the commit."""
        monkeypatch.setattr(Store, "append", append)
        assert shared_table.publish(derive.table(raw, other), other, "low_birth_weight", shared)[1] == 1832
        return append(self, *given, **options)

    monkeypatch.setattr(Store, "append", overtaken)
    snapshot, written = shared_table.publish(table, mapping, "low_apgar5", shared)
    assert (snapshot.version, written) == (1, 0)
    assert shared_table.joined(table, snapshot, mapping).equals(table)


def test_corrected_births_are_new_rows(table, mapping, tmp_path):
    shared = Store(tmp_path)
    shared_table.publish(table, mapping, "before", shared)
    corrected = table.assign(npvis=table.npvis.where(table.index != table.index[7], 11.5))
    snapshot, written = shared_table.publish(corrected, mapping, "after", shared)
    assert written == 1 and shared_table.joined(table, snapshot, mapping).equals(corrected)


NATALITY = Path(os.environ.get("ESPALIER_NATALITY", "")) / "natality2014_births.csv.gz"


@pytest.mark.skipif(not NATALITY.exists(), reason="natality2014_births.csv.gz is missing: name its folder in ESPALIER_NATALITY")
def test_adverse_births_and_admissions_to_intensive_care_share_one_table(tmp_path):
    adverse, nicu = mappings.read("natality2014"), mappings.read("natality2014", target="nicu_admission")
    raw = pd.read_csv(NATALITY, nrows=5_000)
    raw = raw.set_index(births.row_ids(raw, adverse))
    shared, counts = Store(tmp_path), []
    for mapping in (adverse, nicu):
        table = derive.table(raw, mapping)
        snapshot, written = shared_table.publish(table, mapping, mapping.target.name, shared)
        counts.append((len(table), written))
        assert shared_table.joined(table, snapshot, mapping).equals(table)
    assert shared.names() == ["births_antenatal"]
    assert counts[0][0] == counts[0][1] > 4_500 and counts[1][1] < 100 < counts[1][0]
    assert set(snapshot.definition.features) == set(adverse.features) and "payer" in adverse.categories


def test_an_environment_may_do_without_a_store(table, mapping, tmp_path, monkeypatch):
    (tmp_path / "config.json").write_text('{"feature_store": false}')
    for name, place in {"CONFIG": "config.json", "INPUTS": "", "OUTPUTS": "store", "DATA": "data"}.items():
        monkeypatch.setenv(f"ESPALIER_{name}", str(tmp_path / place))
    (tmp_path / "features").mkdir()
    files.write(table, files.origin_of(mapping, "sha256:0"), tmp_path / "features/features.parquet")
    publish.main()
    found, _, snapshot = shared_table.training_table()
    assert snapshot is None and not (tmp_path / "data").exists()
    pd.testing.assert_frame_equal(found, table)
