"""What a step is given and what it hands back (DESIGN.md, section 3)."""

import hashlib
import json

import pytest

STEPS = """\
on: { push: { environment: dev } }
steps:
  first:
    run: |
      env > $ESPALIER_OUTPUTS/environment.txt
      cp $ESPALIER_CONFIG $ESPALIER_OUTPUTS/config.json
      mkdir $ESPALIER_OUTPUTS/folder && echo deep > $ESPALIER_OUTPUTS/folder/file
      echo "answer=41" >> $ESPALIER_OUTPUT
      echo "answer=42" >> $ESPALIER_OUTPUT
      echo "equation=a=b c" >> $ESPALIER_OUTPUT
      echo "dataset.births=sha256:abc" >> $ESPALIER_OUTPUT
    outputs: [environment, config, folder]
  second:
    needs: [first]
    env: { ANSWER: "${steps.first.outputs.answer}", BOTH: "<${steps.first.outputs.equation}|${steps.first.outputs.answer}>", FILE: "${steps.first.outputs.environment}" }
    run: |
      echo "$ANSWER $BOTH"
      head -c 0 "$FILE" && echo readable
      cat $ESPALIER_INPUTS/first/folder/file
  third: { needs: [second], run: 'ls $ESPALIER_INPUTS; echo > $ESPALIER_INPUTS/first/x; true' }
  forgets: { run: 'true', outputs: [report] }
  after-forgets: { needs: [forgets], run: 'true' }
  unknown-output: { needs: [first], env: { X: "${steps.first.outputs.nothing}" }, run: 'true' }
"""


@pytest.fixture(scope="module")
def project(watch_all):
    project = watch_all({
        "environments/dev.yml": 'branches: ["feature/**"]\nenv: { GREETING: hello }\nconfig: { b: 1, a: { c: [1, 2.5, null, "x"] } }\n',
    })
    project.branch("feature/contract", {"pipelines/dev.yml": STEPS})
    project.push("feature/contract")
    project.run_once(branch="feature/contract")
    return project


@pytest.fixture(scope="module")
def run(project):
    return project.now(1)


@pytest.fixture(scope="module")
def given(project):
    """The environment of the step `first`."""
    text = (project.home / "runs/1/first/1/outputs/environment.txt").read_text()
    return dict(line.split("=", 1) for line in text.splitlines())


def test_a_step_is_told_who_and_where_it_is(project, run, given):
    assert given["ESPALIER_RUN"] == "1" and given["ESPALIER_STEP"] == "first" and given["ESPALIER_ATTEMPT"] == "1"
    assert given["ESPALIER_COMMIT"] == run["run"]["commit"] and given["ESPALIER_BRANCH"] == "feature/contract"
    assert given["ESPALIER_ENVIRONMENT"] == "dev" and given["GREETING"] == "hello"
    assert given["ESPALIER_DATA"] == str(project.home / "data/shop/dev")


def test_what_is_not_so_is_not_said(given):
    for name in ("ESPALIER_LOGICAL_TIME", "ESPALIER_MODEL_URI", "ESPALIER_CHAMPION_URI", "MLFLOW_TRACKING_URI"):
        assert name not in given


def test_the_configuration_is_the_one_that_the_run_records(project, run):
    given = (project.home / "runs/1/first/1/outputs/config.json").read_text()
    assert json.loads(given) == {"a": {"c": [1, 2.5, None, "x"]}, "b": 1}
    assert hashlib.sha256(given.encode()).hexdigest() == run["configuration_digest"]


def test_values_reach_later_steps_and_the_last_one_counts(project, run):
    assert project.log(1, "second").splitlines() == ["42 <a=b c|42>", "readable", "deep"]
    assert run["steps"]["first"]["values"]["equation"] == "a=b c"


def test_reported_datasets_are_on_record(run):
    assert run["datasets"] == {"births": "sha256:abc"}


def test_a_step_reads_the_outputs_of_all_it_needs_and_changes_none(project):
    lines = project.log(1, "third").splitlines()
    assert lines[:2] == ["first", "second"] and "Read-only file system" in lines[2]


def test_a_missing_output_fails_the_step_with_a_reason(run):
    step = run["steps"]["forgets"]
    assert (step["state"], step["detail"]) == ("failed", "it did not write its output 'report' into $ESPALIER_OUTPUTS")
    assert run["steps"]["after-forgets"]["detail"] == "'forgets' did not pass"


def test_a_value_that_was_never_reported_fails_the_step_with_a_reason(run):
    step = run["steps"]["unknown-output"]
    assert step["state"] == "failed" and "step 'first' gave no output 'nothing'" in step["detail"]


def outputs_of(watch, command):
    """The values that a step reported by that command."""
    project = watch({"pipelines/dev.yml": f"on: {{ push: {{ environment: dev }} }}\nsteps:\n  only:\n    run: {json.dumps(command)}\n"})
    project.branch("feature/x")
    project.push("feature/x")
    return project.run_once(branch="feature/x")["steps"]["only"]["values"]


def test_a_foreign_byte_loses_no_other_value(watch):
    assert outputs_of(watch, r"printf 'x=caf\351\ny=2\n' >> $ESPALIER_OUTPUT")["y"] == "2"


def test_lines_may_end_as_on_windows(watch):
    assert outputs_of(watch, r"printf 'x=1\r\ny=2\r\n' >> $ESPALIER_OUTPUT") == {"x": "1", "y": "2"}


def test_variables_keep_their_spelling(watch):
    project = watch({"pipelines/dev.yml": """\
        on: { push: { environment: dev } }
        steps: { only: { env: { PYTHON: 3.10, AGENT: 007, YES: yes, TRUE: true }, run: 'echo $PYTHON $AGENT $YES $TRUE' } }
        """})
    project.branch("feature/x")
    project.push("feature/x")
    assert project.log(project.run_once(branch="feature/x")["run"]["id"], "only") == "3.10 007 yes true\n"


def test_a_checkout_keeps_programs_and_links(watch):
    project = watch({"pipelines/dev.yml": "on: { push: { environment: dev } }\nsteps: { only: { run: './tool link' } }\n"})
    project.git("checkout", "--quiet", "-b", "feature/x")
    project.write("tool", "#!/bin/sh\ncat $1\n")
    (project.work / "tool").chmod(0o755)
    (project.work / "link").symlink_to("note.txt")
    project.commit_files({"note.txt": "linked\n"})
    project.push("feature/x")
    assert project.log(project.run_once(branch="feature/x")["run"]["id"], "only") == "linked\n"
