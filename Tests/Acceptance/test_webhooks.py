"""Whom Espalier believes: webhooks by their signature, forges by their list, strangers after a look."""

import time

import pytest

from on_forge import KINDS, become, change, on_forge, told


@pytest.fixture(scope="module", params=KINDS)
def project(watch_all, request):
    with on_forge(watch_all, request.param) as project:
        yield project


def deliveries(project):
    return project.query("SELECT id, meaning FROM delivery")


@pytest.mark.parametrize("kind", KINDS)
def test_without_webhooks_the_forge_is_asked_now_and_then(watch, kind):
    with on_forge(watch, kind, every=1) as project:
        forge, before = project.forge, project.tip("main")
        pull = forge.open({"polled.txt": "x\n"})
        become(project, pull, "merged")
        assert forge.bare("rev-parse", "main^@").split() == [before, pull.head]
        told(project, pull.head, "success")


def test_a_webhook_with_another_secret_is_refused(project):
    pull, known = project.forge.open({"forged.txt": "x\n"}, draft=True), deliveries(project)
    status, said = project.forge.tell("opened", pull, secret="a guess")
    assert status == 401 and "is the secret the same on both sides?" in said
    assert deliveries(project) == known


def test_a_webhook_that_comes_twice_is_seen_once(project):
    forge, known = project.forge, deliveries(project)
    pull = forge.open({"twice.txt": "x\n"})
    assert forge.tell("opened", pull, delivery="the same")[0] == 202
    merged = become(project, pull, "merged")
    assert forge.tell("opened", pull, delivery="the same") == (200, "seen before")
    assert len(deliveries(project)) == len(known) + 1
    assert [change["id"] for change in project.ask("changes") if change["topic"] == merged["topic"]] == [merged["id"]]
    assert len(change(project, pull)["runs"]) == 1


def test_a_webhook_that_says_what_is_not_so_changes_nothing(project):
    forge = project.forge
    pull = forge.open({"broken": ""})
    forge.tell("opened", pull)
    become(project, pull, "rejected")
    since = forge.now()
    assert forge.tell("closed", pull)[0] == 202
    project.until(lambda: forge.count("list", since), "the forge is asked what is so")
    other = forge.open({"sound.txt": "x\n"})
    forge.tell("opened", other)
    become(project, other, "merged")
    assert change(project, pull)["outcome"] == "rejected"


def test_webhooks_about_other_things_are_taken_and_forgotten(project):
    forge, known = project.forge, deliveries(project)
    status, said = forge.post(*forge.dialect.starred())
    assert status == 200 and said.startswith("ignored: ") and said.endswith("starts nothing")
    status, said = forge.tell("opened", forge.open({"x": ""}, draft=True), repository="clinic/another")
    assert status == 200 and said.startswith("ignored: it is about ")
    assert deliveries(project) == known


def test_webhooks_that_nobody_asked_for_are_refused(project):
    forge, known = project.forge, deliveries(project)
    status, said = forge.post(*forge.dialect.starred(), to="elsewhere")
    assert (status, said) == (404, "there is no project 'elsewhere' with a forge here")
    forge.link(secret=False)
    status, said = forge.post(*forge.dialect.starred())
    forge.link()
    assert (status, said) == (403, "'shop' takes no webhooks: link its forge with --secret-file")
    assert deliveries(project) == known


def test_a_webhook_is_answered_while_the_forge_keeps_us_waiting(project):
    forge = project.forge
    pull = forge.open({"patience.txt": "x\n"})
    with forge.silence():
        began = time.monotonic()
        answers = [forge.tell("opened", pull)[0] for _ in range(5)]
        took = time.monotonic() - began
    assert answers == [202] * 5 and took < 20
    become(project, pull, "merged")


def test_a_fork_waits_for_a_look_and_runs_shut_in(project):
    forge = project.forge
    (project.data("dev") / "patients").write_text("secret\n")
    port = forge.server.server_port
    check = f"""\
        ls $ESPALIER_DATA | grep patients
        python3 -c 'import socket; socket.create_connection(("127.0.0.1", {port}), 2)' 2> /dev/null && echo "has network"
        echo looked
        [ ! -e broken ]
        """
    own = forge.open({"check.sh": check, "broken": None})
    forge.tell("opened", own)
    merged = become(project, own, "merged")
    assert project.log(merged["runs"][0], "check") == "patients\nhas network\nlooked\n"

    before = project.tip("main")
    pull = forge.open({"stranger.txt": "x\n"}, fork=True, author="stranger")
    forge.tell("opened", pull)
    held = become(project, pull, "proposed")
    assert held["runs"] == [] and held["reason"] == (
        f"it comes from another repository: a maintainer reviews it, then runs `espalier change approve {held['id']}`")
    told(project, pull.head, "pending")
    approved = project.espalier("change", "approve", held["id"], "--as", "stranger")
    assert approved.returncode == 1 and "is the author of change" in approved.stderr
    assert project.tip("main") == before
    project.espalier("change", "approve", held["id"], "--as", "a maintainer")
    merged = become(project, pull, "merged")
    assert [project.log(run, "check") for run in merged["runs"]] == ["looked\n"]
    assert forge.bare("rev-parse", "main^@").split() == [before, pull.head]
