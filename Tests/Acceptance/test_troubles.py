"""A project that cannot go on says so in `status`, with what to do, and no longer once it is mended."""

import contextlib
import json
import sqlite3

import pytest

from on_forge import on_forge
from receivers import WebReceiver
from remotes import over_http

GATED = {
    "environments/staging.yml": "branches: [main]\nprotected: true\ngate: { approvals: 1 }\n",
    "pipelines/change.yml": "on: { change: { target: main, environment: dev } }\nsteps: { check: { run: '[ ! -e broken ]' } }\n",
}


def troubles(project, kind):
    return [trouble for trouble in project.ask("status")["troubles"] if trouble["kind"] == kind]


def comes(project, kind):
    """The trouble, once `status` tells it; that it says what is wrong and what to do, and that `doctor` and the board do."""
    trouble = project.until(lambda: troubles(project, kind), f"`status` tells of {kind}")[0]
    assert trouble["what"] and trouble["remedy"] and trouble["since"] and trouble["project"]
    table = project.espalier("status").stdout
    assert trouble["what"] in table and trouble["remedy"] in table
    found = json.loads(project.espalier("doctor", "--json").stdout)
    assert any(trouble["remedy"] in line["detail"] and line["state"] != "ok" for line in found), found
    return trouble


def goes(project, kind):
    project.until(lambda: not troubles(project, kind), f"{kind} is over")


@contextlib.contextmanager
def mirrored(watch, files=None):
    project = watch(files, adopt=False, options=("--fetch-every", "1", "--patience", "5"))
    with over_http(project):
        project.adopt(project.git("remote", "get-url", "origin").strip(), "--name", "shop")
        project.serve()
        yield project


def test_a_mirror_whose_remote_is_gone(watch):
    with mirrored(watch) as project:
        away = project.bare.with_name("away.git")
        project.bare.rename(away)
        trouble = comes(project, "mirror")
        project.end()
        project.serve()
        assert comes(project, "mirror")["since"] == trouble["since"], "a restart forgets when it began"
        away.rename(project.bare)
        goes(project, "mirror")


def test_a_mirror_of_a_branch_that_becomes_a_folder(watch):
    """CASES: G5"""
    with mirrored(watch) as project:
        project.branch("feature/a")
        project.git("push", "origin", "feature/a")
        project.until(lambda: project.runs(branch="feature/a"), "it is fetched")
        # Between two fetches: the mirror learns of both at once.
        project.end()
        project.git("push", "origin", ":feature/a")
        project.git("checkout", "--quiet", "main")
        project.git("branch", "--quiet", "--delete", "--force", "feature/a")
        project.branch("feature/a/b")
        project.git("push", "origin", "feature/a/b")
        project.serve()
        project.until(lambda: project.runs(branch="feature/a/b"), "it is fetched, too")
        assert troubles(project, "mirror") == []


def test_people_are_told_of_a_mirror(watch):
    """Once when it lasts, and once when it is over."""
    receiver = WebReceiver()
    with contextlib.closing(receiver):
        dev = 'branches: ["feature/**"]\nnotify:\n  chat: { on: [trouble], webhook: { url: ESPALIER_SECRET_CHAT }, quiet: 1s }\n'
        project = watch({"environments/dev.yml": dev}, adopt=False, options=("--fetch-every", "1"),
                        env={"ESPALIER_SECRET_CHAT": receiver.url})
        with over_http(project):
            project.adopt(project.git("remote", "get-url", "origin").strip(), "--name", "shop")
            project.serve()
            project.branch("feature/told")
            project.git("push", "origin", "feature/told")
            project.run_once(branch="feature/told")
            away = project.bare.with_name("away.git")
            project.bare.rename(away)
            trouble = comes(project, "mirror")
            first = receiver.next()
            away.rename(project.bare)
            second = receiver.next()
        assert [post["kind"] for post in receiver.posts] == ["trouble", "trouble"]
        assert (first["details"]["is_over"], second["details"]["is_over"]) == (False, True)
        assert first["details"]["remedy"] == trouble["remedy"]


def test_a_token_that_the_forge_refuses(watch):
    with on_forge(watch, "github", every=1) as project:
        with project.forge.expired_token():
            trouble = comes(project, "forge")
            assert "401" in trouble["what"] and "--token-file" in trouble["remedy"]
            project.forge.tell_push("main")
        project.forge.tell_push("main")
        goes(project, "forge")


def test_hooks_that_git_does_not_call(watch):
    """CASES: G8, in the repository after it was adopted"""
    project = watch(GATED, options=("--look-every", "1"))
    project.call("git", "config", "core.hooksPath", "/nowhere", cwd=project.bare)
    trouble = comes(project, "hooks")
    assert "/nowhere/post-receive is missing" in trouble["what"]
    project.call("git", "config", "--unset", "core.hooksPath", cwd=project.bare)
    goes(project, "hooks")
    (project.bare / "hooks/update").chmod(0o644)
    assert "update is not executable" in comes(project, "hooks")["what"]
    project.adopt()
    goes(project, "hooks")


