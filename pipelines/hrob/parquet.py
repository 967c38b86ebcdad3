"""Parquet files, read no faster than they are used: Arrow's own scanner reads ahead, and holds, all that it can."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq


def batches(found: ds.Dataset, columns: list[str], rows: int, words: tuple[str, ...] = ()) -> Iterator[pa.RecordBatch]:
    """These columns in the order of the files, at most `rows` at a time; names of folders like `year=2014` are columns, too.

    `words` are columns with few distinct texts: they are read as dictionaries, of a few bytes a row.
    """
    for fragment in found.get_fragments():
        keys = ds.get_partition_keys(fragment.partition_expression)
        file = pq.ParquetFile(fragment.path, read_dictionary=[name for name in words if name in columns], pre_buffer=False)
        for batch in file.iter_batches(rows, columns=[name for name in columns if name not in keys]):
            arrays = [
                pa.repeat(pa.scalar(keys[name], found.schema.field(name).type), batch.num_rows) if name in keys else batch[name]
                for name in columns
            ]
            yield pa.RecordBatch.from_arrays(arrays, names=columns)
