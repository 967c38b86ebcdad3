from collections import Counter

import numpy as np
import pytest

from hrob.infer import health
from hrob.infer.scoring import Tally

RATE = 0.05


def tally(scores, reasons=()):
    found = Tally(of_day=len(scores) + len(reasons))
    found.add_scores(np.array(scores, float))
    found.add_quarantined(np.array(reasons, dtype=object))
    return found


def problem(found):
    return health.problem(found, RATE, health.DEFAULTS)


def test_scores_like_those_of_training_are_well():
    assert problem(tally(np.linspace(0.01, 0.1, 100))) is None
    assert problem(tally([])) is None


@pytest.mark.parametrize(
    "scores, reasons, sentence",
    [
        ([0.05, np.nan, 0.04], [], "1 of 3 scores are no probabilities"),
        ([0.05, 1.2], [], "1 of 2 scores are no probabilities"),
        (
            np.linspace(0.01, 0.1, 79),
            ["a is missing"] * 15 + ["a is missing; b is no number"] * 6,
            "21.0% of 100 births cannot be scored, 21 because a is missing; at most 20.0% may",
        ),
        ([0.05] * 40, [], "all 40 births have the same score, 0.0500"),
        (np.linspace(0.5, 0.6, 40), [], "the mean of 40 scores is 0.5500, the model was trained on 0.0500"),
        (np.linspace(0.001, 0.002, 40), [], "the mean of 40 scores is 0.0015"),
    ],
)
def test_the_absurd_is_told(scores, reasons, sentence):
    assert problem(tally(scores, reasons)).startswith(sentence)


def test_a_few_births_are_not_judged():
    assert problem(tally([0.9] * 10, ["a is missing"] * 10)) is None


def test_reasons_are_counted_one_by_one():
    assert tally([], ["a; b", "a"]).reasons == Counter(a=2, b=1)
