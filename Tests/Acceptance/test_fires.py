"""What becomes of moments that do not simply fire: they wait, are skipped, replace each other, or are run again later."""

import datetime as dt
import json
import shutil
import signal

import pytest

from watched import HOUR

RELEASE = 'on: { push: { environment: prod } }\nsteps: { check: { run: "true" } }\n'
# Due only when somebody asks: the tests choose the moments.
YEARLY = "0 0 3 1 1 ? 2099"
EVERY_SECOND = "* * * * * ?"


def schedule(cron, command="true", keys="", more=""):
    return (f'on: {{ schedule: {{ cron: "{cron}", environment: prod{keys} }} }}\n'
            f"steps: {{ work: {{ run: '{command}' }} }}\n{more}")


def release(project, name, files=None):
    commit = project.branch(f"release/{name}", files)
    project.push(f"release/{name}")
    run = project.run_once(commit=commit, pipeline="release")
    assert run["run"]["outcome"] == "passed"
    return run


def live(project, name):
    return next(schedule for schedule in project.ask("schedules") if schedule["name"] == name)


def fires(project, name):
    """By logical time."""
    return {fire["logical_time"]: fire for fire in live(project, name)["fires"]}


def shown(project, *arguments):
    done = project.espalier(*arguments)
    assert done.returncode == 0, done
    return done.stdout


TODAY = dt.datetime.now(dt.timezone.utc)
DAILY = f"0 0 {HOUR} * * ?"


def days_ago(count, later=0):
    """A moment of `DAILY`, or hours after it."""
    moment = dt.datetime.combine(TODAY.date(), dt.time(HOUR)) + dt.timedelta(days=-count, hours=later)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


# After others

def test_a_fire_starts_when_those_it_comes_after_have_passed_even_over_a_crash(watch):
    project = watch({
        "pipelines/release.yml": RELEASE,
        "pipelines/features.yml": schedule(
            "*/2 * * * * ?", "echo > $ESPALIER_DATA/started; read go < $ESPALIER_DATA/go; [ ! -e $ESPALIER_DATA/broken ]"),
        "pipelines/predict.yml": schedule("*/2 * * * * ?", "echo $ESPALIER_LOGICAL_TIME >> $ESPALIER_DATA/predicted",
                                          ", after: features"),
    })
    started, go = project.latch("started", "prod"), project.latch("go", "prod")
    (project.data("prod") / "broken").touch()
    release(project, "1")
    started.wait()
    first = project.until(lambda: fires(project, "predict"), "it is due, too")
    moment = min(first)
    assert first[moment]["state"] == "waiting" and f"waits for features for {moment}" in first[moment]["reason"]
    project.end(signal.SIGKILL)
    project.serve()
    go.open(100)
    run = project.until(lambda: (made := project.ask("explain", f"features@{moment}")["runs"][-1])["outcome"] == "failed" and
                        made["id"], "features fail")
    told = shown(project, "explain", f"predict@{moment}")
    assert "waiting" in told and f"whose run {run} failed: `espalier retry {run}`" in told
    (project.data("prod") / "broken").unlink()
    shown(project, "retry", run)
    predicted = project.data("prod") / "predicted"
    project.until(lambda: predicted.exists() and moment in predicted.read_text(), "it starts once they pass")
    assert predicted.read_text().split().count(moment) == 1
    # A release without the schedule gives up what still waits.
    project.git("rm", "--quiet", "pipelines/features.yml", "pipelines/predict.yml")
    release(project, "2", {"gone": ""})
    project.until(lambda: project.query("SELECT count(*) FROM fire WHERE state = 'waiting'") == [(0,)], "none waits")
    reasons = {row[0] for row in project.query("SELECT reason FROM fire WHERE state = 'skipped'")}
    assert {json.loads(reason)["kind"] for reason in reasons} <= {"retired"}


def test_waiting_for_what_is_no_schedule_there_is_refused(project):
    done = project(after=", after: [featurse]")
    assert "'featurse' is not another schedule of environment 'prod' (did you mean 'features'?)" in done
    circle = project(after=", after: [features]", other=", after: [predict]")
    assert "the schedules wait for each other in a circle: features → predict → features" in circle


