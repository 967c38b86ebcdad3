"""Changes: `git push origin HEAD:refs/for/main`. What lands is what was tested."""

import signal

import pytest

FILES = {
    "check.sh": "[ ! -e broken ]\n",
    "pipelines/change.yml": """\
        on: { change: { target: main, environment: dev } }
        steps:
          check:
            run: |
              if [ -e slow ]; then echo > $ESPALIER_DATA/started; read go < $ESPALIER_DATA/go; fi
              sh check.sh
        """,
}


@pytest.fixture(scope="module")
def project(watch_all):
    project = watch_all(FILES)
    project.started, project.go = project.latch("started"), project.latch("go")
    return project


def propose(project, topic, files, target="main", start="origin/main"):
    """A commit on the newest main, pushed as a change; the commit, and what the pusher reads."""
    project.git("fetch", "--quiet", "origin")
    commit = project.branch(f"my-{topic}", files, start=start)
    return commit, project.push(f"HEAD:refs/for/{target}", "-o", f"topic={topic}")


def change(project, topic):
    return next(change for change in project.ask("changes") if change["topic"] == topic)


def parents(project, commit):
    return project.call("git", "rev-parse", f"{commit}^@", cwd=project.bare).split()


def runs_of(project, topic):
    return [project.detail(run) for run in change(project, topic)["runs"]]


def test_a_good_change_is_merged_and_what_lands_is_what_was_tested(project):
    before = project.tip("main")
    head, said = propose(project, "good", {"good.txt": "good\n"})
    assert "espalier: change " in said
    good = project.change_of("good")
    (run,) = runs_of(project, "good")
    after = project.tip("main")
    assert good["outcome"] == "merged" and run["run"]["outcome"] == "passed"
    assert (run["run"]["commit"], run["tree"]) == (after, project.call("git", "rev-parse", f"{after}^{{tree}}", cwd=project.bare).strip())
    assert parents(project, after) == [before, head]
    assert good["author"] == "A data scientist <scientist@example.org>" and good["title"] == "my-good"


def test_a_failing_check_rejects_and_leaves_main_alone(project):
    before = project.tip("main")
    propose(project, "bad", {"broken": ""})
    bad = project.change_of("bad")
    assert bad["outcome"] == "rejected" and project.tip("main") == before
    assert bad["reason"] == f"check 'change' failed in run {bad['runs'][0]}: check: exit code 1"


def test_a_rejected_change_that_is_mended_gets_in(project):
    project.git("rm", "--quiet", "broken")
    project.git("commit", "--quiet", "--message", "Mend")
    project.push("HEAD:refs/for/main", "-o", "topic=bad")
    project.until(lambda: change(project, "bad")["outcome"] == "merged", "the mended change is merged")
    assert len(change(project, "bad")["runs"]) == 2


def test_a_conflict_names_its_files_and_runs_nothing(project):
    for topic, text in (("left", "left\n"), ("right", "right\n")):
        propose(project, topic, {"shared.txt": text, "data/both.txt": text}, start="origin/main~0" if topic == "left" else "@{-1}~1")
        project.change_of(topic)
    right = change(project, "right")
    assert right["outcome"] == "conflicted" and right["runs"] == []
    assert right["reason"] == "conflicts in data/both.txt, shared.txt: rebase, and push again"


def test_a_change_pushed_again_starts_over_and_supersedes_its_old_run(project):
    propose(project, "again", {"slow": "first\n"})
    project.started.wait()
    second = project.commit_files({"slow": "second\n"})
    project.push("HEAD:refs/for/main", "-o", "topic=again")
    project.started.wait()
    # The old one has stopped, and takes no word from the new one.
    project.detail(change(project, "again")["runs"][0])
    project.go.open()
    assert project.change_of("again")["outcome"] == "merged"
    old, new = runs_of(project, "again")
    assert (old["run"]["outcome"], new["run"]["outcome"]) == ("superseded", "passed")
    assert old["steps"]["check"]["detail"] == f"by run {new['run']['id']}"
    assert parents(project, project.tip("main"))[1] == second
    project.push(f"{rewind(project, 'slow')}:refs/heads/main")


def rewind(project, file):
    """A commit on main without that file."""
    project.git("fetch", "--quiet", "origin")
    project.git("checkout", "--quiet", "--detach", "origin/main")
    project.git("rm", "--quiet", file)
    return project.commit_files({}, f"Remove {file}")


def test_main_moved_by_somebody_is_merged_with_and_checked_again(project):
    head, _ = propose(project, "raced", {"slow": "raced\n"})
    project.started.wait()
    project.git("checkout", "--quiet", "-B", "somebody", "origin/main")
    moved = project.commit_files({"somebody.txt": "was faster\n"})
    project.push("HEAD:refs/heads/main")
    project.go.open()
    project.started.wait()
    project.go.open()
    assert project.change_of("raced")["outcome"] == "merged"
    tip = project.tip("main")
    first, second = runs_of(project, "raced")
    assert parents(project, tip) == [moved, head] and second["run"]["commit"] == tip != first["run"]["commit"]
    project.push(f"{rewind(project, 'slow')}:refs/heads/main")


