"""The data contract of inference: which births can be scored, and why the others cannot.

`required:` and `ranges:` of feature_mappings.yml say what a column must hold. Only columns that the model reads count: what
it does not read cannot make it wrong.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from hrob.intake import births, values
from hrob.intake.mappings import Mapping


@dataclass(frozen=True)
class Checked:
    """A batch, one entry a birth: its place in the source (from 1), its id, its raw columns, and what is wrong (empty: nothing)."""

    rows: np.ndarray
    ids: np.ndarray
    raw: pd.DataFrame
    reasons: np.ndarray

    def where(self, chosen: np.ndarray) -> "Checked":
        """The births at which `chosen` is true."""
        return Checked(self.rows[chosen], self.ids[chosen], self.raw[chosen], self.reasons[chosen])

    @property
    def can_be_scored(self) -> np.ndarray:
        return self.reasons == ""


def check(batch: pa.RecordBatch, mapping: Mapping, first_row: int, repeated: np.ndarray) -> Checked:
    """Reads a batch by the contract. Its columns are the raw ones that the model needs and, where there is one, the id's.

    `repeated` are the record numbers that occur more than once in the whole source: which of such births is the right one
    cannot be told, so none is scored.
    """
    rows = np.arange(first_row, first_row + batch.num_rows)
    reasons = np.full(batch.num_rows, "", dtype=object)

    def note(wrong: np.ndarray, reason: str) -> None:
        if wrong.any():
            reasons[wrong] = [f"{before}; {reason}" if before else reason for before in reasons[wrong]]

    ids = identified(batch, mapping, rows, repeated, note)
    raw = {}
    for name in batch.schema.names:
        if name == mapping.id:
            continue
        column = batch.column(name)
        if name in mapping.categories:
            raw[name] = column.to_pandas().astype(object).to_numpy()
            missing = pd.isna(raw[name])
        else:
            raw[name], wrong = values.numbers(column)
            note(wrong, f"{name} is no number")
            missing = np.isnan(raw[name]) & ~wrong
            if name in mapping.ranges:
                low, high = mapping.ranges[name]
                note((raw[name] < low) | (raw[name] > high), f"{name} is not within {low:g} to {high:g}")
        if name in mapping.required:
            note(missing, f"{name} is missing")
    return Checked(rows, ids, pd.DataFrame(raw, index=ids), reasons)


def identified(batch: pa.RecordBatch, mapping: Mapping, rows: np.ndarray, repeated: np.ndarray, note) -> np.ndarray:
    """An id for each birth; one without a usable number of its own is named after its row."""
    if not mapping.id:
        return np.array(births.text_ids(rows, mapping.dataset), dtype=object)
    numbers, wrong = values.numbers(batch.column(mapping.id))
    wrong |= (numbers < 0) | (numbers % 1 > 0)
    missing = np.isnan(numbers) & ~wrong
    note(missing, f"{mapping.id} is missing")
    note(wrong, f"{mapping.id} is no whole number")
    note(np.isin(numbers, repeated), f"{mapping.id} occurs more than once")
    usable = ~(wrong | missing)
    ids = np.array([f"{mapping.dataset}-row-{row}" for row in rows] if not usable.all() else rows, dtype=object)
    ids[usable] = births.text_ids(numbers[usable].astype(np.int64), mapping.dataset)
    return ids
