"""What a model was trained on, in bins: small enough to travel with the model, fine enough to see when births change."""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import brier_score_loss, roc_auc_score

from hrob.intake.values import NOT_STATED
from hrob.step import Refused

FILE = "reference.json"
KIND = "hrob.reference/1"
BINS = 50
OTHER = "(other words)"


@dataclass(frozen=True)
class Numbers:
    """Counts in the bins (−∞, e₁], (e₁, e₂], …, (eₖ, ∞); one more than there are edges."""

    edges: list[float]
    counts: list[int]
    missing: int

    @classmethod
    def of(cls, column: pd.Series) -> "Numbers":
        """A bin for every value where they are few, else fifty of about the same size."""
        known = column.dropna().to_numpy(float)
        edges = np.unique(known)
        if len(edges) > BINS:
            edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:], method="inverted_cdf"))
        return cls.counted(column, edges[:-1].tolist())

    @classmethod
    def counted(cls, column: pd.Series, edges: list[float]) -> "Numbers":
        known = column.dropna().to_numpy(float)
        counts = np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges) + 1)
        return cls(edges, counts.tolist(), len(column) - len(known))

    def like(self, column: pd.Series) -> "Numbers":
        """Other values, counted in these bins."""
        return Numbers.counted(column, self.edges)


@dataclass(frozen=True)
class Words:
    """Counts by word, what is not stated apart; beyond 50 words the rarest are one."""

    counts: dict[str, int]
    missing: int

    @classmethod
    def of(cls, column: pd.Series) -> "Words":
        words = [word for word, _ in Counter(column[column != NOT_STATED]).most_common(BINS)]
        return cls.counted(column, words)

    @classmethod
    def counted(cls, column: pd.Series, words: list[str]) -> "Words":
        known = column[column != NOT_STATED]
        counts = Counter(known.where(known.isin(words), OTHER))
        return cls({word: counts[word] for word in [*words, *([OTHER] if counts[OTHER] else [])]}, len(column) - len(known))

    def like(self, column: pd.Series) -> "Words":
        """Other words, counted as these are."""
        return Words.counted(column, [word for word in self.counts if word != OTHER])


@dataclass(frozen=True)
class Performance:
    """Of scores that each training row was given by a model that had not seen it (five folds)."""

    rows: int
    positives: int
    roc_auc: float
    brier: float
    mean_score: float

    @classmethod
    def of(cls, labels: pd.Series, scores: pd.Series) -> "Performance":
        return cls(
            rows=len(labels),
            positives=int(labels.sum()),
            roc_auc=float(roc_auc_score(labels, scores)),
            brier=float(brier_score_loss(labels, scores)),
            mean_score=float(scores.mean()),
        )

    @property
    def positive_rate(self) -> float:
        return self.positives / self.rows


@dataclass(frozen=True)
class Reference:
    """`births` is the digest of the dataset."""

    dataset: str
    births: str
    rows: int
    features: dict[str, Numbers | Words]
    score: Numbers
    performance: Performance

    @classmethod
    def of(
        cls, dataset: str, births: str, features: pd.DataFrame, labels: pd.Series, unseen: pd.Series, scores: pd.Series
    ) -> "Reference":
        """Of the training rows; `unseen` are their scores by models that had not seen them.

        `scores` are the model's own, of births that it was not trained on, for such are those to come. Those of the folds
        would not do: each fold's model has a scale of its own.
        """
        columns = {name: (Words if column.dtype == object else Numbers).of(column) for name, column in features.items()}
        return cls(dataset, births, len(features), columns, Numbers.of(scores), Performance.of(labels, unseen))


def write(reference: Reference, path: Path) -> None:
    """JSON."""
    path.write_text(json.dumps({"kind": KIND, **asdict(reference)}) + "\n")


def read(path: Path) -> Reference:
    """What `write` wrote."""
    content = json.loads(path.read_text())
    if (kind := content.pop("kind", None)) != KIND:
        raise Refused(f"{path.name} is {kind!r}, expected {KIND!r}: train the model again")
    content["features"] = {
        name: (Numbers if "edges" in column else Words)(**column) for name, column in content["features"].items()
    }
    content["score"] = Numbers(**content["score"])
    content["performance"] = Performance(**content["performance"])
    return Reference(**content)
