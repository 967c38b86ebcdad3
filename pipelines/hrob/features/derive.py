"""The feature table: every input a model may use, for every birth whose outcome is known.

It holds all groups, not just the selected ones: a model picks its own columns by name, so that champion and challenger
can be scored on the same table.
"""

import numpy as np
import pandas as pd

from hrob.intake import holdout, values
from hrob.intake.mappings import Mapping

# Before the name of a slice, so that none is taken for a feature.
SLICE = "slice."


def inputs(raw: pd.DataFrame, mapping: Mapping, names: list[str] | None = None) -> pd.DataFrame:
    """One row a birth, one column a feature, all or those named: float64 with NaN where missing, or text with `not stated`."""
    columns = {}
    for name in mapping.features if names is None else names:
        if name in mapping.derived:
            rule = mapping.derived[name]
            source = raw[rule["column"]]
            columns[name] = (source < rule["below"]).astype(float).where(source.notna())
        elif name in mapping.categories:
            columns[name] = values.words(raw[name])
        else:
            columns[name] = raw[name].astype(float)
    return pd.DataFrame(columns, index=raw.index)


def labels(raw: pd.DataFrame, mapping: Mapping) -> pd.Series:
    """1.0, 0.0, or NaN where the outcome was not recorded."""
    outcome = raw[mapping.target.column].astype(float)
    if mapping.target.at_most is None:
        return outcome
    return (outcome <= mapping.target.at_most).astype(float).where(outcome.notna())


def slices(raw: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """One column of words a slice, named with `SLICE` before it: the band in which the birth lies."""
    columns = {}
    for name, rule in mapping.slices.items():
        starts, column = rule["from"], raw[rule["column"]].astype(float)
        between = [f"{low} to below {high}" for low, high in zip(starts, starts[1:])]
        words = [f"below {starts[0]}", *between, f"{starts[-1]} or more"]
        bands = np.array([*words, values.NOT_STATED], dtype=object)
        columns[SLICE + name] = bands[np.where(column.isna(), len(words), np.digitize(column, starts))]
    return pd.DataFrame(columns, index=raw.index)


def table(raw: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """Columns `label` (0/1), `holdout` (bool), the features, the slices; indexed and sorted by id; unknown outcomes left out."""
    known = raw[labels(raw, mapping).notna()].sort_index()
    features = inputs(known, mapping)
    features.insert(0, "label", labels(known, mapping).astype(np.int64))
    features.insert(1, "holdout", holdout.is_held_out(known.index, mapping.holdout))
    return features.join(slices(known, mapping))
