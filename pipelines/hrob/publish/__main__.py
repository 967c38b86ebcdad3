"""Puts the feature table of a run into the store, where models of every target find it."""

import json

from hrob import step
from hrob.features import files
from hrob.intake import mappings
from hrob.publish.shared_table import TABLE, publish, store


def main() -> None:
    """`features.parquet` → a version of the shared feature table, named in `table.json`; nothing with `feature_store: false`."""
    if not step.config().get("feature_store", True):
        step.output_path(TABLE).write_text("{}\n")
        print("the environment has `feature_store: false`: models are trained on the features of their own run")
        return
    table, origin = files.read(step.input_path("features", "features.parquet"))
    snapshot, written = publish(table, mappings.read(origin.dataset), f"{origin.dataset} {origin.births}", store())
    content = {"table": snapshot.definition.name, "version": snapshot.version}
    step.output_path(TABLE).write_text(json.dumps(content) + "\n")
    print(f"{snapshot.name} of {snapshot.definition.owner}: {written} of {len(table)} births are new or others than before")
    step.report(table=snapshot.definition.name, version=snapshot.version)


if __name__ == "__main__":
    step.run(main)
