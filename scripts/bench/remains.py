"""What a tortured daemon has left behind, read from its store, the repository, the commands' journal and the registry."""

import collections
import contextlib
import json
import sqlite3
import subprocess

TABLES = ("ref", "event", "run", "step_fact", "change", "change_fact", "decision", "alias_move", "schedule", "fire")
# A run ends like the worst of its steps, in this order.
OUTCOMES = ("passed", "skipped", "superseded", "cancelled", "lost", "timed_out", "out_of_memory", "failed")
WORDS = {"killed": "failed", "refused": "failed", "timedOut": "timed_out", "outOfMemory": "out_of_memory"}


def open_store(home):
    database = sqlite3.connect(f"file:{home}/espalier.sqlite?mode=ro", uri=True, timeout=10)
    database.row_factory = sqlite3.Row
    return contextlib.closing(database)


def variant(text):
    """A stored value of several kinds: its kind and its contents.

    Format 2 is `{"format": 2, "kind": "ended", "outcome": {...}}`, format 1 was `{"ended": {"_0": {...}}}`."""
    value = json.loads(text) if isinstance(text, str) else text
    if "kind" in value:
        held = {key: part for key, part in value.items() if key not in ("kind", "format")}
        only = held.keys() in ({"outcome"}, {"commit"})
        return value["kind"], next(iter(held.values())) if only else held
    (name, held), = value.items()
    return name, held.get("_0", held) if isinstance(held, dict) else held


def word(outcome):
    return WORDS.get(outcome, outcome)


class Step:
    """One step, derived from its facts."""

    def __init__(self):
        self.facts = []
        self.attempts = 0
        self.outcome = None
        self.detail = ""
        self.losses = 0
        self.began_at = None
        self.values = {}
        self.reused_from = self.wish = self.illegal = None

    def add(self, text, at):
        kind, held = variant(text)
        self.facts.append(kind)
        if kind == "stopping":
            self.wish = word(variant(held)[0])
            self.outcome = self.wish if self.outcome == "lost" else self.outcome
        elif self.outcome not in (None, "lost"):
            self.illegal = f"'{kind}' after it had ended as {self.outcome}"
        elif kind == "started":
            if held["attempt"] != self.attempts + 1 or (self.attempts and self.outcome != "lost"):
                self.illegal = f"attempt {held['attempt']} was started after attempt {self.attempts} ({self.outcome})"
            self.attempts, self.outcome = held["attempt"], None
            self.began_at = self.began_at or at
        elif kind == "reported":
            self.values.update(held["values"])
        elif kind == "ended":
            name, detail = variant(held)
            if self.outcome:
                self.illegal = f"it ended as {name} after it had ended as {self.outcome}"
            self.outcome, self.detail = word(name), str(detail)
            if self.wish and self.outcome in ("lost", "cancelled"):
                self.outcome = self.wish
            self.losses += self.outcome == "lost"
            if name == "reused":
                self.reused_from = detail["run"]


class Run:
    def __init__(self, row, facts):
        self.id, self.event, self.pipeline, self.branch = row["id"], row["event_id"], row["pipeline"], row["branch"]
        self.commit, self.created, self.ended = row["commit_id"], row["created_at"], row["ended_at"]
        self.outcome = row["outcome"]
        self.plan = json.loads(row["plan"])
        self.steps = {step["name"]: Step() for step in self.plan["steps"]}
        self.commands = {step["name"] for step in self.plan["steps"] if step["action"]["kind"] == "run"}
        self.readers = {step["name"] for step in self.plan["steps"] if step["inputs"]}
        for fact in facts:
            self.steps[fact["step"]].add(fact["fact"], fact["at"])

    def merged_outcome(self):
        outcomes = ["passed" if step.outcome == "reused" else step.outcome or "failed" for step in self.steps.values()]
        return max(outcomes, key=OUTCOMES.index)

    def __str__(self):
        return f"run {self.id} ({self.pipeline} of {self.branch})"


# The states in which a change may stay until somebody pushes again.
ENDS = {"merged", "rejected", "conflicted", "withdrawn"}


class Change:
    """One change, derived from its facts."""

    def __init__(self, row, facts):
        self.id, self.key, self.open = row["id"], row["key"], row["open"]
        self.facts = [variant(fact["fact"]) for fact in facts]
        self.heads = [held["head"] for kind, held in self.facts if kind == "proposed"]
        self.checks = [held for kind, held in self.facts if kind in ("checking", "building")]
        self.merges = [held for kind, held in self.facts if kind == "merged"]
        self.state = self.facts[-1][0] if self.facts else "proposed"
        self.reason = self.facts[-1][1].get("reason", "") if self.facts and isinstance(self.facts[-1][1], dict) else ""

    def __str__(self):
        return f"change {self.id} ({self.key})"


