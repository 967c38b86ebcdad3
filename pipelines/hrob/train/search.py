"""Bayesian search of hyperparameters, which goes on from where earlier searches of the same space have ended."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run

from hrob import settings
from hrob.nearest import unknown
from hrob.step import Refused
from hrob.train import space
from hrob.train.engines import ENGINES
from hrob.train.parallel import Evaluate
from hrob.train.space import Trial

# Under `search:` of the configuration; `search: off` takes the hyperparameters of `model:` as they are. No new trial starts
# after `trials` of them, or after `seconds`; nor when `early_stop` in a row were no better than the best before them. `parallel` of them
# are made at a time.
DEFAULTS = {"engine": "hyperopt", "trials": 10, "seconds": 30, "early_stop": 6, "parallel": 1}
SPACE_TAG = "hrob.search"
LOSS = "log_loss"
# Earlier trials that are looked for, the best first.
MOST_EARLIER = 200


@dataclass(frozen=True)
class Budget:
    """Seconds are wall clock. Of trials that are made at a time all are made."""

    trials: int
    seconds: float
    early_stop: int
    parallel: int = 1


@dataclass(frozen=True)
class Found:
    """The best of all trials, how many were made now and known before, and why no more were made."""

    best: Trial
    tried: int
    earlier: int
    ended: str


def read(config: dict) -> tuple[str, Budget] | None:
    """Engine and budget; None for `search: off`, which YAML reads as false."""
    given = config.get("search", {})
    if given is False:
        return None
    chosen = settings.section({"search": given}, "search", DEFAULTS)
    engine = chosen.pop("engine")
    if engine not in ENGINES:
        raise Refused(f"config.search.engine: {unknown('engine', engine, ENGINES)}")
    for name, value in chosen.items():
        if value < 1 or (name != "seconds" and value != int(value)):
            raise Refused(f"config.search.{name}: expected {'1 or more' if name == 'seconds' else 'a whole number from 1'}, found {value!r}")
    return engine, Budget(**chosen)


def minimise(engine, evaluate: Callable[[list[dict]], list[float]], first: dict | None, earlier: list[Trial], budget: Budget) -> Found:
    """Tries `first`, then what the engine proposes. The engine knows the earlier trials already; of those that are made at a time
    with another it does not know what they come to.

    A known trial counts: where nothing new is better, the best of the earlier ones is the answer.
    """
    best = min(earlier, key=lambda trial: trial.loss, default=None)
    began, tried, in_vain = time.monotonic(), 0, 0
    while True:
        asked = [first] if tried == 0 and first else []
        while len(asked) < min(budget.parallel, budget.trials - tried):
            asked.append(engine.ask())
        for params, loss in zip(asked, evaluate(asked), strict=True):
            trial = Trial(params, loss)
            engine.tell(trial)
            tried += 1
            if best is None or trial.loss < best.loss:
                best, in_vain = trial, 0
            else:
                in_vain += 1
        if ended := end(tried, time.monotonic() - began, in_vain, budget):
            return Found(best, tried, len(earlier), ended)


def end(tried: int, seconds: float, in_vain: int, budget: Budget) -> str | None:
    """Why no further trial is made; None while there is a reason to go on."""
    if tried >= budget.trials:
        return f"all {budget.trials} trials were made"
    if seconds >= budget.seconds:
        return f"{budget.seconds:g} s have passed"
    if in_vain >= budget.early_stop:
        return f"{in_vain} trials in a row were no better"
    return None


@dataclass(frozen=True)
class Tracked:
    """The trials of one space in MLflow: nested runs of the training, tagged with the digest of what defines the space."""

    client: MlflowClient
    experiment: str
    parent: str
    digest: str

    @classmethod
    def within(cls, run: Run, definition: dict) -> "Tracked":
        """Below the training that is under way."""
        return cls(MlflowClient(), run.info.experiment_id, run.info.run_id, space.digest(definition))

    def earlier(self) -> list[Trial]:
        """What earlier trainings have tried in the same space, whatever run and commit they belong to; the best first."""
        runs = self.client.search_runs(
            [self.experiment],
            f"tags.`{SPACE_TAG}` = '{self.digest}' and attributes.status = 'FINISHED'",
            order_by=[f"metrics.{LOSS} ASC", "attributes.start_time ASC"],
            max_results=MOST_EARLIER,
        )
        known = [(space.typed(run.data.params, space.SPACE), run.data.metrics.get(LOSS)) for run in runs]
        return [Trial(params, loss) for params, loss in known if params and loss is not None]

    def log(self, number: int, params: dict, metrics: dict[str, float], folds: list[dict]) -> None:
        """One nested run: parameters, means over the folds, and each fold in `folds.json`."""
        tags = {"mlflow.parentRunId": self.parent, SPACE_TAG: self.digest, "mlflow.runName": f"trial {number}"}
        run = self.client.create_run(self.experiment, tags=tags).info.run_id
        now = int(time.time() * 1_000)
        self.client.log_batch(
            run,
            metrics=[Metric(name, value, now, 0) for name, value in metrics.items()],
            params=[Param(name, str(value)) for name, value in params.items()],
        )
        self.client.log_dict(run, {"folds": folds}, "folds.json")
        self.client.set_terminated(run)


def run(engine: str, budget: Budget, tracked: Tracked, first: dict, evaluate: Evaluate) -> Found:
    """Searches hrob.train.space.SPACE. `evaluate` gives for each trial the scores of its folds, the loss among them.

    The seed comes from the space: a search of the same space with the same earlier trials makes the same proposals.
    """
    earlier = tracked.earlier()
    # With earlier trials the seed is another, or else what was tried first would be proposed again.
    seed = int(tracked.digest[:8], 16) + len(earlier)
    number = 0

    def logged(asked: list[dict]) -> list[float]:
        nonlocal number
        losses = []
        for params, folds in zip(asked, evaluate(asked), strict=True):
            number += 1
            metrics = {name: sum(fold[name] for fold in folds) / len(folds) for name in folds[0]}
            tracked.log(number, params, metrics, folds)
            losses.append(metrics[LOSS])
        return losses

    outside = space.typed({name: str(value) for name, value in first.items()}, space.SPACE) is None
    return minimise(ENGINES[engine](space.SPACE, seed, earlier), logged, None if earlier or outside else first, earlier, budget)
