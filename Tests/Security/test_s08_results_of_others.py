"""What prod reuses was made from prod's own bytes: no result of a less trusted environment where a step had data or network."""

import os

import pytest

from attacks import STARTED, log_of, pipeline

# What a step of prod would train on, and what somebody with dev's data root puts there: as long, and as old.
OURS, THEIRS = "of-prod-1\n", "poisoned!\n"
WHEN = 1_700_000_000

# Name → keys of the step that is reused, and the file below the data root that it reads.
ATTACKS = {
    # Listed.
    "same-size-and-time": ({"run": "cat $ESPALIER_DATA/births.csv > $ESPALIER_OUTPUTS/table", "data": ["births"]}, "births.csv"),
    # Not listed.
    "undeclared-data": ({"run": "cat $ESPALIER_DATA/hidden.csv > $ESPALIER_OUTPUTS/table"}, "hidden.csv"),
    "folder": ({"run": "cat $ESPALIER_DATA/folder/part > $ESPALIER_OUTPUTS/table", "data": ["folder"]}, "folder/part"),
    "delta-log": ({"run": "cat $ESPALIER_DATA/delta/part > $ESPALIER_OUTPUTS/table", "data": ["delta"]}, "delta/part"),
    "link": ({"run": "cat $ESPALIER_DATA/link.csv > $ESPALIER_OUTPUTS/table", "data": ["link"]}, "aside.csv"),
    "stated-version": ({"run": "cat $ESPALIER_DATA/stated.csv > $ESPALIER_OUTPUTS/table", "data": ["stated"]}, "stated.csv"),
    "by-a-value": ({"run": "echo table=$(cat $ESPALIER_DATA/hidden.csv) >> $ESPALIER_OUTPUT; touch $ESPALIER_OUTPUTS/table"}, "hidden.csv"),
    "from-another-branch": ({"run": "cat $ESPALIER_DATA/births.csv > $ESPALIER_OUTPUTS/table; sleep 0", "data": ["births"]}, "births.csv"),
}
DATASETS = "datasets: { births: births.csv, folder: folder, delta: delta, link: link.csv, stated: { version: '1' } }\n"
FILES = {
    "src/a.txt": "a\n", "environments/project.yml": "name: shop\ndefault_branch: main\n" + DATASETS,
    **{f"pipelines/{name}.yml": pipeline({
        f"{attack}-make": {**step, "inputs": ["src/**"], "outputs": ["table"]} for attack, (step, _) in ATTACKS.items()} | {
        f"{attack}-use": {"needs": [f"{attack}-make"], "run": f"cat $ESPALIER_INPUTS/{attack}-make/table; echo $VALUE",
                          **({"env": {"VALUE": f"${{steps.{attack}-make.outputs.table}}"}} if attack == "by-a-value" else {})}
        for attack in ATTACKS}, on=f"push: {{ environment: {name} }}") for name in ("dev", "prod")},
}


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (WHEN, WHEN))


def fill(project, environment, text):
    data = project.data(environment)
    for _, (_, file) in ATTACKS.items():
        write(data / file, text)
    # The log of a table says nothing of what is in its files.
    write(data / "delta/_delta_log/00000000000000000000.json", '{"add":{"path":"part","size":10,"modificationTime":1}}\n')
    if not (data / "link.csv").is_symlink():
        (data / "link.csv").symlink_to("aside.csv")
    for folder in ("folder", "delta", "delta/_delta_log", "."):
        os.utime(data / folder, (WHEN, WHEN))
    project.give(project.home / "data")


@pytest.fixture(scope="module")
def project(attacked_once):
    project = attacked_once(FILES, options=("--slots", "4"))
    fill(project, "dev", THEIRS)
    fill(project, "prod", OURS)
    return project


@pytest.fixture(scope="module")
def runs(project):
    """The very commit of main is run in dev first, which anybody may, and then released."""
    made = {}
    for branch in ("feature/first", "release/1"):
        project.push(f"main:refs/heads/{branch}")
        made[branch] = project.run_once(branch=branch)
    return made


@pytest.mark.parametrize("name", ATTACKS)
def test_prod_does_not_use_what_dev_made_of_its_own_data(project, runs, name):
    """CASES: S8"""
    assert THEIRS.strip() in log_of(project, runs["feature/first"], f"{name}-use"), "the attack did not take place"
    log = log_of(project, runs["release/1"], f"{name}-use")
    assert STARTED in log and THEIRS.strip() not in log and OURS.strip() in log, log


@pytest.mark.parametrize("name", ["same-size-and-time", "folder", "link"])
def test_other_bytes_are_another_dataset(project, runs, name):
    """CASES: S8, within one environment: what somebody exchanges without a trace in its folder is not what was read before"""
    assert runs["release/1"]["run"]["outcome"] == "passed"
    fill(project, "prod", "of-prod-2\n")
    branch = f"release/again-{name}"
    project.push(f"main:refs/heads/{branch}")
    log = log_of(project, project.run_once(branch=branch), f"{name}-use")
    fill(project, "prod", OURS)
    assert "of-prod-2" in log, log


def test_a_result_is_not_exchanged_where_it_is_kept(project, runs):
    """CASES: S8, by who can write to a result of dev: a file that is linked into a run of prod would change with it"""
    for path in project.home.glob("runs/*/*/*/outputs/table"):
        twins = [other for other in project.home.glob("runs/*/*/*/outputs/table")
                 if other != path and other.stat().st_ino == path.stat().st_ino and is_of_prod(project, other) != is_of_prod(project, path)]
        assert twins == []


def is_of_prod(project, path):
    number = int(path.relative_to(project.home / "runs").parts[0])
    return project.now(number)["run"]["environment"] == "prod"


def test_an_unchanged_result_is_still_reused(project, runs):
    """What the attacks above rely on: within prod, and what has the same bytes."""
    project.push("main:refs/heads/release/unchanged")
    run = project.run_once(branch="release/unchanged")
    assert run["steps"]["same-size-and-time-make"]["state"] == "reused", project.espalier("explain", run["run"]["id"]).stdout
