"""A feature table on disk, with what it was made from."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from hrob.intake import holdout
from hrob.intake.mappings import Mapping

# Beside the files of a folder; Parquet readers pass over names that begin so.
ORIGIN = "_origin.json"


@dataclass(frozen=True)
class Origin:
    """What a feature table was made from; it travels inside the Parquet file."""

    dataset: str
    births: str
    target: str
    holdout: str


def write(features: pd.DataFrame, origin: Origin, path: Path) -> None:
    """Parquet, with the origin in its metadata."""
    content = pa.Table.from_pandas(features.reset_index(), preserve_index=False)
    pq.write_table(content.replace_schema_metadata({"origin": json.dumps(asdict(origin))}), path)


def read(path: Path) -> tuple[pd.DataFrame, Origin]:
    """What `write` wrote, or hrob.features.on_spark: a folder of files in no order, with the origin beside them."""
    if path.is_dir():
        origin = json.loads((path / ORIGIN).read_text())
        return ds.dataset(path).to_table().to_pandas().set_index("id").sort_index(), Origin(**origin)
    content = pq.read_table(path)
    return content.to_pandas().set_index("id"), Origin(**json.loads(content.schema.metadata[b"origin"]))


def origin_of(mapping: Mapping, digest: str) -> Origin:
    return Origin(mapping.dataset, digest, mapping.target.name, holdout.name(mapping.holdout))
