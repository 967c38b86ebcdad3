"""`espalier render terraform`: what it writes, what it says that it leaves out, and what Terraform itself says of it."""

import json
import pathlib
import shutil
import subprocess
import sys

import pytest
import terraform_program
from story import ROOT

FILES = pathlib.Path(__file__).with_name("terraform")


@pytest.fixture
def small(tmp_path):
    shutil.copytree(FILES / "project", tmp_path / "small")
    return tmp_path / "small"


def test_terraform_is_as_expected_and_the_rest_is_said(espalier, small):
    done = espalier("render", "terraform", "prod", "--project", small)
    assert done.returncode == 0 and done.stdout == "wrote terraform/prod/espalier.tf.json\nwrote terraform/prod/run_step.py\n"
    assert (small / "terraform/prod/espalier.tf.json").read_text() == (FILES / "expected.tf.json").read_text()
    assert done.stderr == (FILES / "expected.remarks").read_text()
    printed = espalier("render", "terraform", "prod", "--project", small, "--output", "-")
    assert printed.stdout == (FILES / "expected.tf.json").read_text()


@pytest.mark.parametrize("project, environments", [("small", ["prod"]), ("reference", ["dev", "staging", "prod"])])
def test_terraform_fits_the_resources_schema(espalier, small, project, environments):
    jsonschema = pytest.importorskip("jsonschema", reason="no jsonschema: pip install -r Tests/requirements.txt")
    schema = json.loads((FILES / "databricks.schema.json").read_text())
    for environment in environments:
        done = espalier("render", "terraform", environment, "--project", small if project == "small" else ROOT, "--output", "-")
        rendered = json.loads(done.stdout)
        jsonschema.validate(rendered, schema)
        assert rendered["resource"]["databricks_job"], environment


def test_a_rendered_task_runs_its_command_at_the_projects_root(espalier, small):
    espalier("render", "terraform", "prod", "--project", small)
    task = json.loads((small / "terraform/prod/espalier.tf.json").read_text())["resource"]["databricks_job"]["release"]["task"][0]
    parameters = [text.replace("$${", "${") for text in task["spark_python_task"]["parameters"]]
    for command, code in [(parameters, 0), ([*parameters[:-1], "exit 3"], 1)]:
        done = subprocess.run([sys.executable, small / task["spark_python_task"]["python_file"], *command], cwd="/", text=True, capture_output=True)
        assert done.returncode == code, done
        assert code == 0 and done.stdout == "features of clinic\n" or "exit code 3" in done.stderr


@pytest.mark.parametrize("project, environments", [("small", ["prod"]), ("reference", ["dev", "staging", "prod"])])
def test_terraform_itself_misses_nothing_but_the_provider(espalier, small, tmp_path, project, environments):
    """`terraform validate` reads all of it before it looks for providers, which a test has no network for."""
    terraform = terraform_program.install(tmp_path / "bin")
    if project == "reference":
        shutil.rmtree(small)
        for part in ("environments", "pipelines"):
            shutil.copytree(ROOT / part, small / part)
    for environment in environments:
        espalier("render", "terraform", environment, "--project", small)
        done = subprocess.run([terraform, "validate", "-json"], cwd=small / "terraform" / environment, text=True, capture_output=True)
        found = [(problem["severity"], problem["summary"]) for problem in json.loads(done.stdout)["diagnostics"]]
        assert found == [("error", "Missing required provider")], done.stdout
    # It would see what is wrong.
    file = small / "terraform" / environments[0] / "espalier.tf.json"
    file.write_text(file.read_text().replace('"resource"', '"resourec"'))
    done = subprocess.run([terraform, "validate", "-json"], cwd=file.parent, text=True, capture_output=True)
    assert "resourec" in done.stdout


@pytest.mark.parametrize("folder", ["/tmp/jobs", "../jobs"])
def test_a_folder_outside_the_project_is_refused(espalier, small, folder):
    done = espalier("render", "terraform", "prod", "--project", small, "--output", folder)
    assert done.returncode == 1 and "name a folder inside the project" in done.stderr
    assert not (small.parent / "jobs").exists() and not list(small.rglob("*.tf.json"))
