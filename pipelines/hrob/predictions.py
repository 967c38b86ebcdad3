"""The Delta table of predictions, partitioned by logical date; each logical time is one slot, replaced as a whole."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError

from hrob.step import Refused

SCHEMA = pa.schema(
    {
        "id": pa.string(),
        "score": pa.float64(),
        "model_name": pa.string(),
        "model_version": pa.int64(),
        "commit": pa.string(),
        "run": pa.string(),
        "logical_time": pa.string(),
        "logical_date": pa.date32(),
    }
)
PARTITION = "logical_date"
ATTEMPTS = 20


@dataclass(frozen=True)
class Source:
    """What makes predictions what they are; the run is left out, so that a repeat is recognised."""

    model_name: str
    model_version: int
    commit: str


@dataclass(frozen=True)
class Written:
    """The table's version afterwards, and whether this call changed it."""

    version: int
    changed: bool


def rows(scores: pd.Series, source: Source, run: str, moment: datetime) -> pa.Table:
    """Scores by id → rows of the table."""
    constants = {
        "model_name": source.model_name,
        "model_version": source.model_version,
        "commit": source.commit,
        "run": run,
        "logical_time": text(moment),
        "logical_date": moment.date(),
    }
    frame = pd.DataFrame({"id": scores.index, "score": scores.to_numpy(), **constants})
    return pa.Table.from_pandas(frame, schema=SCHEMA, preserve_index=False)


def text(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def slot(moment: datetime) -> str:
    """SQL for the rows of one logical time; names the partition too, so that other files are not even opened."""
    return f"{PARTITION} = '{moment.date()}' AND logical_time = '{text(moment)}'"


def publish(root: Path, content: pa.Table, source: Source, moment: datetime) -> Written:
    """Makes the slot of `moment` hold exactly `content`; nothing changes when it is from the same source already.

    Delta does not enforce application transactions by itself. So: pin a snapshot, look at the slot in it, and commit
    against that snapshot. Of two writers of one slot the slower one's commit fails, and it looks again.
    """
    wanted = {source} if content.num_rows else set()
    collision = None
    for _ in range(ATTEMPTS):
        table = open_or_create(root)
        if sources_in_slot(table, moment) == wanted:
            return Written(table.version(), changed=False)
        try:
            commit(table, content, moment)
            return Written(DeltaTable(root).version(), changed=True)
        except CommitFailedError as error:
            collision = error
    raise Refused(f"{root}: {ATTEMPTS} commits failed, the last one with: {collision}; run the step again")


def application(moment: datetime) -> str:
    """The Delta application whose transactions are the writes to one slot."""
    return f"hrob.predictions/{text(moment)}"


def commit(table: DeltaTable, content: pa.Table, moment: datetime) -> None:
    """Replaces the slot as the snapshot `table` knows it, as the slot's next transaction.

    Raises CommitFailedError when the slot was written since the snapshot.
    """
    number = (table.transaction_version(application(moment)) or 0) + 1
    write_deltalake(
        table,
        content,
        mode="overwrite",
        predicate=slot(moment),
        commit_properties=CommitProperties(app_transactions=[Transaction(application(moment), number)]),
    )


def open_or_create(root: Path) -> DeltaTable:
    """The newest snapshot; an empty table is made when there is none, by one of those who try at once.

    Creation must be version 0 or nothing: delta-rs would otherwise retry a lost race, and commit the loser's creation (an
    empty version with another table id) on top of the winner's table.
    """
    if not DeltaTable.is_deltatable(str(root)):
        root.mkdir(parents=True, exist_ok=True)
        once = CommitProperties(max_commit_retries=0)
        try:
            DeltaTable.create(
                root, SCHEMA, mode="ignore", partition_by=[PARTITION], name="predictions", commit_properties=once
            )
        except DeltaError:
            if not DeltaTable.is_deltatable(str(root)):
                raise
    return DeltaTable(root)


def sources_in_slot(table: DeltaTable, moment: datetime) -> set[Source]:
    """Where the predictions of that logical time come from, in this snapshot."""
    files = table.file_uris(file_pruning_predicate=slot(moment))
    if not files:
        return set()
    columns = ["model_name", "model_version", "commit"]
    rows = ds.dataset(files).to_table(columns=columns, filter=ds.field("logical_time") == text(moment))
    return {Source(**row) for row in rows.to_pylist()}
