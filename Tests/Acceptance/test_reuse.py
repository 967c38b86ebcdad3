"""A step that says what it reads is not run again while that stays the same; and every run and non-run has a reason."""

import pytest

PIPELINE = """\
on: {{ push: {{ environment: {environment} }} }}
steps:
  test: {{ run: 'cat src/*', inputs: [src/**], isolated: true }}
  features:
    run: 'echo kept > $ESPALIER_OUTPUTS/table.txt; mkdir $ESPALIER_OUTPUTS/deep; echo x > $ESPALIER_OUTPUTS/deep/er; echo rows=3 >> $ESPALIER_OUTPUT'
    inputs: [src/**, "*.cfg"]
    config: [size]
    outputs: [table, deep]
  train:
    needs: [features]
    run: 'cat $ESPALIER_INPUTS/features/table.txt $ESPALIER_INPUTS/features/deep/er; echo $ROWS'
    env: {{ ROWS: "${{steps.features.outputs.rows}}" }}
"""
FILES = {
    "environments/project.yml": "name: shop\ndefault_branch: main\nconfig: { size: 1, other: 1 }\n",
    "pipelines/dev.yml": PIPELINE.format(environment="dev"),
    "pipelines/staging.yml": PIPELINE.format(environment="staging"),
    "pipelines/change.yml": PIPELINE.format(environment="dev").replace("push: { environment: dev }", "change: { target: main, environment: dev }"),
    "src/a.txt": "a\n", "size.cfg": "1\n", "notes.txt": "n\n",
}


@pytest.fixture
def project(watch):
    project = watch(FILES)
    project.branch("feature/a", {"src/a.txt": "one\n"})
    project.push("feature/a")
    assert states(project.run_once(branch="feature/a")) == {"test": "passed", "features": "passed", "train": "passed"}
    return project


def states(run):
    return {name: step["state"] for name, step in run["steps"].items()}


def next_run(project, files, message="Next"):
    """Push one more commit to feature/a; its run."""
    commit = project.commit_files(files, message)
    project.push("feature/a")
    return project.run_once(commit=commit)


def why(project, run):
    return {step["name"]: step["reason"] for step in project.ask("explain", run["run"]["id"])["steps"]}


def test_an_unchanged_tree_runs_nothing_that_says_what_it_reads(project):
    run = next_run(project, {})
    assert run["run"]["outcome"] == "passed"
    assert states(run) == {"test": "reused", "features": "reused", "train": "passed"}
    assert run["steps"]["test"]["detail"] == "from run 1" and run["steps"]["test"]["attempts"] == 0
    assert why(project, run)["test"] == "nothing that it reads has changed since run 1"


def test_what_was_reused_has_the_outputs_and_values_of_the_first_time(project):
    run = next_run(project, {"notes.txt": "other\n"})
    assert states(run)["features"] == "reused" and run["steps"]["features"]["values"] == {"rows": "3"}
    assert project.log(run["run"]["id"], "train") == "kept\nx\n3\n"


def test_a_miss_says_which_part_of_the_key_changed(project):
    run = next_run(project, {"src/a.txt": "two\n"})
    assert states(run)["test"] == "passed"
    assert why(project, run)["test"] == "since run 1 changed: inputs src/** (src/a.txt)"
    run = next_run(project, {"environments/dev.yml": 'branches: ["feature/**"]\nconfig: { size: 2 }\n'})
    assert why(project, run)["features"] == "since run 2 changed: configuration"
    run = next_run(project, {"environments/dev.yml": 'branches: ["feature/**"]\nconfig: { size: 2, other: 5 }\n'})
    assert states(run)["features"] == "reused" and states(run)["test"] == "passed"
    run = next_run(project, {"size.cfg": "3\n"})
    assert states(run) == {"test": "reused", "features": "passed", "train": "passed"}


def test_a_step_that_does_not_say_what_it_reads_always_runs(project):
    run = next_run(project, {})
    assert why(project, run)["train"] == "it always runs: it does not say what it reads: it has no inputs:"


def test_what_failed_is_not_taken_for_a_result(watch):
    project = watch({"pipelines/dev.yml": "on: { push: { environment: dev } }\nsteps: { t: { run: 'exit 1', inputs: [src/**] } }\n"})
    for number in (1, 2):
        commit = project.branch("feature/a") if number == 1 else project.commit_files({})
        project.push("feature/a")
        run = project.run_once(commit=commit)
        assert states(run) == {"t": "failed"}
    assert why(project, run)["t"] == "nothing has changed since run 1, which did not pass (failed)"


def test_a_damaged_result_is_found_out_and_made_anew(project):
    for file in project.home.glob("kept/*/*"):
        if file.read_text() == "kept\n":
            file.chmod(0o644)
            file.write_text("hurt\n")
    run = next_run(project, {})
    assert states(run)["features"] == "passed" and project.log(run["run"]["id"], "train").startswith("kept\n")
    assert states(next_run(project, {}))["features"] == "reused"


