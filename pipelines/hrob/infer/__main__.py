"""Scores the births of one day with a pinned model version."""

import os
import tempfile
from pathlib import Path

from hrob import step
from hrob.infer import health, options, scoring, slots
from hrob.infer.predictions import predictions, quarantine
from hrob.infer.publishing import publish
from hrob.infer.slots import Source
from hrob.intake import arrivals, mappings
from hrob.model import registered


def main() -> None:
    """The day's births → one slot each of the model's Delta tables of predictions and quarantine."""
    moment = arrivals.parse_logical_time(step.variable("ESPALIER_LOGICAL_TIME"))
    uri = step.variable("ESPALIER_MODEL_URI")
    source = Source(*registered.pinned_version(uri), commit=step.variable("ESPALIER_COMMIT"))
    config = step.config()
    into, ill = (table(Path(step.variable("ESPALIER_DATA")), config) for table in (predictions, quarantine))
    run = os.environ.get("ESPALIER_RUN", "")
    chosen = options.of(config)
    slot = f"{slots.text(moment)} by {uri} at {source.commit[:12]}"

    held = into.held(moment)
    if set(held) == {source}:
        refused = ill.held(moment)[source]
        step.report(scored=held[source], quarantined=refused, health="passed")
        return print(f"nothing to do: {slot} has {held[source]} predictions already")

    mapping = mappings.configured(config)
    day = moment.date()
    model = registered.load(uri)
    with tempfile.TemporaryDirectory() as folder:
        births_of_day = arrivals.source_of_day(config, chosen, mapping.dataset, day)
        scored = scoring.score(births_of_day, mapping, model, chosen, day, Path(folder))
        tally = scored.tally
        problem = health.problem(tally, model.reference.performance.positive_rate, chosen["health"])
        step.report(births=tally.of_day, scored=tally.scored, quarantined=tally.quarantined)
        if problem:
            # The quarantine is for those who look into it; predictions that nobody should believe are for nobody.
            ill.publish(scored.quarantine, source, run, moment, even_if_equal=True)
            step.report(health="failed", health_reason=problem)
            raise step.Refused(f"{slot}: {problem}; no prediction was published")
        version = publish(into, ill, scored, source, run, moment)
    step.report(health="passed")
    print(f"{tally.scored} births scored for {slot}; table version {version}")
    for reason, times in tally.reasons.most_common():
        print(f"in quarantine: {times} births, {reason}")


if __name__ == "__main__":
    step.run(main)
