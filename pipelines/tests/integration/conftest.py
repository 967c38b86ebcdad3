"""The steps as they are run in earnest: processes that see nothing but the step contract.

MLflow's store is a temporary folder, whatever the environment says: a test never writes into a real registry.
"""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient

from hrob import step

PIPELINES = Path(__file__).parents[2]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
MODEL = "hrob-risk"


def inherited() -> dict[str, str]:
    """The variables of this process that a step may see."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("ESPALIER_", "MLFLOW_"))}


@dataclass(frozen=True)
class Checkout:
    """A copy of the project with its own selection, outputs and data root."""

    root: Path
    tracking_uri: str
    warm: subprocess.Popen

    def select(self, text: str) -> None:
        (self.root / "pipelines/feature_selection_config.yml").write_text(text)

    def contract(self, step: str) -> dict[str, str]:
        """The variables that Espalier gives a step."""
        return {
            "PYTHONPATH": "pipelines",
            "MLFLOW_ALLOW_FILE_STORE": "true",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_TRACKING_URI": self.tracking_uri,
            "MLFLOW_EXPERIMENT_NAME": "tests",
            "ESPALIER_COMMIT": COMMIT,
            "ESPALIER_INPUTS": str(self.root / "outputs"),
            "ESPALIER_OUTPUTS": str(self.root / "outputs" / step),
            "ESPALIER_OUTPUT": str(self.root / f"{step}.output"),
            "ESPALIER_DATA": str(self.root / "data"),
        }

    def start(self, module: str, program: str | None = None, **variables: str) -> subprocess.Popen:
        """Starts `python -m hrob.<module>`, or a program instead of it, as the step of that name."""
        return subprocess.Popen(
            [sys.executable, *(["-c", program] if program else ["-m", f"hrob.{module}"])],
            cwd=self.root,
            env=inherited() | self.contract(module) | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, module: str, **variables: str) -> str:
        """Runs the step of that name to its end, in a process of its own, and gives what it printed."""
        log = self.root / f"{module}.log"
        request = {"module": f"hrob.{module}", "folder": str(self.root), "log": str(log),
                   "variables": inherited() | self.contract(module) | variables}
        self.warm.stdin.write(json.dumps(request) + "\n")
        self.warm.stdin.flush()
        code = self.warm.stdout.readline()
        printed = log.read_text()
        assert code == "0\n", printed
        return printed

    def call(self, module: str, **variables: str) -> tuple[int, str]:
        """The step in this process, which saves its start: exit code, and what it printed."""
        printed = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
            for name, value in (self.contract(module) | variables).items():
                patch.setenv(name, value)
            try:
                step.run(import_module(f"hrob.{module}.__main__").main)
            except SystemExit as exit:
                return 1, f"{printed.getvalue()}{exit.code}"
        return 0, printed.getvalue()

    def outputs(self, step: str) -> dict[str, str]:
        """The last value of each key the step reported."""
        return dict(line.split("=", 1) for line in (self.root / f"{step}.output").read_text().splitlines())

    def register(self) -> str:
        """What Espalier does after `train`: a version of the model it reported; its pinned URI."""
        reported = self.outputs("train")
        source = reported["model_uri"]
        version = MlflowClient(self.tracking_uri).create_model_version(
            MODEL, source, run_id=reported["run_id"], model_id=source.removeprefix("models:/")
        )
        return f"models:/{MODEL}/{version.version}"


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    root = tmp_path_factory.mktemp("checkout")
    ignore = shutil.ignore_patterns("tests", "__pycache__")
    shutil.copytree(PIPELINES, root / "pipelines", ignore=ignore)
    store = (tmp_path_factory.mktemp("mlflow")).as_uri()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
        mlflow.set_tracking_uri(store)
        MlflowClient(store).create_registered_model(MODEL)
        warm = [sys.executable, Path(__file__).with_name("warm.py")]
        variables = inherited() | {"MLFLOW_DISABLE_TELEMETRY": "true"}
        with subprocess.Popen(warm, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            yield Checkout(root, store, process)
            process.stdin.close()


@dataclass(frozen=True)
class Contest:
    """Two registered models, the second with more features. The committed selection has no say: any may be committed."""

    checkout: Checkout
    champion: str
    challenger: str


@pytest.fixture(scope="session")
def contest(checkout: Checkout) -> Contest:
    # What a search finds depends on a digest: other tests are about models that are always the same.
    config = checkout.root / "no-search.json"
    config.write_text('{"search": false}')
    checkout.run("features")
    checkout.select("bwght2: { keep: [parental_age, first_minute_alarm] }")
    checkout.run("train", ESPALIER_CONFIG=str(config))
    champion = checkout.register()
    checkout.select("bwght2: { keep: all }")
    checkout.run("train", ESPALIER_CONFIG=str(config))
    return Contest(checkout, champion, checkout.register())
