"""Delta tables partitioned by logical date, in which each logical time is one slot, replaced as a whole.

A writer that is killed leaves Parquet files behind that no version of the table names: no reader sees them, and
`DeltaTable.vacuum` removes them.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError

from hrob import delta, parquet
from hrob.step import Refused

# Where each row comes from; every table has these columns after its own.
LINEAGE = pa.schema(
    {
        "model_name": pa.string(),
        "model_version": pa.int64(),
        "commit": pa.string(),
        "run": pa.string(),
        "logical_time": pa.string(),
        "logical_date": pa.date32(),
    }
)
SOURCE = ["model_name", "model_version", "commit"]
PARTITION = "logical_date"
# What a writer and a reader hold in memory goes by these, not by the number of rows.
ROW_GROUP, FILE_BYTES = 100_000, 32 << 20
WORDS = ("model_name", "commit", "run", "logical_time")
ATTEMPTS = 20


@dataclass(frozen=True)
class Source:
    """What makes rows what they are; the run is left out, so that a repeat is recognised."""

    model_name: str
    model_version: int
    commit: str


@dataclass(frozen=True)
class Content:
    """Rows for a slot, in batches of the table's own columns. They can be read again: a commit that loses a race is repeated."""

    rows: int
    batches: Callable[[], Iterator[pa.RecordBatch]]


@dataclass(frozen=True)
class Written:
    """The table's version afterwards, and whether this call changed it."""

    version: int
    changed: bool


def text(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def condition(moment: datetime) -> str:
    """SQL for the rows of one logical time; names the partition too, so that other files are not even opened."""
    return f"{PARTITION} = '{moment.date()}' AND logical_time = '{text(moment)}'"


@dataclass(frozen=True)
class SlotTable:
    """One such table. `own` are its columns beside the lineage."""

    root: Path
    name: str
    own: pa.Schema

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([*self.own, *LINEAGE])

    def publish(
        self, content: Content, source: Source, run: str, moment: datetime, even_if_equal: bool = False
    ) -> Written:
        """Makes the slot of `moment` hold exactly `content`.

        Nothing changes when as many rows from the same source are there, or when there are none and none are wanted;
        `even_if_equal` writes rows again that a run may have left that never came to its end.

        Delta does not enforce application transactions by itself. So: pin a snapshot, look at the slot in it, and commit
        against that snapshot. Of two writers of one slot the slower one's commit fails, and it looks again.
        """
        wanted = Counter({source: content.rows} if content.rows else {})
        collision = None
        for _ in range(ATTEMPTS):
            table = self.open_or_create()
            if held(table, moment) == wanted and not (wanted and even_if_equal):
                return Written(table.version(), changed=False)
            try:
                self.commit(table, content, source, run, moment)
                return Written(DeltaTable(self.root).version(), changed=True)
            except CommitFailedError as error:
                collision = error
        raise Refused(f"{self.root}: {ATTEMPTS} commits failed, the last one with: {collision}; run the step again")

    def commit(self, table: DeltaTable, content: Content, source: Source, run: str, moment: datetime) -> None:
        """Replaces the slot as the snapshot `table` knows it, as the slot's next transaction.

        Raises CommitFailedError when the slot was written since the snapshot, and Refused when the table has other columns.
        """
        delta.refuse_other_columns(table, self.schema)
        number = (table.transaction_version(self.application(moment)) or 0) + 1
        write_deltalake(
            table,
            pa.RecordBatchReader.from_batches(self.schema, self.with_lineage(content, source, run, moment)),
            mode="overwrite",
            predicate=condition(moment),
            target_file_size=FILE_BYTES,
            writer_properties=WriterProperties(max_row_group_size=ROW_GROUP),
            commit_properties=CommitProperties(app_transactions=[Transaction(self.application(moment), number)]),
        )

    def with_lineage(self, content: Content, source: Source, run: str, moment: datetime) -> Iterator[pa.RecordBatch]:
        constants = [source.model_name, source.model_version, source.commit, run, text(moment), moment.date()]
        for batch in content.batches():
            lineage = [pa.repeat(pa.scalar(value, type), batch.num_rows) for value, type in zip(constants, LINEAGE.types)]
            yield pa.RecordBatch.from_arrays([*batch.columns, *lineage], schema=self.schema)

    def application(self, moment: datetime) -> str:
        """The Delta application whose transactions are the writes to one slot."""
        return f"hrob.{self.name}/{text(moment)}"

    def open_or_create(self) -> DeltaTable:
        """The newest snapshot; an empty table is made when there is none."""
        return delta.open_or_create(self.root, self.schema, name=self.name, partition_by=[PARTITION])

    def held(self, moment: datetime) -> Counter[Source]:
        """Rows of that logical time by where they come from, in the newest snapshot; empty without a table."""
        return held(DeltaTable(self.root), moment) if DeltaTable.is_deltatable(str(self.root)) else Counter()


def held(table: DeltaTable, moment: datetime) -> Counter[Source]:
    """Rows of that logical time by where they come from, in this snapshot."""
    counts = Counter()
    for batch in slot_batches(table, moment, SOURCE):
        for row in pa.Table.from_batches([batch]).group_by(SOURCE).aggregate([([], "count_all")]).to_pylist():
            rows = row.pop("count_all")
            counts[Source(**row)] += rows
    return counts


def slot_batches(table: DeltaTable, moment: datetime, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """The rows of one logical time, read by PyArrow: delta-rs's own reader sometimes aborts when Python ends."""
    files = table.file_uris(file_pruning_predicate=condition(moment))
    if files:
        for batch in parquet.batches(ds.dataset(files), [*columns, "logical_time"], ROW_GROUP, WORDS):
            yield batch.filter(pc.equal(batch["logical_time"], text(moment))).select(columns)