class Remains:
    """Everything, once the daemon is idle."""

    def __init__(self, folder, stream):
        self.home, self.bare, self.stream = folder / "home", stream.bare, stream
        with open_store(self.home) as database:
            rows = lambda table: database.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()
            self.refs = {row["name"]: row["commit_id"] for row in database.execute("SELECT * FROM ref")}
            self.events = [dict(row, said=variant(row["event"])[1]) for row in rows("event")]
            facts = grouped(rows("step_fact"), "run_id")
            self.runs = {row["id"]: Run(row, facts[row["id"]]) for row in rows("run")}
            facts = grouped(rows("change_fact"), "change_id")
            self.changes = {row["id"]: Change(row, facts[row["id"]]) for row in rows("change")}
            self.decisions = [dict(row, said=json.loads(row["body"])) for row in rows("decision")]
            self.moves = {row["decision_id"]: dict(row) for row in rows("alias_move")}
            self.schedules, self.fires = rows("schedule"), rows("fire")
            self.problems = [str(tuple(row)) for pragma in ("integrity_check", "foreign_key_check")
                             for row in database.execute(f"PRAGMA {pragma}") if tuple(row) != ("ok",)]
        self.runs_of = grouped(self.runs.values(), "event")
        times = {fire["id"]: fire["logical_time"] for fire in self.fires}
        self.moments = {event["id"]: times[event["said"]["fire"]] for event in self.events if event["kind"] == "fire"}
        self.journal = self.read_journal()

    def moment_of(self, run):
        """The logical time of a fire's run."""
        return self.moments.get(run.event)

    def read_journal(self):
        """What the commands wrote, in the order in which they did: (began or finished, run, step, attempt)."""
        file = self.stream.data / "journal"
        lines = file.read_text().splitlines() if file.exists() else []
        return [(word, int(run), step, int(attempt)) for word, run, step, attempt in map(str.split, lines)]

    def git(self, *arguments):
        return subprocess.run(["git", "-C", self.bare, *arguments], env=self.stream.environment, text=True,
                              capture_output=True, check=True).stdout

    def tips(self):
        return dict(reversed(line.split()) for line in self.git(
            "for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags", "refs/changes").splitlines())

    def main_line(self):
        """The history of main, oldest first, as (commit, tree, parents)."""
        lines = self.git("rev-list", "--first-parent", "--reverse", "--format=%H %T %P", "--no-commit-header", "main")
        return [(words[0], words[1], words[2:]) for words in map(str.split, lines.splitlines())]


def grouped(rows, key):
    groups = collections.defaultdict(list)
    for row in rows:
        groups[row[key] if isinstance(row, sqlite3.Row) else getattr(row, key)].append(row)
    return groups


def sizes(home):
    """How many rows each table has."""
    with open_store(home) as database:
        return {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}


def unfinished(home):
    """The remaining work, as phrases; empty when idle."""
    with open_store(home) as database:
        events = [f"event {row[0]} ({row[1]}) is not handled" for row in database.execute(
            "SELECT id, kind FROM event WHERE handled_at IS NULL")]
        facts = grouped(database.execute("SELECT * FROM step_fact WHERE run_id IN "
                                         "(SELECT id FROM run WHERE outcome IS NULL) ORDER BY id").fetchall(), "run_id")
        runs = [Run(row, facts[row["id"]]) for row in database.execute("SELECT * FROM run WHERE outcome IS NULL")]
        facts = grouped(database.execute("SELECT * FROM change_fact ORDER BY id").fetchall(), "change_id")
        changes = [Change(row, facts[row["id"]]) for row in database.execute("SELECT * FROM change WHERE open = 1")]
        schedules = [f"schedule {row[0]} is live" for row in database.execute(
            "SELECT id FROM schedule WHERE retired_at IS NULL")]
        schedules += [f"fire {row[0]} waits" for row in database.execute("SELECT id FROM fire WHERE state = 'waiting'")]
    states = lambda run: ", ".join(
        f"{name} {step.outcome or (step.facts or ['pending'])[-1]}" for name, step in run.steps.items())
    return (events + [f"{run} has not ended: {states(run)}" for run in runs]
            + [f"{change} is {change.state}" for change in changes if change.state not in ENDS] + schedules)
