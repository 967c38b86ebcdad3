"""Trains on the births outside the holdout and logs the model to MLflow."""

import os
import tempfile
import warnings
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import mlflow
import pandas as pd
from mlflow.models import infer_signature
from mlflow.models.model import ModelInfo
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import Pipeline

from hrob import features, holdout, mappings, model, reference, selection, smoke, step
from hrob.features import Origin
from hrob.mappings import Mapping
from hrob.reference import Reference

REQUIREMENTS = [f"{name}=={version(name)}" for name in ("scikit-learn", "skops", "numpy", "scipy", "pandas")]
SAMPLE_ROWS = 20

# skops opens only types it knows; the imputer remembers the dtype it was fitted on.
TRUSTED_TYPES = ["numpy.dtype"]


def training_rows(table: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """The births outside the holdout. Asks the ids again instead of trusting the table's own column alone."""
    rows = table[~table.holdout]
    leaked = rows.index[holdout.is_held_out(rows.index, mapping.holdout)]
    if len(leaked):
        raise step.Refused(f"{len(leaked)} births of the holdout are marked for training, {leaked[0]} first")
    return rows


def unseen_scores(estimator: Pipeline, rows: pd.DataFrame, columns: list[str]) -> pd.Series:
    """A score for each training row, from a model of the four folds that it is not in; the holdout is for `validate` alone."""
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    scores = cross_val_predict(estimator, rows[columns], rows.label, cv=folds, method="predict_proba")[:, 1]
    return pd.Series(scores, index=rows.index)


def log(fitted: Pipeline, rows: pd.DataFrame, params: dict, profile: Reference, origin: Origin) -> ModelInfo:
    """One MLflow run with the model inside.

    The model itself remembers its origin, the births that it was trained on, in bins, and what it makes of some of `rows`.
    """
    tags = {"mlflow.source.git.commit": os.environ.get("ESPALIER_COMMIT"), "espalier.run": os.environ.get("ESPALIER_RUN")}
    known = profile.performance
    metrics = {"cv_roc_auc": known.roc_auc, "cv_brier": known.brier, "rows": known.rows, "positive_rate": known.positive_rate}
    with tempfile.TemporaryDirectory() as folder, mlflow.start_run(tags={key: value for key, value in tags.items() if value}):
        reference.write(profile, Path(folder) / reference.FILE)
        smoke.write_sample(fitted, rows, Path(folder) / smoke.SAMPLE)
        mlflow.log_params(params)
        mlflow.log_metrics(metrics)
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            signature = infer_signature(rows, fitted.predict_proba(rows))
        return mlflow.sklearn.log_model(
            fitted,
            name="model",
            signature=signature,
            pip_requirements=REQUIREMENTS,
            metadata=asdict(origin),
            extra_files=[f"{folder}/{reference.FILE}", f"{folder}/{smoke.SAMPLE}"],
            skops_trusted_types=TRUSTED_TYPES,
        )


def train(table: pd.DataFrame, origin: Origin, config: dict, selection_file: Path = selection.FILE) -> ModelInfo:
    """Feature table → fitted, logged model."""
    mapping = mappings.read(origin.dataset)
    selected = selection.read(mapping, selection_file)
    strength = float((config.get("model") or {}).get("inverse_regularisation", model.INVERSE_REGULARISATION))
    rows = training_rows(table, mapping)
    estimator = model.build(selected, mapping.categories, strength)
    unseen = unseen_scores(estimator, rows, selected)
    params = {"features": ",".join(selected), "inverse_regularisation": strength, **asdict(origin)}
    fitted = estimator.fit(rows[selected], rows.label)
    # Of the holdout no outcome is used: only how its births are scored, as those to come will be.
    scores = model.risk(fitted, table[table.holdout])
    profile = Reference.of(origin.dataset, origin.births, rows[selected], rows.label, unseen, scores)
    print(
        f"trained on {len(rows)} births ({rows.label.sum()} positive) with {len(selected)} of {len(mapping.features)} features; "
        f"cross-validated ROC AUC {profile.performance.roc_auc:.3f}, Brier {profile.performance.brier:.4f}"
    )
    return log(fitted, rows[selected].head(SAMPLE_ROWS), params, profile, origin)


def main() -> None:
    """`features.parquet` → a logged model, named by `model_uri` and `run_id`, and the ids that it was trained on."""
    table, origin = features.read(step.input_path("features", "features.parquet"))
    ids = training_rows(table, mappings.read(origin.dataset)).index
    step.output_path("ids.txt").write_text("".join(f"{id}\n" for id in ids))
    logged = train(table, origin, step.config())
    step.report(model_uri=logged.model_uri, run_id=logged.run_id, dataset__births=origin.births)


if __name__ == "__main__":
    step.run(main)