@pytest.fixture
def project(espalier, tmp_path):
    """Writes a project with two schedules and says what validating it says."""
    def validate(after="", other=""):
        for name, text in {
            "environments/prod.yml": 'branches: ["release/**"]\n',
            "pipelines/features.yml": schedule(YEARLY, keys=other), "pipelines/predict.yml": schedule(YEARLY, keys=after),
        }.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        done = espalier("validate", tmp_path)
        return done.stdout + done.stderr
    return validate


# Overlap

def test_a_newer_moment_replaces_the_run_of_an_older_one_where_that_is_wanted(watch):
    project = watch({"pipelines/release.yml": RELEASE,
                     "pipelines/tick.yml": schedule("*/2 * * * * ?", "sleep 60", ", overlap: replace")})
    release(project, "1")
    replaced = lambda: [fire for fire in fires(project, "tick").values() if fire["outcome"] == "superseded"]
    project.until(lambda: len(replaced()) >= 2, "two are replaced")
    running = lambda: [run for run in project.runs(pipeline="tick") if run["outcome"] in ("running", "queued")]
    project.until(lambda: len(running()) <= 2, "there is the newest, and the one that it is just replacing")


def test_a_moment_is_skipped_and_says_so_while_an_earlier_one_runs(watch):
    project = watch({"pipelines/release.yml": RELEASE,
                     "pipelines/tick.yml": schedule(EVERY_SECOND, "read go < $ESPALIER_DATA/go", ", overlap: skip")})
    go = project.latch("go", "prod")
    release(project, "1")
    skipped = lambda: [fire for fire in fires(project, "tick").values() if fire["state"] == "skipped"]
    project.until(lambda: len(skipped()) >= 2, "two are skipped")
    first = project.runs(pipeline="tick")[0]["id"]
    assert skipped()[-1]["reason"] == f"run {first} of an earlier moment had not ended (overlap: skip)"
    assert len(project.runs(pipeline="tick")) == 1
    go.open()
    project.until(lambda: len(project.runs(pipeline="tick")) > 1, "then it goes on")
    go.open(100)


# Pausing

def test_a_paused_schedule_does_not_fire_and_resuming_makes_up_nothing_unless_asked(watch):
    project = watch({"pipelines/release.yml": RELEASE,
                     "pipelines/tick.yml": schedule(EVERY_SECOND, keys=", misfire: run-all")})
    release(project, "1")
    project.until(lambda: fires(project, "tick"), "it fires")
    assert "does not fire until" in shown(project, "schedules", "pause", "tick", "--reason", "source down", "--as", "ann")
    assert "paused already, by ann" in shown(project, "schedules", "pause", "tick", "--reason", "me too", "--as", "bob")
    paused = dt.datetime.now(dt.timezone.utc)
    count = lambda: project.query("SELECT count(*) FROM fire")[0][0]
    known = count()
    project.end(signal.SIGKILL)
    project.serve()
    release(project, "2")
    project.until(lambda: (dt.datetime.now(dt.timezone.utc) - paused).seconds >= 4, "moments pass")
    assert count() <= known + 1, "at most the one that was being decided"
    assert live(project, "tick")["paused"]["reason"] == "source down" and "next" not in live(project, "tick")
    told = shown(project, "schedules", "resume", "tick", "--as", "bob")
    assert "fires again" in told and "moments that passed meanwhile are not made up" in told
    project.until(lambda: any(fire.get("outcome") for time, fire in fires(project, "tick").items()
                              if dt.datetime.fromisoformat(time) > paused + dt.timedelta(seconds=3)), "it fires again")
    # Of the latest twenty, which the list has, it may not be one any more.
    (missed, at), = project.query("SELECT missed, logical_time FROM fire WHERE state = 'skipped'")
    skipped = dt.datetime.fromtimestamp(at, dt.timezone.utc)
    assert missed >= 2 and "the schedule was paused by ann" in shown(project, "explain", f"tick@{skipped:%Y-%m-%dT%H:%M:%SZ}")
    assert [entry["deed"] for entry in project.ask("audit")][:2] == [
        "resumed schedule tick", "paused schedule tick: source down"]
    refused = project.espalier("schedules", "resume", "tick")
    assert refused.returncode == 1 and "tick is not paused" in refused.stderr


