from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from hrob.intake import births, mappings
from hrob.step import Refused


def test_a_csv_file_gives_the_same_births_as_the_package(raw, mapping, tmp_path):
    raw.to_csv(tmp_path / "births.csv.gz", index=False)
    again = births.load({"dataset": "bwght2", "births": str(tmp_path / "births.csv.gz")}, mapping)
    assert births.digest(again, mapping) == births.digest(raw, mapping)


@pytest.mark.parametrize("kind", ["file", "folder", "delta"])
def test_parquet_and_delta_give_the_same_births_as_the_package(raw, mapping, tmp_path, kind):
    path = tmp_path / ("births.parquet" if kind == "file" else "births")
    table = pa.Table.from_pandas(raw, preserve_index=False)
    if kind == "file":
        pq.write_table(table, path)
    elif kind == "folder":
        pq.write_to_dataset(table, path, basename_template="part-{i}.parquet")
    else:
        write_deltalake(path, table)
    again = births.load({"dataset": "bwght2", "births": str(path)}, mapping)
    assert births.digest(again, mapping) == births.digest(raw, mapping)


@pytest.mark.parametrize("kind", ["parquet", "delta"])
def test_a_column_may_be_the_name_of_a_folder(raw, tmp_path, kind):
    table = pa.Table.from_pandas(raw[["male", "mage"]], preserve_index=False)
    if kind == "parquet":
        pq.write_to_dataset(table, tmp_path / "births", partition_cols=["male"])
    else:
        write_deltalake(tmp_path / "births", table, partition_by=["male"])
    source = births.open_births(str(tmp_path / "births"), "bwght2")
    found = pa.Table.from_batches(source.batches(["mage", "male"])).to_pandas()
    assert source.rows == len(raw) and found.groupby("male").mage.sum().to_dict() == raw.groupby("male").mage.sum().to_dict()


def test_what_cannot_be_read_is_told(tmp_path):
    with pytest.raises(Refused, match="there are no births at /nowhere.csv; name a CSV, Parquet or Delta table"):
        births.open_births("/nowhere.csv", "bwght2")
    (tmp_path / "births.csv").write_text("a,b\n1,2\n1,2,3\n")
    source = births.open_births(str(tmp_path / "births.csv"), "bwght2")
    with pytest.raises(Refused, match="births.csv cannot be read: .*Expected 2 columns, got 3"):
        list(source.batches(["a"]))
    with pytest.raises(Refused, match="births.csv has no column 'c'; it has a, b"):
        list(source.batches(["c"]))


def test_a_source_is_read_in_batches_in_its_order(tmp_path):
    pq.write_table(pa.table({"a": range(250_000)}), tmp_path / "births.parquet")
    batches = list(births.open_births(str(tmp_path / "births.parquet"), "bwght2").batches(["a"]))
    assert len(batches) > 2 and max(batch.num_rows for batch in batches) <= births.BATCH_ROWS
    assert pa.Table.from_batches(batches)["a"].to_pylist() == list(range(250_000))


def test_numbers_of_more_than_one_birth_are_found_across_batches(mapping, tmp_path):
    numbers = [*range(150_000), 7, 149_999, 7]
    pq.write_table(pa.table({"record": numbers}), tmp_path / "births.parquet")
    source = births.open_births(str(tmp_path / "births.parquet"), "bwght2")
    assert list(births.repeated_numbers(source, replace(mapping, id="record"))) == [7, 149_999]
    assert len(births.repeated_numbers(source, mapping)) == 0


def test_the_digest_ignores_row_order_and_columns_not_used(raw, mapping):
    shuffled = raw.sample(frac=1, random_state=1).assign(bwght=0)
    assert births.digest(shuffled, mapping) == births.digest(raw, mapping)


def test_the_digest_changes_with_a_single_value(raw, mapping):
    changed = raw.copy()
    changed.iloc[7, changed.columns.get_loc("mage")] += 1
    assert births.digest(changed, mapping) != births.digest(raw, mapping)


def test_ids_are_unique_and_sort_like_the_rows(raw):
    assert raw.index.is_unique and raw.index.is_monotonic_increasing
    assert raw.index[0] == "bwght2-0000001"


def test_a_dataset_that_is_no_package_asks_for_its_file():
    with pytest.raises(Refused, match="name it under `births:`"):
        births.load({}, mappings.read("natality2014"))


def test_the_digest_is_of_values_whatever_type_the_source_gave_them(raw, mapping):
    # As whole numbers, where there are any, and as floating point.
    assert births.digest(raw.astype(float), mapping) == births.digest(raw, mapping) != births.digest(raw.iloc[1:], mapping)
    words = replace(mapping, categories=["male"])
    codes = [births.digest(raw.assign(male=kind), words) for kind in (raw.male, raw.male.astype(float), raw.male.astype(str))]
    assert len(set(codes)) == 1
