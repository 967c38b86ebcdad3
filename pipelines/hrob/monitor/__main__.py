"""Compares what was scored lately with what the champion was trained on."""

import json
from datetime import timedelta
from pathlib import Path

from hrob import settings, step
from hrob.infer import options, scored
from hrob.infer.predictions import predictions
from hrob.intake import arrivals, mappings
from hrob.model import registered
from hrob.monitor.look import DEFAULTS, document, look


def main() -> None:
    """The predictions of the last days and their births → `monitor.json`, `drift=detected` or `drift=none`, `drift_reason`."""
    last = arrivals.parse_logical_time(step.variable("ESPALIER_LOGICAL_TIME"))
    uri = step.variable("ESPALIER_MODEL_URI")
    version = registered.pinned_version(uri)
    config = step.config()
    chosen = settings.section(config, "monitor", DEFAULTS)
    arriving = options.of(config)
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
