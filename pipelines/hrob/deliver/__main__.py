"""De-identified predictions of one logical time, for each partner."""

from datetime import timedelta
from pathlib import Path

from hrob import settings, step
from hrob.deliver import pseudonyms
from hrob.deliver.delivery import DEFAULTS, agreed, de_identified, deliverable, manifest, put, refuse_other_source
from hrob.infer import options, scored, slots
from hrob.infer.predictions import deliveries, predictions
from hrob.infer.slots import Source
from hrob.intake import arrivals, mappings
from hrob.model import registered


def main() -> None:
    """The predictions of one logical time → a folder for each partner in `$ESPALIER_DATA/deliveries`."""
    moment = arrivals.parse_logical_time(step.variable("ESPALIER_LOGICAL_TIME"))
    name, version = registered.pinned_version(step.variable("ESPALIER_MODEL_URI"))
    source = Source(name, version, step.variable("ESPALIER_COMMIT"))
    data = Path(step.variable("ESPALIER_DATA"))
    config = step.config()
    chosen = settings.section(config, "deliver", DEFAULTS)
    mapping = mappings.configured(config)
    partners = agreed(chosen["partners"], mapping)
    key = pseudonyms.read_or_make_key(Path(chosen["key"] or data / "keys/pseudonym.key"))
    rows = scored.of_window(predictions(data, config), moment - timedelta(seconds=1), moment)
    refuse_other_source(rows, source, moment)
    sliced = [rule["column"] for rule in mapping.slices.values()]
    needed = list(dict.fromkeys([*mapping.columns_of(mapping.features), *sliced]))
    raw = scored.raw_births(rows, needed, mapping, config, options.of(config))
    columns = deliverable(rows, raw, mapping)
    for partner, rule in partners.items():
        own = pseudonyms.of_partner(key, partner)
        delivery = de_identified(rows.id, columns, rule, own)
        content = delivery.table.to_csv(index=False, lineterminator="\n").encode()
        told = manifest(partner, delivery, content, source, rows.run.iloc[0] if len(rows) else "", moment, own)
        folder = deliveries(data, config) / partner / slots.text(moment).replace(":", "")
        done = f"{len(rows)} births, {delivery.suppressed} with suppressed columns" if put(folder, told, content) else "nothing to do"
        print(f"{partner}: {folder}: {done}")
    step.report(partners=len(partners), delivered=len(rows))


if __name__ == "__main__":
    step.run(main)
