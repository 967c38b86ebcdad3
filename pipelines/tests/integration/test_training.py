import pandas as pd
import pytest
from mlflow import MlflowClient
from sklearn.metrics import brier_score_loss, roc_auc_score

from hrob import births


@pytest.fixture(scope="module")
def evidence(contest) -> pd.DataFrame:
    contest.checkout.run("validate", ESPALIER_MODEL_URI=contest.challenger, ESPALIER_CHAMPION_URI=contest.champion)
    path = contest.checkout.root / "outputs/validate/evidence.csv"
    return pd.read_csv(path, float_precision="round_trip")


def test_the_reported_digest_is_that_of_the_births(contest, raw, table, mapping):
    expected = births.digest(raw.loc[table.index], mapping.raw_columns)
    assert contest.checkout.outputs("train")["dataset.births"] == expected


def test_the_run_records_what_it_was_trained_with(contest, mapping):
    run = MlflowClient(contest.checkout.tracking_uri).get_run(contest.checkout.outputs("train")["run_id"])
    assert run.data.params["features"].split(",") == mapping.features
    assert run.data.metrics["rows"] == 912
    assert run.data.tags["mlflow.source.git.commit"].startswith("0123456789abcdef")


def test_the_ids_trained_on_are_those_outside_the_holdout(contest, table):
    ids = (contest.checkout.root / "outputs/train/ids.txt").read_text().splitlines()
    assert ids == list(table.index[~table.holdout])


def test_the_evidence_has_every_held_out_birth_once(evidence, table):
    held_out = table[table.holdout]
    assert list(evidence.columns) == ["id", "label", "challenger", "champion", "age_of_mother"]
    assert list(evidence.id) == sorted(held_out.index)
    assert list(evidence.label) == list(held_out.label.loc[evidence.id])
    assert evidence[["challenger", "champion"]].apply(lambda score: score.between(0, 1)).all(axis=None)


def test_the_models_are_above_chance_and_the_richer_one_is_better(evidence):
    area = {role: roc_auc_score(evidence.label, evidence[role]) for role in ("champion", "challenger")}
    assert area["champion"] > 0.65
    assert area["challenger"] > area["champion"] + 0.05
    assert brier_score_loss(evidence.label, evidence.challenger) < brier_score_loss(evidence.label, evidence.champion)


def test_without_a_champion_there_is_no_champion_column(contest):
    contest.checkout.run("validate", ESPALIER_MODEL_URI=contest.challenger, ESPALIER_CHAMPION_URI="")
    with open(contest.checkout.root / "outputs/validate/evidence.csv") as file:
        assert file.readline() == "id,label,challenger,age_of_mother\n"
