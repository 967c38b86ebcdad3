"""The births that arrive on a given day."""

from datetime import date, datetime, timezone

import pandas as pd

from hrob.holdout import position
from hrob.step import Refused

# The data carry no dates, so each birth is given one day of a four-week cycle, for good.
CYCLE_DAYS = 28


def parse_logical_time(text: str) -> datetime:
    """RFC 3339 with an offset → a moment in UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"the logical time {text!r} is not RFC 3339, like 2026-11-23T11:00:00Z") from None
    if moment.tzinfo is None:
        raise Refused(f"the logical time {text!r} names no offset; append Z for UTC")
    return moment.astimezone(timezone.utc)


def of_day(births: pd.DataFrame, day: date) -> pd.DataFrame:
    """The births of that day, sorted by id: about one in 28, the same whenever it is asked."""
    today = day.toordinal() % CYCLE_DAYS
    mine = [int(position(f"intake:{id}") * CYCLE_DAYS) == today for id in births.index]
    return births[mine].sort_index()
