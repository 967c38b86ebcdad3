import pytest

from hrob import step
from hrob.step import Refused


def test_a_refusal_is_one_line_and_a_failure():
    def main():
        raise Refused("no such column")

    with pytest.raises(SystemExit) as exit:
        step.run(main)
    assert exit.value.code == "refused: no such column"


def test_reported_values_are_appended(tmp_path, monkeypatch):
    monkeypatch.setenv("ESPALIER_OUTPUT", str(tmp_path / "output"))
    step.report(model_uri="models:/m-1")
    step.report(dataset__births="sha256:00")
    assert (tmp_path / "output").read_text() == "model_uri=models:/m-1\ndataset.births=sha256:00\n"


def test_an_input_that_is_not_there_names_the_step_to_run(tmp_path, monkeypatch):
    monkeypatch.setenv("ESPALIER_INPUTS", str(tmp_path))
    with pytest.raises(Refused, match="the step 'features' has to run first"):
        step.input_path("features", "features.parquet")


def test_a_variable_that_is_not_set_is_named(monkeypatch):
    monkeypatch.delenv("ESPALIER_DATA", raising=False)
    with pytest.raises(Refused, match="ESPALIER_DATA is not set"):
        step.variable("ESPALIER_DATA")