def test_hooks_go_where_git_looks(watch):
    """CASES: G8, a folder of the repository itself"""
    project = watch(GATED, adopt=False)
    project.call("git", "config", "core.hooksPath", "our-hooks", cwd=project.bare)
    project.adopt()
    project.serve()
    assert (project.bare / "our-hooks/update").exists() and troubles(project, "hooks") == []
    project.branch("past")
    refused = project.call("git", "push", "origin", "past:main", cwd=project.work, check=False)
    assert project.tip("main") != project.git("rev-parse", "past").strip(), refused


def test_shared_hooks_are_refused(watch):
    """CASES: G8, core.hooksPath of the user"""
    project = watch(GATED, adopt=False)
    home = project.folder / "user"
    home.mkdir()
    (home / ".gitconfig").write_text("[core]\n\thooksPath = /usr/share/hooks\n")
    project.environment["HOME"] = str(home)
    refused = project.espalier("adopt", project.bare)
    assert refused.returncode == 1 and "core.hooksPath" in refused.stderr and "git -C" in refused.stderr
    project.call("git", "config", "core.hooksPath", f"{project.bare}/hooks", cwd=project.bare)
    project.adopt()


@pytest.mark.parametrize("before", ["ready", "rejected"])
def test_a_gate_goes_on_without_changes_that_are_purged(watch, before):
    """CASES: G10"""
    project = watch(GATED)
    purged = project.branch("purged", {"broken" if before == "rejected" else "fine": "x"})
    project.push("purged:refs/for/main", "-o", "topic=purged")
    project.until(lambda: state(project, "purged") == before, f"it is {before}")
    project.end()
    project.call("git", "update-ref", "-d", "refs/changes/purged/for/main", cwd=project.bare)
    (project.bare / "objects" / purged[:2] / purged[2:]).unlink()
    project.serve()
    project.branch("next")
    project.push("next:refs/for/main", "-o", "topic=next")
    project.until(lambda: state(project, "next") == "ready", "the gate goes on")
    change = next(change for change in project.ask("changes") if change["topic"] == "purged")
    # That its ref is gone may be seen first.
    assert change["outcome"] == "withdrawn" or "is gone: push again" in change["reason"], change
    assert troubles(project, "gate") == [] and troubles(project, "planning") == []


def state(project, topic):
    return next((change["outcome"] for change in project.ask("changes") if change["topic"] == topic), None)


def test_a_gate_goes_on_where_history_was_purged(watch):
    """CASES: G10"""
    project = watch(GATED)
    project.branch("past", {"broken": "x"})
    project.push("past:refs/for/main", "-o", "topic=past")
    project.until(lambda: state(project, "past") == "rejected", "it is rejected")
    old = project.tip("main")
    project.git("checkout", "--quiet", "--orphan", "fresh", "main")
    project.git("commit", "--quiet", "--message", "Begin anew")
    project.git("push", "origin", "fresh")
    # As a person purges: new history, no old ref, no old object.
    project.call("git", "update-ref", "refs/heads/main", project.git("rev-parse", "HEAD").strip(), cwd=project.bare)
    refs = project.call("git", "for-each-ref", "--format=%(refname)", "refs/changes", "refs/espalier", cwd=project.bare)
    for ref in refs.split():
        project.call("git", "update-ref", "-d", ref, cwd=project.bare)
    project.call("git", "gc", "--quiet", "--prune=now", cwd=project.bare)
    assert old not in project.call("git", "cat-file", "--batch-check", "--batch-all-objects", cwd=project.bare)
    project.look()
    project.branch("next", start="fresh")
    project.push("next:refs/for/main", "-o", "topic=next")
    project.until(lambda: state(project, "next") == "ready", "the gate goes on")
    assert state(project, "past") in ("withdrawn", "rejected")
    assert troubles(project, "gate") == [] and troubles(project, "planning") == []


def test_a_repository_that_is_gone(watch):
    project = watch(options=("--look-every", "1"))
    away = project.bare.with_name("away.git")
    project.bare.rename(away)
    comes(project, "repository")
    away.rename(project.bare)
    goes(project, "repository")


def test_an_event_that_cannot_be_decoded_holds_up_nobody_else(watch):
    """CASES: R11"""
    project = watch()
    project.end()
    with contextlib.closing(sqlite3.connect(project.home / "espalier.sqlite")) as database, database:
        database.execute("INSERT INTO event (project_id, kind, event, at) VALUES (1, 'push', '{\"format\":3,\"kind\":\"push\"}', 1)")
    project.serve(looks=False)
    trouble = comes(project, "unreadable")
    assert "event" in trouble["what"] and "a newer" in trouble["what"] + trouble["remedy"], trouble
    project.branch("feature/goes-on")
    project.git("push", "--quiet", "origin", "feature/goes-on")
    assert project.run_once(branch="feature/goes-on")["run"]["outcome"] == "passed"
