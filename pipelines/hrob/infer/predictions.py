"""What inference leaves: the tables of predictions and of births that could not be scored, and what partners get."""

import re
from pathlib import Path

import pyarrow as pa

from hrob.infer.slots import SlotTable
from hrob.step import Refused

PREDICTIONS = pa.schema({"id": pa.string(), "score": pa.float64()})
# A birth's place in the source counts from 1; `reason` has all that is wrong, parted by semicolons.
QUARANTINE = pa.schema({"row": pa.int64(), "id": pa.string(), "reason": pa.string()})


def predictions(data: Path, config: dict) -> SlotTable:
    """The scores of each logical time, below the environment's data root."""
    return table(data, named("predictions", config), PREDICTIONS)


def quarantine(data: Path, config: dict) -> SlotTable:
    """The births of each logical time that have no score, with the reason."""
    return table(data, named("quarantine", config), QUARANTINE)


def deliveries(data: Path, config: dict) -> Path:
    """A folder for each partner."""
    return data / named("deliveries", config)


def table(data: Path, name: str, own: pa.Schema) -> SlotTable:
    return SlotTable(data / name, name, own)


def named(what: str, config: dict) -> str:
    """`predictions`; with `tables: low_weight` in the configuration, `predictions_low_weight`: each model leaves its own."""
    suffix = config.get("tables")
    if suffix is None:
        return what
    if not isinstance(suffix, str) or not re.fullmatch(r"[a-z0-9_]+", suffix):
        raise Refused(f"config.tables: {suffix!r} cannot end the names of tables; small letters, digits and _ only")
    return f"{what}_{suffix}"
