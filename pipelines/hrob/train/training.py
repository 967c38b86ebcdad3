"""From a feature table to a model that is logged in MLflow, with the trials of its search."""

import os
import resource
import tempfile
import time
import warnings
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import mlflow
import pandas as pd
from mlflow.models import infer_signature
from mlflow.models.model import ModelInfo
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from hrob import engine, step
from hrob.features.files import Origin
from hrob.intake import holdout, mappings
from hrob.intake.mappings import Mapping
from hrob.model import family, reference, sample, selection
from hrob.model.family import Hyperparameters
from hrob.model.reference import Reference
from hrob.model.selection import Selection
from hrob.store import Snapshot
from hrob.train import parallel, search, space
from hrob.train.folds import FOLDS, Evaluation, unseen_scores

REQUIREMENTS = [f"{name}=={version(name)}" for name in ("scikit-learn", "skops", "numpy", "scipy", "pandas")]
SAMPLE_ROWS = 20
# Below so many values, threads cost five times what they give.
FEW_VALUES = 1_000_000

# skops opens only types it knows; the imputer remembers the dtype it was fitted on.
TRUSTED_TYPES = ["numpy.dtype"]


def training_rows(table: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """The births outside the holdout. Asks the ids again instead of trusting the table's own column alone."""
    rows = table[~table.holdout]
    leaked = rows.index[holdout.is_held_out(rows.index, mapping.holdout)]
    if len(leaked):
        raise step.Refused(f"{len(leaked)} births of the holdout are marked for training, {leaked[0]} first")
    return rows


def searched(rows: pd.DataFrame, selected: Selection, mapping: Mapping, origin: Origin, config: dict) -> tuple[Hyperparameters, dict]:
    """The hyperparameters to train with, and what a search for them came to (empty without one), as metrics."""
    first = Hyperparameters.of(config)
    chosen = search.read(config)
    if chosen is None:
        return first, {}

    # All that a loss depends on: trials are compared with those of the same definition only.
    definition = {
        "space": space.SPACE,
        "loss": f"{search.LOSS}, {FOLDS} folds",
        "packages": REQUIREMENTS,
        "selection": asdict(selected),
        **asdict(origin),
    }
    name, budget = chosen
    began = time.monotonic()
    tracked = search.Tracked.within(mlflow.active_run(), definition)
    evaluation = Evaluation(rows[[*selected.features, "label"]], selected, mapping.categories)
    with parallel.evaluating(evaluation, budget.parallel, engine.chosen(config)) as evaluate:
        found = search.run(name, budget, tracked, vars(first), evaluate)
    seconds = time.monotonic() - began
    mlflow.set_tags({search.SPACE_TAG: tracked.digest, f"{search.SPACE_TAG}.engine": name, f"{search.SPACE_TAG}.ended": found.ended})
    print(
        f"search {tracked.digest[:10]} with {name}: {found.tried} trials in {seconds:.1f} s after {found.earlier} earlier ones; "
        f"{found.ended}; best {search.LOSS} {found.best.loss:.4f} with {found.best.params}"
    )
    metrics = {"trials": found.tried, "earlier_trials": found.earlier, "loss": found.best.loss, "seconds": seconds}
    return Hyperparameters(**found.best.params), {f"search_{name}": value for name, value in metrics.items()}


def log(fitted: Pipeline, rows: pd.DataFrame, profile: Reference, origin: dict) -> ModelInfo:
    """The model, into the active run.

    It remembers its origin, the births that it was trained on, in bins, and what it makes of some of `rows`.
    """
    with tempfile.TemporaryDirectory() as folder:
        reference.write(profile, Path(folder) / reference.FILE)
        sample.write(fitted, rows, Path(folder) / sample.FILE)
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            signature = infer_signature(rows, fitted.predict_proba(rows))
        return mlflow.sklearn.log_model(
            fitted,
            name="model",
            signature=signature,
            pip_requirements=REQUIREMENTS,
            metadata=origin,
            extra_files=[f"{folder}/{reference.FILE}", f"{folder}/{sample.FILE}"],
            skops_trusted_types=TRUSTED_TYPES,
        )


def listed(names: list[str]) -> str:
    """The names as a parameter of MLflow, which takes 6,000 characters; `features.json` has them all."""
    text = ",".join(names)
    return text if len(text) <= 6_000 else f"{len(names)} features, in features.json"


def train(table: pd.DataFrame, origin: Origin, config: dict, snapshot: Snapshot | None = None) -> ModelInfo:
    """Feature table → fitted model, logged in an MLflow run of its own with the trials of its search nested in it.

    `snapshot` is the version of the shared feature table that the features are from, if they are.
    """
    began = time.monotonic()
    mapping = mappings.read(origin.dataset)
    selected = selection.read(mapping, name=config.get("selection"))
    names = selected.features
    rows = training_rows(table, mapping)
    threads = 1 if rows[names].size < FEW_VALUES else None
    lineage = {"feature_table": snapshot.definition.name, "feature_table_version": snapshot.version} if snapshot else {}
    tags = {"mlflow.source.git.commit": os.environ.get("ESPALIER_COMMIT"), "espalier.run": os.environ.get("ESPALIER_RUN")}
    with threadpool_limits(threads), mlflow.start_run(tags={key: value for key, value in tags.items() if value}):
        chosen, metrics = searched(rows, selected, mapping, origin, config)
        estimator = family.build(selected, mapping.categories, chosen)
        unseen = unseen_scores(estimator, rows, names).score
        fitted = estimator.fit(rows[names], rows.label)
        # Of the holdout no outcome is used: only how its births are scored, as those to come will be.
        scores = family.risk(fitted, table[table.holdout])
        profile = Reference.of(origin.dataset, origin.births, rows[names], rows.label, unseen, scores)
        known = profile.performance
        metrics |= {"cv_roc_auc": known.roc_auc, "cv_brier": known.brier, "rows": known.rows, "positive_rate": known.positive_rate}
        seconds, peak = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"trained on {len(rows)} births ({rows.label.sum()} positive) with {len(names)} of {len(mapping.features)} features; "
            f"cross-validated ROC AUC {known.roc_auc:.3f}, Brier {known.brier:.4f}; {seconds:.1f} s, {peak:.0f} MiB at most"
        )
        fills = {f"impute.{name}": " ".join(map(str, vars(fill).values())) for name, fill in selected.fills.items()}
        mlflow.log_dict({"features": names}, "features.json")
        mlflow.log_params({"features": listed(names), **asdict(chosen), **asdict(origin), **fills, **lineage})
        mlflow.log_metrics({**metrics, "training_seconds": seconds, "peak_mib": peak})
        return log(fitted, rows[names].head(SAMPLE_ROWS), profile, asdict(origin) | lineage)
