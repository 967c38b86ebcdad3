"""Whether what a model has made of a day can be true. Rules for the absurd, not for drift: hrob.monitor looks for that."""

from hrob.infer.scoring import Tally

# Under `infer: health:` of the configuration. Fewer births than `least_rows` are not judged by their scores or shares.
DEFAULTS = {"least_rows": 30, "quarantined": 0.2, "times_the_mean": 4.0}


def problem(tally: Tally, positive_rate: float, limits: dict) -> str | None:
    """What is wrong, in a sentence; None when nothing is.

    - Scores that are no probabilities, however few.
    - A share of births in quarantine above `quarantined`.
    - One and the same score for all.
    - A mean score more than `times_the_mean` above, or below, the positive rate that the model was trained on.
    """
    if tally.no_probabilities:
        return f"{tally.no_probabilities} of {tally.scored} scores are no probabilities"
    if tally.of_day < limits["least_rows"]:
        return None
    if tally.quarantined > limits["quarantined"] * tally.of_day:
        (reason, times), *_ = tally.reasons.most_common(1)
        return (
            f"{tally.quarantined / tally.of_day:.1%} of {tally.of_day} births cannot be scored, {times} because {reason}; "
            f"at most {limits['quarantined']:.1%} may"
        )
    if tally.scored < limits["least_rows"]:
        return None
    if tally.least == tally.greatest:
        return f"all {tally.scored} births have the same score, {tally.least:.4f}"
    mean, times = tally.sum / tally.scored, limits["times_the_mean"]
    if not positive_rate / times <= mean <= positive_rate * times:
        return (
            f"the mean of {tally.scored} scores is {mean:.4f}, the model was trained on {positive_rate:.4f}; "
            f"{times:g} times as much or as little is the limit"
        )
    return None
