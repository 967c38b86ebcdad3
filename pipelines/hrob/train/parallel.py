"""Where the trials of a search are made: in this process, in several of it, or by the workers of a Spark cluster."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from joblib import Parallel, delayed

# Parameters of several trials → the scores of each trial's folds, in the same order.
Evaluate = Callable[[list[dict]], list[list[dict]]]


@contextmanager
def evaluating(trial: Callable[[dict], list[dict]], width: int, chosen: dict) -> Iterator[Evaluate]:
    """`width` trials at a time; on Spark where `chosen`, which is `features:` of the configuration, says so.

    The trial is sent to other processes, with all that it refers to.
    """
    if width == 1:
        yield lambda asked: [trial(params) for params in asked]
    elif chosen["engine"] == "spark":
        # PySpark is installed only where it is used.
        from hrob import spark

        with spark.session(chosen) as session:
            yield lambda asked: spark.each(session, trial, asked)
    else:
        with Parallel(n_jobs=width) as workers:
            yield lambda asked: workers(delayed(trial)(params) for params in asked)
