"""Every command says something useful from the first minute on."""

import json
import os
import signal
import subprocess

import pytest

LISTS = ["status", "runs", "changes", "models", "decisions", "schedules", "notices"]
SUBJECTS = {"minder", "git", "sandbox", "workspaces", "cgroups", "registry", "daemon", "store"}


@pytest.fixture(scope="module")
def empty(watch_all):
    """A daemon that watches nothing yet."""
    project = watch_all(adopt=False)
    project.serve()
    return project


@pytest.mark.parametrize("command", LISTS)
def test_a_home_that_is_none_is_explained(espalier, tmp_path, command):
    for options in ([], ["--json"]):
        done = espalier(command, *options, home=tmp_path / "nothing")
        assert done.returncode == 1 and done.stdout == ""
        assert "holds no Espalier yet: start the daemon with `espalier serve`" in done.stderr


@pytest.mark.parametrize("command", LISTS)
def test_lists_of_an_empty_home_are_empty(empty, command):
    answer = empty.ask(command)
    assert answer == [] or answer["projects"] == answer["running"] == answer["queued"] == answer["remarks"] == answer["undelivered"] == []
    assert len(empty.espalier(command).stdout.splitlines()) >= 1


@pytest.mark.parametrize("arguments, sentence", [
    (["runs", "7"], "there is no run 7; `espalier runs` lists them"),
    (["logs", "7"], "there is no run 7"),
    (["runs", "7", "--wait"], "there is no run 7"),
    (["fire", "nightly", "--at", "2026-11-23T11:00:00Z"], "no project"),
])
def test_asking_for_what_is_not_there_is_answered(empty, arguments, sentence):
    for options in ([], ["--json"]):
        done = empty.espalier(*arguments, *options)
        assert done.returncode == 1 and sentence in done.stderr and not done.stdout


@pytest.mark.parametrize("arguments", [
    ["fire", "x", "--at", "noon"], ["serve", "--slots", "0"], ["nonsense"], ["plan"],
    ["runs", "--limit", "0"], ["runs", "--limit", "-1"], ["gc", "--keep-days", "-1"], ["bypass", "main", "--reason", "x", "--minutes", "0"],
])
def test_wrong_usage_is_exit_code_64(espalier, arguments):
    assert espalier(*arguments).returncode == 64


@pytest.mark.parametrize("options, sentence", [
    ([], "There are no runs yet: push a branch."),
    (["--branch", "nope"], "There are no runs of branch 'nope': `espalier runs` lists all runs."),
    (["--branch", "nope", "--environment", "prod"], "There are no runs of branch 'nope' in environment 'prod': `espalier runs` lists all runs."),
])
def test_a_filter_that_finds_nothing_is_named(empty, options, sentence):
    """CASES: U8"""
    assert empty.espalier("runs", *options).stdout == f"{sentence}\n"


PRINTING = [["runs"], ["runs", "--json"], ["cron", "0 0 * * * ?"], ["schema", "project"], ["failpoints"], ["--help"], ["--version"],
            ["runs", "--help"]]


@pytest.mark.parametrize("arguments", PRINTING)
def test_output_that_cannot_be_written_is_a_sentence(empty, arguments):
    """CASES: U8"""
    with open("/dev/full", "w") as full:
        done = subprocess.run([empty.binaries / "espalier", *arguments], env=empty.environment, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (1, "Error: cannot write to standard output: No space left on device\n")


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("arguments", PRINTING)
def test_output_that_nobody_reads_ends_quietly(empty, arguments, ignored):
    """CASES: U8, as in `espalier runs | head -0`; whether or not SIGPIPE was ignored by whoever started it."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([empty.binaries / "espalier", *arguments], env=empty.environment, stdout=writer, stderr=subprocess.PIPE, text=True,
                          restore_signals=not ignored)
    os.close(writer)
    assert (done.returncode, done.stderr) == (-signal.SIGPIPE, "")


def test_serving_with_json_says_where_it_is(watch):
    project = watch(adopt=False)
    command = [project.binaries / "espalier", "serve", "--port", "0", "--json"]
    with subprocess.Popen(command, env=project.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as daemon:
        try:
            started = json.loads(daemon.stdout.readline())
            assert started["pid"] == daemon.pid and started["home"] == str(project.home)
            assert project.ask("status")["address"] == started["address"]
        finally:
            daemon.terminate()
        assert daemon.wait(60) == 0


def test_firing_without_a_daemon_is_answered(espalier, tmp_path):
    done = espalier("fire", "x", "--at", "2026-11-23T11:00:00Z", home=tmp_path)
    assert done.returncode == 1 and "no daemon is running" in done.stderr


def test_the_doctor_names_its_subjects(empty, espalier, tmp_path):
    for findings in (empty.ask("doctor"), json.loads(espalier("doctor", "--json", home=tmp_path).stdout)):
        assert {finding["subject"] for finding in findings} == SUBJECTS
        assert all(finding["detail"] for finding in findings)
    running = {finding["subject"]: finding["state"] for finding in empty.ask("doctor")}
    assert running["daemon"] == running["store"] == running["git"] == running["minder"] == "ok"


def test_the_doctor_finds_a_hook_that_rings_elsewhere(watch):
    project = watch()
    (project.bare / "hooks/post-receive").unlink()
    finding = next(found for found in project.ask("doctor") if found["subject"] == "project hospital")
    assert finding["state"] == "warning" and f"espalier adopt {project.bare}" in finding["detail"]


@pytest.mark.parametrize("kind", ["project", "environment", "pipeline"])
def test_schemas_are_json(espalier, kind):
    schema = json.loads(espalier("schema", kind).stdout)
    assert schema["type"] == "object" and schema["properties"]


def test_a_home_too_deep_for_a_socket_is_explained(espalier, tmp_path):
    done = espalier("serve", home=tmp_path / ("x" * 100))
    assert done.returncode == 1 and "too deep" in done.stderr
