from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hrob.intake.values import NOT_STATED
from hrob.model import family, selection
from hrob.model.family import Hyperparameters
from hrob.model.selection import Fill
from hrob.step import Refused


def resolve(mapping, impute):
    return selection.resolve(mapping, {"keep": ["education", "race", "male"], "impute": impute}, "selection.yml: bwght2")


def columns_of(mapping, impute, rows, names):
    """What the regression is given: one array row a birth, before scaling."""
    chosen = selection.Selection(names, {name: fill for name, fill in resolve(mapping, impute).fills.items() if name in names})
    return [step.named_steps for step in columns(family.build(chosen, mapping.categories, Hyperparameters()), rows, names)]


def columns(built, rows, names):
    return [branch for _, branch, _ in built.named_steps["columns"].fit(rows[names]).transformers_]


def imputed(mapping, impute, rows, name):
    """The values of one feature as they are filled, and whether a column says what was missing."""
    [steps] = columns_of(mapping, impute, rows, [name])
    filled = steps["simpleimputer"].transform(rows[[name]])
    return list(filled[:, 0]), filled.shape[1] == 2


ROWS = pd.DataFrame({"meduc": [12.0, 12.0, 16.0, 18.0, 20.0, np.nan]})


@pytest.mark.parametrize(
    "impute, value, indicator",
    [
        ({}, 16, True),
        ({"education": "median"}, 16, True),
        ({"education": "most_frequent"}, 12, True),
        ({"education": {"fill": "constant", "value": 9, "indicator": False}}, 9, False),
        ({"education": {"indicator": False}}, 16, False),
        ({"meduc": "most_frequent", "education": "median"}, 12, True),
    ],
)
def test_a_missing_number_is_filled_as_the_file_says(mapping, impute, value, indicator):
    assert imputed(mapping, impute, ROWS, "meduc") == ([12, 12, 16, 18, 20, value], indicator)


@pytest.mark.parametrize("impute, word", [("most_frequent", "school"), ({"fill": "constant", "value": "college"}, "college")])
def test_a_missing_word_is_filled_as_the_file_says(mapping, impute, word):
    words = replace(mapping, categories=["meduc"], ranges={})
    rows = pd.DataFrame({"meduc": ["school", "college", "school", NOT_STATED]}, dtype=object)
    assert imputed(words, {"meduc": impute}, rows, "meduc") == (["school", "college", "school", word], False)


def test_by_itself_what_is_not_stated_is_a_word(mapping):
    words = replace(mapping, categories=["meduc"])
    rows = pd.DataFrame({"meduc": ["school", NOT_STATED]}, dtype=object)
    [steps] = columns_of(words, {}, rows, ["meduc"])
    assert list(steps["onehotencoder"].categories_[0]) == [NOT_STATED, "school"]


def test_only_selected_features_are_filled(mapping):
    found = resolve(mapping, {"parental_age": "median", "race": "most_frequent"})
    assert found.fills == dict.fromkeys(mapping.groups["race"], Fill("most_frequent"))


def test_other_fills_make_another_model(table, mapping):
    rows, names = table[~table.holdout], ["npvis", "omaps"]
    risks = []
    for fills in ({}, {"npvis": Fill("constant", 0, False)}):
        chosen = selection.Selection(names, fills)
        fitted = family.build(chosen, [], Hyperparameters()).fit(rows[names], rows.label)
        risks.append(family.risk(fitted, rows[rows.npvis.isna()]))
    assert len(risks[0]) > 10 and (risks[0] - risks[1]).abs().max() > 1e-4


@pytest.mark.parametrize(
    "impute, message",
    [
        ("median", r"impute: expected a map of groups and features, found 'median'"),
        ({"eduction": "median"}, r"impute: unknown group or feature 'eduction'; did you mean 'education'\?"),
        ({"fmaps": "median"}, r"'fmaps' must not be an input: outcome"),
        ({"education": "medain"}, r"impute\.education: unknown fill 'medain'; did you mean 'median'\?"),
        ({"education": {"fil": "median"}}, r"impute\.education: unknown key 'fil'; did you mean 'fill'\?"),
        ({"education": 0}, r"impute\.education: expected median, most_frequent, constant or a map"),
        ({"education": "constant"}, r"`fill: constant` and `value:` belong together"),
        ({"education": {"fill": "median", "value": 0}}, r"`fill: constant` and `value:` belong together"),
        ({"education": {"fill": "constant", "value": "none"}}, r"education\.value: 'meduc' takes a number, found 'none'"),
        ({"meduc": {"fill": "constant", "value": 99}}, r"meduc\.value: 99 is not within 0 to 25, where 'meduc' has to be"),
        ({"education": {"indicator": "yes"}}, r"education\.indicator: expected true or false, found 'yes'"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(mapping, impute, message):
    with pytest.raises(Refused, match=message):
        resolve(mapping, impute)


def test_words_take_no_median_and_no_indicator(mapping):
    words = replace(mapping, categories=["meduc"])
    for fill in ("median", {"fill": "most_frequent", "indicator": True}):
        with pytest.raises(Refused, match="'meduc' is of words: it takes most_frequent or constant, and has no indicator"):
            resolve(words, {"meduc": fill})
