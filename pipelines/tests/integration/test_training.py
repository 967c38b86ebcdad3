import json
import shutil
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from mlflow import MlflowClient
from sklearn.metrics import brier_score_loss, roc_auc_score

from hrob import step
from hrob.features.files import Origin
from hrob.intake import births
from hrob.model import registered
from hrob.store import Store
from hrob.train import training
from hrob.validate.evidence import refuse_foreign


@pytest.fixture(scope="module")
def evidence(contest) -> pd.DataFrame:
    contest.checkout.run("validate", ESPALIER_MODEL_URI=contest.challenger, ESPALIER_CHAMPION_URI=contest.champion)
    path = contest.checkout.root / "outputs/validate/evidence.csv"
    return pd.read_csv(path, float_precision="round_trip")


def test_the_reported_digest_is_that_of_the_births(contest, raw, table, mapping):
    expected = births.digest(raw.loc[table.index], mapping)
    assert contest.checkout.outputs("train")["dataset.births"] == expected


def test_the_run_records_what_it_was_trained_with(contest, mapping):
    run = MlflowClient(contest.checkout.tracking_uri).get_run(contest.checkout.outputs("train")["run_id"])
    assert run.data.params["features"].split(",") == mapping.features
    assert json.loads(Path(mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/features.json")).read_text()) == {
        "features": mapping.features
    }
    assert training.listed([f"feature_{number:03d}" for number in range(991)]) == "991 features, in features.json"
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


def trials_of(checkout, run_id: str) -> list:
    client = MlflowClient(checkout.tracking_uri)
    experiment = client.get_run(run_id).info.experiment_id
    return client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{run_id}'")


def trained(checkout, folder: Path, config: str, **variables: str) -> dict[str, str]:
    """What a training of its own reports."""
    (folder / "config.json").write_text(config)
    (folder / "output").unlink(missing_ok=True)
    checkout.run("train", ESPALIER_CONFIG=str(folder / "config.json"), ESPALIER_OUTPUT=str(folder / "output"), **variables)
    return dict(line.split("=", 1) for line in (folder / "output").read_text().splitlines())


def test_each_trial_of_a_search_is_a_nested_run_and_the_next_search_goes_on_from_them(contest, tmp_path):
    checkout, client = contest.checkout, MlflowClient(contest.checkout.tracking_uri)
    first = client.get_run(trained(checkout, tmp_path, '{"search": {"trials": 5, "seconds": 600}}')["run_id"])
    trials = trials_of(checkout, first.info.run_id)
    assert len(trials) == first.data.metrics["search_trials"] == 5 and first.data.metrics["search_earlier_trials"] == 0
    best = min(trials, key=lambda trial: trial.data.metrics["log_loss"])
    assert best.data.metrics["log_loss"] == first.data.metrics["search_loss"]
    assert best.data.params.items() <= first.data.params.items()
    folds = json.loads(Path(mlflow.artifacts.download_artifacts(f"runs:/{best.info.run_id}/folds.json")).read_text())["folds"]
    assert sum(fold["rows"] for fold in folds) == 912
    assert sum(fold["roc_auc"] for fold in folds) / len(folds) == pytest.approx(best.data.metrics["roc_auc"])

    again = client.get_run(trained(checkout, tmp_path, '{"search": {"trials": 2, "seconds": 600}}')["run_id"])
    assert again.data.metrics["search_earlier_trials"] == 5 and again.data.metrics["search_trials"] == 2
    assert again.data.metrics["search_loss"] <= first.data.metrics["search_loss"]
    params = lambda runs: {str(run.data.params) for run in runs}
    assert len(params(trials_of(checkout, again.info.run_id)) - params(trials)) == 2


def test_without_a_search_the_model_takes_the_configured_hyperparameters(contest, tmp_path):
    config = '{"search": false, "model": {"inverse_regularisation": 0.02, "scaling": "quantile"}}'
    run_id = trained(contest.checkout, tmp_path, config)["run_id"]
    run = MlflowClient(contest.checkout.tracking_uri).get_run(run_id)
    assert not trials_of(contest.checkout, run_id) and "search_trials" not in run.data.metrics
    assert (run.data.params["inverse_regularisation"], run.data.params["scaling"]) == ("0.02", "quantile")
    assert 0 < run.data.metrics["training_seconds"] < 600 and run.data.metrics["peak_mib"] > 50


@pytest.fixture
def shared(contest):
    """The store of the checkout, without which other tests go on."""
    contest.checkout.run("publish")
    inputs = contest.checkout.root / "outputs"
    shutil.copytree(inputs / "publish", inputs / "store", dirs_exist_ok=True)
    yield Store(contest.checkout.root / "data/features")
    shutil.rmtree(inputs / "store")


def test_a_model_names_the_version_of_the_feature_table_that_it_was_trained_on(contest, shared, tmp_path, table, mapping):
    checkout = contest.checkout
    reported = trained(checkout, tmp_path, '{"search": false}')
    assert reported["dataset.features"] == "births_first_minute@1"
    found = MlflowClient(checkout.tracking_uri).search_runs(
        [MlflowClient(checkout.tracking_uri).get_run(reported["run_id"]).info.experiment_id],
        "params.feature_table = 'births_first_minute' and params.feature_table_version = '1' and params.features LIKE '%npvis%'",
    )
    assert [run.info.run_id for run in found] == [reported["run_id"]]
    loaded = registered.load(reported["model_uri"])
    assert (loaded.origin["feature_table"], loaded.origin["feature_table_version"]) == ("births_first_minute", 1)
    # From the features of that version alone its scores can be had again.
    spine = pd.DataFrame({"id": table.index, "time": pd.Timestamp(mapping.shared.known_at)}, index=table.index)
    again = loaded.risk(shared.snapshot("births_first_minute", 1).at(spine, mapping.features))
    assert (again == loaded.risk(table)).all()


def test_a_second_target_is_trained_on_the_same_table(contest, shared, tmp_path):
    """From a look at its births to a model with a selection of its own, in folders of its own but for the store."""
    checkout = contest.checkout
    checkout.select("bwght2: { keep: all }\nfor_weight: { keep: [npvis, omaps] }\n")
    (tmp_path / "config.json").write_text('{"target": "low_birth_weight", "selection": "for_weight", "search": {"trials": 2}}')
    variables = {"ESPALIER_CONFIG": str(tmp_path / "config.json"), "ESPALIER_OUTPUT": str(tmp_path / "output"), "ESPALIER_INPUTS": str(tmp_path)}
    for module, name in (("features", "features"), ("publish", "store")):
        code, printed = checkout.call(module, ESPALIER_OUTPUTS=str(tmp_path / name), **variables)
        assert code == 0, printed
    checkout.run("train", ESPALIER_OUTPUTS=str(tmp_path / "train"), **variables)
    reported = dict(line.split("=", 1) for line in (tmp_path / "output").read_text().splitlines())
    assert reported["dataset.features"] == "births_first_minute@2"
    run = MlflowClient(checkout.tracking_uri).get_run(reported["run_id"])
    assert (run.data.params["target"], run.data.params["features"]) == ("low_birth_weight", "npvis,omaps")
    assert (run.data.params["feature_table"], run.data.params["feature_table_version"]) == ("births_first_minute", "2")
    assert 0.5 < run.data.metrics["cv_roc_auc"] < 0.8
    with pytest.raises(step.Refused, match="target 'low_birth_weight'"):
        refuse_foreign(registered.load(reported["model_uri"]), "champion", Origin("bwght2", "", "low_apgar5", ""))
