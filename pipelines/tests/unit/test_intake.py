from datetime import date, timedelta

import pytest

from hrob.intake import arrivals
from hrob.step import Refused

CYCLE = arrivals.DEFAULTS


def test_every_birth_arrives_exactly_once_in_a_cycle(raw):
    first = date(2026, 11, 23)
    days = [raw.index[arrivals.is_of_day(raw.index, CYCLE, first + timedelta(days=n))] for n in range(arrivals.CYCLE_DAYS)]
    assert sorted(id for day in days for id in day) == list(raw.index)
    assert min(map(len, days)) > 30


def test_all_births_of_a_source_may_be_the_days(raw):
    assert arrivals.is_of_day(raw.index, {"intake": "all"}, date(2026, 11, 23)).all()
    with pytest.raises(Refused, match="intake: expected 'cycle' or 'all', found 'some'"):
        arrivals.is_of_day(raw.index, {"intake": "some"}, date(2026, 11, 23))


def test_a_source_may_have_a_file_for_each_day():
    settings = {"births": "/births/{date}.parquet"}
    assert arrivals.source_path({"births": "/all.csv"}, settings, date(2026, 1, 2)) == "/births/2026-01-02.parquet"
    assert arrivals.source_path({"births": "/all.csv"}, arrivals.DEFAULTS, date(2026, 1, 2)) == "/all.csv"
    assert arrivals.source_path({}, arrivals.DEFAULTS, date(2026, 1, 2)) is None


def test_the_day_is_counted_in_utc():
    assert arrivals.parse_logical_time("2026-11-23T01:00:00+02:00").date() == date(2026, 11, 22)


@pytest.mark.parametrize("text", ["yesterday", "2026-11-23T11:00:00"])
def test_a_time_that_is_no_moment_is_refused(text):
    with pytest.raises(Refused, match="logical time"):
        arrivals.parse_logical_time(text)
