"""Changes that the forge merges itself (`--landing api`): only the head that was tested, on the target it was tested with."""

import pytest

from on_forge import KINDS, become, change, on_forge, told


@pytest.fixture(scope="module", params=KINDS)
def project(watch_all, request):
    with on_forge(watch_all, request.param, "--landing", "api") as project:
        yield project


def passed_trees(project, pull):
    """The trees that runs of its change have passed on."""
    runs = [project.detail(number)["run"] for number in change(project, pull)["runs"]]
    return {project.forge.tree(run["commit"], mirror=True) for run in runs if run["outcome"] == "passed"}


def test_the_forge_merges_the_head_that_was_tested(project):
    forge, before = project.forge, project.tip("main")
    pull = forge.open({"slow": "x\n"})
    forge.tell("opened", pull)
    project.started.wait()
    told(project, pull.head, "pending")
    project.go.open()
    merged = become(project, pull, "merged")
    tip = project.tip("main")
    assert (pull.state, pull.merged_as, merged["reason"]) == ("merged", tip, f"merged as {tip[:10]}")
    assert forge.bare("rev-parse", f"{tip}^@").split() == [before, pull.head] and forge.tree(tip) in passed_trees(project, pull)
    assert f"Change: {merged['id']}" in forge.bare("log", "-1", "--format=%B", tip)
    assert told(project, pull.head, "success", description=f"merged: {merged['reason']}").url
    assert forge.states(pull.head) == ["pending", "success"] and forge.count("merge") == 1


def test_a_head_that_nobody_has_tested_is_not_merged(project):
    forge, before, since = project.forge, project.tip("main"), project.forge.now()
    pull = forge.open({"slow": "moving\n"})
    forge.tell("opened", pull)
    project.started.wait()
    forge.update(pull, {"slow": "moved\n", "new.txt": "x\n"})
    project.go.open()
    project.until(lambda: forge.count("merge", since), "the forge is asked to merge the old head")
    assert project.tip("main") == before
    forge.tell("updated", pull)
    project.started.wait()
    assert project.tip("main") == before and change(project, pull)["head"] == pull.head
    project.go.open()
    become(project, pull, "merged")
    assert forge.tree(project.tip("main")) in passed_trees(project, pull)


def test_a_target_that_moved_unheard_is_not_merged_into_untested(project):
    forge = project.forge
    pull = forge.open({"slow": "on the old main\n"})
    forge.tell("opened", pull)
    project.started.wait()
    other = forge.open({"other.txt": "x\n"}, draft=True)
    forge.merge(other)
    project.go.open(2)
    become(project, pull, "merged")
    assert forge.tree(project.tip("main")) in passed_trees(project, pull)


def test_what_the_forge_does_not_merge_is_rejected_with_its_reason(project):
    forge, before = project.forge, project.tip("main")
    pull = forge.open({"blocked.txt": "x\n", "slow": None})
    with forge.having(blocks=True):
        forge.tell("opened", pull)
        blocked = become(project, pull, "rejected")
    assert "the forge does not merge it: " in blocked["reason"] and project.tip("main") == before
    assert "the forge does not merge it: " in told(project, pull.head, "failure").description


def test_a_merge_that_was_not_heard_of_is_noted_after_a_crash(project):
    forge, since = project.forge, project.forge.now()
    project.end()
    project.extra = {"ESPALIER_FAILPOINT": "change.landed"}
    pull = forge.open({"crash.txt": "x\n", "slow": None})
    project.serve(looks=False)
    project.daemon.wait(60)
    assert pull.state == "merged"
    project.extra = {}
    project.serve()
    become(project, pull, "merged")
    assert project.tip("main") == pull.merged_as and forge.count("merge", since) == 1


def test_a_merge_that_the_forge_makes_later_is_waited_for(watch):
    with on_forge(watch, "azure-devops", "--landing", "api") as project:
        forge = project.forge
        forge.merges_later = True
        pull = forge.open({"later.txt": "x\n"})
        forge.tell("opened", pull)
        merged = become(project, pull, "merged")
        tip = project.tip("main")
        assert (pull.state, pull.merged_as, merged["reason"]) == ("merged", tip, f"merged as {tip[:10]}")


def test_a_merge_that_the_forge_does_not_make_in_the_end_is_none(watch):
    with on_forge(watch, "azure-devops", "--landing", "api") as project:
        forge = project.forge
        forge.merges_later = forge.gives_up = True
        pull = forge.open({"later.txt": "x\n"})
        forge.tell("opened", pull)
        project.until(lambda: forge.count("merge"), "the forge is asked to merge")
        rejected = become(project, pull, "rejected")
        assert "conflicts with its target" in rejected["reason"] and pull.state == "open"
