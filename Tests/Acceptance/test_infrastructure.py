"""`terraform:` steps, with Terraform itself: what a change has shown is what a release applies, and nothing else."""

import json
import shutil
import sys
import urllib.request

import pytest
import terraform_program

PLAN = "{ terraform: { plan: infrastructure, state: jobs.tfstate } }"
FILES = {
    "pipelines/infrastructure-change.yml": f"""\
        on: {{ change: {{ target: main, environment: prod }} }}
        steps:
          plan: {PLAN}
        """,
    "pipelines/infrastructure.yml": f"""\
        on: {{ push: {{ environment: prod }} }}
        steps:
          plan: {PLAN}
          apply: {{ needs: [plan], terraform: {{ apply: "${{steps.plan.outputs.plan}}" }} }}
        """,
}


def jobs(**crons):
    """Configuration with one resource a job; terraform_data is what Terraform has built in."""
    resources = {name: {"input": {"cron": cron}} for name, cron in crons.items()}
    return {"infrastructure/main.tf.json": json.dumps({"resource": {"terraform_data": resources}})}


@pytest.fixture
def project(watch, tmp_path):
    terraform_program.install(tmp_path / "bin")
    project = watch({**FILES, **jobs(inference="0 0 11 * * ?")}, env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin"},
                    readable=[sys.prefix])
    project.state = project.data("prod") / "jobs.tfstate"
    return project


def propose(project, topic, files):
    """A change on the newest main, merged; what `espalier change show` prints of it."""
    project.git("fetch", "--quiet", "origin")
    project.branch(f"my-{topic}", files, start="origin/main")
    project.push("HEAD:refs/for/main", "-o", f"topic={topic}")
    change = project.change_of(topic)
    assert change["outcome"] == "merged", change
    return project.espalier("change", "show", change["id"]).stdout


def release(project, name, start="origin/main"):
    """A release cut from main: its run, whole."""
    project.git("fetch", "--quiet", "origin")
    project.push(f"{start}:refs/heads/release/{name}")
    return project.run_once(branch=f"release/{name}")


def applied(project):
    """The cron expression of each job that Terraform has made."""
    resources = json.loads(project.state.read_text())["resources"]
    return {resource["name"]: resource["instances"][0]["attributes"]["input"]["value"]["cron"] for resource in resources}


def test_what_a_change_has_shown_is_applied_by_the_release(project):
    shown = propose(project, "first", {"note.txt": "first\n"})
    assert "Terraform plans for infrastructure (jobs.tfstate) in prod" in shown
    assert "1 to add, 0 to change, 0 to destroy" in shown and "# terraform_data.inference will be created" in shown
    assert not project.state.exists()

    detail = release(project, "1")
    assert detail["run"]["outcome"] == "passed", detail["steps"]
    assert applied(project) == {"inference": "0 0 11 * * ?"}
    assert "Apply complete! Resources: 1 added" in project.log(detail["run"]["id"], "apply")
    for address in (f"runs/{detail['run']['id']}", "changes/1"):
        page = urllib.request.urlopen(project.ask("status")["address"] + address).read().decode()
        assert "# terraform_data.inference will be created" in page and "1 to add, 0 to change, 0 to destroy" in page

    # What is there already is not made twice.
    shown = propose(project, "second", jobs(inference="0 0 12 * * ?", monitor="0 0 13 * * ?"))
    assert "1 to add, 1 to change, 0 to destroy" in shown and "0 0 11 * * ?" in shown and "0 0 12 * * ?" in shown
    assert release(project, "2")["run"]["outcome"] == "passed"
    assert applied(project) == {"inference": "0 0 12 * * ?", "monitor": "0 0 13 * * ?"}

    # Part of what was shown, too: the plan of the last change was made before the release of the one before it.
    propose(project, "third", jobs(inference="0 0 12 * * ?", monitor="0 0 14 * * ?"))
    shown = propose(project, "fourth", jobs(inference="0 0 15 * * ?", monitor="0 0 14 * * ?"))
    assert "0 to add, 2 to change, 0 to destroy" in shown
    assert release(project, "3", start="origin/main~1")["run"]["outcome"] == "passed"
    detail = release(project, "4")
    assert detail["steps"]["plan"]["values"]["plan"] == "0 to add, 1 to change, 0 to destroy"
    assert detail["run"]["outcome"] == "passed" and applied(project)["inference"] == "0 0 15 * * ?"


def test_what_nobody_has_seen_is_not_applied(project):
    detail = release(project, "1")
    assert (detail["steps"]["plan"]["state"], detail["steps"]["apply"]["state"]) == ("passed", "failed")
    assert "no merged change has shown a plan of infrastructure (jobs.tfstate)" in detail["steps"]["apply"]["detail"]
    assert not project.state.exists()

    propose(project, "first", {"note.txt": "first\n"})
    assert release(project, "2")["run"]["outcome"] == "passed"

    # Somebody changes by hand what the next release would change back.
    project.state.write_text(project.state.read_text().replace("0 0 11 * * ?", "0 0 3 * * ?"))
    detail = release(project, "3")
    assert detail["steps"]["apply"]["state"] == "failed"
    assert "has shown this update of terraform_data.inference" in detail["steps"]["apply"]["detail"]
    assert applied(project) == {"inference": "0 0 3 * * ?"}
    shown = propose(project, "back", {"note.txt": "back\n"})
    assert "0 to add, 1 to change, 0 to destroy" in shown
    detail = release(project, "4")
    assert detail["run"]["outcome"] == "passed" and applied(project) == {"inference": "0 0 11 * * ?"}


