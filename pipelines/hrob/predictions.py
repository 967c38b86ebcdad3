"""What inference leaves: the tables of predictions and of births that could not be scored."""

from pathlib import Path

import pyarrow as pa

from hrob.slots import SlotTable

PREDICTIONS = pa.schema({"id": pa.string(), "score": pa.float64()})
# A birth's place in the source counts from 1; `reason` has all that is wrong, parted by semicolons.
QUARANTINE = pa.schema({"row": pa.int64(), "id": pa.string(), "reason": pa.string()})


def predictions(data: Path) -> SlotTable:
    """The scores of each logical time, below the environment's data root."""
    return SlotTable(data / "predictions", "predictions", PREDICTIONS)


def quarantine(data: Path) -> SlotTable:
    """The births of each logical time that have no score, with the reason."""
    return SlotTable(data / "quarantine", "quarantine", QUARANTINE)
