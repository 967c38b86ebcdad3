"""Schedules go live by a release that passed, and every moment of theirs fires once."""

import datetime as dt
import signal

import pytest

from watched import HOUR

RELEASE = """\
on: { push: { environment: prod } }
steps: { check: { run: '[ ! -e slow ] || { echo > $ESPALIER_DATA/started; read go < $ESPALIER_DATA/go; }; [ ! -e broken ]' } }
"""
NIGHTLY = """\
on: { schedule: { cron: "0 0 HOUR * * ?", environment: prod } }
steps: { work: { run: 'echo $ESPALIER_LOGICAL_TIME $ESPALIER_COMMIT >> $ESPALIER_DATA/nightly' } }
""".replace("HOUR", str(HOUR))
TICK = """\
on: { schedule: { cron: "* * * * * ?", environment: prod, misfire: run-all } }
steps: { work: { run: 'echo $ESPALIER_LOGICAL_TIME >> $ESPALIER_DATA/ticks' } }
"""
FILES = {"pipelines/release.yml": RELEASE, "pipelines/nightly.yml": NIGHTLY}
EAGER = ("--look-every", "1")
FIRST, SECOND = f"2026-01-01T{HOUR:02}:00:00Z", f"2026-01-02T{HOUR:02}:00:00Z"


def release(project, name, files=None):
    """Cut a release and wait for its end; its commit and run."""
    commit = project.branch(f"release/{name}", files)
    project.push(f"release/{name}")
    return commit, project.run_once(commit=commit, pipeline="release")


def live(project):
    return {schedule["name"]: schedule for schedule in project.ask("schedules")}


@pytest.fixture(scope="module")
def nightly(watch_all):
    """A project with one live schedule, and the commit that it is pinned to."""
    project = watch_all(FILES)
    return project, release(project, "1")[0]


def test_a_schedule_is_live_only_once_the_release_has_passed(watch):
    project = watch(FILES)
    started, go = project.latch("started", "prod"), project.latch("go", "prod")
    commit = project.branch("release/1", {"slow": ""})
    project.push("release/1")
    started.wait()
    assert live(project) == {}
    refused = project.espalier("fire", "nightly", "--at", FIRST)
    assert refused.returncode == 1 and "nightly" in refused.stderr
    go.open()
    run = project.run_once(commit=commit)
    schedule = live(project)["nightly"]
    assert (schedule["commit"], schedule["run"], schedule["environment"]) == (commit, run["run"]["id"], "prod")
    assert schedule["next"].endswith(f"T{HOUR:02}:00:00Z") and schedule["fires"] == []


def test_a_failed_release_makes_nothing_live_and_retires_nothing(nightly):
    project, commit = nightly
    assert release(project, "broken", {"broken": ""})[1]["run"]["outcome"] == "failed"
    assert live(project)["nightly"]["commit"] == commit


def test_a_push_to_another_environment_makes_nothing_live(watch):
    project = watch(FILES)
    project.branch("feature/x")
    project.push("feature/x")
    assert project.run_once(branch="feature/x")["run"]["outcome"] == "passed" and live(project) == {}


def test_a_fire_knows_its_moment_and_its_commit(nightly):
    project, commit = nightly
    fired = project.ask("fire", "nightly", "--at", FIRST, "--wait")
    assert fired["run"]["outcome"] == "passed" and fired["logical_time"] == FIRST
    assert fired["trigger"] == f"fire of nightly for {FIRST}"
    assert (project.data("prod") / "nightly").read_text() == f"{FIRST} {commit}\n"


def test_a_moment_fired_twice_is_two_runs_of_one_fire_with_the_same_pins(nightly):
    project, commit = nightly
    newer, _ = release(project, "2")
    assert live(project)["nightly"]["commit"] == newer
    again = project.ask("fire", "nightly", "--at", FIRST, "--wait")
    later = project.ask("fire", "nightly", "--at", SECOND, "--wait")
    assert (again["run"]["commit"], later["run"]["commit"]) == (commit, newer)
    assert [fire["logical_time"] for fire in live(project)["nightly"]["fires"]] == [SECOND, FIRST]
    assert len(project.runs(pipeline="nightly")) == 3


def test_firing_what_is_not_live_names_what_is(nightly):
    done = nightly[0].espalier("fire", "nihgtly", "--at", FIRST)
    assert done.returncode == 1 and "nightly" in done.stderr


def test_a_schedule_fires_from_the_moment_it_is_live(watch):
    project = watch({**FILES, "pipelines/tick.yml": TICK})
    release(project, "1")
    project.until((project.data("prod") / "ticks").exists, "it fires")


def test_every_second_fires_once_over_restarts_until_it_is_retired(watch):
    project = watch({**FILES, "pipelines/tick.yml": TICK}, options=EAGER)
    release(project, "1")
    ticks = project.data("prod") / "ticks"
    enough = lambda count: lambda: ticks.exists() and len(ticks.read_text().split()) >= count
    project.until(enough(2), "two seconds fire")
    for number in (signal.SIGKILL, signal.SIGTERM):
        known = len(ticks.read_text().split())
        project.end(number)
        project.serve()
        project.until(enough(known + 2), "it goes on")
    project.git("rm", "--quiet", "pipelines/tick.yml")
    release(project, "2", {"without-ticks": ""})
    assert set(live(project)) == {"nightly"}
    project.until(lambda: not project.has_open_runs(), "all runs end")

    ran = sorted(dt.datetime.fromisoformat(time) for time in ticks.read_text().split())
    seconds = [(later - earlier).seconds for earlier, later in zip(ran, ran[1:])]
    assert seconds == [1] * len(seconds), "each second once, none left out"
    stored = project.query("SELECT count(*), count(DISTINCT logical_time) FROM fire")[0]
    assert stored == (len(ran), len(ran))


def test_a_schedule_missed_while_the_daemon_was_down_runs_once(watch):
    project = watch({**FILES, "pipelines/tick.yml": TICK.replace("run-all", "run-once")}, options=EAGER)
    release(project, "1")
    ticks = project.data("prod") / "ticks"
    project.until(ticks.exists, "it fires")
    project.end()
    down = dt.datetime.now(dt.timezone.utc)
    project.until(lambda: (dt.datetime.now(dt.timezone.utc) - down).seconds >= 4, "some moments are missed")
    back = dt.datetime.now(dt.timezone.utc)
    project.serve()
    known = len(ticks.read_text().split())
    project.until(lambda: len(ticks.read_text().split()) > known, "it goes on")
    fires = [dt.datetime.fromisoformat(fire["logical_time"]) for fire in live(project)["tick"]["fires"]]
    missed = [time for time in fires if down + dt.timedelta(seconds=1) < time < back - dt.timedelta(seconds=1)]
    assert missed == []