def test_shown_false_applies_what_it_plans(project):
    text = FILES["pipelines/infrastructure.yml"].replace('plan}" }', 'plan}", shown: false }')
    project.branch("release/1", {"pipelines/infrastructure.yml": text})
    project.push("HEAD:refs/heads/release/1")
    assert project.run_once(branch="release/1")["run"]["outcome"] == "passed"
    assert applied(project) == {"inference": "0 0 11 * * ?"}


def refused(project, name, files, start="main"):
    """A release branch with commits of its own, which must not be applied."""
    project.branch(f"release/{name}", files, start=start)
    project.push(f"release/{name}")
    apply = project.run_once(branch=f"release/{name}")["steps"]["apply"]
    assert apply["state"] == "failed" and not project.state.exists(), apply
    return apply["detail"]


def test_only_what_was_merged_counts_as_shown(project):
    """Not a change that is turned down, nor an earlier head of one that is merged, nor one into a branch of nobody's care."""
    failing = FILES["pipelines/infrastructure-change.yml"].rstrip(" ") \
        + "          check: { needs: [plan], terraform: { plan: check, state: check.tfstate } }\n"
    propose(project, "check", {"pipelines/infrastructure-change.yml": failing, "check/main.tf.json": "{}"})
    first, second = jobs(inference="0 0 1 * * ?"), jobs(inference="0 0 2 * * ?")
    project.git("fetch", "--quiet", "origin")
    project.branch("mine", {**first, "check/main.tf.json": "{"}, start="origin/main")
    project.push("HEAD:refs/for/main", "-o", "topic=mine")
    change = project.change_of("mine")
    assert change["outcome"] == "rejected" and "1 to add" in project.espalier("change", "show", change["id"]).stdout
    assert "no merged change has shown a plan" in refused(project, "1", first)

    project.git("checkout", "--quiet", "mine")
    project.commit_files({**second, "check/main.tf.json": "{}"}, "Another hour")
    project.push("HEAD:refs/for/main", "-o", "topic=mine")
    project.until(lambda: project.change_of("mine")["outcome"] == "merged", "the second head is merged")
    shown = project.espalier("change", "show", change["id"]).stdout
    assert "0 0 2 * * ?" in shown and "0 0 1 * * ?" not in shown
    assert "no merged change has shown a plan" in refused(project, "2", first)

    third = jobs(inference="0 0 3 * * ?")
    project.push("origin/main:refs/heads/feature/free")
    anywhere = {"pipelines/infrastructure-change.yml": FILES["pipelines/infrastructure-change.yml"].replace("target: main", "target: feature/free")}
    project.branch("theirs", {**third, **anywhere}, start="origin/main")
    project.push("HEAD:refs/for/feature/free", "-o", "topic=theirs")
    assert project.change_of("theirs")["outcome"] == "merged"
    assert "no merged change has shown a plan" in refused(project, "3", third)
    assert release(project, "4")["run"]["outcome"] == "passed" and applied(project) == {"inference": "0 0 2 * * ?"}


def test_another_command_of_a_provisioner_has_not_been_shown(project):
    """Terraform's own JSON of a plan does not tell them apart."""
    def configuration(command):
        resource = {"input": 1, "provisioner": [{"local-exec": {"command": f"echo {command} ${{self.id}}"}}]}
        return {"infrastructure/main.tf.json": json.dumps({"resource": {"terraform_data": {"job": resource}}})}

    propose(project, "hello", configuration("hello"))
    project.git("fetch", "--quiet", "origin")
    assert "no merged change has shown a plan" in refused(project, "1", configuration("evil"), start="origin/main")
    detail = release(project, "2")
    assert detail["run"]["outcome"] == "passed" and "hello" in project.log(detail["run"]["id"], "apply")


def test_a_daemon_that_dies_before_it_could_refuse_refuses_afterwards(project):
    project.end()
    # The third time that facts are stored: that the step apply has started.
    project.extra = {**project.extra, "ESPALIER_FAILPOINT": "facts.stored@3"}
    project.serve()
    project.push("main:refs/heads/release/1")
    project.daemon.wait(60)
    del project.extra["ESPALIER_FAILPOINT"]
    project.serve()
    detail = project.run_once(branch="release/1")
    assert detail["steps"]["plan"]["state"] == "passed" and "no merged change has shown" in detail["steps"]["apply"]["detail"]
    assert not project.state.exists()


LOCAL = {"infrastructure/backend.tf.json": json.dumps({"terraform": {"backend": {"local": {"path": "x.tfstate"}}}})}


@pytest.mark.parametrize("pipeline, files, program, complaint", [
    ("plan: { terraform: { plan: infrastructure } }", {}, True, "declare another backend than local, or say state: FILE"),
    ("plan: { terraform: { plan: infrastructure } }", LOCAL, True, "declare another backend than local, or say state: FILE"),
    (f"plan: {PLAN[:-1]}, env: {{ TF_WORKSPACE: blue }} }}", {}, True, "state: FILE has one workspace"),
    (f"plan: {PLAN}", {}, False, "terraform is not on the daemon's PATH"),
])
def test_what_cannot_be_planned_says_why(project, tmp_path, pipeline, files, program, complaint):
    if not program:
        shutil.rmtree(tmp_path / "bin")
    text = f"on: {{ push: {{ environment: prod }} }}\nsteps:\n  {pipeline}\n"
    project.branch("release/1", {"pipelines/infrastructure.yml": text, **files})
    project.push("HEAD:refs/heads/release/1")
    run = project.run_once(branch="release/1")["run"]
    assert run["outcome"] == "failed" and complaint in project.log(run["id"], "plan")
