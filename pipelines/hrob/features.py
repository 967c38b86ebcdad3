"""The feature table: every input a model may use, for every birth whose outcome is known.

It holds all groups, not just the selected ones: a model picks its own columns by name, so that champion and challenger
can be scored on the same table.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from hrob import births, holdout, mappings, settings, step, values
from hrob.mappings import Mapping
from hrob.nearest import unknown

# Before the name of a slice, so that none is taken for a feature.
SLICE = "slice."
# Beside the files of a folder; Parquet readers pass over names that begin so.
ORIGIN = "_origin.json"
ENGINES = ("pandas", "spark")
# Under `features:` of the configuration. `master`, `memory` (of each process), `secret_file` and `deadline` (seconds until the first
# worker has to be there) are for Spark.
DEFAULTS = {"engine": "pandas", "master": "local[2]", "memory": "2g", "secret_file": "", "deadline": 60}


@dataclass(frozen=True)
class Origin:
    """What a feature table was made from; it travels inside the Parquet file."""

    dataset: str
    births: str
    target: str
    holdout: str


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


def write(features: pd.DataFrame, origin: Origin, path: Path) -> None:
    """Parquet, with the origin in its metadata."""
    content = pa.Table.from_pandas(features.reset_index(), preserve_index=False)
    pq.write_table(content.replace_schema_metadata({"origin": json.dumps(asdict(origin))}), path)


def read(path: Path) -> tuple[pd.DataFrame, Origin]:
    """What `write` wrote, or hrob.spark: a folder of files in no order, with the origin beside them."""
    if path.is_dir():
        origin = json.loads((path / ORIGIN).read_text())
        return ds.dataset(path).to_table().to_pandas().set_index("id").sort_index(), Origin(**origin)
    content = pq.read_table(path)
    return content.to_pandas().set_index("id"), Origin(**json.loads(content.schema.metadata[b"origin"]))


def origin_of(mapping: Mapping, digest: str) -> Origin:
    return Origin(mapping.dataset, digest, mapping.target.name, holdout.name(mapping.holdout))


def engine(config: dict) -> dict:
    """`features:` of the configuration: what computes, and what Spark needs to know."""
    chosen = settings.section(config, "features", DEFAULTS)
    if chosen["engine"] not in ENGINES:
        raise step.Refused(f"config.features.engine: {unknown('engine', chosen['engine'], ENGINES)}; there are {', '.join(ENGINES)}")
    return chosen


def make(config: dict, mapping: Mapping, path: Path) -> None:
    """Reads the births and writes their feature table, here or on Spark, as `features:` of the configuration says."""
    chosen = engine(config)
    if chosen["engine"] == "spark":
        from hrob import spark

        return spark.make(config, mapping, chosen, path)
    raw = births.load(config, mapping)
    mappings.check_against_data(mapping, list(raw.columns))
    features = table(raw, mapping)
    write(features, origin_of(mapping, births.digest(raw.loc[features.index], mapping)), path)


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
