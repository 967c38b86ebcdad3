"""Compares what was scored lately with what the champion was trained on."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from hrob import drift, features, holdout, infer, intake, mappings, registered, scored, settings, slots, step
from hrob.drift import Measure
from hrob.mappings import Mapping
from hrob.predictions import predictions
from hrob.reference import Reference

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
    inputs = features.inputs(raw, mapping, list(reference.features))
    mine = window[(window.model_name == version[0]) & (window.model_version == version[1])]
    unseen = mine.index[holdout.is_held_out(mine.id, mapping.holdout)]
    labels = features.labels(raw.loc[unseen], mapping) if mapping.target.column in raw else pd.Series(dtype=float)
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


def main() -> None:
    """The predictions of the last days and their births → `monitor.json`, `drift=detected` or `drift=none`, `drift_reason`."""
    last = intake.parse_logical_time(step.variable("ESPALIER_LOGICAL_TIME"))
    uri = step.variable("ESPALIER_MODEL_URI")
    version = registered.pinned_version(uri)
    config = step.config()
    chosen = settings.section(config, "monitor", DEFAULTS)
    arriving = settings.section(config, "infer", infer.DEFAULTS)
    mapping = mappings.configured(config)
    reference = registered.load(uri).reference
    first = last - timedelta(days=chosen["window_days"])
    table = predictions(Path(step.variable("ESPALIER_DATA")), config)
    window = scored.of_window(table, first, last, chosen["most_rows"])
    found = []
    if len(window) >= chosen["least_rows"]:
        columns = mapping.columns_of(list(reference.features))
        raw = scored.raw_births(window, [*columns, mapping.target.column], mapping, config, arriving)
        found = look(window, raw, version, reference, mapping)
    content = document(window, found, first, last, uri, reference, chosen)
    step.output_path("monitor.json").write_text(json.dumps(content, indent=1) + "\n")
    step.report(drift="detected" if content["drift"] else "none", drift_reason=content["summary"])


if __name__ == "__main__":
    step.run(main)
