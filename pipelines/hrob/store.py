"""Feature tables on Delta that several models share: registered, written once, read as they were known at a time.

A row says what was known of an entity from its event time on. Tables are only appended to: what is corrected or comes late is a
row more, and a reader that pins a version of the table finds tomorrow what it finds today.
"""

import hashlib
import re
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError

from hrob import delta
from hrob.nearest import unknown
from hrob.step import Refused

MOMENT = pa.timestamp("us", tz="UTC")
# When a row was written; among rows of one entity and event time the last one counts.
WRITTEN = "written_at"
PROPERTY = "hrob."
ATTEMPTS = 20
DIGEST_ROWS = 20_000


@dataclass(frozen=True)
class Definition:
    """What a table is, kept in its own Delta metadata. `features` gives each column's Arrow type, by name."""

    name: str
    owner: str
    entity: str
    event_time: str
    description: str
    features: dict[str, pa.DataType]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema({self.entity: pa.string(), self.event_time: MOMENT, **self.features, WRITTEN: MOMENT})

    @property
    def properties(self) -> dict[str, str]:
        """What Delta's own fields (name, description, schema) do not say."""
        return {PROPERTY + key: getattr(self, key) for key in ("owner", "entity", "event_time")}


@dataclass(frozen=True)
class Appended:
    """The table's version afterwards, and whether this call changed it."""

    version: int
    changed: bool


class Moved(Exception):
    """Somebody else has made another version meanwhile."""


@dataclass(frozen=True)
class Snapshot:
    """One version of a table, which never changes."""

    definition: Definition
    root: Path
    version: int

    @property
    def name(self) -> str:
        """`births@3`: what a model was trained on."""
        return f"{self.definition.name}@{self.version}"

    def at(self, spine: pd.DataFrame, features: list[str], max_age: timedelta | None = None) -> pd.DataFrame:
        """For each row of `spine` (columns: the entity and a `time` with a zone) what was known then, in the order of the spine.

        The features of the latest row whose event time is not after `time`, and not more than `max_age` before it; the event
        time stands beside them, NaT where nothing was known. Refuses unknown features and times without a zone.
        """
        entity, event_time = self.definition.entity, self.definition.event_time
        for name in features:
            if name not in self.definition.features:
                raise Refused(f"the feature table {self.name}: {unknown('feature', name, self.definition.features)}")
        for name in (entity, "time"):
            if name not in spine:
                raise Refused(f"a spine for {self.name} has the columns {entity} and time; {name} is missing")
        known = self.table([entity, event_time, *features, WRITTEN])
        keys = known.select([entity, event_time, WRITTEN]).to_pandas().assign(row=range(known.num_rows))
        keys = keys.sort_values([event_time, WRITTEN], kind="stable").drop_duplicates([entity, event_time], keep="last")
        asked = pd.DataFrame({entity: spine[entity].to_numpy(), "asked_at": moments(spine.time, "time").array, "place": range(len(spine))})
        # Only keys are joined; of the features just the rows that were found are copied.
        found = pd.merge_asof(
            asked.sort_values("asked_at", kind="stable"),
            keys,
            left_on="asked_at",
            right_on=event_time,
            by=entity,
            direction="backward",
            tolerance=max_age,
        )
        rows = pa.array(found.sort_values("place").row, pa.int64(), from_pandas=True)
        return known.select([*features, event_time]).take(rows).to_pandas().set_axis(spine.index)

    def table(self, columns: list[str]) -> pa.Table:
        """All rows of this version. Read by PyArrow: delta-rs's own reader sometimes aborts when Python ends."""
        files = DeltaTable(self.root, version=self.version).file_uris()
        schema = self.definition.schema
        return ds.dataset(files, schema=schema).to_table(columns) if files else schema.empty_table().select(columns)


