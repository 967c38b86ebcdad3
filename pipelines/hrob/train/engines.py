"""Who proposes what to try next: two engines behind `ask` and `tell`. Both are Tree-structured Parzen Estimators.

TPE: Bergstra et al., Algorithms for Hyper-Parameter Optimization, 2011. Proposals depend on the seed and on what was told
only. What was told before the first question is a warm start: nothing of it is tried again.
"""

import numpy as np

from hrob.step import Refused
from hrob.train.space import Trial

# So many trials at random before the estimators have a say; a budget of eight would otherwise be random altogether.
AT_RANDOM = 4


class Hyperopt:
    """hyperopt.tpe, asked trial by trial."""

    def __init__(self, space: dict, seed: int, earlier: list[Trial]):
        from hyperopt import Trials, hp
        from hyperopt.base import Domain

        parts = {
            name: hp.choice(name, rule["choice"]) if "choice" in rule else hp.loguniform(name, *np.log(rule["log_uniform"]))
            for name, rule in space.items()
        }
        self.space = space
        self.random = np.random.default_rng(seed)
        self.domain = Domain(lambda _: 0.0, parts)
        self.trials = Trials()
        for trial in earlier:
            self.tell(trial)

    def ask(self) -> dict:
        from hyperopt import tpe

        seed = int(self.random.integers(2**31))
        ids = [len(self.trials.trials)]
        [found] = tpe.suggest(ids, self.domain, self.trials, seed, n_startup_jobs=AT_RANDOM, verbose=False)
        values = {name: taken[0] for name, taken in found["misc"]["vals"].items()}
        return {
            name: rule["choice"][int(values[name])] if "choice" in rule else float(np.clip(values[name], *rule["log_uniform"]))
            for name, rule in self.space.items()
        }

    def tell(self, trial: Trial) -> None:
        from hyperopt import JOB_STATE_DONE, STATUS_OK

        number = len(self.trials.trials)
        values = {
            name: [rule["choice"].index(trial.params[name]) if "choice" in rule else trial.params[name]]
            for name, rule in self.space.items()
        }
        misc = {"tid": number, "cmd": self.domain.cmd, "idxs": {name: [number] for name in values}, "vals": values}
        result = {"status": STATUS_OK, "loss": trial.loss}
        [told] = self.trials.new_trial_docs([number], [None], [result], [misc])
        told["state"] = JOB_STATE_DONE
        self.trials.insert_trial_doc(told)
        self.trials.refresh()


class Optuna:
    """optuna's TPESampler. Optional: `pip install optuna`."""

    def __init__(self, space: dict, seed: int, earlier: list[Trial]):
        try:
            import optuna
        except ImportError:
            raise Refused(
                "config.search.engine: optuna is not installed; add the line `optuna==5.0.0` to pipelines/requirements.txt, "
                "or choose hyperopt"
            ) from None
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        distributions = optuna.distributions
        self.distributions = {
            name: distributions.CategoricalDistribution(rule["choice"])
            if "choice" in rule
            else distributions.FloatDistribution(*rule["log_uniform"], log=True)
            for name, rule in space.items()
        }
        self.study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=AT_RANDOM))
        for trial in earlier:
            self.tell(trial)

    def ask(self) -> dict:
        asked = self.study.ask(self.distributions)
        # What comes of it is told as a trial of its own, as one that nobody asked for is.
        self.study.tell(asked, state=fail())
        return dict(asked.params)

    def tell(self, trial: Trial) -> None:
        from optuna.trial import create_trial

        self.study.add_trial(create_trial(params=trial.params, distributions=self.distributions, value=trial.loss))


def fail():
    """The state of an optuna trial that its sampler passes over."""
    from optuna.trial import TrialState

    return TrialState.FAIL


ENGINES = {"hyperopt": Hyperopt, "optuna": Optuna}
