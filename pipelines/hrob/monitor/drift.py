"""Whether births, or what is made of them, have become others than those that a model was trained on.

A measure counts as drift when it is both large and certain: its value exceeds its limit, and its p-value, corrected by Holm
(1979) for all measures of the look, is at most `alpha`. So thirty features that are looked at every day do not cry wolf: a
look at births that have not changed raises an alarm with a probability of `alpha` at most, whatever the size of the window;
and a window of a million births raises none for a difference too small to matter.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.metrics import roc_auc_score

from hrob.model.reference import Numbers, Performance, Reference, Words

# Under `monitor:` of the configuration. `limits` has, by statistic, from where a value is worth a look, and from where it is
# drift:
#   psi           population stability index: Σ (window − reference) · ln(window ÷ reference) over shares of bins or words
#   ks            two-sample Kolmogorov–Smirnov: the largest distance of the two distribution functions, at the reference's edges;
#                 0.1 says that one birth in ten lies elsewhere
#   missing       difference of the shares of missing values
#   auc_drop      ROC AUC of the reference (cross-validated) less that of the window
#   calibration   |ln(positives ÷ expected by the scores)|; 0.22 is a quarter too many or too few, 0.41 half
DEFAULTS = {
    "alpha": 0.001,
    "limits": {
        "psi": [0.1, 0.2],
        "ks": [0.05, 0.1],
        "missing": [0.02, 0.05],
        "auc_drop": [0.03, 0.05],
        "calibration": [0.22, 0.41],
    },
}
MOST_BINS = 10
LEAST_EXPECTED = 5
LEAST_OF_A_CLASS = 10


@dataclass(frozen=True)
class Measure:
    """`p` is of the hypothesis that nothing has changed; `rows` of the window have gone into it."""

    name: str
    statistic: str
    value: float
    p: float
    rows: int


def measures(reference: Reference, features: pd.DataFrame, scores: pd.Series, labels: pd.Series) -> list[Measure]:
    """All that can be said of a window: of its features, of the scores, and of the scores whose outcome is known (labels 0/1)."""
    found = []
    for name, column in reference.features.items():
        found += of_column(name, column, features[name])
    if len(scores):
        found += of_column("score", reference.score, scores)[:2]
    return found + of_outcomes(reference.performance, scores, labels)


def of_column(name: str, before: Numbers | Words, column: pd.Series) -> list[Measure]:
    """psi, ks for numbers, missing."""
    now = before.like(column)
    known = len(column) - now.missing
    found = []
    if isinstance(before, Numbers):
        bins = coarse(before.counts, known)
        found.append(Measure(name, "psi", *psi(merged(before.counts, bins), merged(now.counts, bins)), known))
        found.append(Measure(name, "ks", *ks(before.counts, now.counts), known))
    else:
        words = [before.counts.get(word, 0) for word in now.counts]
        bins = common(words, known)
        found.append(Measure(name, "psi", *psi(merged(words, bins), merged(list(now.counts.values()), bins)), known))
    total = sum(before.counts if isinstance(before, Numbers) else before.counts.values()) + before.missing
    found.append(Measure(name, "missing", *missing(before.missing, total, now.missing, len(column)), len(column)))
    return found


def of_outcomes(before: Performance, scores: pd.Series, labels: pd.Series) -> list[Measure]:
    """auc_drop and calibration, once there are ten births of either class."""
    known = labels.dropna()
    scores, rows = scores.loc[known.index], len(known)
    positives = int(known.sum())
    if min(positives, rows - positives) < LEAST_OF_A_CLASS:
        return []
    area = roc_auc_score(known, scores)
    error = np.hypot(auc_error(area, positives, rows), auc_error(before.roc_auc, before.positives, before.rows))
    drop = before.roc_auc - area
    expected = scores.sum()
    ratio = np.log(positives / expected)
    # The model's own mean is as uncertain as the positives that it was trained on are few.
    ratio_error = np.sqrt(1 / expected + 1 / before.positives)
    return [
        Measure("score", "auc_drop", float(drop), float(stats.norm.sf(drop / error)), rows),
        Measure("score", "calibration", float(abs(ratio)), float(2 * stats.norm.sf(abs(ratio) / ratio_error)), rows),
    ]


def coarse(counts: list[int], rows: int) -> np.ndarray:
    """For each fine bin the number of a coarser one, in which at least five of `rows` would be expected; ten bins at most."""
    total = sum(counts)
    least = max(LEAST_EXPECTED * total / max(rows, 1), total / MOST_BINS if len(counts) > MOST_BINS else 0)
    filled, number, numbers = 0, 0, []
    for count in counts:
        numbers.append(number)
        filled += count
        if filled >= least:
            number, filled = number + 1, 0
    # What is left over at the end is too little for a bin of its own.
    return np.minimum(numbers, max(number - 1, 0))


def common(counts: list[int], rows: int) -> np.ndarray:
    """Words of which fewer than five would be expected in a window of `rows` share one bin."""
    expected = np.array(counts) / max(sum(counts), 1) * rows
    numbers = np.cumsum(expected >= LEAST_EXPECTED)
    return np.where(expected >= LEAST_EXPECTED, numbers, 0)


def merged(counts: list[int], bins: np.ndarray) -> np.ndarray:
    return np.bincount(bins, weights=counts, minlength=bins.max() + 1)


def psi(before: np.ndarray, now: np.ndarray) -> tuple[float, float]:
    """The index, with half a row more in every bin so that an empty one is not infinite; p of Pearson's χ² of homogeneity."""
    filled = before + now > 0
    before, now = before[filled], now[filled]
    if len(before) < 2 or not before.sum() or not now.sum():
        return 0.0, 1.0
    shares = [(counts + 0.5) / (counts.sum() + 0.5 * len(counts)) for counts in (before, now)]
    index = np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0]))
    return float(index), float(stats.chi2_contingency([before, now], correction=len(before) == 2).pvalue)


