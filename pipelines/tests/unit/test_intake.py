from datetime import date, timedelta

import pytest

from hrob import intake
from hrob.step import Refused


def test_every_birth_arrives_exactly_once_in_a_cycle(raw):
    first = date(2026, 11, 23)
    days = [intake.of_day(raw, first + timedelta(days=n)) for n in range(intake.CYCLE_DAYS)]
    assert sorted(id for day in days for id in day.index) == list(raw.index)
    assert min(map(len, days)) > 30


def test_the_day_is_counted_in_utc():
    assert intake.parse_logical_time("2026-11-23T01:00:00+02:00").date() == date(2026, 11, 22)


@pytest.mark.parametrize("text", ["yesterday", "2026-11-23T11:00:00"])
def test_a_time_that_is_no_moment_is_refused(text):
    with pytest.raises(Refused, match="logical time"):
        intake.parse_logical_time(text)
