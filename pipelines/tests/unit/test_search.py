import sys

import pytest

from hrob.engine import DEFAULTS as HERE
from hrob.model import family, selection
from hrob.model.family import Hyperparameters
from hrob.step import Refused
from hrob.train import engines, folds, parallel, search, space, training
from hrob.train.engines import ENGINES
from hrob.train.search import Budget
from hrob.train.space import SPACE, Trial

PLENTY = Budget(trials=12, seconds=600, early_stop=12)
DEFAULTS = {"inverse_regularisation": 0.01, "penalty": "l2", "scaling": "standard"}


def engine(name: str, seed: int = 0, earlier: list[Trial] = ()):
    if name == "optuna":
        pytest.importorskip("optuna", reason="optuna is not installed: pip install optuna==5.0.0")
    return ENGINES[name](SPACE, seed, list(earlier))


def proposals(engine, count: int) -> list[dict]:
    """What it asks for when large values of the regularisation are better."""
    found = []
    for _ in range(count):
        found.append(engine.ask())
        engine.tell(Trial(found[-1], -found[-1]["inverse_regularisation"]))
    return found


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_stays_within_the_space_and_repeats_itself(name):
    found = proposals(engine(name), 8)
    assert all(space.typed({key: str(value) for key, value in params.items()}, SPACE) == params for params in found)
    assert len({str(params) for params in found}) == 8
    assert proposals(engine(name), 8) == found
    assert proposals(engine(name, seed=1), 8) != found


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_learns_from_what_it_was_told_before(name):
    strengths = [10 ** (power / 8) for power in range(-24, 9)]
    earlier = [Trial(DEFAULTS | {"inverse_regularisation": value}, -value) for value in strengths]
    mean = lambda before: sum(
        params["inverse_regularisation"] for seed in range(5) for params in proposals(engine(name, seed, before), 4)
    )
    assert mean(earlier) > 2 * mean([])


def test_a_missing_optuna_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(Refused, match=r"optuna is not installed; add the line `optuna==5\.0\.0` to pipelines/requirements.txt"):
        engines.Optuna(SPACE, 0, [])


def test_a_search_ends_when_its_trials_are_made_or_none_is_better():
    constant = lambda asked: [1.0] * len(asked)
    found = search.minimise(engine("hyperopt"), constant, DEFAULTS, [], Budget(12, 600, 3))
    assert (found.tried, found.ended, found.best.params) == (4, "3 trials in a row were no better", DEFAULTS)
    found = search.minimise(engine("hyperopt"), constant, None, [], Budget(2, 600, 3))
    assert (found.tried, found.ended) == (2, "all 2 trials were made")
    found = search.minimise(engine("hyperopt"), constant, None, [], Budget(2, 0, 3))
    assert (found.tried, found.ended) == (1, "0 s have passed")


@pytest.mark.parametrize("name", ENGINES)
def test_several_trials_are_made_at_a_time_and_no_more_than_allowed(name):
    batches = []

    def evaluate(asked: list[dict]) -> list[float]:
        batches.append(asked)
        return [-params["inverse_regularisation"] for params in asked]

    found = search.minimise(engine(name), evaluate, DEFAULTS, [], Budget(8, 600, 8, parallel=3))
    assert [len(asked) for asked in batches] == [3, 3, 2] and batches[0][0] == DEFAULTS
    made = [params for asked in batches for params in asked]
    assert len({str(params) for params in made}) == 8
    assert found.best.loss == min(-params["inverse_regularisation"] for params in made)
    # All of a batch are made, and count.
    found = search.minimise(engine(name), lambda asked: [1.0] * len(asked), DEFAULTS, [], Budget(9, 600, 4, parallel=3))
    assert (found.tried, found.ended) == (6, "5 trials in a row were no better")


def test_a_trial_is_found_by_its_name_in_other_processes():
    """`python -m hrob.train` makes of hrob/train/__main__.py a module that other processes do not have."""
    assert training.Evaluation.__module__ == "hrob.train.folds"


def test_trials_come_to_the_same_in_other_processes(table, mapping):
    rows, selected = training.training_rows(table, mapping), selection.resolve(mapping, {"keep": "all"}, "here")
    evaluation = folds.Evaluation(rows, selected, mapping.categories)
    asked = [DEFAULTS | {"inverse_regularisation": value} for value in (0.001, 0.1, 10.0)]
    with parallel.evaluating(evaluation, 2, HERE) as evaluate:
        assert evaluate(asked) == [[pytest.approx(fold) for fold in evaluation(params)] for params in asked]