def test_changes_of_one_target_go_in_one_after_the_other(project):
    topics = [f"queue-{n}" for n in range(4)]
    project.git("fetch", "--quiet", "origin")
    for topic in topics:
        propose(project, topic, {f"{topic}.txt": topic, **({"broken": ""} if topic == "queue-2" else {})})
    outcomes = {topic: project.change_of(topic)["outcome"] for topic in topics}
    assert outcomes == {topic: "rejected" if topic == "queue-2" else "merged" for topic in topics}
    files = project.call("git", "ls-tree", "--name-only", "main", cwd=project.bare).split()
    assert {"queue-0.txt", "queue-1.txt", "queue-3.txt"} <= set(files) and not {"queue-2.txt", "broken"} & set(files)


def test_a_change_to_an_unknown_branch_is_refused_at_once(project):
    known = project.ask("changes")
    project.branch("my-unknown", {"x": "x"}, start="origin/main")
    said = project.git("push", "origin", "HEAD:refs/for/nowhere", check=False)
    assert "there is no branch 'nowhere' to merge into" in said and "rejected" in said
    assert project.ask("changes") == known


def test_what_is_no_commit_is_refused_at_once(project):
    project.branch("my-tagged", {"tagged.txt": "x"}, start="origin/main")
    project.git("tag", "--annotate", "--message", "m", "annotated")
    blob = project.git("rev-parse", "HEAD:tagged.txt").strip()
    assert "that is a tag: push its commit" in project.git("push", "origin", "annotated:refs/for/main", check=False)
    assert "that is not a commit" in project.git("push", "origin", f"{blob}:refs/for/main", check=False)
    assert "withdraw a change by its topic" in project.git("push", "origin", ":refs/for/main", check=False)


def test_the_same_head_pushed_again_is_checked_again(project):
    commit, _ = propose(project, "flaky", {"broken": ""})
    flaky = project.change_of("flaky")
    assert flaky["outcome"] == "rejected" and len(flaky["runs"]) == 1
    project.push(f"{commit}:refs/for/main", "-o", "topic=flaky")
    project.until(lambda: len(change(project, "flaky")["runs"]) == 2, "it is checked again")


def test_a_push_that_is_heard_of_when_it_has_been_refused_is_no_second_proposal(project):
    commit, _ = propose(project, "late", {"broken": ""})
    assert project.change_of("late")["outcome"] == "rejected"
    project.ring(f"pushed {project.bare}", f"{'0' * 40} {commit} refs/changes/late/for/main")
    assert len(change(project, "late")["runs"]) == 1
    assert project.query("SELECT count(*) FROM event WHERE kind = 'proposal' AND event LIKE '%\"late\"%'") == [(1,)]


def test_a_topic_with_odd_letters_is_refused_at_once(project):
    said = project.git("push", "-o", "topic=../../heads/main", "origin", "HEAD:refs/for/main", check=False)
    assert "a topic has letters, digits, - and _ only" in said


def test_a_target_that_no_pipeline_checks_is_rejected_with_what_to_add(project):
    project.push("origin/main:refs/heads/lonely")
    propose(project, "alone", {"alone.txt": "alone\n"}, target="lonely")
    alone = project.change_of("alone")
    assert alone["outcome"] == "rejected"
    assert alone["reason"] == "no pipeline checks changes to lonely: add `on: { change: { target: lonely } }` to one"


def test_a_change_with_nothing_new_is_rejected(project):
    project.git("fetch", "--quiet", "origin")
    project.push("origin/main:refs/for/main", "-o", "topic=empty")
    assert project.change_of("empty")["reason"] == "main already holds all of it"


def test_a_change_that_removes_its_own_checks_is_not_merged(project):
    project.git("fetch", "--quiet", "origin")
    project.git("checkout", "--quiet", "-B", "my-sly", "origin/main")
    project.git("rm", "--quiet", "pipelines/change.yml")
    project.commit_files({"sly.txt": "sly\n"})
    before = project.tip("main")
    project.push("HEAD:refs/for/main", "-o", "topic=sly")
    assert project.change_of("sly")["outcome"] == "rejected" and project.tip("main") == before


def test_deleting_the_proposal_withdraws_it(project):
    propose(project, "withdrawn", {"slow": "withdrawn\n"})
    project.started.wait()
    project.push(":refs/changes/withdrawn/for/main")
    project.until(lambda: change(project, "withdrawn")["outcome"] == "withdrawn", "it is withdrawn")
    (run,) = runs_of(project, "withdrawn")
    project.look()
    assert "withdrawn.txt" not in project.call("git", "ls-tree", "--name-only", "main", cwd=project.bare)


def test_a_change_proposed_while_the_daemon_was_down_is_checked_and_merged(project):
    project.end()
    _, said = propose(project, "sleeper", {"sleeper.txt": "x\n"})
    assert "it will pick this push up when it starts" in said
    project.serve()
    assert project.change_of("sleeper")["outcome"] == "merged" and len(change(project, "sleeper")["runs"]) == 1


def test_a_change_survives_a_crash_in_the_middle_of_its_checks(project):
    head, _ = propose(project, "crashed", {"slow": "crashed\n"})
    project.started.wait()
    project.end(signal.SIGKILL)
    project.go.open()
    project.serve()
    assert project.change_of("crashed")["outcome"] == "merged"
    (run,) = runs_of(project, "crashed")
    assert run["run"]["commit"] == project.tip("main") and parents(project, project.tip("main"))[1] == head
