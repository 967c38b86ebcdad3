from dataclasses import replace
from datetime import datetime, timedelta, timezone
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from hrob.expectations import report, rules
from hrob.intake import births
from hrob.step import Refused

NOW = datetime(2026, 11, 25, tzinfo=timezone.utc)


@pytest.fixture
def source(mapping) -> pd.DataFrame:
    return births.read({}, mapping)


def failed(raw, mapping, written=None, **change):
    outcomes = rules.look(raw, mapping, rules.read(mapping) | change, NOW, written)
    return {outcome.name: outcome for outcome in outcomes if not outcome.met}


def test_the_packaged_births_meet_all_expectations(source, mapping):
    assert failed(source, mapping) == {}
    outcomes = rules.look(source, mapping, rules.read(mapping), NOW, None)
    assert {outcome.rule for outcome in outcomes} == {"row count", "presence", "kind", "range", "missing values", "values"}


@pytest.mark.parametrize(
    "name, spoil, count, examples",
    [
        ("range of mage", lambda raw: raw.assign(mage=raw.mage.where(raw.index != 6, 200)), 1, ["bwght2-0000007"]),
        ("presence of meduc", lambda raw: raw.drop(columns="meduc"), 1, []),
        ("values of mwhte", lambda raw: raw.assign(mwhte=raw.mwhte.where(raw.index > 1, 3)), 2, ["bwght2-0000001", "bwght2-0000002"]),
        ("row count of births", lambda raw: raw.head(100), 100, []),
        ("kind of npvis", lambda raw: raw.assign(npvis=raw.npvis.astype(object).where(raw.index != 4, "ten")), 1, ["bwght2-0000005"]),
    ],
)
def test_what_is_wrong_is_named_with_its_births(source, mapping, name, spoil, count, examples):
    found = failed(spoil(source), mapping)
    assert list(found) == [name]
    assert (found[name].count, found[name].examples) == (count, examples)


def test_too_many_missing_values_are_told_with_the_first_five(source, mapping):
    found = failed(source.assign(omaps=np.nan), mapping)
    assert list(found) == ["missing values of omaps"]
    assert found["missing values of omaps"].sentence == (
        "missing values of omaps: expected at most 0.5%; found otherwise 1832 times, for example "
        "bwght2-0000001, bwght2-0000002, bwght2-0000003, bwght2-0000004, bwght2-0000005"
    )


def test_a_share_out_of_range_can_be_allowed(source, mapping):
    spoilt = source.assign(mage=source.mage.where(source.index > 9, 200))
    assert list(failed(spoilt, mapping)) == ["range of mage"]
    assert failed(spoilt, mapping, out_of_range=0.01) == {}


def test_what_occurs_twice_is_named(source, mapping):
    numbered = source.assign(number=np.where(source.index == 9, 1, source.index + 1))
    named = replace(mapping, id="number")
    found = failed(numbered, named, unique=["number"])
    assert list(found) == ["uniqueness of number"]
    assert found["uniqueness of number"].examples == ["bwght2-0000001", "bwght2-0000001"]


@pytest.mark.parametrize("age, fresh", [(10, True), (45, True), (46, False)])
def test_old_births_and_old_files_are_told(source, mapping, age, fresh):
    then = NOW - timedelta(days=age)
    dated = source.assign(mdate=[(then - timedelta(days=n)).isoformat() for n in range(len(source))])
    found = failed(dated, mapping, newest={"column": "mdate", "days": 45})
    assert (list(found) == []) == fresh and (fresh or "freshness of mdate" in found)
    assert list(failed(source, mapping, then, file={"days": 45})) == ([] if fresh else ["freshness of file"])
    assert "freshness of file" in failed(source, mapping, None, file={"days": 45})


def test_the_reports_say_what_failed(source, mapping):
    outcomes = rules.look(source.assign(male=2), mapping, rules.read(mapping), NOW, None)
    suite = ElementTree.fromstring(report.junit("bwght2", outcomes))
    bad = [case for case in suite if case.find("failure") is not None]
    assert {(case.get("classname"), case.get("name")) for case in bad} == {
        ("expectations.bwght2", "values of male"),
        ("expectations.bwght2", "range of male"),
    }
    assert suite.get("failures") == "2" and int(suite.get("tests")) == len(suite) == len(outcomes)
    told = report.markdown("bwght2", 1832, outcomes)
    assert "1832 births" in told and "2 not met" in told and "| values of male | 0, 1 | 1832 | **no** |" in told


@pytest.mark.parametrize(
    "text, message",
    [
        ("{}", "no entry for the dataset 'bwght2'"),
        ("bwght2: { rose: [1, 2] }", r"unknown key 'rose'; did you mean 'rows'\?"),
        ("bwght2: { rows: 5 }", r"rows: expected something like \[1, inf\], found 5"),
        ("bwght2: { rows: [5] }", "rows: expected the least and the most"),
        ("bwght2: { missing: { omasp: 0.1 } }", r"unknown column 'omasp'; did you mean 'omaps'\?"),
        ("bwght2: [rows]", "expected a map of rows, out_of_range"),
    ],
)
def test_expectations_that_make_no_sense_are_refused(mapping, tmp_path, text, message):
    (tmp_path / "expectations.yml").write_text(text)
    with pytest.raises(Refused, match=message):
        rules.read(mapping, tmp_path / "expectations.yml")
