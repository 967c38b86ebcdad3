"""`espalier run PIPELINE`: the working tree as it is, the same planner and sandbox, no daemon."""

import json

import pytest

PIPELINE = """\
on: { push: { environment: dev } }
steps:
  shows: { run: 'cat uncommitted.txt; echo changed > uncommitted.txt; echo "$ESPALIER_ENVIRONMENT $ESPALIER_BRANCH"' }
  fails: { run: 'exit 3' }
  registers: { needs: [shows], register: { model: "${steps.shows.outputs.model_uri}" } }
"""


@pytest.fixture
def project(watch):
    project = watch({"pipelines/dev.yml": PIPELINE}, adopt=False)
    project.write("uncommitted.txt", "not in any commit\n")
    return project


def run(project, *arguments):
    done = project.espalier("run", *arguments, "--project", project.work, "--json")
    return done, json.loads(done.stdout) if done.stdout else None


def test_it_runs_what_lies_there_and_changes_nothing(project):
    done, detail = run(project, "dev")
    steps = {step["name"]: step for step in detail["steps"]}
    assert done.returncode == 1 and detail["run"]["outcome"] == "failed"
    assert (steps["fails"]["state"], steps["fails"]["detail"]) == ("failed", "exit code 3")
    assert (project.work / "uncommitted.txt").read_text() == "not in any commit\n"
    log = next(project.home.glob("local/*/runs/1/shows/1/log")).read_text()
    assert log == "not in any commit\ndev main\n"
    assert project.git("status", "--porcelain").split() == ["??", "uncommitted.txt"]


def test_it_registers_nothing(project):
    _, detail = run(project, "dev")
    step = next(step for step in detail["steps"] if step["name"] == "registers")
    assert (step["state"], step["detail"]) == ("skipped", "a local run registers and promotes nothing: push")


def test_a_second_run_is_a_new_run_and_a_slip_is_explained(project):
    assert [run(project, "dev")[1]["run"]["id"] for _ in range(2)] == [1, 2]
    done, _ = run(project, "devv")
    assert done.returncode == 1 and "there is no pipeline 'devv'; did you mean 'dev'?" in done.stderr
    done, _ = run(project, "dev", "--environment", "nowhere")
    assert "there is no environment 'nowhere'" in done.stderr


def test_single_steps_run_with_what_they_need(project):
    assert [step["name"] for step in run(project, "dev", "shows")[1]["steps"]] == ["shows"]
    assert [step["name"] for step in run(project, "dev", "registers")[1]["steps"]] == ["shows", "registers"]
    assert "there is no step 'show'; did you mean 'shows'?" in run(project, "dev", "show")[0].stderr


def test_logs_are_read_with_the_home_that_it_names(project):
    done = project.espalier("run", "dev", "--project", project.work)
    home = done.stdout.strip().split("--home ")[1]
    assert "shows: passed" in done.stderr
    assert "not in any commit" in project.espalier("logs", "1", "shows", "--home", home).stdout


def test_a_python_without_mlflow_is_told_and_not_waited_for(project, tmp_path):
    project.write("environments/dev.yml", 'branches: ["feature/**"]\nregistry: { model: risk }\n')
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'No module named mlflow' >&2\nexit 1\n")
    python.chmod(0o755)
    done, detail = run(project, "dev", "--mlflow-python", python)
    step = next(step for step in detail["steps"] if step["name"] == "shows")
    assert done.returncode == 1 and step["state"] == "failed"
    assert step["detail"].startswith(f"the embedded MLflow server does not start: {python} ended: No module named mlflow; give a Python")
