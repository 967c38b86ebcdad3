"""Makes the feature table where `features:` of the configuration says."""

from pathlib import Path

from hrob import engine
from hrob.features import derive, files
from hrob.intake import births, mappings
from hrob.intake.mappings import Mapping


def make(config: dict, mapping: Mapping, path: Path) -> None:
    """Reads the births and writes their feature table, here or on Spark, as `features:` of the configuration says."""
    chosen = engine.chosen(config)
    if chosen["engine"] == "spark":
        # PySpark is installed only where it is used.
        from hrob.features import on_spark

        return on_spark.make(config, mapping, chosen, path)
    raw = births.load(config, mapping)
    mappings.check_against_data(mapping, list(raw.columns))
    features = derive.table(raw, mapping)
    files.write(features, files.origin_of(mapping, births.digest(raw.loc[features.index], mapping)), path)
