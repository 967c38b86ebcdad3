"""Forges that are down, busy or do not know our token: what they are to be told waits, and the daemon goes on."""

import os
import signal
import urllib.request

import pytest

from fake_forge import TOKEN, FakeForge
from on_forge import FILES, KINDS, become, change, log, on_forge, told


@pytest.fixture(scope="module")
def project(watch_all):
    with on_forge(watch_all, "github") as project:
        yield project


def begin(project, files):
    """A pull request in the middle of its check, of which the forge knows: it is told of the outcome next."""
    pull = project.forge.open({"slow": f"{len(project.forge.pulls)}\n", "broken": None, **files})
    project.forge.tell("opened", pull)
    project.started.wait()
    project.until(lambda: "checks run" in told(project, pull.head, "pending").description, "the forge knows")
    return pull


def complaint(project, words):
    """The first line of the log with these words, once there is one."""
    return project.until(lambda: next((line for line in log(project).splitlines() if words in line), None), words)


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_a_forge_that_is_down_delays_and_loses_nothing(watch, kind):
    with on_forge(watch, kind) as project:
        forge, before = project.forge, project.tip("main")
        good, bad = forge.open({"slow": "good\n"}), forge.open({"slow": "good\n", "broken": ""})
        forge.tell("opened", good)
        for pull in (good, bad):
            told(project, pull.head, "pending")
        with forge.having(down=True):
            project.go.open(2)
            become(project, bad, "rejected")
            become(project, good, "merging")
            project.end(signal.SIGKILL)
            project.serve()
            since, used = forge.now(), seconds_of_work(project)
            project.until(lambda: forge.now() > since + 3, "three seconds are over")
            assert sum(asked.at > since for asked in list(forge.asked)) < 15 and seconds_of_work(project) - used < 2
            assert project.tip("main") == before and forge.states(bad.head) == forge.states(good.head) == ["pending"]
        become(project, good, "merged")
        told(project, good.head, "success")
        told(project, bad.head, "failure")
        assert forge.states(good.head) == ["pending", "success"] and forge.states(bad.head) == ["pending", "failure"]


def seconds_of_work(project):
    """Processor time of the daemon."""
    with open(f"/proc/{project.daemon.pid}/stat") as file:
        user, system = file.read().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def test_a_branch_that_the_forge_protects_says_the_way_out(project):
    forge, before, pull = project.forge, project.tip("main"), begin(project, {})
    hook = project.bare / "hooks/update"
    hook.write_text('#!/bin/sh\n[ "$1" != refs/heads/main ] || { echo "main is protected"; exit 1; }\n')
    hook.chmod(0o755)
    project.go.open()
    rejected = become(project, pull, "rejected")
    hook.unlink()
    assert "the server does not take its merge" in rejected["reason"] and "--landing api" in rejected["reason"]
    assert told(project, pull.head, "failure").description.startswith("rejected: the server does not take its merge")
    assert project.tip("main") == before


def test_a_forge_that_asks_for_a_pause_gets_it(project):
    forge, pull = project.forge, begin(project, {})
    forge.fails_next(1, 429, Retry_After="3")
    project.go.open()
    become(project, pull, "merged")
    told(project, pull.head, "success")
    refused = next(asked for asked in forge.asked if asked.status == 429)
    again = next(asked for asked in forge.asked if asked.at > refused.at and asked.call != "git")
    assert 2.9 < again.at - refused.at < 20


def test_a_list_that_could_not_be_read_is_read_later(project):
    forge, pull = project.forge, begin(project, {"broken": ""})
    with forge.having(down=True):
        since = forge.now()
        project.go.open()
        become(project, pull, "rejected")
        project.until(lambda: forge.count("status", since, pull.head), "the forge is told")
        other = forge.open({"other.txt": "x\n", "slow": None})
        forge.tell("opened", other)
        project.until(lambda: forge.count("list", since), "the forge is asked")
    told(project, pull.head, "failure")
    become(project, other, "merged")


def test_statuses_outlive_a_token_that_expires(project):
    forge, pull = project.forge, begin(project, {"broken": ""})
    with forge.expired_token():
        since = forge.now()
        project.go.open()
        become(project, pull, "rejected")
        project.until(lambda: forge.count("status", since, pull.head), "the forge is told with the old token")
    told(project, pull.head, "failure")


def test_a_token_that_may_not_push_is_named(project):
    forge, before, pull = project.forge, project.tip("main"), begin(project, {})
    with forge.having(pushing_token="another"):
        project.go.open()
        said = complaint(project, "shop: main could not be moved")
        assert "token" in said and project.tip("main") == before
    become(project, pull, "merged")


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_token_is_named_and_mended_without_a_restart(watch, kind):
    with on_forge(watch, kind) as project:
        forge, pull = project.forge, project.forge.open({"token.txt": "x\n"})
        with forge.expired_token():
            forge.tell("opened", pull)
            said = complaint(project, "shop: its forge is asked again in")
            assert f"make a new one on {forge.dialect.name} and store it" in said and change(project, pull) is None
        become(project, pull, "merged")
        assert TOKEN not in log(project) and "expired" not in log(project)


def test_a_private_repository_needs_the_token_and_keeps_it_to_itself(watch):
    project = watch(FILES, adopt=False, options=("--fetch-every", "3600"))
    with FakeForge(project, "github") as forge:
        project.forge, forge.private = forge, True
        refused = project.espalier("adopt", forge.url, "--name", "shop")
        assert refused.returncode == 1 and "followRedirects" not in refused.stderr
        project.adopt(forge.url.replace("//", f"//espalier:{TOKEN}@"), "--name", "shop")
        forge.link()
        project.serve()
        pull = forge.open({"private.txt": "x\n"})
        forge.tell("opened", pull)
        become(project, pull, "merged")
        page = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(project.ask("status")["address"])
        for shown in (log(project), page.read().decode(), project.espalier("status").stdout, str(project.ask("status"))):
            assert TOKEN not in shown
