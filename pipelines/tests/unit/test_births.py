import pytest

from hrob import births, mappings
from hrob.step import Refused


def test_a_csv_file_gives_the_same_births_as_the_package(raw, mapping, tmp_path):
    raw.to_csv(tmp_path / "births.csv.gz", index=False)
    again = births.load({"dataset": "bwght2", "births": str(tmp_path / "births.csv.gz")}, mapping)
    assert births.digest(again, mapping.raw_columns) == births.digest(raw, mapping.raw_columns)


def test_the_digest_ignores_row_order_and_columns_not_used(raw, mapping):
    shuffled = raw.sample(frac=1, random_state=1).assign(bwght=0)
    assert births.digest(shuffled, mapping.raw_columns) == births.digest(raw, mapping.raw_columns)


def test_the_digest_changes_with_a_single_value(raw, mapping):
    changed = raw.copy()
    changed.iloc[7, changed.columns.get_loc("mage")] += 1
    assert births.digest(changed, mapping.raw_columns) != births.digest(raw, mapping.raw_columns)


def test_ids_are_unique_and_sort_like_the_rows(raw):
    assert raw.index.is_unique and raw.index.is_monotonic_increasing
    assert raw.index[0] == "bwght2-0000001"


def test_a_dataset_that_is_no_package_asks_for_its_file():
    with pytest.raises(Refused, match="name it under `births:`"):
        births.load({}, mappings.read("natality2014"))
