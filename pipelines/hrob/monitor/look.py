"""A window of what was scored lately, measured against what the model was trained on; and how that is told."""

from datetime import datetime

import pandas as pd

from hrob.features import derive
from hrob.infer import slots
from hrob.intake import holdout
from hrob.intake.mappings import Mapping
from hrob.model.reference import Reference
from hrob.monitor import drift
from hrob.monitor.drift import Measure

KIND = "espalier.monitor/1"
# Under `monitor:` of the configuration. Of a window of more than `most_rows` births a part is looked at, chosen by id.
DEFAULTS = {"window_days": 28, "least_rows": 100, "most_rows": 200_000, **drift.DEFAULTS}


def look(
    window: pd.DataFrame, raw: pd.DataFrame, version: tuple[str, int], reference: Reference, mapping: Mapping
) -> list[Measure]:
    """The measures of a window, corrected for their number.

    All births tell about the features, those that this version has scored about the scores, and of these the ones that no
    model is trained on about the outcomes.
    """
    inputs = derive.inputs(raw, mapping, list(reference.features))
    mine = window[(window.model_name == version[0]) & (window.model_version == version[1])]
    unseen = mine.index[holdout.is_held_out(mine.id, mapping.holdout)]
    labels = derive.labels(raw.loc[unseen], mapping) if mapping.target.column in raw else pd.Series(dtype=float)
    return drift.corrected(drift.measures(reference, inputs, mine.score, labels))


def told(measure: Measure, limit: float) -> str:
    """`npvis: psi 0.31, limit 0.2, p < 1e-6`"""
    p = f"p = {measure.p:.2g}" if measure.p >= 1e-6 else "p < 1e-6"
    return f"{measure.name}: {measure.statistic} {measure.value:.2f}, limit {limit:g}, {p}"


def summary(rows: int, found: list[Measure], drifted: list[Measure], chosen: dict) -> str:
    """One sentence."""
    if rows < chosen["least_rows"]:
        return f"{rows} births were scored in {chosen['window_days']} days; fewer than {chosen['least_rows']} tell nothing."
    limits = chosen["limits"]
    if drifted:
        more = f", and {len(drifted) - 1} more of {len(found)} measures" if len(drifted) > 1 else ""
        return f"Drift: {told(drifted[0], limits[drifted[0].statistic][1])}{more}."
    warned = [measure for measure in found if measure.value > limits[measure.statistic][0] and measure.p <= chosen["alpha"]]
    few = f"; {len(warned)} worth a look" if warned else ""
    return f"No drift in {len(found)} measures of {rows} births{few}."


def document(
    window: pd.DataFrame, found: list[Measure], first: datetime, last: datetime, uri: str, reference: Reference, chosen: dict
) -> dict:
    """`monitor.json`. Its `p` are corrected for the number of measures."""
    drifted = drift.drifted(found, chosen)
    return {
        "kind": KIND,
        "summary": summary(len(window), found, drifted, chosen),
        "drift": bool(drifted),
        "window": {"from": slots.text(first), "to": slots.text(last), "rows": len(window)},
        "reference": {"name": f"{uri} on {reference.dataset}", "rows": reference.rows},
        "measures": [written(measure, *chosen["limits"][measure.statistic]) for measure in found],
    }


def written(measure: Measure, warn: float, limit: float) -> dict:
    return {
        "name": measure.name,
        "statistic": measure.statistic,
        "value": measure.value,
        "warn": warn,
        "limit": limit,
        "p": measure.p,
        "rows": measure.rows,
    }
