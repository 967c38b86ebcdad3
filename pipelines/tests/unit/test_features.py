import sys
from dataclasses import replace

import numpy as np
import pytest

from hrob.features import derive, files
from hrob.features.make import make
from hrob.features.files import Origin
from hrob.intake.values import NOT_STATED
from hrob.step import Refused


def test_the_label_is_a_low_score_at_five_minutes(raw, table):
    assert (table.label == (raw.fmaps.loc[table.index] <= 8)).all()
    assert table.label.sum() == 90


def test_births_without_an_outcome_are_left_out(raw, table):
    assert set(raw.index) - set(table.index) == set(raw.index[raw.fmaps.isna()])


def test_the_derived_alarm_keeps_what_is_missing(raw, mapping):
    alarm = derive.inputs(raw, mapping).omaps_below_7
    assert alarm.isna().equals(raw.omaps.isna())
    assert set(raw.omaps[alarm == 1]) == {0, 1, 2, 3, 4, 5, 6}


def test_every_feature_of_every_group_is_a_column_and_no_refused_one_is(table, mapping):
    assert list(table.columns) == ["label", "holdout", *mapping.features, "slice.age_of_mother"]
    assert not set(mapping.refused) & set(table.columns)


def test_words_state_that_nothing_was_stated(raw, mapping):
    words = replace(mapping, categories=["meduc"])
    column = derive.inputs(raw.assign(meduc=raw.meduc.map({12.0: "school"})), words).meduc
    assert set(column) == {"school", NOT_STATED}


def test_a_slice_is_cut_at_the_values_of_the_mapping(raw, mapping):
    cut = replace(mapping, slices={"age": {"column": "mage", "from": [20, 35]}})
    ages = raw.mage.iloc[:4].set_axis(list("abcd")).to_frame().assign(mage=[19.0, 20.0, 35.0, np.nan])
    words = derive.slices(ages, cut)["slice.age"]
    assert list(words) == ["below 20", "20 to below 35", "35 or more", NOT_STATED]


def test_a_table_survives_its_file(table, tmp_path):
    origin = Origin("bwght2", "sha256:00", "low_apgar5", "x < 0.5")
    files.write(table, origin, tmp_path / "features.parquet")
    again, its_origin = files.read(tmp_path / "features.parquet")
    assert its_origin == origin
    assert again.equals(table) and again.dtypes.equals(table.dtypes)
    assert again.omaps.dtype == np.float64


def test_an_engine_that_is_not_there_is_refused(mapping, tmp_path, monkeypatch):
    with pytest.raises(Refused, match=r"config\.features\.engine: unknown engine 'sparc'; did you mean 'spark'\?; there are pandas, spark"):
        make({"features": {"engine": "sparc"}}, mapping, tmp_path / "features.parquet")
    monkeypatch.setitem(sys.modules, "pyspark", None)
    for name in ("hrob.spark", "hrob.features.on_spark"):
        monkeypatch.delitem(sys.modules, name, raising=False)
        monkeypatch.delattr(name, raising=False)
    for name in [name for name in sys.modules if name.startswith("pyspark.")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(Refused, match="pyspark is not installed; pip install -r pipelines/requirements-spark.txt, or choose pandas"):
        make({"features": {"engine": "spark"}}, mapping, tmp_path / "features.parquet")