def test_a_merge_is_not_tested_again_where_it_lands(project):
    project.branch("feature/b", {"src/b.txt": "b\n"})
    project.push("HEAD:refs/for/main", "-o", "topic=b")
    check = project.run_once(pipeline="change")
    staged = project.run_once(branch="main", pipeline="staging")
    assert states(check)["test"] == "passed"
    # "features" has data and network in the check, which is trusted less: what it left says nothing about the tree alone.
    assert states(staged) == {"test": "reused", "features": "passed", "train": "passed"}
    assert staged["steps"]["test"]["detail"] == f"from run {check['run']['id']}"


def test_an_isolated_step_has_no_network_no_data_and_no_results_but_those_it_needs(watch):
    project = watch({"pipelines/dev.yml": f"""\
        on: {{ push: {{ environment: dev }} }}
        steps:
          other: {{ run: 'echo secret > $ESPALIER_OUTPUTS/table', outputs: [table] }}
          alone: {{ needs: [made], run: 'cat $ESPALIER_INPUTS/made/table; grep -c : /proc/net/dev; echo data=$ESPALIER_DATA; ls /proc/self/root$(dirname $(dirname $(dirname $ESPALIER_CONFIG)))', isolated: true, inputs: [src/**] }}
          made: {{ run: 'echo made > $ESPALIER_OUTPUTS/table', outputs: [table], inputs: [src/**] }}
        """})
    project.branch("feature/a")
    project.push("feature/a")
    run = project.run_once(branch="feature/a")
    assert states(run) == {"other": "passed", "made": "passed", "alone": "passed"}, project.log(1, "alone")
    made, interfaces, data, *folders = project.log(1, "alone").splitlines()
    assert (made, interfaces, data) == ("made", "1", "data="), "only lo"
    assert sorted(folders) == ["alone", "made"], "not what it does not need"


def test_a_protected_environment_takes_nothing_from_a_branch_with_another_tree(project):
    """The input is the same, but the step may have read what it does not name."""
    project.git("checkout", "--quiet", "main")
    project.commit_files({"src/a.txt": "one\n", "notes.txt": "not what the branch had\n"})
    project.push("main")
    run = project.run_once(branch="main", pipeline="staging")
    assert states(run)["test"] == "passed"
    project.branch("feature/later", {"notes.txt": "yet another\n"})
    project.push("feature/later")
    assert states(project.run_once(branch="feature/later"))["test"] == "reused"


def test_a_step_that_says_what_it_reads_cannot_write_into_the_data_root(watch):
    project = watch({"pipelines/dev.yml": "on: { push: { environment: dev } }\nsteps: { t: { run: 'echo x > $ESPALIER_DATA/x', inputs: [src/**] } }\n"})
    project.branch("feature/a")
    project.push("feature/a")
    run = project.run_once(branch="feature/a")
    assert states(run) == {"t": "failed"} and "Read-only file system" in project.log(1, "t")


def test_a_dataset_counts_by_its_version(watch):
    project = watch({
        "environments/dev.yml": 'branches: ["feature/**"]\ndatasets: { births: births.csv, old: { version: "7" } }\n',
        "pipelines/dev.yml": """\
            on: { push: { environment: dev } }
            steps:
              known: { run: 'cat $ESPALIER_DATA/births.csv', inputs: [src/**], data: [births, old] }
              unknown: { run: 'true', inputs: [src/**], data: [deaths] }
            """})
    (project.data() / "births.csv").write_text("1\n")
    project.branch("feature/a")
    project.push("feature/a")
    project.run_once(branch="feature/a")
    run = next_run(project, {})
    assert states(run) == {"known": "reused", "unknown": "passed"}
    assert "the version of dataset 'deaths' is not known" in why(project, run)["unknown"]
    (project.data() / "births.csv").write_text("1\n2\n")
    run = next_run(project, {})
    assert states(run)["known"] == "passed" and why(project, run)["known"] == "since run 2 changed: data births"


def test_pipelines_that_were_not_started_have_a_reason(project):
    others = project.ask("explain", 1)["other_pipelines"]
    assert others == {"staging": "runs in staging, and this branch is dev", "change": "not started by a push"}


def test_garbage_collection_leaves_what_is_needed(project):
    next_run(project, {"src/a.txt": "two\n"})
    done = project.ask("gc", "--keep-days", "0")
    assert done["results"] == 4 and done["outputs"] >= 1
    # The last run that passed keeps its outputs; an unchanged tree has to be run again, for its results are gone.
    assert (project.home / "runs/2/features/1/outputs/table.txt").read_text() == "kept\n"
    assert not (project.home / "runs/1/features/1/outputs").exists()
    assert states(next_run(project, {}))["test"] == "passed"
