import numpy as np
import pytest

from hrob.model import family
from hrob.model.family import Hyperparameters
from hrob.model.registered import Loaded
from hrob.model.sample import read, write
from hrob.model.selection import Selection
from hrob.smoke import checks
from hrob.step import Refused

COLUMNS = ["omaps", "mage", "npvis"]


@pytest.fixture(scope="module")
def fitted(table):
    rows = table[~table.holdout]
    return family.build(Selection(COLUMNS), [], Hyperparameters()).fit(rows[COLUMNS], rows.label)


@pytest.fixture
def sample(table, fitted, tmp_path):
    rows = table.loc[table.npvis.isna(), COLUMNS].head(5)
    write(fitted, rows, tmp_path / "sample.json")
    return read(tmp_path / "sample.json")


def test_a_sample_is_read_as_it_was_missing_values_too(table, fitted, sample):
    rows, expected = sample
    assert rows.npvis.isna().all() and rows.dtypes.eq(float).all()
    assert (family.risk(fitted, rows).to_numpy() == expected).all()


def test_a_model_that_is_as_trained_passes(fitted, sample):
    loaded = Loaded("models:/hrob-risk/1", fitted, {})
    checks.refuse_other_scores(loaded, *sample)
    assert (checks.latencies(loaded, sample[0]) > 0).all()


def test_another_score_than_in_training_is_refused(fitted, sample):
    rows, expected = sample
    with pytest.raises(Refused, match=r"scores row 3 of its sample at once as .* in the process that trained it, it was"):
        checks.refuse_other_scores(Loaded("models:/hrob-risk/1", fitted, {}), rows, expected + 1e-6 * (np.arange(5) == 3))


def test_scores_that_are_no_probabilities_are_refused(sample):
    class Broken(Loaded):
        def risk(self, features):
            return features.omaps * 3

    with pytest.raises(Refused, match="for 5 rows at once: these are no probabilities"):
        checks.refuse_other_scores(Broken("models:/hrob-risk/1", None, {}), *sample)


@pytest.mark.parametrize("line, found", [("numpy==1.0", "2.4.6"), ("no-such-package==1", "none")])
def test_other_packages_than_in_training_are_refused(tmp_path, line, found):
    (tmp_path / "requirements.txt").write_text(f"mlflow==0.1\n{line}\n")
    with pytest.raises(Refused, match=f"the model was logged with {line}, here is {found}"):
        checks.refuse_other_versions(tmp_path)
