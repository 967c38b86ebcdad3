"""A session on a Spark cluster, or on the processors of this machine, that runs this package's own code."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hrob.step import Refused

try:
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession
except ImportError:
    raise Refused(
        "config.features.engine: pyspark is not installed; pip install -r pipelines/requirements-spark.txt, or choose pandas"
    ) from None

# What Spark raises, in Python and from the JVM.
ERRORS = (PySparkException, Py4JJavaError)


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
    except ERRORS as error:
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


def each(session: SparkSession, work: Callable, given: list) -> list:
    """`work` of each of the given, in their order, by as many workers as there are."""
    sent = session.sparkContext.broadcast(work)
    try:
        return session.sparkContext.parallelize(given, len(given)).map(lambda one: sent.value(one)).collect()
    except ERRORS as error:
        raise Refused(f"Spark could not make the trials: {first_lines(error)}") from error
    finally:
        sent.destroy()


def first_lines(error: Exception) -> str:
    """Spark's messages are followed by the state of two virtual machines."""
    return " ".join(str(error).split("\n")[:3]).strip()[:500]
