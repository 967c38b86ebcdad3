"""Scores the births of one day with a pinned model version."""

import os
from pathlib import Path

from hrob import births, features, intake, mappings, predictions, registered, step
from hrob.predictions import Source


def main() -> None:
    """The day's births → one slot of the Delta table `predictions`."""
    moment = intake.parse_logical_time(step.variable("ESPALIER_LOGICAL_TIME"))
    uri = step.variable("ESPALIER_MODEL_URI")
    source = Source(*registered.pinned_version(uri), commit=step.variable("ESPALIER_COMMIT"))
    root = Path(step.variable("ESPALIER_DATA")) / "predictions"
    config = step.config()
    mapping = mappings.read(births.dataset_name(config))
    today = intake.of_day(births.load(config, mapping), moment.date())
    scores = registered.load(uri).risk(features.inputs(today, mapping))
    rows = predictions.rows(scores, source, os.environ.get("ESPALIER_RUN", ""), moment)
    written = predictions.publish(root, rows, source, moment)
    slot = f"{predictions.text(moment)} by {uri} at {source.commit[:12]}"
    if written.changed:
        print(f"{len(scores)} births scored for {slot}; table version {written.version}")
    else:
        print(f"nothing to do: {slot} is already in table version {written.version}")


if __name__ == "__main__":
    step.run(main)
