"""Projects on a forge: its pull requests are changes, and it is told what becomes of them. Each kind speaks for itself."""

import contextlib

import pytest

from fake_forge import FakeForge

KINDS = ["github", "gitlab", "gitea", "azure-devops"]
FILES = {
    "check.sh": "[ ! -e broken ]\n",
    "environments/staging.yml": "branches: [main]\nprotected: true\ngate: { approvals: 0, forks: approve }\n",
    "pipelines/change.yml": """\
        on: { change: { target: main, environment: dev } }
        steps:
          check:
            run: |
              if [ -e slow ]; then echo > $ESPALIER_DATA/started; read go < $ESPALIER_DATA/go; fi
              sh check.sh
        """,
}


@contextlib.contextmanager
def on_forge(watch, kind, *options, every=3600):
    """A project on a forge of that kind, as the team's colleague `project.forge`."""
    project = watch(FILES, adopt=False, options=("--fetch-every", every))
    project.options = tuple(map(str, project.options))
    with FakeForge(project, kind) as project.forge:
        project.adopt(project.forge.url, "--name", "shop")
        project.forge.link(*options)
        project.started, project.go = project.latch("started"), project.latch("go")
        project.serve()
        project.until(lambda: project.forge.count("list"), 10, "the forge is asked for its pull requests")
        yield project


@pytest.fixture(scope="module", params=KINDS)
def project(watch_all, request):
    with on_forge(watch_all, request.param) as project:
        yield project


def change(project, pull):
    """The change that a pull request has become, if it has."""
    return next((change for change in project.ask("changes") if change["topic"] == f"pull-{pull.number}"), None)


def become(project, pull, state, seconds=30):
    def is_so():
        found = change(project, pull)
        return found and (found["outcome"], found["head"]) == (state, pull.head) and found
    return project.until(is_so, seconds, f"pull request {pull.number} at {pull.head[:10]} is {state}")


def told(project, commit, state, context="espalier/gate"):
    """The forge's latest status of a commit, once it is that."""
    def is_so():
        status = project.forge.status(commit, context)
        return status and status.state == state and status
    return project.until(is_so, 30, f"{context} of {commit[:10]} is {state} on the forge")


def test_a_pull_request_that_a_webhook_tells_of_is_checked_and_lands(project):
    forge, before = project.forge, project.tip("main")
    pull = forge.open({"slow": "x\n"})
    project.look()
    assert project.ask("changes") == []
    assert forge.tell("opened", pull) == (202, "change 1 was opened")
    project.started.wait()
    told(project, pull.head, "pending")
    project.go.open()
    merged = become(project, pull, "merged")
    assert (merged["title"], merged["target"], merged["url"].endswith(f"/{pull.number}")) == ("Pull 1", "main", True)
    tip = project.tip("main")
    assert forge.bare("rev-parse", f"{tip}^@").split() == [before, pull.head]
    run = project.detail(merged["runs"][-1])["run"]
    assert (run["outcome"], run["commit"]) == ("passed", tip)
    status = told(project, pull.head, "success")
    assert forge.states(pull.head) == ["pending", "success"]
    assert status.url.startswith(project.ask("status")["address"]) and status.description == f"merged: merged as {tip[:10]}"
