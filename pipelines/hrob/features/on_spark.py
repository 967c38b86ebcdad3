"""The feature table on Spark, for births that do not fit into one process.

Spark only deals out the rows: what is made of them is hrob.features.derive itself, part by part, so the values are the same.
Training stays with scikit-learn on the collected matrix: the model has to be the same one, and is then scored without a JVM.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pandas as pd
from deltalake import DeltaTable

# Before PySpark: without it, this one says what to install.
from hrob import spark
from hrob.features import derive, files
from hrob.intake import births, mappings
from hrob.intake.mappings import Mapping
from hrob.step import Refused

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

# What pandas.read_csv takes for a missing value by itself.
NO_VALUES = (
    *("#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN"),
    *("None", "n/a", "nan", "null", ""),
)


def make(config: dict, mapping: Mapping, chosen: dict, path: Path) -> None:
    """Raw births → the folder `path` of Parquet files, written by the workers: they need to reach it."""
    with spark.session(chosen) as session:
        try:
            raw = spread(read(session, config, mapping)).persist()
            refuse_repeated_ids(raw, mapping)
            shutil.rmtree(path, ignore_errors=True)
            table(raw, mapping).write.parquet(path.absolute().as_uri())
            origin = files.origin_of(mapping, digest(raw, mapping))
        except spark.ERRORS as error:
            raise Refused(f"Spark at {chosen['master']} could not make the features: {spark.first_lines(error)}") from error
    (path / files.ORIGIN).write_text(json.dumps(asdict(origin)) + "\n")


def read(session: SparkSession, config: dict, mapping: Mapping) -> DataFrame:
    """The columns that matter, and `id`; numbers as double, the others as text."""
    path = config.get("births")
    if not path:
        raw = births.load(config, mapping)
        mappings.check_against_data(mapping, list(raw.columns))
        return columns_of(session.createDataFrame(raw.reset_index()), mapping)
    source = births.open_births(path, mapping.dataset)
    mappings.check_against_data(mapping, source.columns)
    if not mapping.id:
        raise Refused(
            f"feature_mappings.yml: {mapping.dataset} has no `id:`, and the rows of {path} come in no order on Spark; "
            "name the column that identifies a birth, or use `engine: pandas`"
        )
    if source.rows is None:
        raw = session.read.csv(path, header=True)
        raw = raw.select([F.when(~F.col(name).isin(*NO_VALUES), F.col(name)).alias(name) for name in raw.columns])
    elif Path(path).is_dir():
        files = births.delta_files(path) if DeltaTable.is_deltatable(path) else [path]
        raw = session.read.option("basePath", path).parquet(*files)
    else:
        raw = session.read.parquet(path)
    return columns_of(raw, mapping)


def columns_of(raw: DataFrame, mapping: Mapping) -> DataFrame:
    """Whatever types the source gave them. A text that is no number ends the job: Spark's ANSI mode refuses the cast."""
    wanted = list(dict.fromkeys([*mapping.raw_columns, *(rule["column"] for rule in mapping.slices.values())]))
    casts = [F.col(name).cast("string" if name in mapping.categories else "double").alias(name) for name in wanted]
    key = F.col(mapping.id).cast("bigint") if mapping.id and "id" not in raw.columns else F.col("id")
    return raw.select(key.alias("id"), *casts)


def spread(raw: DataFrame) -> DataFrame:
    """Over all processors; a compressed CSV is read by one."""
    processors = raw.sparkSession.sparkContext.defaultParallelism
    return raw.repartition(processors) if raw.rdd.getNumPartitions() < processors else raw


def with_ids(raw: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """The part as hrob.intake.births.load would have it."""
    ids = births.text_ids(raw.id, mapping.dataset) if mapping.id else raw.id
    return raw.drop(columns="id").set_index(pd.Index(ids, name="id"))


def refuse_repeated_ids(raw: DataFrame, mapping: Mapping) -> None:
    """As hrob.intake.births.row_ids does."""
    if twice := raw.groupBy("id").count().where("count > 1").orderBy("id").head():
        raise Refused(f"{mapping.id} does not identify a birth: {births.text_ids([twice.id], mapping.dataset)[0]} occurs twice")


def table(raw: DataFrame, mapping: Mapping) -> DataFrame:
    """hrob.features.derive.table, part by part."""

    def parts(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            yield derive.table(with_ids(batch, mapping), mapping).reset_index()

    words = [*mapping.categories, *(derive.SLICE + name for name in mapping.slices)]
    kinds = {"id": T.StringType(), "label": T.LongType(), "holdout": T.BooleanType()}
    kinds |= {name: T.StringType() if name in words else T.DoubleType() for name in mapping.features}
    kinds |= {derive.SLICE + name: T.StringType() for name in mapping.slices}
    return raw.mapInPandas(parts, T.StructType([T.StructField(name, kind) for name, kind in kinds.items()]))


def digest(raw: DataFrame, mapping: Mapping) -> str:
    """hrob.intake.births.digest of the births with a known outcome, bucket by bucket."""

    def rows(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            part = with_ids(batch, mapping)
            yield births.canonical(part[derive.labels(part, mapping).notna()], mapping).reset_index()

    def of_bucket(part: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"bucket": [part.bucket.iloc[0]], "digest": [births.digest_of_bucket(part.set_index("id"))]})

    kinds = {name: T.StringType() if name in mapping.categories else T.DoubleType() for name in mapping.raw_columns}
    schema = T.StructType([T.StructField(name, kind) for name, kind in ({"id": T.StringType(), "bucket": T.LongType()} | kinds).items()])
    found = raw.mapInPandas(rows, schema).groupBy("bucket").applyInPandas(of_bucket, "bucket long, digest string").collect()
    return births.of_buckets({row.bucket: row.digest for row in found})