# Backfill

def test_a_backfill_runs_a_range_some_at_once_and_goes_on_after_a_crash(watch):
    project = watch({"pipelines/release.yml": RELEASE, "pipelines/daily.yml": schedule(
        DAILY, "echo > $ESPALIER_DATA/started; read go < $ESPALIER_DATA/go; "
        "echo $ESPALIER_LOGICAL_TIME >> $ESPALIER_DATA/done")}, options=("--slots", "4"))
    started, go = project.latch("started", "prod"), project.latch("go", "prod")
    release(project, "1")
    asked = project.ask("backfill", "daily", "--from", days_ago(6), "--to", days_ago(2), "--parallel", "2", "--as", "ann")
    assert (asked["total"], asked["who"]) == (5, "ann")
    started.wait()
    running = lambda: project.ask("backfill", "show", asked["id"])["running"]
    project.until(lambda: running() == 2, "two at once")
    project.end(signal.SIGKILL)
    project.serve()
    assert running() == 2
    go.open(100)
    done = project.ask("backfill", "show", asked["id"], "--wait")
    assert (done["state"], done["passed"]) == ("passed", 5)
    assert sorted((project.data("prod") / "done").read_text().split()) == [days_ago(day) for day in (6, 5, 4, 3, 2)]
    assert [moment["logical_time"] for moment in done["moments"]] == [days_ago(day) for day in (6, 5, 4, 3, 2)]
    assert "asked for backfill 1 of daily: 5 moments" in shown(project, "audit")
    assert "5 of 5 passed" in shown(project, "backfill", "list")


def test_a_backfill_halts_when_too_much_fails_and_goes_on_when_it_is_retried(watch):
    project = watch({"pipelines/release.yml": RELEASE, "pipelines/daily.yml": schedule(
        DAILY, "echo $ESPALIER_LOGICAL_TIME >> $ESPALIER_DATA/tried; [ -e $ESPALIER_DATA/mended ]")})
    release(project, "1")
    halted = project.espalier("backfill", "daily", "--from", days_ago(9), "--to", days_ago(2), "--max-failures", "2",
                              "--wait", "--json")
    report = json.loads(halted.stdout)
    assert halted.returncode == 1 and (report["state"], report["failed"]) == ("halted", 2)
    assert len((project.data("prod") / "tried").read_text().split()) == 2
    (project.data("prod") / "mended").touch()
    assert "2 moments are tried again" in shown(project, "backfill", "retry", report["id"])
    done = project.ask("backfill", "show", report["id"], "--wait")
    assert (done["state"], done["passed"], done["total"]) == ("passed", 8, 8)
    nothing = project.espalier("backfill", "retry", str(report["id"]))
    assert nothing.returncode == 1 and "nothing of backfill 1 has failed" in nothing.stderr


def test_a_registry_that_does_not_answer_a_backfill_holds_up_no_other_schedule(watch):
    project = watch({
        "pipelines/release.yml": RELEASE, "pipelines/tick.yml": schedule(EVERY_SECOND),
        "environments/far.yml": 'branches: ["far/**"]\nprotected: true\n'
                                "registry: { server: http://127.0.0.1:9, model: m, aliases: { incumbent: champion } }\n",
        "pipelines/far.yml": RELEASE.replace("prod", "far"), "pipelines/daily.yml": schedule(DAILY).replace("prod", "far"),
    })
    release(project, "1")
    commit = project.branch("far/1")
    project.push("far/1")
    assert project.run_once(commit=commit, pipeline="far")["run"]["outcome"] == "passed"
    project.ask("backfill", "daily", "--from", days_ago(4), "--to", days_ago(2))
    project.until(lambda: "schedule daily cannot fire" in (project.folder / "daemon.log").read_text(), "the registry is asked")
    known = set(fires(project, "tick"))
    new = lambda: [fire for time, fire in fires(project, "tick").items() if time not in known]
    project.until(lambda: len(new()) >= 8, "it goes on")
    # A moment's delay makes one fire stand for two; a wait for the registry before each would have all of them do so.
    missed = [fire.get("missed", 0) for fire in new()]
    assert missed.count(0) > len(missed) / 2, missed
    assert [moment["state"] for moment in project.ask("backfill", "show", "1")["moments"]] == ["waiting"] * 3


