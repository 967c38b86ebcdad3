"""A push is never lost and never doubled, whatever brought it and whoever was asleep."""

import socket
from collections import Counter

import pytest


def runs_per_branch(project):
    return Counter(run["branch"] for run in project.runs())


def events(project):
    return project.query("SELECT count(*) FROM event")[0][0]


def restart(project):
    project.end()
    project.serve()
    project.look()


def test_what_was_pushed_while_the_daemon_was_down_is_noticed_once(watch):
    project = watch()
    project.branch("feature/rewritten")
    project.branch("feature/deleted")
    project.push("feature/rewritten feature/deleted")
    project.end()

    rewritten = project.branch("feature/rewritten", message="Another beginning")
    new = [f"feature/while-down-{n}" for n in range(3)]
    for name in new:
        project.branch(name)
    said = project.push(" ".join(["+feature/rewritten", ":feature/deleted", *new]))
    assert "the daemon is not running; it will pick this push up when it starts" in said

    project.serve()
    project.look()
    expected = {"feature/rewritten": 2, "feature/deleted": 1} | {name: 1 for name in new}
    assert runs_per_branch(project) == expected
    assert project.run_once(commit=rewritten)["run"]["outcome"] == "passed"
    assert "feature/deleted: branch 'feature/deleted' was deleted" in project.remarks()

    known = events(project)
    restart(project)
    assert runs_per_branch(project) == expected and events(project) == known


def test_packing_all_refs_is_no_push(watch):
    project = watch()
    project.branch("feature/packed")
    project.push("feature/packed")
    known = events(project)
    project.call("git", "pack-refs", "--all", "--prune", cwd=project.bare)
    project.look()
    assert events(project) == known
    moved = project.commit_files({"note.txt": "moved\n"})
    project.push("feature/packed")
    assert project.run_once(commit=moved)
    restart(project)
    assert runs_per_branch(project) == {"feature/packed": 2}


def test_a_ref_written_without_hooks_is_seen_on_disk(watch):
    project = watch()
    commit = project.branch("feature/quiet")
    project.push("feature/quiet:refs/hidden/objects")
    for name in ("feature/by-hand", "feature/new/folder/deep"):
        project.call("git", "update-ref", f"refs/heads/{name}", commit, cwd=project.bare)
        assert project.run_once(branch=name)["run"]["commit"] == commit
    project.look()
    assert runs_per_branch(project) == {"feature/by-hand": 1, "feature/new/folder/deep": 1}


def test_branches_that_swap_file_and_folder_are_followed(watch):
    project = watch()
    first = project.branch("feature/team")
    project.push("feature/team")
    project.git("push", "--quiet", "origin", ":feature/team")
    project.push(f"{first}:refs/heads/feature/team/one/deep")
    assert project.run_once(branch="feature/team/one/deep")
    assert runs_per_branch(project) == {"feature/team": 1, "feature/team/one/deep": 1}


def test_a_tag_starts_nothing_and_notes_are_nobodys_business(watch):
    project = watch()
    project.git("tag", "v1", "main")
    project.git("tag", "--annotate", "--message", "Two", "v2", "main")
    said = project.push("v1 v2 main:refs/notes/commits")
    assert "tags start nothing" in said
    project.look()
    assert not project.runs() and events(project) == 2


def test_a_branch_moved_twice_between_two_looks_is_run_at_its_tip(watch):
    project = watch()
    project.end()
    project.branch("feature/twice")
    project.push("feature/twice")
    tip = project.commit_files({"note.txt": "second\n"})
    project.push("feature/twice")
    project.serve()
    project.look()
    assert [run["commit"] for run in project.runs()] == [tip]


def test_two_hundred_branches_in_one_push_are_two_hundred_runs(watch):
    project = watch()
    commit = project.branch("feature/many")
    names = [f"feature/many-{n:03d}" for n in range(200)]
    said = project.push(" ".join(f"{commit}:refs/heads/{name}" for name in names))
    assert said.count("[new branch]") == 200
    project.look()
    assert runs_per_branch(project) == {name: 1 for name in names}
    project.until(lambda: not project.has_open_runs(), "all runs end", seconds=600)
    assert {run["outcome"] for run in project.runs()} == {"passed"}


def test_silent_visitors_do_not_hold_up_a_push(watch):
    project = watch()
    visitors = [socket.socket(socket.AF_UNIX) for _ in range(4)]
    for visitor in visitors:
        visitor.connect(str(project.home / "socket"))
    project.branch("feature/x")
    said = project.push("feature/x")
    for visitor in visitors:
        visitor.close()
    assert "espalier: run 1" in said
