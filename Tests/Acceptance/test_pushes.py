"""From a push to what a person reads about it."""

import hashlib
import json
import subprocess

import pytest


@pytest.fixture(scope="module")
def project(watch_all):
    return watch_all({"environments/dev.yml": 'branches: ["feature/**"]\nconfig: { depth: 3, layers: [1, 2] }\n'})


@pytest.fixture(scope="module")
def pushed(project):
    commit = project.branch("feature/one")
    return commit, project.push("feature/one")


def test_the_person_who_pushes_reads_the_number_of_the_run(project, pushed):
    run = project.run_once(commit=pushed[0])["run"]
    assert f"espalier: run {run['id']}, dev in dev: {project.ask('status')['address']}runs/{run['id']}" in pushed[1]


def test_the_run_passes_and_keeps_what_the_step_printed(project, pushed):
    run = project.run_once(commit=pushed[0])
    assert (run["run"]["outcome"], run["trigger"]) == ("passed", "push")
    assert project.log(run["run"]["id"], "hello") == "hello from feature/one\n"
    assert project.espalier("logs", run["run"]["id"]).stdout == "== hello\nhello from feature/one\n"


def test_a_log_that_cannot_be_written_is_a_sentence(project, pushed):
    """CASES: U8"""
    run = project.run_once(commit=pushed[0])["run"]["id"]
    with open("/dev/full", "w") as full:
        for step in ([], ["hello"]):
            done = subprocess.run([project.binaries / "espalier", "logs", str(run), *step], env=project.environment, stdout=full,
                                  stderr=subprocess.PIPE, text=True)
            assert (done.returncode, done.stderr) == (1, "Error: cannot write to standard output: No space left on device\n")


def test_an_auditor_finds_commit_tree_and_configuration(project, pushed):
    run = project.run_once(commit=pushed[0])
    assert run["tree"] == project.git("rev-parse", f"{pushed[0]}^{{tree}}").strip()
    assert json.loads(run["configuration"]) == {"depth": 3, "layers": [1, 2]}
    assert run["configuration_digest"] == hashlib.sha256(run["configuration"].encode()).hexdigest()


def test_a_branch_of_no_environment_is_answered_with_the_known_patterns(project):
    project.branch("topic/lost")
    said = project.push("topic/lost")
    for part in ("no environment covers branch 'topic/lost'", "dev: feature/**", "staging: main", "prod: release/**"):
        assert part in said
    assert not project.runs(branch="topic/lost")
    assert "topic/lost: no environment covers" in project.remarks()


def test_a_push_that_breaks_a_file_is_answered_with_the_place(project):
    project.branch("feature/broken", {"pipelines/dev.yml": "on: { push: { environmnt: dev } }\nsteps: { a: { run: 'true' } }\n"})
    said = project.push("feature/broken")
    assert "pipelines/dev.yml:1:" in said and "did you mean 'environment'?" in said


def test_a_push_cannot_give_its_branch_another_sandbox(project):
    project.branch("feature/greedy", {"environments/dev.yml": 'branches: ["feature/**"]\nsandbox: "off"\n'})
    said = project.push("feature/greedy")
    assert "sandbox differs from main, and takes effect when it is merged there" in said
    assert project.run_once(branch="feature/greedy")["notes"]


def test_several_branches_in_one_push_are_all_answered(project):
    names = [f"feature/several-{n}" for n in range(3)]
    for name in names:
        project.branch(name)
    said = project.push(" ".join(names))
    assert said.count("espalier: run ") == 3
    assert {project.run_once(branch=name)["run"]["outcome"] for name in names} == {"passed"}


def test_waiting_for_a_failed_run_gives_exit_code_1(project):
    project.branch("feature/fails", {"pipelines/dev.yml": "on: { push: { environment: dev } }\nsteps: { a: { run: echo no births here; exit 3 } }\n"})
    project.push("feature/fails")
    run = project.run_once(branch="feature/fails")["run"]["id"]
    assert project.espalier("runs", run, "--wait").returncode == 1
    shown = project.espalier("runs", run).stdout
    assert "exit code 3" in shown and shown.endswith("last lines of the first step that failed:\n  no births here\n")
