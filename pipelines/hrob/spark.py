"""The feature table on Spark, for births that do not fit into one process; and the trials of a search.

Spark only deals out the rows: what is made of them is hrob.features itself, part by part, so the values are the same. Training
stays with scikit-learn on the collected matrix: the model has to be the same one, and is then scored without a JVM.
"""

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pandas as pd
from deltalake import DeltaTable

from hrob import births, features, mappings
from hrob.mappings import Mapping
from hrob.step import Refused

try:
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql import functions as F
    from pyspark.sql import types as T
except ImportError:
    raise Refused(
        "config.features.engine: pyspark is not installed; pip install -r pipelines/requirements-spark.txt, or choose pandas"
    ) from None

# What pandas.read_csv takes for a missing value by itself.
NO_VALUES = (
    *("#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN"),
    *("None", "n/a", "nan", "null", ""),
)


def make(config: dict, mapping: Mapping, chosen: dict, path: Path) -> None:
    """Raw births → the folder `path` of Parquet files, written by the workers: they need to reach it."""
    with session(chosen) as spark:
        try:
            raw = spread(read(spark, config, mapping)).persist()
            refuse_repeated_ids(raw, mapping)
            shutil.rmtree(path, ignore_errors=True)
            table(raw, mapping).write.parquet(path.absolute().as_uri())
            origin = features.origin_of(mapping, digest(raw, mapping))
        except (PySparkException, Py4JJavaError) as error:
            raise Refused(f"Spark at {chosen['master']} could not make the features: {first_lines(error)}") from error
    (path / features.ORIGIN).write_text(json.dumps(asdict(origin)) + "\n")


@contextmanager
def session(chosen: dict) -> Iterator[SparkSession]:
    """A session at `master:`, with this package on every worker; refuses a cluster of which no worker comes within `deadline:`.

    With a `secret_file:` everything that goes between the processes is authenticated and encrypted.
    """
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    options = {
        "spark.ui.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "20000",
        "spark.driver.memory": chosen["memory"],
        "spark.executor.memory": chosen["memory"],
        # Short jobs: a JVM that compiles little is up in half the time.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    if chosen["secret_file"]:
        secret = Path(chosen["secret_file"]).read_text().strip()
        options |= {"spark.authenticate": "true", "spark.authenticate.secret": secret, "spark.network.crypto.enabled": "true"}
    builder = SparkSession.builder.master(chosen["master"]).appName("hrob.features")
    for name, value in options.items():
        builder = builder.config(name, value)
    try:
        spark = builder.getOrCreate()
    except (PySparkException, Py4JJavaError) as error:
        raise Refused(f"config.features.master: no session at {chosen['master']} (Java 17 and its master are needed): {first_lines(error)}") from error
    try:
        spark.sparkContext.setLogLevel("ERROR")
        with tempfile.TemporaryDirectory() as folder:
            spark.sparkContext.addPyFile(shutil.make_archive(f"{folder}/hrob", "zip", Path(__file__).parents[1], "hrob"))
            await_workers(spark, chosen)
            yield spark
    finally:
        spark.stop()


def await_workers(spark: SparkSession, chosen: dict) -> None:
    """Without workers a job would wait for ever."""
    if chosen["master"].startswith("local"):
        return
    until = time.monotonic() + chosen["deadline"]
    # The driver counts as one.
    while spark.sparkContext._jsc.sc().getExecutorMemoryStatus().size() < 2:
        if time.monotonic() > until:
            raise Refused(f"no worker of {chosen['master']} has come within {chosen['deadline']:g} s; are they running, with the same secret?")
        time.sleep(0.1)


def read(spark: SparkSession, config: dict, mapping: Mapping) -> DataFrame:
    """The columns that matter, and `id`; numbers as double, the others as text."""
    path = config.get("births")
    if not path:
        raw = births.load(config, mapping)
        mappings.check_against_data(mapping, list(raw.columns))
        return columns_of(spark.createDataFrame(raw.reset_index()), mapping)
    source = births.open_births(path, mapping.dataset)
    mappings.check_against_data(mapping, source.columns)
    if not mapping.id:
        raise Refused(
            f"feature_mappings.yml: {mapping.dataset} has no `id:`, and the rows of {path} come in no order on Spark; "
            "name the column that identifies a birth, or use `engine: pandas`"
        )
    if source.rows is None:
        raw = spark.read.csv(path, header=True)
        raw = raw.select([F.when(~F.col(name).isin(*NO_VALUES), F.col(name)).alias(name) for name in raw.columns])
    elif Path(path).is_dir():
        files = births.delta_files(path) if DeltaTable.is_deltatable(path) else [path]
        raw = spark.read.option("basePath", path).parquet(*files)
    else:
        raw = spark.read.parquet(path)
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
    """The part as hrob.births.load would have it."""
    ids = births.text_ids(raw.id, mapping.dataset) if mapping.id else raw.id
    return raw.drop(columns="id").set_index(pd.Index(ids, name="id"))


def refuse_repeated_ids(raw: DataFrame, mapping: Mapping) -> None:
    """As hrob.births.row_ids does."""
    if twice := raw.groupBy("id").count().where("count > 1").orderBy("id").head():
        raise Refused(f"{mapping.id} does not identify a birth: {births.text_ids([twice.id], mapping.dataset)[0]} occurs twice")


def table(raw: DataFrame, mapping: Mapping) -> DataFrame:
    """hrob.features.table, part by part."""

    def parts(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            yield features.table(with_ids(batch, mapping), mapping).reset_index()

    words = [*mapping.categories, *(features.SLICE + name for name in mapping.slices)]
    kinds = {"id": T.StringType(), "label": T.LongType(), "holdout": T.BooleanType()}
    kinds |= {name: T.StringType() if name in words else T.DoubleType() for name in mapping.features}
    kinds |= {features.SLICE + name: T.StringType() for name in mapping.slices}
    return raw.mapInPandas(parts, T.StructType([T.StructField(name, kind) for name, kind in kinds.items()]))


def digest(raw: DataFrame, mapping: Mapping) -> str:
    """hrob.births.digest of the births with a known outcome, bucket by bucket."""

    def rows(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            part = with_ids(batch, mapping)
            yield births.canonical(part[features.labels(part, mapping).notna()], mapping).reset_index()

    def of_bucket(part: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"bucket": [part.bucket.iloc[0]], "digest": [births.digest_of_bucket(part.set_index("id"))]})

    kinds = {name: T.StringType() if name in mapping.categories else T.DoubleType() for name in mapping.raw_columns}
    schema = T.StructType([T.StructField(name, kind) for name, kind in ({"id": T.StringType(), "bucket": T.LongType()} | kinds).items()])
    found = raw.mapInPandas(rows, schema).groupBy("bucket").applyInPandas(of_bucket, "bucket long, digest string").collect()
    return births.of_buckets({row.bucket: row.digest for row in found})


def each(session: SparkSession, work: Callable, given: list) -> list:
    """`work` of each of the given, in their order, by as many workers as there are."""
    sent = session.sparkContext.broadcast(work)
    try:
        return session.sparkContext.parallelize(given, len(given)).map(lambda one: sent.value(one)).collect()
    except (PySparkException, Py4JJavaError) as error:
        raise Refused(f"Spark could not make the trials: {first_lines(error)}") from error
    finally:
        sent.destroy()


def first_lines(error: Exception) -> str:
    """Spark's messages are followed by the state of two virtual machines."""
    return " ".join(str(error).split("\n")[:3]).strip()[:500]
