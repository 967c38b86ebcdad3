"""Tests that fail now and then: they run, are told, and do not block until their quarantine ends."""

import pytest

FAILING = """\
    <testsuites><testsuite name="s" tests="2">
    <testcase classname="tests.unit.test_a" name="test_flaky"><failure message="m">slow</failure></testcase>
    <testcase classname="tests.unit.test_a" name="test_good"/>
    </testsuite></testsuites>
    """
FILES = {
    "environments/project.yml": """\
        default_branch: main
        quarantine:
          - { test: "tests/unit/test_a.py::test_flaky", until: 2099-12-31, reason: "the disk is slow" }
          - { test: "tests/unit/test_a.py::test_old", until: 2020-12-31, reason: "long ago" }
        """,
    "environments/dev.yml": 'branches: ["feature/**"]\n',
    "pipelines/dev.yml": """\
        on: { push: { environment: dev } }
        steps:
          unit: { run: "cp report.xml $ESPALIER_OUTPUTS/junit.xml; exit $(cat code)", outputs: [junit], tests: junit, inputs: ["**"] }
          after: { needs: [unit], run: "true" }
        """,
    "report.xml": FAILING,
    "code": "1\n",
}


@pytest.fixture(scope="module")
def project(watch_all):
    return watch_all(FILES)


def run_of(project, branch, files):
    project.branch(f"feature/{branch}", files)
    project.push(f"HEAD:refs/heads/feature/{branch}")
    return project.run_once(branch=f"feature/{branch}")


def test_a_quarantined_failure_is_told_and_does_not_block(project):
    run = run_of(project, "flaky", {"note": "1"})
    assert run["run"]["outcome"] == "passed" and run["steps"]["after"]["state"] == "passed"
    assert run["steps"]["unit"]["values"]["quarantined"] == "tests/unit/test_a.py::test_flaky"
    log = project.log(run["run"]["id"], "unit")
    assert "tests/unit/test_a.py::test_flaky failed and does not block, until 2099-12-31: the disk is slow" in log


def test_it_is_never_taken_for_a_result_that_others_may_use(project):
    project.push("HEAD:refs/heads/feature/same")
    run = project.run_once(branch="feature/same")
    assert run["steps"]["unit"]["state"] == "passed" and run["steps"]["unit"]["attempts"] == 1


@pytest.mark.parametrize("name, files, said", [
    ("other", {"report.xml": FAILING.replace('name="test_good"/>', 'name="test_good"><error/></testcase>')}, None),
    ("expired", {"report.xml": FAILING.replace("test_flaky", "test_old")}, "the quarantine of tests/unit/test_a.py::test_old ended on 2020-12-31"),
    ("crashed", {"code": "3\n"}, None),
    ("broken", {"report.xml": "<testsuite><testcase"}, None),
])
def test_everything_else_blocks(project, name, files, said):
    run = run_of(project, name, files)
    assert run["run"]["outcome"] == "failed"
    assert said is None or said in project.log(run["run"]["id"], "unit")


def test_a_branch_cannot_put_its_own_tests_into_quarantine(project):
    more = FILES["environments/project.yml"] + '  - { test: "tests/unit/test_a.py::test_mine", until: 2099-01-01 }\n'
    run = run_of(project, "sly", {"environments/project.yml": more, "report.xml": FAILING.replace("test_flaky", "test_mine")})
    assert run["run"]["outcome"] == "failed"
    assert any("quarantine" in note for note in run["notes"])
