"""Whether the births are what the project takes them for.

Every expectation is looked at, so that one look tells all that is wrong.
"""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from hrob import settings
from hrob.intake import births, values
from hrob.intake.mappings import Mapping
from hrob.nearest import unknown
from hrob.step import Refused

FILE = Path(__file__).parents[2] / "expectations.yml"
DEFAULTS = {"rows": [1, np.inf], "out_of_range": 0.0, "missing": {}, "values": {}, "unique": [], "newest": {}, "file": {}}
EXAMPLES = 5


@dataclass(frozen=True)
class Outcome:
    """One expectation: what was expected of which column, how many births are otherwise, and which (the first five ids)."""

    rule: str
    column: str
    expected: str
    count: int
    met: bool
    examples: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """As in the report and in a quarantine."""
        return f"{self.rule} of {self.column}"

    @property
    def sentence(self) -> str:
        ids = f", for example {', '.join(self.examples)}" if self.examples else ""
        return f"{self.name}: expected {self.expected}; found otherwise {self.count} times{ids}"


def read(mapping: Mapping, path: Path = FILE) -> dict:
    """The dataset's entry with defaults; refuses unknown keys and columns."""
    datasets = yaml.safe_load(path.read_text()) or {}
    if mapping.dataset not in datasets:
        raise Refused(f"{path.name}: no entry for the dataset {mapping.dataset!r}; add one, `{mapping.dataset}: {{}}` will do")
    where = f"{path.name}: {mapping.dataset}"
    given = datasets[mapping.dataset] or {}
    if not isinstance(given, dict):
        raise Refused(f"{where}: expected a map of {', '.join(DEFAULTS)}, found {given!r}")
    for key, value in given.items():
        if key not in DEFAULTS:
            raise Refused(f"{where}: {unknown('key', key, DEFAULTS)}")
        settings.refuse_another_kind(value, DEFAULTS[key], f"{where}.{key}")
    chosen = DEFAULTS | given
    if len(chosen["rows"]) != 2:
        raise Refused(f"{where}.rows: expected the least and the most, found {chosen['rows']!r}")
    known = [*mapping.raw_columns, *mapping.refused, *([mapping.id] if mapping.id else [])]
    newest = [chosen["newest"]["column"]] if chosen["newest"] else []
    for name in (*chosen["missing"], *chosen["values"], *chosen["unique"], *newest):
        if name not in known and name != "others":
            raise Refused(f"{where}: {unknown('column', name, known)}")
    return chosen


def look(raw: pd.DataFrame, mapping: Mapping, expected: dict, now: datetime, written: datetime | None) -> list[Outcome]:
    """All expectations of these births, one row a birth in the order of the source. `written` is when their file was."""
    least, most = expected["rows"]
    found = [Outcome("row count", "births", f"{least} to {most}", len(raw), bool(least <= len(raw) <= most))]
    columns = list(dict.fromkeys([*mapping.raw_columns, *([mapping.id] if mapping.id else [])]))
    present = [name for name in columns if name in raw]
    found += [Outcome("presence", name, "a column of that name", int(name not in raw), name in raw) for name in columns]
    ids = pd.Series(births_named(raw, mapping), index=raw.index)

    def note(rule: str, column: str, expectation: str, wrong: np.ndarray, share: float = 0.0) -> None:
        met = wrong.sum() <= share * len(wrong)
        found.append(Outcome(rule, column, expectation, int(wrong.sum()), bool(met), ids[wrong].head(EXAMPLES).tolist()))

    for name in present:
        given = raw[name]
        if name not in mapping.categories:
            numbers, wrong = numbers_of(given)
            note("kind", name, "numbers", wrong)
            if name in mapping.ranges:
                low, high = mapping.ranges[name]
                outside = (numbers < low) | (numbers > high)
                note("range", name, f"{low:g} to {high:g} but for {expected['out_of_range']:.1%}", outside, expected["out_of_range"])
        share = expected["missing"].get(name, expected["missing"].get("others", 1.0))
        if share < 1:
            note("missing values", name, f"at most {share:.1%}", given.isna().to_numpy(), share)
    for name, allowed in expected["values"].items():
        if name in raw:
            spelt = values.words(raw[name])
            note("values", name, ", ".join(map(str, allowed)), ~spelt.isin([str(value) for value in [*allowed, values.NOT_STATED]]).to_numpy())
    for name in expected["unique"]:
        if name in raw:
            note("uniqueness", name, "each value once", raw[name].duplicated(keep=False).to_numpy() & raw[name].notna().to_numpy())
    return found + ages(raw, expected, now, written)


def ages(raw: pd.DataFrame, expected: dict, now: datetime, written: datetime | None) -> list[Outcome]:
    """How old the newest birth is, and the file. Times without a zone are taken for UTC."""
    found = []
    if expected["newest"]:
        name, days = expected["newest"]["column"], expected["newest"]["days"]
        newest = pd.to_datetime(raw[name], utc=True, errors="coerce").max() if name in raw else pd.NaT
        fresh = newest is not pd.NaT and (now - newest).days <= days
        found.append(Outcome("freshness", name, f"the newest at most {days} days old, it is of {newest}", int(not fresh), fresh))
    if expected["file"]:
        days = expected["file"]["days"]
        fresh = written is not None and (now - written).days <= days
        found.append(Outcome("freshness", "file", f"written at most {days} days ago, it was {written}", int(not fresh), fresh))
    return found


def numbers_of(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """float64, NaN where there is no number; and where there is something else instead."""
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(float)
    return numbers, ~np.isfinite(numbers) & column.notna().to_numpy()


def births_named(raw: pd.DataFrame, mapping: Mapping) -> list[str]:
    """An id for each birth, even if it is no good one."""
    if mapping.id and mapping.id in raw:
        numbers, _ = numbers_of(raw[mapping.id])
        sound = births.text_ids(np.nan_to_num(numbers).astype(np.int64), mapping.dataset)
        return [own if number >= 0 else f"{mapping.dataset}-row-{row}" for row, (number, own) in enumerate(zip(numbers, sound), 1)]
    return births.text_ids(range(1, len(raw) + 1), mapping.dataset)
