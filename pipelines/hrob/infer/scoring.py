"""Scoring a day's births in batches: the memory it takes does not grow with their number, but for 8 bytes a birth with an id.

Scores go to a file first. So they can be looked at as a whole before anybody sees one, and a commit that loses a race is
repeated without scoring again.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from hrob.features import derive
from hrob.infer import contract
from hrob.infer.contract import Checked
from hrob.infer.predictions import PREDICTIONS, QUARANTINE
from hrob.infer.slots import Content
from hrob.intake import arrivals, births
from hrob.intake.births import Births
from hrob.intake.mappings import Mapping
from hrob.model.registered import Loaded
from hrob.step import Refused


@dataclass
class Tally:
    """What was seen: births read, those of the day, and of these the scored, their scores, and the others by reason."""

    read: int = 0
    of_day: int = 0
    scored: int = 0
    quarantined: int = 0
    reasons: Counter = field(default_factory=Counter)
    sum: float = 0.0
    least: float = np.inf
    greatest: float = -np.inf
    no_probabilities: int = 0

    def add_scores(self, scores: np.ndarray) -> None:
        """Scores outside 0 to 1, or that are no numbers, are counted and otherwise left out."""
        sound = scores[(scores >= 0) & (scores <= 1)]
        self.scored += len(scores)
        self.no_probabilities += len(scores) - len(sound)
        if len(sound):
            self.sum += float(sound.sum())
            self.least, self.greatest = min(self.least, float(sound.min())), max(self.greatest, float(sound.max()))

    def add_quarantined(self, reasons: np.ndarray) -> None:
        self.quarantined += len(reasons)
        self.reasons.update(one for reason in reasons for one in reason.split("; "))


@dataclass(frozen=True)
class Scored:
    """The tally, and the files with the rows of both tables."""

    tally: Tally
    predictions: Content
    quarantine: Content


def score(source: Births, mapping: Mapping, model: Loaded, settings: dict, day: date, folder: Path) -> Scored:
    """Reads the source once (twice when births have ids of their own), and leaves two Parquet files in `folder`."""
    tally = Tally()
    with ExitStack() as files:
        writers = {
            schema: files.enter_context(pq.ParquetWriter(folder / name, schema))
            for name, schema in (("predictions.parquet", PREDICTIONS), ("quarantine.parquet", QUARANTINE))
        }
        for checked in checked_batches(source, mapping, model.names, settings, day, tally):
            well, ill = checked.where(checked.can_be_scored), checked.where(~checked.can_be_scored)
            scores = risk(model, mapping, well.raw)
            tally.add_scores(scores)
            tally.add_quarantined(ill.reasons)
            writers[PREDICTIONS].write_batch(pa.record_batch([pa.array(well.ids), pa.array(scores)], schema=PREDICTIONS))
            writers[QUARANTINE].write_batch(
                pa.record_batch([pa.array(column) for column in (ill.rows, ill.ids, ill.reasons)], schema=QUARANTINE)
            )
            # Arrow would keep what it has read for later.
            pa.default_memory_pool().release_unused()
    refuse_loss(source, tally)
    return Scored(tally, content(folder / "predictions.parquet"), content(folder / "quarantine.parquet"))


def checked_batches(
    source: Births, mapping: Mapping, names: list[str], settings: dict, day: date, tally: Tally
) -> Iterator[Checked]:
    """The day's births, checked by the contract, with the raw columns that the features `names` are made from."""
    columns = mapping.columns_of(names)
    repeated = births.repeated_numbers(source, mapping)
    for batch in source.batches([*([mapping.id] if mapping.id else []), *columns]):
        checked = contract.check(batch, mapping, tally.read + 1, repeated)
        today = checked.where(arrivals.is_of_day(checked.ids, settings, day))
        tally.read += batch.num_rows
        tally.of_day += len(today.ids)
        yield today


def risk(model: Loaded, mapping: Mapping, raw: pd.DataFrame) -> np.ndarray:
    """float64 scores; a model takes no empty table."""
    return model.risk(derive.inputs(raw, mapping, model.names)).to_numpy() if len(raw) else np.empty(0)


def content(path: Path) -> Content:
    """The rows of one file."""
    return Content(pq.read_metadata(path).num_rows, lambda: pq.ParquetFile(path).iter_batches(births.BATCH_ROWS))


def refuse_loss(source: Births, tally: Tally) -> None:
    """Every birth of the source was read, and every one of the day is either scored or in quarantine."""
    if source.rows is not None and tally.read != source.rows:
        raise Refused(f"{source.where} holds {source.rows} births, {tally.read} were read; run the step again")
    if tally.scored + tally.quarantined != tally.of_day:
        raise Refused(
            f"of {tally.of_day} births of the day {tally.scored} were scored and {tally.quarantined} put into quarantine: "
            f"{tally.of_day - tally.scored - tally.quarantined} are missing"
        )