def test_the_best_of_the_earlier_trials_is_kept_when_nothing_new_is_better():
    earlier = [Trial(DEFAULTS, 0.5), Trial(DEFAULTS | {"penalty": "l1"}, 0.7)]
    found = search.minimise(engine("hyperopt", earlier=earlier), lambda asked: [1.0] * len(asked), None, earlier, Budget(2, 600, 2))
    assert (found.best, found.tried, found.earlier) == (earlier[0], 2, 2)


def test_a_warm_start_reaches_the_best_loss_of_a_cold_one_in_fewer_trials(table, mapping):
    """On the births of training, over two seeds; what is told before comes from a search that had not got there."""
    rows, selected = training.training_rows(table, mapping), selection.resolve(mapping, {"keep": "all"}, "here")

    def loss(params: dict) -> float:
        estimator = family.build(selected, mapping.categories, Hyperparameters(**params))
        scores = folds.fold_scores(rows.label, folds.unseen_scores(estimator, rows, selected.features))
        return sum(fold[search.LOSS] for fold in scores) / len(scores)

    def trials_until(limit: float, seed: int, earlier: list[Trial]) -> tuple[int, list[Trial]]:
        """How many it takes to get down to `limit`, and all that were made."""
        asked, made = engine("hyperopt", seed, earlier), []
        while len(made) < PLENTY.trials and not (made and made[-1].loss <= limit):
            params = asked.ask()
            made.append(Trial(params, loss(params)))
            asked.tell(made[-1])
        return len(made), made

    cold, warm = 0, 0
    with training.threadpool_limits(1):
        for seed in (3, 5):
            _, made = trials_until(-1, seed, [])
            best = min(trial.loss for trial in made)
            _, earlier = trials_until(-1, 100 + seed, [])
            cold += [trial.loss for trial in made].index(best) + 1
            warm += trials_until(best, 200 + seed, [trial for trial in earlier if trial.loss > best])[0]
    assert warm < cold / 2, f"{warm} trials after a warm start, {cold} after a cold one"


def test_the_digest_is_of_what_defines_the_space():
    assert space.digest({"a": 1, "b": [1, 2]}) == space.digest({"b": [1, 2], "a": 1})
    assert space.digest({"a": 1, "b": [1, 2]}) != space.digest({"a": 1, "b": [2, 1]})


@pytest.mark.parametrize("change", [{"penalty": "l3"}, {"inverse_regularisation": "1e9"}, {"depth": "3"}])
def test_trials_of_another_space_are_passed_over(change):
    texts = {name: str(value) for name, value in DEFAULTS.items()}
    assert space.typed(texts, SPACE) == DEFAULTS
    assert space.typed(texts | change, SPACE) is None


def test_a_search_can_be_off_or_differ():
    assert search.read({"search": False}) is None
    assert search.read({}) == ("hyperopt", Budget(10, 30, 6))
    assert search.read({"search": {"engine": "optuna", "trials": 3, "parallel": 2}}) == ("optuna", Budget(3, 30, 6, 2))


@pytest.mark.parametrize(
    "given, message",
    [
        ({"trails": 3}, r"config\.search: unknown key 'trails'; did you mean 'trials'\?"),
        ({"engine": "hyperopts"}, r"config\.search\.engine: unknown engine 'hyperopts'; did you mean 'hyperopt'\?"),
        ({"trials": 0}, r"config\.search\.trials: expected a whole number from 1, found 0"),
        ({"early_stop": 1.5}, r"config\.search\.early_stop: expected a whole number from 1, found 1.5"),
        ("on", r"config\.search: expected a map of engine, trials, seconds, early_stop, parallel, found 'on'"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused(given, message):
    with pytest.raises(Refused, match=message):
        search.read({"search": given})


@pytest.mark.parametrize(
    "given, message",
    [
        ({"penalty": "l3"}, r"config\.model\.penalty: expected l2 or l1, found 'l3'"),
        ({"inverse_regularisation": 0}, r"config\.model\.inverse_regularisation: expected more than 0, found 0"),
        ({"depth": 3}, r"config\.model: unknown key 'depth'"),
    ],
)
def test_hyperparameters_that_make_no_sense_are_refused(given, message):
    with pytest.raises(Refused, match=message):
        Hyperparameters.of({"model": given})
