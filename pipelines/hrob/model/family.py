"""The model family: a logistic regression that takes its columns by name from a wider table."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer, StandardScaler

from hrob import settings
from hrob.intake.values import NOT_STATED
from hrob.model.selection import Fill, Selection
from hrob.step import Refused

CHOICES = {"penalty": ["l2", "l1"], "scaling": ["standard", "quantile"]}


@dataclass(frozen=True)
class Hyperparameters:
    """What a model is trained with, under `model:` of the configuration.

    `inverse_regularisation` is strong by itself: 45 positive births to train on do not carry thirty free coefficients.
    `scaling` brings numbers to mean 0 and variance 1, or by their ranks to 0 to 1.
    """

    inverse_regularisation: float = 0.01
    penalty: str = "l2"
    scaling: str = "standard"

    @classmethod
    def of(cls, config: dict) -> "Hyperparameters":
        """Refuses what the family does not know."""
        chosen = cls(**settings.section(config, "model", vars(cls())))
        for name, known in CHOICES.items():
            if getattr(chosen, name) not in known:
                raise Refused(f"config.model.{name}: expected {' or '.join(known)}, found {getattr(chosen, name)!r}")
        if chosen.inverse_regularisation <= 0:
            raise Refused(f"config.model.inverse_regularisation: expected more than 0, found {chosen.inverse_regularisation!r}")
        return chosen


def build(selection: Selection, categories: list[str], chosen: Hyperparameters) -> Pipeline:
    """Unfitted. Features that are filled in the same way share a branch: numbers are then scaled, words get one column each."""
    branches = {}
    for name in selection.features:
        branches.setdefault((name in categories, selection.fills.get(name)), []).append(name)
    parts = [
        (f"{'words' if words else 'numbers'} {number}", branch(words, fill, chosen), names)
        for number, ((words, fill), names) in enumerate(branches.items())
    ]
    return Pipeline([("columns", ColumnTransformer(parts)), ("risk", regression(chosen))])


def branch(words: bool, fill: Fill | None, chosen: Hyperparameters) -> Pipeline:
    """Without a fill numbers take the median and a column that says what was missing; that nothing was stated is a word itself."""
    if words:
        filled = [imputer(fill, NOT_STATED)] if fill else []
        return make_pipeline(*filled, OneHotEncoder(handle_unknown="ignore", sparse_output=False))
    return make_pipeline(imputer(fill or Fill("median"), np.nan), scaler(chosen.scaling))


def imputer(fill: Fill, missing: float | str) -> SimpleImputer:
    return SimpleImputer(missing_values=missing, strategy=fill.fill, fill_value=fill.value, add_indicator=fill.indicator)


def scaler(name: str) -> StandardScaler | QuantileTransformer:
    """A hundred quantiles: more would follow the few births with rare values."""
    return StandardScaler() if name == "standard" else QuantileTransformer(n_quantiles=100, random_state=0)


def regression(chosen: Hyperparameters) -> LogisticRegression:
    """The solvers that give the same coefficients every time."""
    sparse = chosen.penalty == "l1"
    return LogisticRegression(
        C=chosen.inverse_regularisation,
        l1_ratio=1.0 if sparse else 0.0,
        solver="liblinear" if sparse else "lbfgs",
        max_iter=1000,
        random_state=0,
    )


def risk(fitted: Pipeline, features: pd.DataFrame) -> pd.Series:
    """Probability of the outcome per row, from the columns the model was trained on."""
    scores = fitted.predict_proba(features[list(fitted.feature_names_in_)])[:, 1]
    return pd.Series(scores, index=features.index, name="score")
