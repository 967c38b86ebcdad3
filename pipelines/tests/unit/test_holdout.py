import pytest

from hrob.intake import holdout
from hrob.step import Refused
from hrob.train.training import training_rows


def test_a_birth_keeps_its_side_whatever_else_is_in_the_data(table, mapping):
    some = table.sample(frac=0.3, random_state=2)
    assert (holdout.is_held_out(some.index, mapping.holdout) == some.holdout).all()


def test_the_holdout_is_frozen(table):
    """Fails when salt, share or ids change: then every champion so far has seen rows of the new holdout."""
    assert table.holdout.sum() == 917
    assert list(table.index[table.holdout][:4]) == [f"bwght2-{n:07d}" for n in (2, 3, 5, 6)]


def test_growing_the_share_only_adds_births(table):
    half, more = (holdout.is_held_out(table.index, share) for share in (0.5, 0.6))
    assert (more >= half).all() and more.sum() > half.sum()


def test_training_gets_exactly_the_other_births(table, mapping):
    rows = training_rows(table, mapping)
    assert set(rows.index) == set(table.index[~table.holdout])


def test_training_refuses_a_table_that_mislabels_the_holdout(table, mapping):
    with pytest.raises(Refused, match="births of the holdout are marked for training"):
        training_rows(table.assign(holdout=False), mapping)
