"""Raw births → the feature table of the run."""

import pyarrow.compute as pc
import pyarrow.dataset as ds

from hrob import step
from hrob.features.make import make
from hrob.intake import mappings


def main() -> None:
    """Raw births → `features.parquet`."""
    config = step.config()
    mapping = mappings.configured(config)
    path = step.output_path("features.parquet")
    make(config, mapping, path)
    seen = ds.dataset(path).to_table(["label", "holdout"])
    print(
        f"{mapping.dataset}: {len(seen)} births with a known outcome, {len(mapping.features)} features "
        f"in {len(mapping.groups)} groups, {mapping.target.name} in {pc.mean(seen['label']).as_py():.1%}, "
        f"{pc.sum(seen['holdout']).as_py()} births held out"
    )


if __name__ == "__main__":
    step.run(main)
