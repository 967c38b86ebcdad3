"""Scores the births of one day with a pinned model version."""

import os
import tempfile
from datetime import datetime
from pathlib import Path

from hrob import health, intake, mappings, registered, scoring, settings, slots, step
from hrob.predictions import predictions, quarantine
from hrob.scoring import Scored
from hrob.slots import Source

DEFAULTS = {**intake.DEFAULTS, "health": health.DEFAULTS}


def publish(data: Path, scored: Scored, source: Source, run: str, moment: datetime) -> int:
    """Writes both slots, and looks whether every birth is in them; the predictions' version.

    The quarantine comes first: where the predictions are, the whole is there.
    """
    quarantine(data).publish(scored.quarantine, source, run, moment, even_if_equal=True)
    written = predictions(data).publish(scored.predictions, source, run, moment)
    found = {table.name: table.held(moment)[source] for table in (predictions(data), quarantine(data))}
    if sum(found.values()) != scored.tally.of_day:
        raise step.Refused(
            f"the day has {scored.tally.of_day} births, but {data} now holds {found['predictions']} predictions and "
            f"{found['quarantine']} births in quarantine for {slots.text(moment)} by {source}; was another run at work?"
        )
    return written.version


def main() -> None:
    """The day's births → one slot each of the Delta tables `predictions` and `quarantine`."""
    moment = intake.parse_logical_time(step.variable("ESPALIER_LOGICAL_TIME"))
    uri = step.variable("ESPALIER_MODEL_URI")
    source = Source(*registered.pinned_version(uri), commit=step.variable("ESPALIER_COMMIT"))
    data = Path(step.variable("ESPALIER_DATA"))
    config = step.config()
    chosen = settings.section(config, "infer", DEFAULTS)
    slot = f"{slots.text(moment)} by {uri} at {source.commit[:12]}"

    held = predictions(data).held(moment)
    if set(held) == {source}:
        refused = quarantine(data).held(moment)[source]
        step.report(scored=held[source], quarantined=refused, health="passed")
        return print(f"nothing to do: {slot} has {held[source]} predictions already")

    mapping = mappings.configured(config)
    day = moment.date()
    model = registered.load(uri)
    with tempfile.TemporaryDirectory() as folder:
        births_of_day = intake.source_of_day(config, chosen, mapping.dataset, day)
        scored = scoring.score(births_of_day, mapping, model, chosen, day, Path(folder))
        tally = scored.tally
        illness = health.illness(tally, model.reference.performance.positive_rate, chosen["health"])
        step.report(births=tally.of_day, scored=tally.scored, quarantined=tally.quarantined)
        if illness:
            # The quarantine is for those who look into it; predictions that nobody should believe are for nobody.
            quarantine(data).publish(scored.quarantine, source, os.environ.get("ESPALIER_RUN", ""), moment, even_if_equal=True)
            step.report(health="failed", health_reason=illness)
            raise step.Refused(f"{slot}: {illness}; no prediction was published")
        version = publish(data, scored, source, os.environ.get("ESPALIER_RUN", ""), moment)
    step.report(health="passed")
    print(f"{tally.scored} births scored for {slot}; table version {version}")
    for reason, times in tally.reasons.most_common():
        print(f"in quarantine: {times} births, {reason}")


if __name__ == "__main__":
    step.run(main)
