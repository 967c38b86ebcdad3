"""Projects on a forge: its pull requests are changes, and it is told what becomes of them. The same on each kind."""

import pytest

from on_forge import KINDS, become, change, on_forge, told


@pytest.fixture(scope="module", params=KINDS)
def project(watch_all, request):
    """Looked at when a webhook comes, and not otherwise."""
    with on_forge(watch_all, request.param) as project:
        yield project


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
    assert (merged["title"], merged["target"], merged["url"]) == ("Pull 1", "main", forge.page(pull))
    tip = project.tip("main")
    assert forge.bare("rev-parse", f"{tip}^@").split() == [before, pull.head]
    run = project.detail(merged["runs"][-1])["run"]
    assert (run["outcome"], run["commit"]) == ("passed", tip)
    status = told(project, pull.head, "success", description=f"merged: merged as {tip[:10]}")
    assert forge.states(pull.head) == ["pending", "success"]
    assert status.url.startswith(project.ask("status")["address"])


def test_a_failing_pull_request_says_why_and_lands_when_it_is_mended(project):
    forge, before = project.forge, project.tip("main")
    pull = forge.open({"broken": "", "slow": None})
    forge.tell("opened", pull)
    bad = become(project, pull, "rejected")
    status = told(project, pull.head, "failure")
    assert status.description == f"rejected: {bad['reason']}" and "check: exit code 1" in bad["reason"]
    assert status.url.startswith(project.ask("status")["address"]) and project.tip("main") == before
    forge.update(pull, {"broken": None})
    forge.tell("updated", pull)
    mended = become(project, pull, "merged")
    assert mended["id"] == bad["id"] and len(mended["runs"]) == 2
    told(project, pull.head, "success")
    assert forge.states(pull.before)[-1] == "failure"


def test_a_new_head_takes_the_place_of_one_that_is_checked(project):
    forge = project.forge
    pull = forge.open({"slow": "again\n"})
    forge.tell("opened", pull)
    project.started.wait()
    forge.update(pull, {"slow": None, "quick.txt": "x\n"})
    forge.tell("updated", pull)
    merged = become(project, pull, "merged")
    assert [project.detail(run)["run"]["outcome"] for run in merged["runs"]] == ["superseded", "passed"]


def test_a_conflict_is_told(project):
    forge = project.forge
    start = project.tip("main")
    first = forge.open({"same.txt": "first\n"})
    forge.tell("opened", first)
    become(project, first, "merged")
    second = forge.open({"same.txt": "second\n"}, start=start)
    forge.tell("opened", second)
    become(project, second, "conflicted")
    assert told(project, second.head, "failure").description.startswith("conflicted: conflicts in same.txt")


def test_a_draft_is_no_change_until_it_is_ready(project):
    forge = project.forge
    draft, sound = forge.open({"draft.txt": "x\n"}, draft=True), forge.open({"sound.txt": "x\n"})
    forge.tell("opened", draft)
    forge.tell("opened", sound)
    become(project, sound, "merged")
    assert change(project, draft) is None and forge.states(draft.head) == []
    draft.draft = False
    forge.tell("edited", draft)
    become(project, draft, "merged")


def test_a_pull_request_that_is_closed_withdraws_its_change(project):
    forge, before = project.forge, project.tip("main")
    pull = forge.open({"slow": "closed\n"})
    forge.tell("opened", pull)
    project.started.wait()
    forge.close(pull)
    forge.tell("closed", pull)
    withdrawn = become(project, pull, "withdrawn")
    assert project.detail(withdrawn["runs"][0])["run"]["outcome"] != "passed" and project.tip("main") == before


def test_what_slips_through_the_list_stays_and_what_the_forge_does_not_know_goes(project):
    forge = project.forge
    pull = forge.open({"slow": "x\n", "slips.txt": "x\n"})
    forge.tell("opened", pull)
    project.started.wait()
    pull.slips, since = True, forge.now()
    forge.tell("updated", pull)
    asked = project.until(lambda: forge.count("get", since), "the forge is asked about it")
    forge.tell("updated", pull)
    project.until(lambda: forge.count("get", since) > asked, "it is still there, and asked about again")
    assert change(project, pull)["outcome"] == "checking"
    del forge.pulls[pull.number]
    forge.tell("closed", pull)
    become(project, pull, "withdrawn")


def test_what_was_rejected_and_somebody_merges_by_hand_is_merged(project):
    forge = project.forge
    pull = forge.open({"bad.txt": "x\n", "broken": ""})
    forge.tell("opened", pull)
    become(project, pull, "rejected")
    by_hand = forge.merge(pull)
    mended = forge.open({"broken": None}, draft=True)
    forge.merge(mended)
    forge.tell("merged", pull)
    become(project, pull, "merged")
    assert forge.bare("rev-parse", "main^").strip() == by_hand


@pytest.mark.parametrize("squash", [False, True], ids=["merge", "squash"])
def test_what_somebody_merges_by_hand_while_it_is_checked_is_merged(project, squash):
    """Also where the target comes to hold no commit of it: its forge says that it is merged."""
    forge = project.forge
    pull = forge.open({"slow": "by hand\n"})
    forge.tell("opened", pull)
    project.started.wait()
    by_hand = forge.merge(pull, squash)
    forge.tell("merged", pull)
    merged = become(project, pull, "merged")
    assert project.tip("main") == by_hand
    if squash:
        assert merged["reason"] == f"merged as {by_hand[:10]}"
    next_one = forge.open({"slow": None})
    forge.tell("opened", next_one)
    become(project, next_one, "merged")


def test_all_pages_of_a_long_list_are_read(project):
    if project.forge.dialect.kind == "azure-devops":
        pytest.skip("the caller says how long its pages are")
    forge = project.forge
    pulls = [forge.open({f"page-{n}.txt": "x\n"}) for n in range(3)]
    with forge.having(most=1):
        forge.tell("opened", pulls[-1])
        for pull in pulls:
            become(project, pull, "merged")


def test_a_push_that_a_webhook_tells_of_runs_and_gets_its_status(project):
    forge = project.forge
    commit = project.branch("feature/far", start="origin/main")
    project.git("push", "--quiet", project.bare, "feature/far")
    assert forge.tell_push("feature/far") == (202, "pushed: refs/heads/feature/far")
    run = project.run_once(commit=commit, pipeline="dev")["run"]
    assert run["outcome"] == "passed"
    status = told(project, commit, "success", "espalier/dev/dev")
    assert (status.url, status.description) == (f"{project.ask('status')['address']}runs/{run['id']}", "passed")
