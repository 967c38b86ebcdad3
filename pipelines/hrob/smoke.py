"""Loads a registered model in a process of its own, and has it predict: is it what was trained, how fast, how large?"""

import json
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from hrob import model, registered, step
from hrob.registered import Loaded
from hrob.step import Refused

SAMPLE = "sample.json"
# One row and many are multiplied in another order, which shows in the last digits.
TOLERANCE = 1e-9
WARM_UP, TIMED = 20, 300


def write_sample(fitted: Pipeline, rows: pd.DataFrame, path: Path) -> None:
    """JSON: some training rows, and the scores that the process which trained the model gives them."""
    data = rows.astype(object).where(rows.notna(), None).to_numpy().tolist()
    content = {"columns": list(rows.columns), "data": data, "scores": model.risk(fitted, rows).tolist()}
    path.write_text(json.dumps(content) + "\n")


def read_sample(path: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows and scores; what is missing in a column of numbers is NaN again."""
    content = json.loads(path.read_text())
    rows = pd.DataFrame(content["data"], columns=content["columns"])
    words = [name for name in rows if rows[name].map(type).eq(str).any()]
    return rows.astype({name: float for name in rows if name not in words}), np.array(content["scores"])


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


def main() -> None:
    """A registered model → `latency_ms` (median of one row), `latency_p99_ms`, `size_bytes`.

    Refuses a model that is not as it was trained.
    """
    candidate = registered.load(step.variable("ESPALIER_MODEL_URI"))
    refuse_other_versions(candidate.folder)
    rows, expected = read_sample(candidate.extra(SAMPLE))
    refuse_other_scores(candidate, rows, expected)
    taken = latencies(candidate, rows)
    size = sum(file.stat().st_size for file in candidate.folder.rglob("*") if file.is_file())
    print(f"{candidate.uri} gives the scores of its training for {len(rows)} rows")
    step.report(
        latency_ms=f"{np.median(taken):.3f}", latency_p99_ms=f"{np.quantile(taken, 0.99):.3f}", size_bytes=size
    )


if __name__ == "__main__":
    step.run(main)
