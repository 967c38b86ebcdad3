"""The paired bootstrap of a difference of ROC AUCs, as `espalier judge` takes it and as one would in Python.

    loop        rows drawn within their label, as Espalier draws them, and `roc_auc_score` of both models
    scipy       `scipy.stats.bootstrap(paired=True, vectorized=False)` of the same difference; rows are drawn freely
    presorted   NumPy, with the scores sorted once and no check of anything: how much of it is Espalier's way alone

Each has one core, but for Espalier, which takes all: that is why processor time is compared, too. Espalier's time is that of
the whole process, which reads the table from its file; the others have it at hand.
"""

import numpy as np
from scipy import stats
from sklearn.metrics import roc_auc_score

from challengers import Holdout
from judging import timed

GAIN = 0.01
# Two-sided. Its ends are the one-sided bounds at 0.95.
CONFIDENCE = 0.90


def difference(labels, challenger, champion):
    return roc_auc_score(labels, challenger) - roc_auc_score(labels, champion)


def stratified_rows(labels, rng):
    return np.concatenate([rng.choice(rows, len(rows)) for rows in (np.flatnonzero(labels == label) for label in (0, 1))])


def loop(table, resamples, rng):
    columns = list(table.values())
    drawn = (stratified_rows(table["label"], rng) for _ in range(resamples))
    return np.array([difference(*(column[rows] for column in columns)) for rows in drawn])


def scipy(table, resamples, rng):
    found = stats.bootstrap(list(table.values()), difference, n_resamples=resamples, batch=100, paired=True, vectorized=False,
                            confidence_level=CONFIDENCE, method="percentile", rng=rng)
    return found.bootstrap_distribution


def presorted(table, resamples, rng):
    labels = table["label"]
    orders = [np.argsort(table[model]) for model in ("challenger", "champion")]
    differences = []
    for _ in range(resamples):
        counts = np.bincount(stratified_rows(labels, rng), minlength=len(labels))
        areas = []
        for order in orders:
            positives = counts[order] * labels[order]
            negatives = counts[order] - positives
            below = np.cumsum(negatives)
            areas.append((positives * (below - negatives / 2)).sum() / (positives.sum() * below[-1]))
        differences.append(areas[0] - areas[1])
    return np.array(differences)


PEERS = {"scipy": scipy, "loop": loop, "presorted": presorted}


def race(project, rng, rows, resamples, peer_resamples, repeats):
    """Seconds of each, in turn; those of the peers are scaled up from fewer resamples."""
    table = Holdout(rng, rows).table(GAIN)
    file = project.write(table)
    passed, used = ({name: [] for name in ("espalier", *PEERS)} for _ in range(2))
    for _ in range(repeats):
        _, seconds, processor = timed(project.judge, "improve", [file], resamples)
        passed["espalier"].append(seconds)
        used["espalier"].append(processor)
        for name, peer in PEERS.items():
            _, seconds, processor = timed(peer, table, peer_resamples, rng)
            passed[name].append(seconds * resamples / peer_resamples)
            used[name].append(processor * resamples / peer_resamples)
    file.unlink()
    return passed, used


def intervals(project, rng, rows, resamples):
    """The distance of the ends from those of each peer, in widths of the peer's interval; and the distance expected by chance,
    because both draw their own resamples: the standard error of the difference of two such quantiles of a normal variable."""
    table = Holdout(rng, rows).table(GAIN)
    file = project.write(table)
    finding = project.judge("improve", [file], resamples)[0]["findings"][0]
    file.unlink()
    ends = {"espalier": (finding["lower"], finding["upper"])}
    for name, peer in PEERS.items():
        ends[name] = tuple(np.quantile(peer(table, resamples, rng), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]).tolist())

    def apart(one, other):
        width = ends[other][1] - ends[other][0]
        return {end: round((ends[one][place] - ends[other][place]) / width, 5) for place, end in enumerate(("lower", "upper"))}

    level = (1 + CONFIDENCE) / 2
    error = np.sqrt(2 * level * (1 - level) / resamples) / stats.norm.pdf(stats.norm.ppf(level))
    return {
        "ends": {name: {"lower": lower, "upper": upper} for name, (lower, upper) in ends.items()},
        "espalier_from": {name: apart("espalier", name) for name in PEERS},
        "standard_error_by_chance": round(float(error / (2 * stats.norm.ppf(level))), 5),
    }