@dataclass(frozen=True)
class Store:
    """The tables below one folder."""

    root: Path

    def names(self) -> list[str]:
        """Tables that are registered."""
        return sorted(path.name for path in self.root.glob("*") if DeltaTable.is_deltatable(str(path)))

    def register(self, definition: Definition, refused: dict[str, str]) -> None:
        """Makes the table; the same definition again changes nothing, another one is refused.

        `refused` gives for each column that must never be an input the reason.
        """
        if not re.fullmatch(r"[a-z][a-z0-9_]*", definition.name):
            raise Refused(f"a feature table is named with small letters, digits and _, not {definition.name!r}")
        for name in definition.features:
            if name in refused:
                raise Refused(f"the feature table {definition.name}: {name!r} must not be a feature: {refused[name]}")
            if name in (definition.entity, definition.event_time, WRITTEN):
                raise Refused(f"the feature table {definition.name}: {name!r} is a column of the table's own; rename the feature")
        for key, value in asdict(definition).items():
            if not value:
                raise Refused(f"the feature table {definition.name!r} has no {key}; say it where it is registered")
        root = self.root / definition.name
        # Delta knows no such properties of its own, and keeps them all the same.
        kept = {"configuration": definition.properties, "raise_if_key_not_exists": False}
        delta.open_or_create(root, definition.schema, name=definition.name, description=definition.description, **kept)
        found = self.definition(definition.name)
        if found != definition:
            parts = [key for key, value in vars(found).items() if value != getattr(definition, key)]
            raise Refused(
                f"the feature table {definition.name} is registered by {found.owner} with another {' and '.join(parts)}; "
                "register what has changed under another name"
            )

    def definition(self, name: str) -> Definition:
        """As it was registered."""
        if name not in self.names():
            raise Refused(f"{self.root}: {unknown('feature table', name, self.names())}; register it first")
        table = DeltaTable(self.root / name)
        metadata, schema = table.metadata(), pa.schema(table.schema().to_arrow())
        own = {key.removeprefix(PROPERTY): value for key, value in metadata.configuration.items() if key.startswith(PROPERTY)}
        features = {field.name: field.type for field in schema if field.name not in (own["entity"], own["event_time"], WRITTEN)}
        return Definition(name, description=metadata.description, features=features, **own)

    def snapshot(self, name: str, version: int | None = None) -> Snapshot:
        """The newest version, or one that a model names."""
        definition, newest = self.definition(name), DeltaTable(self.root / name).version()
        if version is not None and not 0 <= version <= newest:
            raise Refused(f"the feature table {name} has the versions 0 to {newest}, not {version}")
        return Snapshot(definition, self.root / name, newest if version is None else version)

    def append(self, name: str, rows: pd.DataFrame, source: str, expected: int | None = None) -> Appended:
        """One more version with these rows: the entity, the event time, and every feature.

        Raises `Moved` when the newest version is not the `expected` one: what was found there may not be true any more.
        The same rows from the same `source` are written once, whoever tries again: their digest is a Delta application, whose
        transaction is looked for in the snapshot that is committed against.
        """
        definition = self.definition(name)
        batch = checked(definition, rows)
        application = f"hrob.store/{digest(batch, source)}"
        collision = None
        for _ in range(ATTEMPTS):
            table = DeltaTable(self.root / name)
            if table.transaction_version(application) is not None:
                return Appended(table.version(), changed=False)
            if expected is not None and table.version() != expected:
                raise Moved(f"{self.root / name} is at version {table.version()}, not {expected}")
            now = pa.array([datetime.now(timezone.utc)] * batch.num_rows, MOMENT)
            try:
                write_deltalake(
                    table,
                    batch.append_column(WRITTEN, now),
                    mode="append",
                    commit_properties=CommitProperties(
                        app_transactions=[Transaction(application, 1)],
                        custom_metadata={PROPERTY + "source": source},
                        max_commit_retries=0,
                    ),
                )
                return Appended(DeltaTable(self.root / name).version(), changed=True)
            except CommitFailedError as error:
                collision = error
        raise Refused(f"{self.root / name}: {ATTEMPTS} commits failed, the last one with: {collision}; run the step again")


def checked(definition: Definition, rows: pd.DataFrame) -> pa.Table:
    """The rows with the table's types; refuses what would make a lookup ambiguous or wrong."""
    where = f"the feature table {definition.name}"
    wanted = [definition.entity, definition.event_time, *definition.features]
    for name in rows:
        if name not in wanted:
            raise Refused(f"{where}: {unknown('column', name, wanted)}; register a table of another name for more features")
    for name in wanted:
        if name not in rows:
            raise Refused(f"{where}: the rows have no column {name!r}")
    keys = [definition.entity, definition.event_time]
    for name in keys:
        if rows[name].isna().any():
            raise Refused(f"{where}: {rows[name].isna().sum()} rows have no {name}")
    times = moments(rows[definition.event_time], definition.event_time)
    if (late := times > datetime.now(timezone.utc)).any():
        first = rows[late].iloc[0]
        raise Refused(f"{where}: {late.sum()} rows are from the future, {first[keys[0]]} of {first[keys[1]]} first")
    if (twice := rows.duplicated(keys)).any():
        first = rows[twice].iloc[0]
        raise Refused(f"{where}: {first[keys[0]]} of {first[keys[1]]} occurs twice in the same rows; which is right?")
    try:
        types = pa.schema([field for field in definition.schema if field.name != WRITTEN])
        return pa.Table.from_pandas(rows.assign(**{keys[1]: times})[wanted], types, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise Refused(f"{where}: the rows do not fit {delta.describe(definition.schema)}: {' '.join(error.args)}") from None


def moments(times: pd.Series, name: str) -> pd.Series:
    """In UTC. A time without a zone is refused: it would be off by hours somewhere."""
    if not isinstance(times.dtype, pd.DatetimeTZDtype):
        raise Refused(f"{name} holds {times.dtype}, expected times with a zone")
    return times.dt.tz_convert("UTC").astype("datetime64[us, UTC]")


def digest(batch: pa.Table, source: str) -> str:
    """Of what is written and where it is from; the same for the same rows in another order."""
    hashed = hashlib.sha256(source.encode())
    order = batch.select(batch.column_names[:2]).combine_chunks()
    order = pc.sort_indices(order, [(name, "ascending") for name in order.column_names])
    for first in range(0, batch.num_rows, DIGEST_ROWS):
        for part in batch.take(order[first : first + DIGEST_ROWS]).combine_chunks().to_batches():
            hashed.update(part.replace_schema_metadata(None).serialize())
    return hashed.hexdigest()
