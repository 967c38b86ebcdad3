"""Are the metrics those of scikit-learn? Each is the challenger's value in a `floor` rule, beside scikit-learn's function.

What scikit-learn does not have is weighed here: the calibration error from the bins of `calibration_curve`, and precision and
recall of the K highest scores, of which equal scores across the border are in by the same part.
"""

import itertools

import numpy as np
from sklearn import metrics
from sklearn.calibration import calibration_curve


def top(k, of_positives):
    def value(labels, scores, weights):
        weights = np.ones(len(labels)) if weights is None else weights
        _, place = np.unique(-scores, return_inverse=True)
        selected = np.cumsum([0, *np.bincount(place, weights)])
        found = np.cumsum([0, *np.bincount(place, weights * labels)])
        wanted = k * selected[-1] if k < 1 else min(k, selected[-1])
        # Between two distinct scores, the curve is straight: that is the mean over all orders of equal scores.
        return np.interp(wanted, selected, found) / (found[-1] if of_positives else wanted)
    return value


def calibration_error(bins):
    def value(labels, scores, weights):
        place = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], scores)
        if weights is not None:
            return abs(np.bincount(place, weights * (scores - labels))).sum() / weights.sum()
        observed, predicted = calibration_curve(labels, scores, n_bins=bins)
        rows = np.bincount(place)
        return (rows[rows > 0] * abs(observed - predicted)).sum() / len(labels)
    return value


def accuracy(threshold):
    return lambda labels, scores, weights: metrics.accuracy_score(labels, scores > threshold, sample_weight=weights)


def f1(threshold):
    return lambda labels, scores, weights: metrics.f1_score(labels, scores > threshold, sample_weight=weights, zero_division=0)


def plain(function):
    return lambda labels, scores, weights: function(labels, scores, sample_weight=weights)


RANKING = {
    "roc_auc": plain(metrics.roc_auc_score),
    "average_precision": plain(metrics.average_precision_score),
    **{f"precision@{k}": top(k, of_positives=False) for k in (1, 10, 700, 0.1, 0.333)},
    **{f"recall@{k}": top(k, of_positives=True) for k in (1, 10, 700, 0.1, 0.333)},
}
PROBABILITY = {
    **RANKING,
    "brier": plain(metrics.brier_score_loss),
    "log_loss": plain(metrics.log_loss),
    "accuracy": accuracy(0.5),
    **{f"accuracy@{threshold}": accuracy(threshold) for threshold in (0, 0.3, 0.9)},
    "f1": f1(0.5),
    **{f"f1@{threshold}": f1(threshold) for threshold in (0, 0.3, 0.9)},
    "ece": calibration_error(10),
    **{f"ece@{bins}": calibration_error(bins) for bins in (1, 7, 100)},
}
REGRESSION = {
    "rmse": plain(metrics.root_mean_squared_error),
    "mae": plain(metrics.mean_absolute_error),
    "r2": plain(metrics.r2_score),
}
FAMILIES = {"ranking": RANKING, "probability": PROBABILITY, "regression": REGRESSION}
# Floors that nothing fails, so that the result is only the value.
RULES = {family: {"first": "promote", "floor": {name: -1e9 for name in names}} for family, names in FAMILIES.items()}


# Tables

# Rows, and how many of them are positives.
SHAPES = [(20, 10), (1_000, 300), (2_000, 20), (5_000, 3)]
PROBABILITIES = {
    "smooth": lambda rng, logits: 1 / (1 + np.exp(-logits)),
    # Many ties, and scores on the edges of bins.
    "tenths": lambda rng, logits: np.round(1 / (1 + np.exp(-logits)), 1),
    "hundredths": lambda rng, logits: np.round(1 / (1 + np.exp(-logits)), 2),
    # Exactly 0 and 1 among them, some of them on the wrong side.
    "saturated": lambda rng, logits: np.clip(logits / 2 + 0.5, 0, 1),
    "one for all": lambda rng, logits: np.full(len(logits), rng.random()),
}
RANKS = {
    "logits": lambda rng, logits: logits,
    "whole": lambda rng, logits: np.round(1e6 * logits),
    "few": lambda rng, logits: np.round(logits),
    "nearly equal": lambda rng, logits: 0.5 + 1e-13 * np.round(logits, 1),
    "one for all": lambda rng, logits: np.full(len(logits), rng.normal()),
}
# Errors as large as the spread of the labels. With errors a thousand times as large, R² is −10⁶, and 10⁻⁹ is its rounding.
PREDICTIONS = {
    "smooth": lambda rng, labels: labels + labels.std() * rng.normal(size=len(labels)),
    "steps": lambda rng, labels: labels.std() * np.round(labels / labels.std() + rng.normal(size=len(labels))),
    "one for all": lambda rng, labels: np.full(len(labels), labels.mean() + labels.std() * rng.normal()),
}
WEIGHTS = {
    "none": None,
    "real": lambda rng, rows: rng.exponential(size=rows),
    "whole": lambda rng, rows: rng.integers(0, 4, size=rows).astype(float),
    "far apart": lambda rng, rows: 10 ** rng.uniform(-6, 6, size=rows),
}
SCALES = [(1, 0), (1e-3, 0), (100, 1e4)]


def binary_table(rng, shape, scores, weights):
    rows, positives = shape
    labels = rng.permutation(np.repeat([0, 1], [rows - positives, positives]))
    table = {"label": labels, "challenger": scores(rng, rng.normal(size=rows) + labels)}
    if weights:
        # Each class keeps a row with a weight.
        table["weight"] = np.where(np.isin(range(rows), [labels.argmin(), labels.argmax()]), 1.0, weights(rng, rows))
    return table


def number_table(rng, scale, scores, weights):
    rows = int(rng.integers(20, 3_000))
    labels = scale[0] * rng.normal(size=rows) + scale[1]
    return {"label": labels, "challenger": scores(rng, labels), **({"weight": weights(rng, rows)} if weights else {})}


def tables(rng, family, rounds):
    """One of each kind in each round."""
    if family == "regression":
        make, kinds = number_table, itertools.product(SCALES, PREDICTIONS.values(), WEIGHTS.values())
    else:
        scores = PROBABILITIES if family == "probability" else RANKS
        make, kinds = binary_table, itertools.product(SHAPES, scores.values(), WEIGHTS.values())
    return [make(rng, *kind) for kind in kinds for _ in range(rounds)]


def compare(project, rng, rounds):
    """The largest difference of each metric, whatever its parameter."""
    largest, count = {}, 0
    for family, references in FAMILIES.items():
        made = tables(rng, family, rounds)
        count += len(made)
        for table, judgement in zip(made, project.judge_all(family, made), strict=True):
            values = {finding["subject"]: finding["challenger"] for finding in judgement["findings"]}
            for name, reference in references.items():
                expected = reference(table["label"], table["challenger"], table.get("weight"))
                metric = name.split("@")[0]
                # Unlike max(), NumPy keeps a NaN.
                largest[metric] = float(np.maximum(largest.get(metric, 0.0), abs(values[name] - expected)))
    return {"max_abs_diff": float(np.max(list(largest.values()))), "by_metric": largest, "tables": count}
