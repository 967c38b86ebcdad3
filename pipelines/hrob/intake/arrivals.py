"""The births that arrive on a given day."""

from collections.abc import Iterable
from datetime import date, datetime, timezone

import numpy as np

from hrob.intake.births import Births, open_births
from hrob.intake.holdout import position
from hrob.step import Refused

# The packaged data carry no dates, so each birth is given one day of a four-week cycle, for good.
CYCLE_DAYS = 28
# Settings, under `infer:` of the configuration: `births` names the source, {date} in it is the logical date; without it, that
# of training. `intake` says which of its births are the day's: those of the `cycle`, or `all`.
DEFAULTS = {"births": None, "intake": "cycle"}


def parse_logical_time(text: str) -> datetime:
    """RFC 3339 with an offset → a moment in UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"the logical time {text!r} is not RFC 3339, like 2026-11-23T11:00:00Z") from None
    if moment.tzinfo is None:
        raise Refused(f"the logical time {text!r} names no offset; append Z for UTC")
    return moment.astimezone(timezone.utc)


def source_path(config: dict, settings: dict, day: date) -> str | None:
    """Where the births of that day are; None for the packaged ones."""
    path = settings["births"] or config.get("births")
    return path and path.replace("{date}", day.isoformat())


def source_of_day(config: dict, settings: dict, dataset: str, day: date) -> Births:
    """Opens it."""
    return open_births(source_path(config, settings, day), dataset)


def is_of_day(ids: Iterable[str], settings: dict, day: date) -> np.ndarray:
    """Boolean array, one per id; about one in 28 for a cycle, the same whenever it is asked."""
    if settings["intake"] == "all":
        return np.ones(len(ids), dtype=bool)
    if settings["intake"] != "cycle":
        raise Refused(f"config.infer.intake: expected 'cycle' or 'all', found {settings['intake']!r}")
    today = day.toordinal() % CYCLE_DAYS
    return np.array([int(position(f"intake:{id}") * CYCLE_DAYS) == today for id in ids], dtype=bool)
