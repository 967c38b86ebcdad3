"""Cross-validation on the births of training; the holdout is for `validate` alone.

A trial goes to other processes by the name of its class: it must not lie in `__main__`, which is another module there.
"""

from dataclasses import dataclass

import pandas as pd
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline

from hrob.model import family
from hrob.model.family import Hyperparameters
from hrob.model.selection import Selection
from hrob.train.search import LOSS

FOLDS = 5


def unseen_scores(estimator: Pipeline, rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """For each training row its fold (from 1), and the score of a model of the four others."""
    found = pd.DataFrame({"fold": 0, "score": 0.0}, index=rows.index)
    splits = StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(rows, rows.label)
    for fold, (others, its) in enumerate(splits, 1):
        estimator.fit(rows[columns].iloc[others], rows.label.iloc[others])
        found.iloc[its] = pd.DataFrame({"fold": fold, "score": estimator.predict_proba(rows[columns].iloc[its])[:, 1]})
    return found


def fold_scores(labels: pd.Series, unseen: pd.DataFrame) -> list[dict[str, float]]:
    """Rows, log loss, ROC AUC and Brier score of each fold."""
    found = []
    for _, scores in unseen.groupby("fold"):
        known = labels.loc[scores.index]
        found.append(
            {
                "rows": len(scores),
                LOSS: float(log_loss(known, scores.score, labels=[0, 1])),
                "roc_auc": float(roc_auc_score(known, scores.score)),
                "brier": float(brier_score_loss(known, scores.score)),
            }
        )
    return found


@dataclass(frozen=True)
class Evaluation:
    """What a trial comes to: the scores of each fold. It goes to other processes with the rows."""

    rows: pd.DataFrame
    selected: Selection
    categories: list[str]

    def __call__(self, params: dict) -> list[dict[str, float]]:
        estimator = family.build(self.selected, self.categories, Hyperparameters(**params))
        return fold_scores(self.rows.label, unseen_scores(estimator, self.rows, self.selected.features))
