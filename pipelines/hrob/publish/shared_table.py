"""The feature table that models of every target share: what a run adds to it, and what training takes from it."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa

from hrob import step
from hrob.features import files
from hrob.features.files import Origin
from hrob.intake import mappings
from hrob.intake.mappings import Mapping
from hrob.step import Refused
from hrob.store import Definition, Moved, Snapshot, Store

TABLE = "table.json"


def store() -> Store:
    """That of the environment: a folder of its data root."""
    return Store(Path(step.variable("ESPALIER_DATA")) / "features")


def publish(table: pd.DataFrame, mapping: Mapping, source: str, into: Store) -> tuple[Snapshot, int]:
    """Registers the dataset's table and appends the births that it does not know, or not so; the version, and how many they were.

    What another model's run has put there already is not written again.
    """
    shared = mapping.shared
    if shared is None:
        raise Refused(f"feature_mappings.yml: {mapping.dataset} has no `store:`, which says whose table it is; add it, or leave the step out")
    types = {name: pa.string() if name in mapping.categories else pa.float64() for name in mapping.features}
    into.register(Definition(shared.table, shared.owner, "id", "event_time", shared.description, types), mapping.refused)
    while True:
        found = into.snapshot(shared.table)
        rows = unpublished(table, found, mapping)
        try:
            if len(rows):
                into.append(shared.table, rows, source, expected=found.version)
            return into.snapshot(shared.table), len(rows)
        except Moved:
            # Another model's run was faster, and may have written the same births.
            continue


def unpublished(table: pd.DataFrame, snapshot: Snapshot, mapping: Mapping) -> pd.DataFrame:
    """Rows for the store, of the births that it does not know, or not so."""
    known = snapshot.at(spine(table, mapping), mapping.features)
    wanted = table[mapping.features]
    same = ((wanted == known[mapping.features]) | (wanted.isna() & known[mapping.features].isna())).all(axis=1)
    rows = wanted[~same | known.event_time.isna()].reset_index()
    rows.insert(1, "event_time", pd.Timestamp(mapping.shared.known_at))
    return rows


def spine(table: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """The births, and the moment of prediction."""
    return pd.DataFrame({"id": table.index, "time": pd.Timestamp(mapping.shared.known_at)}, index=table.index)


def training_table() -> tuple[pd.DataFrame, Origin, Snapshot | None]:
    """The feature table to train on.

    Where the step `store` has run, its labels, holdout and slices are those of the run, and its features what the version that
    `store` named knew of each birth at the moment of prediction. Without that step (a change leaves nothing behind, so it has
    none), or with `feature_store: false`, the features are those of the run, too.
    """
    table, origin = files.read(step.input_path("features", "features.parquet"))
    named = Path(step.variable("ESPALIER_INPUTS")) / "store" / TABLE
    if not named.exists():
        return table, origin, None
    content = json.loads(named.read_text())
    if not content:
        return table, origin, None
    snapshot = store().snapshot(content["table"], content["version"])
    return joined(table, snapshot, mappings.read(origin.dataset)), origin, snapshot


def joined(table: pd.DataFrame, snapshot: Snapshot, mapping: Mapping) -> pd.DataFrame:
    """The table with its features taken from the store; refuses births that the store does not know."""
    found = snapshot.at(spine(table, mapping), mapping.features)
    if (lost := found.event_time.isna()).any():
        raise Refused(f"{snapshot.name} knows nothing of {lost.sum()} births, {table.index[lost][0]} first; run the step store again")
    return table.assign(**{name: found[name] for name in mapping.features})
