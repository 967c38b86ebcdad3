"""Loads a registered model in a process of its own, and has it predict: is it what was trained, how fast, how large?"""

import numpy as np

from hrob import step
from hrob.model import registered, sample
from hrob.smoke.checks import latencies, refuse_other_scores, refuse_other_versions


def main() -> None:
    """A registered model → `latency_ms` (median of one row), `latency_p99_ms`, `size_bytes`.

    Refuses a model that is not as it was trained.
    """
    candidate = registered.load(step.variable("ESPALIER_MODEL_URI"))
    refuse_other_versions(candidate.folder)
    rows, expected = sample.read(candidate.extra(sample.FILE))
    refuse_other_scores(candidate, rows, expected)
    taken = latencies(candidate, rows)
    size = sum(file.stat().st_size for file in candidate.folder.rglob("*") if file.is_file())
    print(f"{candidate.uri} gives the scores of its training for {len(rows)} rows")
    step.report(
        latency_ms=f"{np.median(taken):.3f}", latency_p99_ms=f"{np.quantile(taken, 0.99):.3f}", size_bytes=size
    )


if __name__ == "__main__":
    step.run(main)
