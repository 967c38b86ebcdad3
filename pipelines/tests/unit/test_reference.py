import numpy as np
import pandas as pd
import pytest

from hrob.intake.values import NOT_STATED
from hrob.model import reference
from hrob.model.reference import OTHER, Numbers, Reference, Words
from hrob.step import Refused


@pytest.fixture(scope="module")
def profile(table, mapping):
    rows = table[~table.holdout]
    words = rows[mapping.features].assign(payer=np.where(rows.male == 1, "private", NOT_STATED))
    scores = pd.Series(np.linspace(0, 1, len(rows)), index=rows.index)
    return Reference.of("bwght2", "sha256:00", words, rows.label, scores, scores)


def test_it_survives_its_file_and_is_small(profile, tmp_path):
    reference.write(profile, tmp_path / "reference.json")
    assert reference.read(tmp_path / "reference.json") == profile
    assert (tmp_path / "reference.json").stat().st_size < 20_000


def test_another_kind_of_file_is_refused(tmp_path):
    (tmp_path / "reference.json").write_text('{"kind": "hrob.reference/0"}')
    with pytest.raises(Refused, match="'hrob.reference/0', expected 'hrob.reference/1': train the model again"):
        reference.read(tmp_path / "reference.json")


def test_few_values_have_a_bin_each(profile, table):
    omaps = profile.features["omaps"]
    values = table.omaps[~table.holdout].value_counts().sort_index()
    assert [*omaps.edges, 10.0] == list(values.index)
    assert omaps.counts == list(values)
    assert omaps.missing == table.omaps[~table.holdout].isna().sum()


def test_many_values_have_fifty_bins_of_about_the_same_size():
    column = pd.Series(np.random.default_rng(1).normal(size=10_000))
    found = Numbers.of(column)
    assert len(found.counts) == 50 and max(found.counts) <= 210 and sum(found.counts) == 10_000


def test_values_beyond_the_reference_are_counted_at_its_ends():
    found = Numbers.of(pd.Series([1.0, 2.0, 3.0])).like(pd.Series([-9.0, 1.0, 2.5, 99.0, np.nan]))
    assert found == Numbers([1.0, 2.0], [2, 0, 2], 1)


def test_a_column_without_values_is_all_missing():
    assert Numbers.of(pd.Series([np.nan, np.nan])) == Numbers([], [0], 2)


def test_new_and_rare_words_are_others():
    before = Words.of(pd.Series(["a", "a", "b", NOT_STATED]))
    assert before == Words({"a": 2, "b": 1}, 1)
    assert before.like(pd.Series(["b", "c", "c"])) == Words({"a": 0, "b": 1, OTHER: 2}, 0)
    many = Words.of(pd.Series([f"w{n}" for n in range(60)]))
    assert len(many.counts) == 51 and many.counts[OTHER] == 10
