"""What every Delta table of this project needs: to be made by one writer of many, and to have the columns that are expected."""

from pathlib import Path

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable
from deltalake.exceptions import DeltaError

from hrob.step import Refused


def open_or_create(root: Path, schema: pa.Schema, **metadata) -> DeltaTable:
    """The newest snapshot; an empty table is made when there is none, by one of those who try at once.

    Creation must be version 0 or nothing: delta-rs would otherwise retry a lost race, and commit the loser's creation
    (an empty version with another table id) on top of the winner's table.
    """
    if not DeltaTable.is_deltatable(str(root)):
        root.mkdir(parents=True, exist_ok=True)
        once = CommitProperties(max_commit_retries=0)
        try:
            DeltaTable.create(root, schema, mode="ignore", commit_properties=once, **metadata)
        except DeltaError:
            if not DeltaTable.is_deltatable(str(root)):
                raise
    return DeltaTable(root)


def refuse_other_columns(table: DeltaTable, expected: pa.Schema) -> None:
    """Names, order and types."""
    found = pa.schema(table.schema().to_arrow())
    if found.names != expected.names or found.types != expected.types:
        where = table.table_uri.removeprefix("file://").rstrip("/")
        raise Refused(f"{where} has the columns {describe(found)}, expected {describe(expected)}; move the table away")


def describe(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} {field.type}" for field in schema)
