"""A model of US births of 2014, whose monitor looks at births of the same year, and at births of 2022."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = pathlib.Path(os.environ.get("ESPALIER_NATALITY") or ROOT.parent / "shared/data")
FILES = {year: FOLDER / f"natality{year}_births.csv.gz" for year in (2014, 2022)}
MISSING = [str(file) for file in FILES.values() if not file.exists()]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"{', '.join(MISSING)} missing: name their folder in ESPALIER_NATALITY")

# What both years have.
SHARED = ["mother_age", "father_age", "payer", "height_in", "prepregnancy_weight_lb", "prepregnancy_bmi", "prenatal_care_none",
          "prenatal_start_trimester", "hypertension_prepregnancy", "hypertension_gestational", "eclampsia", "plurality"]
TRAIN = """
from hrob import step
from hrob.features import files
from hrob.train.training import train
table, origin = files.read(step.input_path("features", "features.parquet"))
logged = train(table, origin, {})
step.report(model_uri=logged.model_uri, run_id=logged.run_id)
"""
SAME_YEAR, OTHER_YEAR = "2026-03-01T11:00:00Z", "2026-06-01T11:00:00Z"
LOOKS = 40


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    """Runs the reference project's steps, as Espalier would, over a registry of files."""
    import mlflow
    from mlflow import MlflowClient

    root = tmp_path_factory.mktemp("natality")
    shutil.copytree(ROOT / "pipelines", root / "pipelines", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "pipelines/feature_selection_config.yml").write_text(f"natality2014: {{ keep: [{', '.join(SHARED)}] }}\n")
    store = (root / "mlflow").as_uri()

    def run(code, config=None, **variables):
        (root / "config.json").write_text(json.dumps({"dataset": "natality2014", "births": str(FILES[2014])} | (config or {})))
        given = {
            **os.environ, "PYTHONPATH": str(root / "pipelines"), "MLFLOW_ALLOW_FILE_STORE": "true", "MLFLOW_TRACKING_URI": store,
            "MLFLOW_DISABLE_TELEMETRY": "true", "ESPALIER_INPUTS": str(root), "ESPALIER_OUTPUTS": str(root / "features"),
            "ESPALIER_OUTPUT": str(root / "output"), "ESPALIER_DATA": str(root / "data"), "ESPALIER_COMMIT": "0" * 40,
            "ESPALIER_CONFIG": str(root / "config.json"), **variables,
        }
        (root / "output").write_text("")
        done = subprocess.run([sys.executable, "-c", code], cwd=root, env=given, text=True, capture_output=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return dict(line.split("=", 1) for line in (root / "output").read_text().splitlines())

    run("from hrob.features.__main__ import main; main()")
    trained = run(TRAIN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
        mlflow.set_tracking_uri(store)
        client = MlflowClient(store)
        client.create_registered_model("natality")
        uri = trained["model_uri"]
        client.create_model_version("natality", uri, trained["run_id"], model_id=uri.removeprefix("models:/"))
    return root, run


def look(steps, time, infer):
    """Scores the births that arrive, and looks at them; what the monitor wrote and reported."""
    root, run = steps
    given = {"ESPALIER_MODEL_URI": "models:/natality/1", "ESPALIER_LOGICAL_TIME": time}
    scored = run("from hrob.infer.__main__ import main; main()", {"infer": infer}, **given)
    reported = run("from hrob.monitor.__main__ import main; main()", {"infer": infer}, **given)
    return scored, json.loads((root / "features/monitor.json").read_text()), reported


def test_births_of_the_same_year_have_not_drifted(steps):
    scored, content, reported = look(steps, SAME_YEAR, {"intake": "cycle"})
    assert content["window"]["rows"] == int(scored["scored"]) > 3_000
    assert reported["drift"] == "none" and content["drift"] is False, content["summary"]


def test_births_of_eight_years_later_have(steps):
    scored, content, reported = look(steps, OTHER_YEAR, {"births": str(FILES[2022]), "intake": "all"})
    assert content["window"]["rows"] == int(scored["scored"]) == 20_000
    assert reported["drift"] == "detected" and reported["drift_reason"] == content["summary"]
    large = {(measure["name"], measure["statistic"]) for measure in content["measures"] if measure["value"] > measure["limit"]}
    # Mothers are older by more than a year.
    assert ("mother_age", "ks") in large and "mother_age" in content["summary"]
    payer = next(measure for measure in content["measures"] if (measure["name"], measure["statistic"]) == ("payer", "psi"))
    assert payer["warn"] < payer["value"], payer


def test_looks_at_the_same_year_do_not_cry_wolf(steps):
    """A/A on real births: windows of 500 and of 5,000 births held out, none of which training has seen."""
    root, _ = steps
    sys.path.insert(0, str(ROOT / "pipelines"))
    import numpy as np
    from hrob.model import reference
    from hrob.monitor import drift
    from hrob.features.files import read

    table, _ = read(root / "features/features.parquet")
    before = reference.read(next((root / "mlflow").rglob("reference.json")))
    held, rng = table[table.holdout], np.random.default_rng(1)
    nothing = held.label.iloc[:0]
    for rows in (500, 5_000):
        alarms = plain = 0
        for _ in range(LOOKS):
            window = held.iloc[rng.choice(len(held), rows, replace=False)]
            found = drift.measures(before, window, nothing, nothing)
            alarms += bool(drift.drifted(drift.corrected(found), drift.DEFAULTS))
            plain += any(measure.p < 0.05 for measure in found)
        assert alarms == 0 and plain > LOOKS / 4, (rows, alarms, plain)