def test_a_cancelled_backfill_starts_no_more(watch):
    project = watch({"pipelines/release.yml": RELEASE, "pipelines/daily.yml": schedule(
        DAILY, "echo > $ESPALIER_DATA/started; sleep 60")})
    started = project.latch("started", "prod")
    release(project, "1")
    project.ask("backfill", "daily", "--from", days_ago(4), "--to", days_ago(2))
    started.wait()
    assert "backfill 1 is cancelled" in shown(project, "backfill", "cancel", "1")
    project.until(lambda: project.ask("backfill", "show", "1")["state"] == "cancelled", "it ends")
    assert [moment["state"] for moment in project.ask("backfill", "show", "1")["moments"]] == [
        "cancelled", "waiting", "waiting"]


def test_a_backfill_of_nothing_of_the_future_or_of_too_much_is_refused(watch):
    project = watch({"pipelines/release.yml": RELEASE, "pipelines/daily.yml": schedule(DAILY),
                     "pipelines/tick.yml": schedule(EVERY_SECOND, keys=", start: 2098-01-01T00:00:00Z")})
    release(project, "1")

    def refused(*arguments):
        done = project.espalier("backfill", *arguments)
        assert done.returncode != 0
        return done.stderr
    assert "is never due from" in refused("daily", "--from", days_ago(2, 1), "--to", days_ago(2, 2))
    assert "a backfill is about the past" in refused("daily", "--from", days_ago(2), "--to", days_ago(-9))
    assert "more than 10000 moments" in refused("tick", "--from", days_ago(3), "--to", days_ago(2))
    assert "--from is after --to" in refused("daily", "--from", days_ago(2), "--to", days_ago(3))
    assert "no registered model" in refused("daily", "--from", days_ago(3), "--to", days_ago(2), "--model-version", "7")
    assert "no schedule 'dialy' is live; live: daily, tick" in refused("dialy", "--from", days_ago(3), "--to", days_ago(2))
    assert "there is no backfill 9" in project.espalier("backfill", "show", "9").stderr


# What a release does, and what a fire was

def test_planning_a_release_shows_what_it_does_to_schedules(watch):
    project = watch({"pipelines/release.yml": RELEASE, "pipelines/daily.yml": schedule(DAILY),
                     "pipelines/gone.yml": schedule(YEARLY)})
    new = project.ask("plan", "--push", "release/1", "--project", project.work)["schedules"]
    assert [(change["name"], change["kind"]) for change in new] == [("daily", "new"), ("gone", "new")]
    release(project, "1")
    project.git("rm", "--quiet", "pipelines/gone.yml")
    project.branch("release/2", {"pipelines/daily.yml": schedule("0 30 4 * * ?", keys=", misfire: skip")}, "release/1")
    told = shown(project, "plan", "--push", "release/2", "--project", project.work)
    assert "gone is removed, next was 2099-01-01 03:00:00" in told
    assert f"cron: {DAILY} → 0 30 4 * * ?" in told and "misfire: run-once → skip" in told
    change = project.ask("plan", "--push", "release/2", "--project", project.work)["schedules"][0]
    assert change["next_before"].endswith(f"T{HOUR:02}:00:00Z") and change["next_after"].endswith("T04:30:00Z")


