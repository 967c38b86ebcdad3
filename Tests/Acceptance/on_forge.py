"""A watched project on a forge: how it gets there, and what tests wait for."""

import contextlib

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
def on_forge(watch, kind, *options, every=3600, files=None):
    """A project that was adopted from `project.forge` and linked to it."""
    project = watch({**FILES, **(files or {})}, adopt=False, options=("--fetch-every", str(every)))
    with FakeForge(project, kind) as project.forge:
        project.adopt(project.forge.url, "--name", "shop")
        project.forge.link(*options)
        project.started, project.go = project.latch("started"), project.latch("go")
        project.serve()
        project.until(lambda: project.forge.count("list"), "the forge is asked for its pull requests")
        # What the start and the link asked for has been looked at; from here on nobody looks who is not told to.
        project.forge.tell_push("main")
        project.until(lambda: project.query("SELECT 1 FROM delivery WHERE handled_at IS NULL") == [], "it is looked at")
        yield project


def change(project, pull):
    """The change that a pull request has become, if it has."""
    return next((change for change in project.ask("changes") if change["topic"] == f"pull-{pull.number}"), None)


def become(project, pull, state):
    """The change, once its head is the pull request's and it is that."""
    def is_so():
        found = change(project, pull)
        return found and (found["outcome"], found["head"]) == (state, pull.head) and found
    try:
        return project.until(is_so, f"pull request {pull.number} at {pull.head[:10]} is {state}")
    except AssertionError as error:
        raise AssertionError(f"{error}\nit is {change(project, pull)}") from None


def told(project, commit, state, context="espalier/gate", description=None):
    """The forge's latest status of a commit, once it is that and says exactly so."""
    def is_so():
        status = project.forge.status(commit, context)
        return status and status.state == state and description in (None, status.description) and status
    return project.until(is_so, f"{context} of {commit[:10]} is {state} on the forge")


def log(project):
    return (project.folder / "daemon.log").read_text()
