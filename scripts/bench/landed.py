"""The results of a queue of changes, from the store of its daemon and from Git's record of main."""

import json

import figures
from remains import variant

MINE = "(SELECT id FROM project WHERE name = ?)"


class Landed:
    """Of one project. `git` runs a command in its repository, which keeps a reflog."""

    def __init__(self, daemon, name, git):
        self.daemon, self.name, self.git = daemon, name, git

    def query(self, sql):
        return self.daemon.query(sql, self.name)

    def fates(self):
        """Topic → the end of its change, the commit if it was merged, and when."""
        rows = self.query("SELECT change.key, fact, at FROM change_fact JOIN change ON change.id = change_id WHERE project_id = "
                          f"{MINE} AND change_fact.id IN (SELECT max(id) FROM change_fact GROUP BY change_id)")
        return {key: (*variant(fact), at) for key, fact, at in rows}

    def last(self):
        """When the last thing happened to a change."""
        return max(at for _, _, at in self.fates().values())

    def builds(self, count, slots, each, seconds):
        """Runs per change; and of all slots and seconds, the share in which checks of `each` seconds slept, and the idle share."""
        runs = self.query("SELECT run.id, run.outcome, event.at, event.event LIKE '%\"isQueued\":true%' FROM run "
                          f"JOIN event ON event.id = event_id WHERE run.project_id = {MINE}")
        ended = sum(outcome in ("passed", "failed") for _, outcome, _, _ in runs)
        return {
            "builds": len(runs) / count,
            "queue_builds": sum(queued for *_, queued in runs) / count,
            "unended_builds": (len(runs) - ended) / count,
            "slots_used": ended * each / (slots * seconds),
            "slots_idle": self.idle({run: asked for run, _, asked, _ in runs}, slots) / (slots * seconds),
        }

    def idle(self, asked, slots):
        """Seconds of slots that were free although a check was requested."""
        facts = [(run, variant(fact)[0], at) for run, fact, at in self.query(
            f"SELECT run_id, fact, step_fact.at FROM step_fact JOIN run ON run.id = run_id WHERE project_id = {MINE}")]
        began = {run: at for run, kind, at in facts if kind == "started"}
        turns = [(asked[run], 1, 0) for run in began] + [(at, -1, 1) for at in began.values()]
        turns += [(at, 0, -1) for run, kind, at in facts if kind == "ended" and run in began]
        idle = waiting = busy = last = 0
        for at, more_waiting, more_busy in sorted(turns):
            idle += (at - last) * min(waiting, slots - busy)
            waiting, busy, last = waiting + more_waiting, busy + more_busy, at
        return idle

    def moves(self):
        """How long main took to move once it could, and after the end of the very last check; milliseconds."""
        runs = self.query(f"SELECT commit_id, ended_at FROM run WHERE outcome = 'passed' AND project_id = {MINE}")
        merged = {commit: at for kind, commit, at in self.fates().values() if kind == "merged"}
        moves = sorted((merged[commit], ended) for commit, ended in runs if commit in merged)
        before = [0, *(at for at, _ in moves)]
        times = [1_000 * (at - max(ended, last)) for (at, ended), last in zip(moves, before)]
        drain = max(merged.values(), default=0) - max((ended for _, ended in runs), default=0)
        return {"landing_ms": figures.median(times or [0]), "drain_ms": 1_000 * drain}

    def trees_that_differ(self, start):
        """Commits that main was moved to since `start`, by its reflog, whose tree never passed a check."""
        plans = self.query(f"SELECT plan FROM run WHERE outcome = 'passed' AND project_id = {MINE}")
        passed = {json.loads(plan)["tree"] for plan, in plans}
        # If the reflog does not have every move, at least the tip is checked.
        moves = self.git("log", "--walk-reflogs", "--format=%H %T", "main") + self.git("log", "-1", "--format=%H %T", "main")
        trees = dict(line.split() for line in moves.splitlines())
        return sum(tree not in passed for commit, tree in trees.items() if commit != start)