def test_a_fire_says_what_it_was_made_of(watch):
    project = watch({"pipelines/release.yml": RELEASE, "pipelines/daily.yml": schedule(YEARLY)})
    commit = release(project, "1")["run"]["commit"]
    project.ask("fire", "daily", "--at", days_ago(3), "--wait")
    project.ask("fire", "daily", "--at", days_ago(3), "--wait")
    found = project.ask("explain", f"daily@{days_ago(3)}")
    assert found["commit"] == commit and len(found["configuration_digest"]) == 64
    assert [run["outcome"] for run in found["runs"]] == ["passed", "passed"] and found["lateness"] > 86_400
    nothing = project.espalier("explain", f"daily@{days_ago(4)}")
    assert nothing.returncode == 1 and "daily has no fire for" in nothing.stderr
    assert project.espalier("explain", "daily").returncode == 64


# Drift

def test_drift_starts_the_pipelines_that_ask_for_it_and_cools_down(watch):
    retrain = 'on: { drift: { environment: prod, of: [monitor] } }\nsteps: { train: { run: "echo trained" } }\n'
    monitor = schedule(YEARLY, "echo drift=detected >> $ESPALIER_OUTPUT; echo drift_reason=npvis >> $ESPALIER_OUTPUT")
    project = watch({"pipelines/release.yml": RELEASE, "pipelines/retrain.yml": retrain, "pipelines/monitor.yml": monitor})
    commit = release(project, "1")["run"]["commit"]
    found = project.ask("fire", "monitor", "--at", days_ago(3), "--wait")["run"]
    run = project.run_once(pipeline="retrain")
    assert run["trigger"] == f"drift that run {found['id']} found: npvis"
    assert (run["run"]["outcome"], run["run"]["commit"]) == ("passed", commit)
    again = project.ask("fire", "monitor", "--at", days_ago(2), "--wait")["run"]
    project.until(lambda: len(project.query("SELECT 1 FROM event WHERE kind = 'drift' AND handled_at IS NOT NULL")) == 2)
    assert len(project.runs(pipeline="retrain")) == 1 and again["outcome"] == "passed"
    (planning,) = project.query("SELECT planning FROM event WHERE kind = 'drift' ORDER BY id DESC LIMIT 1")[0]
    assert json.loads(planning)["skipped"]["retrain"]["kind"] == "coolingDown"


REPORT = {"kind": "espalier.monitor/1", "summary": "npvis moved", "drift": True,
          "window": {"from": "2026-11-01T11:00:00Z", "to": "2026-11-28T11:00:00Z", "rows": 800},
          "reference": {"name": "risk 3", "rows": 900},
          "measures": [{"name": "npvis", "statistic": "psi", "value": 0.5, "warn": 0.1, "limit": 0.25, "p": None, "rows": 9}]}


def test_a_monitor_report_is_kept_counts_as_reported_and_has_to_be_one(watch):
    monitor = """\
    on: { schedule: { cron: "0 0 3 1 1 ? 2099", environment: prod } }
    steps:
      look: { run: 'cp $ESPALIER_DATA/report.json $ESPALIER_OUTPUTS/report.json', outputs: [report], monitor: report }
    """
    project = watch({"pipelines/release.yml": RELEASE, "pipelines/monitor.yml": monitor})
    release(project, "1")
    written = project.data("prod") / "report.json"
    written.write_text(json.dumps(REPORT))
    found = project.ask("fire", "monitor", "--at", days_ago(3), "--wait")
    assert found["steps"][0]["values"] == {"drift": "detected", "drift_reason": "npvis moved"}
    shutil.rmtree(project.home / "runs")
    assert project.ask("runs", found["run"]["id"])["monitors"][0]["measures"][0]["value"] == 0.5
    written.write_text(json.dumps({**REPORT, "measures": None}))
    broken = project.espalier("fire", "monitor", "--at", days_ago(2), "--wait", "--json")
    step = json.loads(broken.stdout)["steps"][0]
    assert step["state"] == "failed" and "is no monitor report (docs/schedules.md): 'measures' is" in step["detail"]
