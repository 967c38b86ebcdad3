from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hrob.features import derive
from hrob.infer import contract
from hrob.intake import mappings
from hrob.step import Refused


@pytest.fixture(scope="module")
def numbered(mapping):
    """The mapping of births with a record number, a word, and a range."""
    return replace(mapping, id="record", categories=["meduc"], required=["mage"], ranges={"mage": [10, 60]})


def checked(mapping, repeated=(), **columns):
    """As from a CSV: everything is text."""
    batch = pa.record_batch({name: pa.array(values, pa.string()) for name, values in columns.items()})
    return contract.check(batch, mapping, 101, np.array(repeated, float))


def test_every_ill_birth_has_its_reasons(numbered):
    found = checked(
        numbered,
        repeated=[7],
        record=["1", "2", "3", "4", "5", "7", None, "x", "1.5", "6"],
        mage=["20", None, "old", "9", "inf", "30", "30", "30", "30", "99"],
        npvis=["1", "1", "1", "1", "1", "1", "1", "1", "1", "many"],
    )
    assert list(found.reasons) == [
        "",
        "mage is missing",
        "mage is no number",
        "mage is not within 10 to 60",
        "mage is no number",
        "record occurs more than once",
        "record is missing",
        "record is no whole number",
        "record is no whole number",
        "mage is not within 10 to 60; npvis is no number",
    ]
    assert list(found.rows) == list(range(101, 111))
    assert list(found.ids[:2]) == ["bwght2-0000001", "bwght2-0000002"]
    assert list(found.ids[6:9]) == ["bwght2-row-107", "bwght2-row-108", "bwght2-row-109"]


def test_what_may_be_missing_makes_nobody_ill(numbered):
    found = checked(numbered, record=["1"], mage=["20"], npvis=[None], meduc=[None])
    assert list(found.reasons) == [""]
    assert np.isnan(found.raw.npvis.iloc[0])


def test_typed_columns_are_read_like_text(mapping, raw):
    columns = mapping.columns_of(mapping.features)
    typed = pa.RecordBatch.from_pandas(raw[columns], preserve_index=False)
    texts = lambda name: [None if pd.isna(value) else repr(value) for value in raw[name].tolist()]
    spelt = pa.record_batch({name: pa.array(texts(name), pa.string()) for name in columns})
    read = [contract.check(batch, mapping, 1, np.empty(0)).raw for batch in (typed, spelt)]
    assert read[0].equals(read[1])
    assert derive.inputs(read[0], mapping).equals(derive.inputs(raw, mapping))


def test_words_are_read_as_they_are(numbered):
    found = checked(numbered, record=["1", "2"], meduc=["school", None])
    assert found.raw.meduc["bwght2-0000001"] == "school" and pd.isna(found.raw.meduc["bwght2-0000002"])
    assert list(derive.inputs(found.raw, numbered, ["meduc"]).meduc) == ["school", "not stated"]


def test_only_columns_that_the_model_reads_count(numbered):
    assert list(checked(numbered, record=["1"], npvis=["3"]).reasons) == [""]


def test_a_rule_for_a_column_of_no_feature_is_refused(mapping, raw):
    with pytest.raises(Refused, match="unknown column 'agee'.*no feature is made from it"):
        mappings.check_against_data(replace(mapping, ranges={"agee": [0, 1]}), list(raw.columns))
