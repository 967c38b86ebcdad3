import pytest

from hrob.features.files import Origin
from hrob.model import family
from hrob.model.family import Hyperparameters
from hrob.model.registered import Loaded, pinned_version
from hrob.model.selection import Selection
from hrob.step import Refused
from hrob.validate import evidence

ORIGIN = Origin("bwght2", "sha256:00", "low_apgar5", "hrob-holdout-1 < 0.5")


def loaded(table, columns, **origin):
    rows = table[~table.holdout]
    fitted = family.build(Selection(columns), [], Hyperparameters()).fit(rows[columns], rows.label)
    return Loaded("models:/hrob-risk/1", fitted, {"dataset": "bwght2", "target": "low_apgar5", "holdout": ORIGIN.holdout} | origin)


def test_each_model_takes_its_own_columns_from_one_table(table):
    contenders = {"challenger": loaded(table, ["omaps", "mage"]), "champion": loaded(table, ["npvis"])}
    scores = evidence.evidence(table, ORIGIN, contenders)
    assert list(scores.columns) == ["label", "challenger", "champion", "age_of_mother"]
    assert list(scores.index) == sorted(table.index[table.holdout])
    assert scores.champion.groupby(table.npvis.fillna(-1)).nunique().max() == 1


def test_a_champion_that_may_have_seen_the_holdout_is_refused(table):
    contenders = {"champion": loaded(table, ["omaps"], holdout="another < 0.5")}
    with pytest.raises(Refused, match="champion .* was trained with holdout 'another < 0.5'"):
        evidence.evidence(table, ORIGIN, contenders)


def test_a_champion_whose_column_is_gone_is_refused(table):
    with pytest.raises(Refused, match="needs the feature 'omaps', which the feature table does not have"):
        evidence.evidence(table.drop(columns="omaps"), ORIGIN, {"champion": loaded(table, ["omaps"])})


@pytest.mark.parametrize("uri", ["models:/hrob-risk@champion", "models:/m-0123", "models:/hrob-risk/latest"])
def test_only_a_pinned_version_is_scored_with(uri):
    assert pinned_version("models:/hrob-risk/12") == ("hrob-risk", 12)
    with pytest.raises(Refused, match="does not pin a version"):
        pinned_version(uri)
