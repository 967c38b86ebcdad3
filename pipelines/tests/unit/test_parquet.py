import time

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from hrob import parquet

ROWS, COLUMNS, GROUP = 400_000, 16, 20_000


def test_a_file_is_read_no_faster_than_it_is_used(tmp_path):
    """49 MiB of numbers, of which a reader that takes its time never holds more than 20."""
    rng = np.random.default_rng(1)
    table = pa.table({f"x{n}": rng.random(ROWS) for n in range(COLUMNS)})
    pq.write_table(table, tmp_path / "x.parquet", row_group_size=GROUP)
    names, size = table.column_names, table.nbytes
    del table
    before, most, rows = pa.total_allocated_bytes(), 0, 0
    for batch in parquet.batches(ds.dataset(tmp_path / "x.parquet"), names, GROUP):
        time.sleep(0.01)
        most, rows = max(most, pa.total_allocated_bytes() - before), rows + batch.num_rows
    assert rows == ROWS and size > 48 << 20
    assert most < 20 << 20


def test_names_of_folders_are_columns_and_words_dictionaries(tmp_path):
    table = pa.table({"year": [2014, 2014, 2022], "word": ["a", "b", "a"], "x": [1.0, 2.0, 3.0]})
    pq.write_to_dataset(table, tmp_path / "births", partition_cols=["year"])
    found = ds.dataset(tmp_path / "births", partitioning="hive")
    batches = list(parquet.batches(found, ["year", "word", "x"], 10, words=("word",)))
    assert pa.types.is_dictionary(batches[0]["word"].type)
    rows = sorted((row for batch in batches for row in batch.to_pylist()), key=lambda row: row["x"])
    assert rows == table.to_pylist()
