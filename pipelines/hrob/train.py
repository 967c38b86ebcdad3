"""Trains on the births outside the holdout and logs the model to MLflow."""

import os
import warnings
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import mlflow
import pandas as pd
from mlflow.models import infer_signature
from mlflow.models.model import ModelInfo
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.pipeline import Pipeline

from hrob import features, holdout, mappings, model, selection, step
from hrob.features import Origin
from hrob.mappings import Mapping

REQUIREMENTS = [f"{name}=={version(name)}" for name in ("scikit-learn", "skops", "numpy", "scipy", "pandas")]

# skops opens only types it knows; the imputer remembers the dtype it was fitted on.
TRUSTED_TYPES = ["numpy.dtype"]


def training_rows(table: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """The births outside the holdout. Asks the ids again instead of trusting the table's own column alone."""
    rows = table[~table.holdout]
    leaked = rows.index[holdout.is_held_out(rows.index, mapping.holdout)]
    if len(leaked):
        raise step.Refused(f"{len(leaked)} births of the holdout are marked for training, {leaked[0]} first")
    return rows


def cross_validated(estimator: Pipeline, rows: pd.DataFrame, columns: list[str]) -> dict[str, float]:
    """Means over five folds of the training rows; the holdout is for `validate` alone."""
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    scoring = {"roc_auc": "roc_auc", "brier": "neg_brier_score"}
    result = cross_validate(estimator, rows[columns], rows.label, cv=folds, scoring=scoring)
    return {"cv_roc_auc": result["test_roc_auc"].mean(), "cv_brier": -result["test_brier"].mean()}


def log(fitted: Pipeline, sample: pd.DataFrame, params: dict, metrics: dict, origin: Origin) -> ModelInfo:
    """One MLflow run with the model inside; the model itself remembers its origin."""
    tags = {"mlflow.source.git.commit": os.environ.get("ESPALIER_COMMIT"), "espalier.run": os.environ.get("ESPALIER_RUN")}
    with mlflow.start_run(tags={key: value for key, value in tags.items() if value}):
        mlflow.log_params(params)
        mlflow.log_metrics(metrics)
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            signature = infer_signature(sample, fitted.predict_proba(sample))
        return mlflow.sklearn.log_model(
            fitted,
            name="model",
            signature=signature,
            pip_requirements=REQUIREMENTS,
            metadata=asdict(origin),
            skops_trusted_types=TRUSTED_TYPES,
        )


def train(table: pd.DataFrame, origin: Origin, config: dict, selection_file: Path = selection.FILE) -> ModelInfo:
    """Feature table → fitted, logged model."""
    mapping = mappings.read(origin.dataset)
    selected = selection.read(mapping, selection_file)
    strength = float((config.get("model") or {}).get("inverse_regularisation", model.INVERSE_REGULARISATION))
    rows = training_rows(table, mapping)
    estimator = model.build(selected, mapping.categories, strength)
    metrics = cross_validated(estimator, rows, selected)
    metrics |= {"rows": len(rows), "positive_rate": rows.label.mean()}
    params = {"features": ",".join(selected), "inverse_regularisation": strength, **asdict(origin)}
    fitted = estimator.fit(rows[selected], rows.label)
    print(
        f"trained on {len(rows)} births ({rows.label.sum()} positive) with {len(selected)} of {len(mapping.features)} features; "
        f"cross-validated ROC AUC {metrics['cv_roc_auc']:.3f}, Brier {metrics['cv_brier']:.4f}"
    )
    return log(fitted, rows[selected].head(20), params, metrics, origin)


def main() -> None:
    """`features.parquet` → a logged model, named by `model_uri` and `run_id`."""
    table, origin = features.read(step.input_path("features", "features.parquet"))
    logged = train(table, origin, step.config())
    step.report(model_uri=logged.model_uri, run_id=logged.run_id, dataset__births=origin.births)


if __name__ == "__main__":
    step.run(main)
