"""What was scored, together with the births that it was scored from."""

from collections.abc import Iterator
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import DeltaTable

from hrob import parquet
from hrob.infer import contract
from hrob.infer.slots import PARTITION, SlotTable, text
from hrob.intake import arrivals
from hrob.intake.births import BATCH_ROWS, open_births
from hrob.intake.holdout import position
from hrob.intake.mappings import Mapping

COLUMNS = ["id", "score", "model_name", "model_version", "commit", "run", "logical_time", "logical_date"]


def of_window(table: SlotTable, first: datetime, last: datetime, most: int | None = None) -> pd.DataFrame:
    """The predictions of logical times after `first`, up to `last`; sorted by time and id.

    Where there are more than about `most`, a part of the births, chosen by their ids: the same whenever it is asked.
    """
    if not DeltaTable.is_deltatable(str(table.root)):
        return pd.DataFrame(columns=COLUMNS)
    days = f"{PARTITION} >= '{first.date()}' AND {PARTITION} <= '{last.date()}'"
    files = DeltaTable(table.root).file_uris(file_pruning_predicate=days)
    if not files:
        return pd.DataFrame(columns=COLUMNS)
    # Logical times are all in UTC and of one length, so that text sorts like time.
    within = (ds.field("logical_time") > text(first)) & (ds.field("logical_time") <= text(last))
    found = ds.dataset([uri.removeprefix("file://") for uri in files], partitioning="hive", partition_base_dir=str(table.root))
    share = most / max(found.count_rows(filter=within), 1) if most else 1
    read = parquet.batches(found, COLUMNS, BATCH_ROWS)
    kept = [sampled(batch.filter(within_window(batch, first, last)), share) for batch in read]
    rows = pd.concat(kept) if kept else pd.DataFrame(columns=COLUMNS)
    return rows.sort_values(["logical_time", "id"], ignore_index=True)


def within_window(batch: pa.RecordBatch, first: datetime, last: datetime) -> pa.Array:
    times = batch["logical_time"]
    return pc.and_(pc.greater(times, text(first)), pc.less_equal(times, text(last)))


def sampled(batch: pa.RecordBatch, share: float) -> pd.DataFrame:
    rows = batch.to_pandas()
    return rows if share >= 1 else rows[[position(f"sample:{id}") < share for id in rows.id]]


def raw_births(
    predictions: pd.DataFrame, columns: list[str], mapping: Mapping, config: dict, settings: dict
) -> pd.DataFrame:
    """These raw columns for each prediction, in their order, read again from where its births came from.

    A birth that is gone from there has no values at all.
    """
    paths = predictions.logical_time.map(
        lambda time: arrivals.source_path(config, settings, arrivals.parse_logical_time(time).date())
    )
    parts = []
    for path in paths.unique() if len(paths) else []:
        mine = predictions[paths.isna() if path is None else paths == path]
        known = pd.concat(read_raw(path, set(mine.id), columns, mapping))
        # A model that was trained before may know columns that the source has no more: those are missing, too.
        known = known[~known.index.duplicated()].reindex(index=mine.id, columns=columns)
        parts.append(known.set_axis(mine.index))
    return pd.concat(parts).loc[predictions.index] if parts else pd.DataFrame(columns=columns)


def read_raw(path: str | None, ids: set[str], columns: list[str], mapping: Mapping) -> Iterator[pd.DataFrame]:
    """The births with these ids, batch by batch, with those of the columns that are there."""
    source = open_births(path, mapping.dataset)
    columns = [name for name in columns if name in source.columns]
    place = 1
    for batch in source.batches([*([mapping.id] if mapping.id else []), *columns]):
        checked = contract.check(batch, mapping, place, np.empty(0))
        place += batch.num_rows
        yield checked.raw[[id in ids for id in checked.ids]]
