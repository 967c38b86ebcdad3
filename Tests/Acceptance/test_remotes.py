"""Pushes that come over a network, as colleagues' pushes do: the same over http and over ssh."""

import random

import pytest

from remotes import over_http, over_ssh

FILES = {
    "check.sh": "[ ! -e broken ]\n",
    "environments/staging.yml": "branches: [main]\nprotected: true\ngate: { approvals: 0 }\n",
    "pipelines/change.yml": """\
        on: { change: { target: main, environment: dev } }
        steps:
          check:
            run: |
              if [ -e slow ]; then echo > $ESPALIER_DATA/started; read never < $ESPALIER_DATA/never; fi
              sh check.sh
        """,
}


@pytest.fixture(scope="module", params=[over_http, over_ssh], ids=["http", "ssh"])
def project(watch_all, request):
    project = watch_all(FILES)
    project.started, _ = project.latch("started"), project.latch("never")
    with request.param(project):
        yield project


def propose(project, topic, files):
    """A commit on the newest main, pushed as a change; the commit, and what the pusher reads."""
    project.git("fetch", "--quiet", "origin")
    commit = project.branch(f"my-{topic}", files, start="origin/main")
    return commit, push(project, topic)


def push(project, topic):
    return project.git("push", "-o", f"topic={topic}", "origin", "HEAD:refs/for/main")


def changes(project, topic):
    return [change for change in project.ask("changes") if change["topic"] == topic]


def test_a_pushed_branch_starts_a_run_and_the_pusher_reads_its_number(project):
    commit = project.branch("feature/far")
    said = project.git("push", "origin", "feature/far")
    run = project.run_once(commit=commit)["run"]
    assert f"remote: espalier: run {run['id']}, dev in dev: {project.ask('status')['address']}runs/{run['id']}" in said
    assert run["outcome"] == "passed" and project.log(run["id"], "hello") == "hello from feature/far\n"


def test_several_branches_in_one_push_are_all_answered(project):
    names = [f"feature/far-{n}" for n in range(3)]
    for name in names:
        project.branch(name)
    assert project.git("push", "origin", *names).count("remote: espalier: run ") == 3
    assert {project.run_once(branch=name)["run"]["outcome"] for name in names} == {"passed"}


def test_a_direct_push_is_refused_where_changes_are_gated(project):
    before = project.tip("main")
    project.branch("direct")
    said = project.git("push", "origin", "HEAD:refs/heads/main", check=False)
    assert "remote: espalier: main is gated" in said and project.tip("main") == before


def test_a_good_change_is_checked_merged_and_fetched_back(project):
    before = project.tip("main")
    head, _ = propose(project, "good", {"good.txt": "good\n"})
    good = project.change_of("good")
    assert (good["outcome"], good["head"]) == ("merged", head)
    run = project.detail(good["runs"][0])
    assert (run["run"]["outcome"], run["run"]["commit"]) == ("passed", project.tip("main"))
    project.git("fetch", "--quiet", "origin")
    assert project.git("rev-parse", "origin/main^@").split() == [before, head]


def test_a_failing_check_rejects_the_change_and_says_why(project):
    before = project.tip("main")
    _, said = propose(project, "bad", {"broken": ""})
    bad = project.change_of("bad")
    assert f"remote: espalier: change {bad['id']} for main" in said
    assert bad["outcome"] == "rejected" and project.tip("main") == before
    assert bad["reason"] == f"check 'change' failed in run {bad['runs'][0]}: check: exit code 1"
    assert project.detail(bad["runs"][0])["steps"]["check"]["detail"] == "exit code 1"
    assert bad["reason"] in project.espalier("changes").stdout


def test_the_mended_change_is_the_same_change(project):
    (bad,) = changes(project, "bad")
    project.git("rm", "--quiet", "broken")
    project.git("commit", "--quiet", "--message", "Mend")
    push(project, "bad")
    project.until(lambda: changes(project, "bad")[0]["outcome"] == "merged", "the mended change is merged")
    (mended,) = changes(project, "bad")
    assert mended["id"] == bad["id"] and mended["runs"][0] == bad["runs"][0] and len(mended["runs"]) == 2


def test_a_change_pushed_again_while_it_is_checked_starts_over(project):
    _, said = propose(project, "again", {"slow": "first\n"})
    project.started.wait()
    project.git("rm", "--quiet", "slow")
    second = project.commit_files({"quick.txt": "second\n"})
    push(project, "again")
    assert project.change_of("again")["outcome"] == "merged"
    (again,) = changes(project, "again")
    assert f"remote: espalier: change {again['id']} for main" in said and again["head"] == second
    assert [project.detail(run)["run"]["outcome"] for run in again["runs"]] == ["superseded", "passed"]


def test_a_large_change_arrives_whole(project):
    text = random.Random(8).randbytes(2 << 20).hex()  # more than git sends in one piece over http
    head, _ = propose(project, "large", {"large.txt": text})
    assert project.change_of("large")["outcome"] == "merged"
    assert project.call("git", "cat-file", "-s", "main:large.txt", cwd=project.bare) == f"{len(text)}\n"


def test_what_cannot_be_proposed_is_refused_at_once(project):
    known = project.ask("changes")
    said = project.git("push", "origin", "HEAD:refs/for/nowhere", check=False)
    assert "[remote rejected]" in said and "there is no branch 'nowhere' to merge into" in said
    said = project.git("push", "-o", "topic=../x", "origin", "HEAD:refs/for/main", check=False)
    assert "[remote rejected]" in said and "a topic has letters, digits, - and _ only" in said
    assert project.ask("changes") == known


def test_a_change_proposed_while_the_daemon_was_down_is_merged_later(project):
    project.end()
    _, said = propose(project, "sleeper", {"sleeper.txt": "x\n"})
    assert "remote: espalier: the daemon is not running; it will pick this push up when it starts" in said
    project.serve()
    assert project.change_of("sleeper")["outcome"] == "merged" and len(changes(project, "sleeper")[0]["runs"]) == 1
