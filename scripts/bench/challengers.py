"""Challengers of which it is known how good they are, and how often each rule lets them in.

Both models are binormal: a row's score is d times its label, and noise of variance 1, so that the true ROC AUC is Φ(d/√2).
The noise of both correlates by RHO, as of models that find the same rows hard.
"""

import functools

import numpy as np
from scipy import stats

AUC, RHO, POSITIVES = 0.70, 0.8, 0.3
ALPHA = 0.05
LENGTH = 20
# Ten of them must lie beyond the bound. At ALPHA / LENGTH, the level of each use of a budget, that takes 4,000.
RESAMPLES, RESAMPLES_IN_SEQUENCES = 1_000, 5_000
ROWS_IN_SEQUENCES = 1_000

IMPROVE = {"metric": "roc_auc", "by": 0, "confidence": 1 - ALPHA}
RULES = {"improve": {"improve": IMPROVE}, "budget": {"improve": IMPROVE, "holdout": {"budget": LENGTH}}}


class Holdout:
    """Rows, and the models' scores."""

    def __init__(self, rng, rows):
        self.rng = rng
        self.labels = (rng.random(rows) < POSITIVES).astype(int)
        self.hardness = rng.normal(size=rows)

    def scores(self, auc):
        noise = np.sqrt(RHO) * self.hardness + np.sqrt(1 - RHO) * self.rng.normal(size=len(self.labels))
        return np.sqrt(2) * stats.norm.ppf(auc) * self.labels + noise

    @functools.cached_property
    def champion(self):
        return self.scores(AUC)

    def table(self, gain):
        return {"label": self.labels, "challenger": self.scores(AUC + gain), "champion": self.champion}


def aa(project, rng, trials):
    """Challengers that are just as good as their champion, each on a holdout of its own."""
    return rates(project, (Holdout(rng, rng.integers(1_000, 2_001)).table(0) for _ in range(trials)))


def power(project, rng, gain, trials, rows):
    return rates(project, (Holdout(rng, rows).table(gain) for _ in range(trials)))


def rates(project, tables):
    judgements = list(project.judge_all("improve", tables, RESAMPLES))
    findings = [judgement["findings"][0] for judgement in judgements]
    return {
        "promoted": share(judgement["verdict"] == "promoted" for judgement in judgements),
        "plain_rule": share(finding["difference"] >= 0 for finding in findings),
        "delong": share(finding["delong_lower"] > 0 for finding in findings),
    }


def sequences(project, rng, count):
    """Challengers as good as the champion, one after another on the same rows, until one is promoted."""
    holdouts = [Holdout(rng, ROWS_IN_SEQUENCES) for _ in range(count)]
    waiting = {pipeline: range(count) for pipeline in RULES}
    lucky = set()
    for use in range(LENGTH):
        files = [project.write(holdout.table(0), f"evidence-{number}") for number, holdout in enumerate(holdouts)]
        for pipeline, numbers in waiting.items():
            chosen = [files[number] for number in numbers]
            judgements = project.judge(pipeline, chosen, RESAMPLES_IN_SEQUENCES, use) if chosen else []
            judged = list(zip(numbers, judgements, strict=True))
            waiting[pipeline] = [number for number, judgement in judged if judgement["verdict"] != "promoted"]
            lucky |= {number for number, judgement in judged if judgement["findings"][0]["difference"] >= 0}
    promoted = {pipeline: share(number not in left for number in range(count)) for pipeline, left in waiting.items()}
    return {
        "without_budget": promoted["improve"],
        "with_budget": promoted["budget"],
        "plain_rule": share(number in lucky for number in range(count)),
    }


def share(outcomes):
    """How many are true, with the interval of Clopper and Pearson (1934) at 95 %."""
    outcomes = [bool(outcome) for outcome in outcomes]
    interval = stats.binomtest(sum(outcomes), len(outcomes)).proportion_ci(0.95, method="exact")
    return {"rate": sum(outcomes) / len(outcomes), "from": round(float(interval.low), 5), "to": round(float(interval.high), 5),
            "n": len(outcomes)}
