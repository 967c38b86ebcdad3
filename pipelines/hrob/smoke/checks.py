"""Whether a registered model is what was trained, and how fast it is."""

import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import pandas as pd

from hrob.model.registered import Loaded
from hrob.step import Refused

# One row and many are multiplied in another order, which shows in the last digits.
TOLERANCE = 1e-9
WARM_UP, TIMED = 20, 300


def refuse_other_versions(folder: Path) -> None:
    """The model was made with the packages that are installed here. MLflow adds its own name, of which mlflow-skinny is enough."""
    for line in (folder / "requirements.txt").read_text().split():
        name, _, wanted = line.partition("==")
        if name == "mlflow":
            continue
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "none"
        if wanted and found != wanted:
            raise Refused(f"the model was logged with {line}, here is {found}; install what pipelines/requirements.txt pins")


def refuse_other_scores(candidate: Loaded, rows: pd.DataFrame, expected: np.ndarray) -> None:
    """One at a time and all at once, the scores are probabilities, and those of the process that trained the model."""
    singly = np.array([candidate.risk(rows.iloc[[place]]).iloc[0] for place in range(len(rows))])
    for how, scores in (("at once", candidate.risk(rows).to_numpy()), ("one at a time", singly)):
        if not ((scores >= 0) & (scores <= 1)).all():
            raise Refused(f"{candidate.uri} gives {scores.tolist()} for {len(rows)} rows {how}: these are no probabilities")
        place = int(np.argmax(np.abs(scores - expected)))
        if abs(scores[place] - expected[place]) > TOLERANCE:
            raise Refused(
                f"{candidate.uri} scores row {place} of its sample {how} as {scores[place]!r}; "
                f"in the process that trained it, it was {expected[place]!r}"
            )


def latencies(candidate: Loaded, rows: pd.DataFrame) -> np.ndarray:
    """Milliseconds that one row takes, many times, after a warm-up."""
    taken = []
    for turn in range(WARM_UP + TIMED):
        row = rows.iloc[[turn % len(rows)]]
        began = time.perf_counter()
        candidate.risk(row)
        taken.append(1_000 * (time.perf_counter() - began))
    return np.array(taken[WARM_UP:])
