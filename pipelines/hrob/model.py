"""The model family: a logistic regression that takes its columns by name from a wider table."""

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

# Strong shrinkage: 45 positive births to train on do not carry thirty free coefficients.
INVERSE_REGULARISATION = 0.01


def build(selected: list[str], categories: list[str], inverse_regularisation: float) -> Pipeline:
    """Unfitted. Numbers: median plus a column that says what was missing, then standardised; words: one column each."""
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    words = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = ColumnTransformer(
        [
            ("numbers", numbers, [name for name in selected if name not in categories]),
            ("words", words, [name for name in selected if name in categories]),
        ]
    )
    return Pipeline([("columns", columns), ("risk", LogisticRegression(C=inverse_regularisation, max_iter=1000))])


def risk(fitted: Pipeline, features: pd.DataFrame) -> pd.Series:
    """Probability of the outcome per row, from the columns the model was trained on."""
    scores = fitted.predict_proba(features[list(fitted.feature_names_in_)])[:, 1]
    return pd.Series(scores, index=features.index, name="score")
