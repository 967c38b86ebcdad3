"""Who acts is who the kernel or a login says: an invented name approves nothing, and stands in no record."""

import time

import pytest

from attacks import is_settled, pipeline

INVENTED = "Somebody Else"
FILES = {
    "environments/staging.yml": "branches: [main]\nprotected: true\ngate: { approvals: 1 }\n",
    "pipelines/change.yml": pipeline({"check": "true"}, on="change: { target: main, environment: dev }"),
}


@pytest.fixture(scope="module")
def project(attacked):
    return attacked(FILES, options=("--look-every", "1"))


def propose(project, topic):
    """A change of the very person who then approves it."""
    project.branch(f"my-{topic}", start="main")
    project.push("HEAD:refs/for/main", "-o", f"topic={topic}")
    return project.until(lambda: is_settled(it := change(project, topic)) and it, "it waits for an approval")


def change(project, topic):
    return next(one for one in project.ask("changes") if one["topic"] == topic)


def acting(**variables):
    """Approve under variables that say somebody else."""
    def approve(project, number):
        kept = dict(project.environment)
        project.environment |= variables
        try:
            done = project.espalier("change", "approve", number)
        finally:
            project.environment = kept
        return done.stdout + done.stderr
    return approve


def saying_who(project, number):
    done = project.espalier("change", "approve", number, "--as", INVENTED)
    return done.stdout + done.stderr


def at_the_door(project, number):
    """The command's own words, and guesses at others, without the command."""
    return "".join(project.ring(*lines) for lines in (
        [f"approve {number}", f"as {INVENTED}"], [f"approve-change {number} {INVENTED}"],
        [f'{{"approveChange":{{"id":{number},"who":"{INVENTED}"}}}}'],
        [f'command {{"approve":{{"change":{number},"name":"{INVENTED}"}}}}']))


ATTACKS = {
    "as": saying_who,
    # Not listed.
    "user": acting(USER=INVENTED), "logname": acting(USER="", LOGNAME=INVENTED), "sudo-user": acting(SUDO_USER=INVENTED, SUDO_UID="12345"),
    "git-author": acting(GIT_AUTHOR_NAME=INVENTED, GIT_COMMITTER_NAME=INVENTED, EMAIL="else@example.org"),
    "door": at_the_door,
}


@pytest.mark.parametrize("name", ATTACKS)
def test_nobody_approves_their_own_change_by_another_name(project, name):
    """CASES: S7"""
    waiting, before = propose(project, name), project.tip("main")
    said = ATTACKS[name](project, waiting["id"])
    project.look()
    # Long enough for a gate that has got its approval: the attack below shows that it lands at once.
    deadline = time.monotonic() + 3
    project.until(lambda: change(project, name)["outcome"] != "ready" or time.monotonic() > deadline, "it lands, or it does not")
    after, main = change(project, name), project.tip("main")
    if main != before:
        project.call("git", "update-ref", "refs/heads/main", before, cwd=project.bare)
        project.look()
    assert (after["outcome"], main) == ("ready", before), said
    assert after["approved_by"] == [] and said.strip()


@pytest.mark.parametrize("name", ["bypass", "withdraw", "open"])
def test_a_record_has_no_invented_name(project, name):
    """CASES: S7, for what one may do: it is done under one's own name"""
    invented = f"{INVENTED} who {name}s"
    words = {"bypass": ("bypass", "main", "--reason", "x"), "open": ("change", "open", "feature/opened")}.get(name)
    if name == "open":
        project.branch("feature/opened", start="main")
        project.push("feature/opened")
    done = project.espalier(*(words or ("change", "withdraw", propose(project, "withdrawn")["id"])), "--as", invented)
    assert done.stdout + done.stderr
    shown = [project.espalier("audit").stdout] + [project.espalier("change", "show", one["id"]).stdout for one in project.ask("changes")]
    assert not [text for text in shown if invented in text]


def test_a_bypass_is_granted_by_the_daemon(project):
    """CASES: S7, by a file of one's own in the repository"""
    folder = project.bare / "espalier/bypass"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "main").write_text(f"{int(time.time()) + 600}\n")
    project.give(project.bare / "espalier")
    before, commit = project.tip("main"), project.branch("past", start="main")
    said = project.git("push", "origin", "past:main", check=False)
    main = project.tip("main")
    project.call("git", "update-ref", "refs/heads/main", before, cwd=project.bare)
    (folder / "main").unlink(missing_ok=True)
    assert main == before != commit, said
    assert "main" in said


def test_a_gate_is_not_opened_by_a_file_of_the_repository(project):
    """CASES: S7, the other file of the hook: what says which branches are gated"""
    gated = project.bare / "espalier/gated"
    kept, before = gated.read_text(), project.tip("main")
    gated.write_text("")
    project.branch("ungated", start="main")
    said = project.git("push", "origin", "ungated:main", check=False)
    main = project.tip("main")
    gated.write_text(kept)
    project.call("git", "update-ref", "refs/heads/main", before, cwd=project.bare)
    project.look()
    # Who can write to the repository's files can move the branch anyway: then it is on record, and told.
    told = said + project.remarks() + project.espalier("audit").stdout + project.espalier("status").stdout
    assert main == before or "main" in told and ("gate" in told or "bypass" in told)
