"""What a step leaves under a name is read if it is a plain file, and nothing else is: no link is followed, no pipe waited for."""

import os
import urllib.request

import pytest

from attacks import STARTED, Canary, assert_not_robbed, attempt, log_of_attack, pipeline

# Or else nobody looks into a report of failed tests.
QUARANTINE = "name: shop\ndefault_branch: main\nquarantine:\n  - { test: 't::one', until: 2099-01-01, reason: flaky }\n"
KEY = "@HOME@/keys/canary"

# Name → keys of the step. What its reader would read is the canary among the daemon's keys, which is a `key=value` file.
ATTACKS = {
    # Listed.
    "monitor": {"run": f"ln -s {KEY} $ESPALIER_OUTPUTS/monitor.json", "outputs": ["monitor"], "monitor": "monitor"},
    "junit": {"run": f"ln -s {KEY} $ESPALIER_OUTPUTS/junit.xml; exit 1", "outputs": ["junit"], "tests": "junit"},
    "values": {"run": f"rm -f $ESPALIER_OUTPUT; ln -s {KEY} $ESPALIER_OUTPUT"},
    # Not listed.
    "folder-above": {"run": "rm -rf $ESPALIER_OUTPUTS; ln -s @HOME@/keys $ESPALIER_OUTPUTS || "
                            "(cd $ESPALIER_OUTPUTS && ln -s @HOME@/keys monitor)",
                     "outputs": ["monitor"], "monitor": "monitor"},
    "values-above": {"run": "rm -f $ESPALIER_OUTPUT; mkdir $ESPALIER_OUTPUT; ln -s @HOME@/keys/canary $ESPALIER_OUTPUT/output"},
    "relative": {"run": "ln -s ../../../../../../keys/canary $ESPALIER_OUTPUTS/monitor.json", "outputs": ["monitor"], "monitor": "monitor"},
    "link-to-a-link": {"run": f"ln -s {KEY} $ESPALIER_OUTPUTS/a; ln -s a $ESPALIER_OUTPUTS/junit.xml; exit 1", "outputs": ["junit"],
                       "tests": "junit"},
    "output": {"run": f"ln -s {KEY} $ESPALIER_OUTPUTS/table.txt; ln -s @HOME@/keys $ESPALIER_OUTPUTS/keys", "outputs": ["table"]},
    "reused-output": {"run": f"ln -s {KEY} $ESPALIER_OUTPUTS/table.txt", "outputs": ["table"], "inputs": ["**"]},
    "hard-link": {"run": f"ln {KEY} $ESPALIER_OUTPUTS/table.txt || ln /proc/self/root{KEY} $ESPALIER_OUTPUTS/table.txt; true",
                  "outputs": []},
    "pipe": {"run": "mkfifo $ESPALIER_OUTPUTS/monitor.json", "outputs": ["monitor"], "monitor": "monitor"},
    "pipe-for-values": {"run": "rm -f $ESPALIER_OUTPUT; mkfifo $ESPALIER_OUTPUT"},
    "socket": {"run": "cd $ESPALIER_OUTPUTS; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"junit.xml\")'; exit 1",
               "outputs": ["junit"], "tests": "junit"},
    "terraform-plan": {"run": f"mkdir $ESPALIER_OUTPUTS/plan; ln -s {KEY} $ESPALIER_OUTPUTS/plan/plan.json", "outputs": ["plan"]},
    "unreadable": {"run": "mkdir -p $ESPALIER_OUTPUTS/table.d/x; chmod 0 $ESPALIER_OUTPUTS/table.d", "outputs": ["table"]},
}


@pytest.fixture(scope="module")
def project(attacked):
    return attacked({"environments/project.yml": QUARANTINE}, options=("--slots", "4"))


@pytest.fixture(scope="module")
def run(project):
    """All attacks, each a step, and a step that prints whatever came to it from them."""
    steps = {name: {**step, "run": project.placed(step["run"])} for name, step in ATTACKS.items()}
    for name in ("output", "hard-link", "reused-output"):
        steps[f"after-{name}"] = {"needs": [name], "run": "find -L $ESPALIER_INPUTS -type f | while read file; do cat $file; done; true"}
    return attempt(project, "feature/links", {"pipelines/dev.yml": pipeline(steps)})


@pytest.mark.parametrize("name", ATTACKS)
def test_the_daemon_reads_no_other_file(project, run, name):
    """CASES: S10"""
    assert run["run"]["outcome"] not in ("queued", "running")
    assert STARTED in log_of_attack(project, run, name), run["steps"][name]
    assert not [text for text in told(project, run, name) if project.canaries.key.is_in(text)]


@pytest.mark.parametrize("name", [
    "monitor", "junit", "values", "folder-above", "relative", "link-to-a-link", "pipe", "pipe-for-values", "socket"])
def test_a_step_that_leaves_no_plain_file_fails_by_name(project, run, name):
    """CASES: S10"""
    step = run["steps"][name]
    assert step["state"] == "failed", step
    left = "output" if "values" in name else "monitor" if "monitor" in ATTACKS[name]["run"] else "junit"
    # A file that cannot be replaced in the first place is named by the step's own command.
    assert left in log_of_attack(project, run, name).lower(), step["detail"]


def told(project, run, name):
    """What people see of a step: its record, log, page and report."""
    number, address = run["run"]["id"], (project.home / "address").read_text()
    yield str(run["steps"][name])
    yield log_of_attack(project, run, name)
    after = f"after-{name}"
    if after in run["steps"]:
        yield log_of_attack(project, run, after)
    for page in (f"runs/{number}", f"api/runs/{number}", f"api/runs/{number}/steps/{name}/log"):
        with urllib.request.urlopen(address + page, timeout=20) as answer:
            yield answer.read().decode()


def test_no_copy_of_a_key_lies_among_results(project, run):
    """CASES: S10, where a later step or a download would find it"""
    for folder in ("kept", "runs", "evidence", "scratch"):
        for path in (project.home / folder).rglob("*"):
            if path.is_file() and not path.is_symlink() and path.stat().st_size < 10_000:
                assert project.canaries.key.word.encode() not in path.read_bytes(), path


def test_the_daemon_goes_on(project, run):
    """CASES: S10, after a pipe that nobody writes to, and a folder that nobody may read"""
    assert_not_robbed(project, run)
    again = attempt(project, "feature/after", {"pipelines/dev.yml": pipeline({"attack": "true"})})
    assert again["run"]["outcome"] == "passed"
    assert project.espalier("gc", "--keep-days", "0").returncode == 0


def test_a_link_in_the_repository_is_not_followed_either(project):
    """CASES: S10, in what the daemon reads of a commit: its own files, and what steps declare as inputs"""
    secret = Canary(project.home / "keys/environment.yml")
    secret.path.write_text(f"name: {secret.word}\n")
    project.give(secret.path)
    project.branch("feature/link")
    (project.work / "environments/project.yml").unlink()
    os.symlink(secret.path, project.work / "environments/project.yml")
    os.symlink(secret.path, project.work / "pipelines/evil.yml")
    commit = project.commit_files({"pipelines/dev.yml": pipeline({"attack": {"run": "cat secret; true", "inputs": ["secret"]}})})
    said = project.git("push", "origin", "HEAD:refs/heads/feature/link", check=False)
    project.look()
    texts = [said, project.remarks(), project.last_words()]
    for run in project.runs(commit=commit):
        texts.append(project.words(project.detail(run["id"])))
    assert not secret.is_in(*texts)