def ks(before: list[int], now: list[int]) -> tuple[float, float]:
    """The distance at the edges, and its p, too large rather than too small: between the edges nobody looks."""
    if not sum(before) or not sum(now):
        return 0.0, 1.0
    distance = np.max(np.abs(np.cumsum(before) / sum(before) - np.cumsum(now) / sum(now)))
    effective = sum(before) * sum(now) / (sum(before) + sum(now))
    return float(distance), float(stats.kstwo.sf(distance, max(round(effective), 1)))


def missing(before: int, rows_before: int, now: int, rows_now: int) -> tuple[float, float]:
    """The difference of the shares, and p of χ² with Yates's correction."""
    difference = abs(now / rows_now - before / rows_before)
    counts = [[before, rows_before - before], [now, rows_now - now]]
    if not before + now or before + now == rows_before + rows_now:
        return difference, 1.0
    return difference, float(stats.chi2_contingency(counts).pvalue)


def auc_error(area: float, positives: int, rows: int) -> float:
    """The standard error of a ROC AUC (Hanley and McNeil, 1982)."""
    negatives = rows - positives
    one, other = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (positives - 1) * (one - area**2) + (negatives - 1) * (other - area**2)
    return float(np.sqrt(variance / (positives * negatives)))


def corrected(found: list[Measure]) -> list[Measure]:
    """The same with p-values that hold for all of them together (Holm, 1979)."""
    order = np.argsort([measure.p for measure in found])
    adjusted, least = list(found), 0.0
    for place, index in enumerate(order):
        least = max(least, min(1.0, (len(found) - place) * found[index].p))
        adjusted[index] = replace(found[index], p=least)
    return adjusted


def drifted(found: list[Measure], settings: dict) -> list[Measure]:
    """Those of the corrected measures that are drift, the largest against their limit first."""
    limit = lambda measure: settings["limits"][measure.statistic][1]
    certain = [measure for measure in found if measure.value > limit(measure) and measure.p <= settings["alpha"]]
    return sorted(certain, key=lambda measure: -measure.value / limit(measure))
