"""The same features from Spark as from pandas, on this machine and on a cluster of a master and two workers."""

import json
import os
import re
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pyspark = pytest.importorskip("pyspark", reason="pyspark is not installed: pip install -r pipelines/requirements-spark.txt")

from hrob.features import files, make
from hrob.intake import mappings
from hrob.model import selection
from hrob.step import Refused
from hrob.train import folds, parallel, training

LOCAL = {"engine": "spark", "master": "local[2]", "memory": "1g"}


@pytest.fixture(autouse=True)
def on_this_machine(monkeypatch):
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")


@pytest.fixture(scope="module")
def natality() -> pd.DataFrame:
    """Births in the form of natality2014, drawn at random, with gaps, words, and outcomes that are not known."""
    mapping, random = mappings.read("natality2014"), np.random.default_rng(0)
    rows = 3_000
    found = {"record_id": random.permutation(rows) + 1}
    for name in [*mapping.features, *mapping.refused]:
        found[name] = np.where(random.random(rows) < 0.1, np.nan, random.integers(0, 2, rows))
    found |= {"mother_age": random.integers(12, 50, rows), "prepregnancy_bmi": np.round(random.normal(26, 6, rows), 1)}
    found["payer"] = random.choice(["private", "medicaid", "none", None], rows)
    found["prenatal_start_trimester"] = random.choice(["first", "2", None], rows)
    return pd.DataFrame(found)


def made(config: dict, path: Path):
    make.make(config, mappings.configured(config), path)
    return files.read(path)


def compare(config: dict, chosen: dict, folder: Path) -> pd.DataFrame:
    """Both tables, to the last bit, and the origins with the digests of the births."""
    table, origin = made(config, folder / "pandas.parquet")
    other, its_origin = made(config | {"features": chosen}, folder / "spark.parquet")
    assert its_origin == origin
    pd.testing.assert_frame_equal(other, table, check_exact=True)
    return table


def test_the_packaged_births_are_the_same(tmp_path):
    assert len(compare({}, LOCAL, tmp_path)) == 1829


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet"])
def test_births_of_a_file_are_the_same(natality, tmp_path, kind):
    path = tmp_path / f"births.{kind}"
    natality.to_parquet(path, index=False) if kind == "parquet" else natality.to_csv(path, index=False)
    table = compare({"births": str(path)}, LOCAL, tmp_path)
    assert 2_500 < len(table) < 3_000 and {"not stated", "2"} <= set(table.prenatal_start_trimester)


def test_what_pandas_refuses_is_refused(natality, tmp_path):
    config = {"births": str(tmp_path / "births.parquet"), "features": LOCAL}
    pd.concat([natality, natality.iloc[[7]]]).to_parquet(config["births"], index=False)
    with pytest.raises(Refused, match=f"record_id does not identify a birth: natality2014-{natality.record_id[7]:07d} occurs twice"):
        made(config, tmp_path / "features.parquet")
    natality.assign(mother_age="young").to_parquet(config["births"], index=False)
    with pytest.raises(Refused, match="Spark at local.2. could not make the features: .*CAST_INVALID_INPUT.*'young'"):
        made(config, tmp_path / "features.parquet")
    natality.drop(columns="wic").to_parquet(config["births"], index=False)
    with pytest.raises(Refused, match="unknown column 'wic'"):
        made(config, tmp_path / "features.parquet")


def test_births_without_an_id_are_refused(raw, tmp_path):
    raw.to_parquet(tmp_path / "births.parquet", index=False)
    config = {"dataset": "bwght2", "births": str(tmp_path / "births.parquet"), "features": LOCAL}
    with pytest.raises(Refused, match="bwght2 has no `id:`, and the rows of .* come in no order on Spark"):
        made(config, tmp_path / "features.parquet")


class Cluster:
    """A standalone master and its workers, which take nobody without the secret."""

    def __init__(self, folder: Path):
        self.folder, self.processes = folder, []
        self.secret = folder / "secret"
        self.secret.write_text("a secret of this test alone\n")
        self.properties = folder / "spark.conf"
        self.properties.write_text(
            f"spark.authenticate true\nspark.authenticate.secret {self.secret.read_text().strip()}\n"
            "spark.network.crypto.enabled true\nspark.master.rest.enabled false\n"
        )
        for file in (self.secret, self.properties):
            file.chmod(0o600)
        self.start("master.Master", "--port", "0")
        self.until(self.started)
        self.address = self.started()[1]

    def start(self, name: str, *arguments: str) -> None:
        command = [Path(pyspark.__file__).parent / "bin/spark-class", f"org.apache.spark.deploy.{name}", "--host", "127.0.0.1"]
        options = ["--webui-port", "0", "--properties-file", self.properties, *arguments]
        with open(self.folder / f"log-{len(self.processes)}", "w") as log:
            self.processes.append(
                subprocess.Popen([*map(str, command), *map(str, options)], stdout=log, stderr=log, env=os.environ | {"SPARK_DAEMON_MEMORY": "256m"})
            )

    def start_worker(self) -> None:
        self.start("worker.Worker", "--cores", "1", "--memory", "1g", "--work-dir", str(self.folder / "work"), self.address)

    def started(self) -> re.Match | None:
        return re.search(r"Starting Spark master at (spark://\S+)", (self.folder / "log-0").read_text())

    def registered(self) -> int:
        return (self.folder / "log-0").read_text().count("Registering worker")

    def until(self, condition) -> None:
        deadline = time.monotonic() + 600
        while not condition():
            assert time.monotonic() < deadline and all(process.poll() is None for process in self.processes), self.logs()
            time.sleep(0.05)

    def logs(self) -> str:
        return "\n".join(path.read_text()[-3_000:] for path in self.folder.glob("log-*"))

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(300)


def test_a_cluster_of_two_workers_makes_the_same_features_and_trials(natality, tmp_path):
    """Without workers it refuses instead of waiting for ever; then with two, each of them at work."""
    natality.to_parquet(tmp_path / "births.parquet", index=False)
    config = {"births": str(tmp_path / "births.parquet")}
    cluster = Cluster(tmp_path)
    chosen = {"engine": "spark", "master": cluster.address, "memory": "512m", "secret_file": str(cluster.secret), "deadline": 1}
    try:
        with pytest.raises(Refused, match=f"no worker of {cluster.address} has come within 1 s"):
            made(config | {"features": chosen}, tmp_path / "features.parquet")
        cluster.start_worker()
        cluster.start_worker()
        cluster.until(lambda: cluster.registered() == 2)
        table = compare(config, chosen | {"deadline": 120}, tmp_path)
        mapping = mappings.configured(config)
        selected = selection.resolve(mapping, {"keep": ["paternal", "anthropometry"]}, "here")
        evaluation = folds.Evaluation(training.training_rows(table, mapping), selected, mapping.categories)
        asked = [{"inverse_regularisation": value, "penalty": "l2", "scaling": "standard"} for value in (0.001, 0.1, 10.0)]
        with parallel.evaluating(evaluation, 3, chosen | {"deadline": 120}) as evaluate:
            assert evaluate(asked) == [[pytest.approx(fold) for fold in evaluation(params)] for params in asked]
    finally:
        cluster.stop()
    executors = list((tmp_path / "work").glob("app-*/*/stderr"))
    assert len(executors) >= 2 and json.loads((tmp_path / "spark.parquet" / files.ORIGIN).read_text())
    assert len(list((tmp_path / "spark.parquet").glob("part-*"))) >= 2
