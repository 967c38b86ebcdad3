"""The invariants that must hold once a tortured daemon is idle. Each violation is reported in a sentence."""

import collections
import functools
import hashlib

from remains import ENDS, Remains, variant
from stream_of_work import MAIN

GROUPS = {"staging": "staging", "release": "prod", "tick": "schedule tick", "echo": "schedule echo"}
# Seconds between the moments of the schedules; an echo comes after the tick of the same moment.
EVERY = {"tick": 2, "echo": 10}


class Findings:
    """Sentences: something was `lost`, `doubled`, or is otherwise `broken`."""

    def __init__(self):
        self.sentences = []

    def lost(self, sentence):
        self.sentences.append(("lost", sentence))

    def doubled(self, sentence):
        self.sentences.append(("doubled", sentence))

    def broken(self, sentence):
        self.sentences.append(("broken", sentence))

    def count(self, kind):
        return sum(1 for found, _ in self.sentences if found == kind)


# The step of a pipeline that writes into the ledger.
DECIDING = {"release": "promote", "rollback": "restore"}


class Invariants:
    def __init__(self, folder, stream, registry, faults, findings, sandbox):
        self.sandbox = sandbox
        self.stream, self.registry, self.faults, self.findings = stream, registry, faults, findings
        self.remains = Remains(folder, stream)
        self.excused = set()

    def check(self):
        """Check everything. Returns how much of each kind went through."""
        for problem in self.remains.problems:
            self.findings.broken(f"SQLite says of the store: {problem}")
        for check in (self.check_refs, self.check_chains, self.check_events, self.check_steps, self.check_killed_minders, self.check_commands,
                      self.check_outcomes, self.check_groups, self.check_superseding, self.check_changes, self.check_main,
                      self.check_topics, self.check_ledger, self.check_promotions, self.check_versions, self.check_fires):
            check()
        return self.counts()

    def excuse(self, run):
        """Whether a fault hit the run, which excuses an unexpected end."""
        reason = self.faults.excuses(run.id, run.created, run.ended or float("inf"))
        if reason:
            self.excused.add(run.id)
        return reason

    # Pushes and events

    def check_refs(self):
        tips = self.remains.tips()
        for ref, commit in self.stream.tips.items():
            if tips.get(ref) != commit:
                self.findings.lost(f"{ref} was pushed to {commit}, and the repository has {tips.get(ref)}")
        for ref in sorted({*tips, *self.remains.refs}):
            if self.remains.refs.get(ref) != tips.get(ref):
                self.findings.lost(f"{ref} is at {tips.get(ref)}, and was last seen at {self.remains.refs.get(ref)}")

    def check_chains(self):
        """The events of a ref are its whole history: without gaps or duplicates, up to its last state."""
        journeys = collections.defaultdict(list)
        for event in self.remains.events:
            said = event["said"]
            if event["kind"] == "push":
                journeys[said["ref"]].append((event["id"], said.get("from"), said.get("to")))
            elif event["kind"] == "proposal":
                ref = f"refs/changes/{said['key']}/for/{said['target']}"
                last = journeys[ref][-1][2] if journeys[ref] else None
                journeys[ref].append((event["id"], last, said.get("head")))
        line = [commit for commit, _, _ in self.remains.main_line()]
        pushed = {**self.stream.moves, MAIN: line[line.index(self.stream.first) + 1:]}
        for ref in sorted({*journeys, *pushed}):
            self.check_journey(ref, journeys[ref], pushed.get(ref, []), self.stream.first if ref == MAIN else None)
        for ref, commit in self.stream.heard:
            if commit not in [end for _, _, end in journeys[ref]]:
                self.findings.lost(f"{ref} was pushed to {commit} while the daemon listened, and has no event of that")

    def check_journey(self, ref, journey, pushed, tip):
        place = 0
        for event, start, end in journey:
            if start != tip:
                self.findings.broken(f"event {event} moves {ref} from {start}, and it was at {tip}")
            if end not in pushed[place:]:
                known = "again" if end in pushed else "where nobody pushed it"
                self.findings.doubled(f"event {event} moves {ref} to {end} {known}")
            else:
                place = pushed.index(end, place) + 1
            tip = end
        if pushed and tip != pushed[-1]:
            self.findings.lost(f"{ref} was pushed to {pushed[-1]}, and its last event is of {tip}")

    def check_events(self):
        for event in self.remains.events:
            name, said = f"event {event['id']} ({event['event']})", event["said"]
            if event["handled_at"] is None:
                self.findings.lost(f"{name} was not handled")
                continue
            expected = self.pipeline_of(event["kind"], said)
            runs = collections.Counter(run.pipeline for run in self.remains.runs_of[event["id"]])
            if expected and not runs[expected]:
                self.findings.lost(f"{name} started no run of {expected}: {event['planning']}")
            for pipeline, count in runs.items():
                if pipeline != expected:
                    self.findings.broken(f"{name} started a run of {pipeline}")
                elif count > 1:
                    self.findings.doubled(f"{name} started {count} runs of {pipeline}")

    @staticmethod
    def pipeline_of(kind, said):
        if kind != "push":
            return said["schedule"] if kind == "fire" else {"checks": "check", "rollback": "rollback"}.get(kind)
        if said.get("to") is None or not said["ref"].startswith("refs/heads/"):
            return None
        if said["ref"].startswith("refs/heads/feature/rush/"):
            return "rush"
        return {"feature": "dev", "main": "staging", "release": "release"}[said["ref"].split("/")[2]]

    # Runs and steps

    def check_steps(self):
        for run in self.remains.runs.values():
            if run.outcome is None:
                self.findings.lost(f"{run} never ended")
            elif run.outcome != run.merged_outcome():
                self.findings.broken(f"{run} is {run.outcome}, and its steps make it {run.merged_outcome()}")
            retries = {step["name"]: step["retriesWhenLost"] for step in run.plan["steps"]}
            for name, step in run.steps.items():
                if step.illegal:
                    self.findings.broken(f"{run}, step {name}: {step.illegal}")
                if step.attempts > 1 + retries[name]:
                    self.findings.doubled(f"{run}, step {name}: {step.attempts} attempts, and {retries[name]} retries")
                killed = any(minder[:2] == (run.id, name) for minder in self.faults.minders_killed)
                if step.losses and not killed and not self.excuse(run):
                    self.findings.broken(f"{run}, step {name} was lost, and nothing had happened to it: {step.detail}")

    def check_killed_minders(self):
        """A step whose minder was killed is lost and retried, unless it had just written its record."""
        for number, name, attempt in self.faults.minders_killed:
            run = self.remains.runs[number]
            step = run.steps[name]
            had_ended = (self.remains.home / "runs" / str(number) / name / str(attempt) / "exit").exists()
            if not had_ended and step.attempts <= attempt and not step.wish and not self.excuse(run):
                self.findings.lost(f"{run}, step {name}: the minder of attempt {attempt} was killed, and there is no other")

    def check_commands(self):
        """How often the commands ran, by their own journal."""
        began = collections.Counter(entry[1:] for entry in self.remains.journal if entry[0] == "began")
        finished = collections.Counter(entry[1:] for entry in self.remains.journal if entry[0] == "finished")
        for run, name, attempt in sorted({*began, *finished}):
            step = self.remains.runs[run].steps[name] if run in self.remains.runs else None
            what = f"run {run}, step {name}, attempt {attempt}"
            if step is None or attempt > step.attempts:
                self.findings.doubled(f"{what}: its command ran, and the store knows of no such attempt")
            elif began[run, name, attempt] > 1 and run not in self.faults.folders_gone:
                self.findings.doubled(f"{what}: its command began {began[run, name, attempt]} times")
        for run in self.remains.runs.values():
            # In a sandbox, a step that declares what it reads cannot write into the data root, where the journal is.
            for name in run.commands - (run.readers if self.sandbox else set()):
                step = run.steps[name]
                if step.reused_from and self.remains.runs[step.reused_from].steps[name].outcome != "passed":
                    self.findings.broken(f"{run}, step {name} took the result of run {step.reused_from}, which did not pass")
                if step.outcome == "passed" and finished[run.id, name, step.attempts] != 1 \
                        and run.id not in self.faults.folders_gone:
                    times = finished[run.id, name, step.attempts]
                    self.findings.lost(f"{run}, step {name} passed, and its command finished {times} times")

    def check_outcomes(self):
        for run in self.remains.runs.values():
            expected = {"failed"} if self.should_fail(run) else {"passed"}
            if run.pipeline in ("dev", "rush", "staging", "check"):
                expected.add("superseded")
            # Of two decisions about one champion, the later one must read the alias again, and finds it changed.
            step = run.steps.get(DECIDING.get(run.pipeline))
            if step and ("the incumbent changed" in step.detail or "is the incumbent already" in step.detail):
                expected = {"failed"}
            if run.pipeline == "check" and run.event not in self.awaited:
                expected.add("cancelled")
            if run.outcome and run.outcome not in expected and not self.excuse(run):
                details = {name: step.detail for name, step in run.steps.items() if step.outcome != "passed"}
                self.findings.broken(f"{run} ended as {run.outcome}: {details}")
            newer = any(other.branch == run.branch and other.pipeline == run.pipeline and other.id > run.id
                        for other in self.remains.runs.values()) if run.outcome == "superseded" else True
            if not newer:
                self.findings.lost(f"{run} was superseded, and there is no newer one")

    def should_fail(self, run):
        if run.pipeline == "check":
            return any(head in self.stream.breaks for head in self.merged_in(run.commit))
        return run.commit in self.stream.breaks

    @functools.cached_property
    def awaited(self):
        """The events of the checks that decided the end of a change."""
        return {change.checks[-1]["event"] for change in self.remains.changes.values()
                if change.checks and change.state in ("merged", "rejected")}

    def merged_in(self, commit):
        """The heads in a merge of the gate: its own change's, and those of the changes ahead that have not landed."""
        while True:
            parents = self.remains.git("rev-parse", f"{commit}^@").split()
            if len(parents) < 2:
                return
            yield parents[1]
            commit = parents[0]
            if commit in self.on_main:
                return

    @functools.cached_property
    def on_main(self):
        return {commit for commit, _, _ in self.remains.main_line()}

    def check_groups(self):
        """Runs of one concurrency group never overlap, by the journal of their commands."""
        holder, over = {}, set()
        last = {}
        for place, entry in enumerate(self.remains.journal):
            last[entry[1]] = place
        for place, (word, run, name, attempt) in enumerate(self.remains.journal):
            known = self.remains.runs.get(run)
            group = GROUPS.get(known.pipeline) if known else None
            if not group:
                continue
            other = holder.get(group)
            if other is not None and other != run and last[other] > place and (other, run) not in over:
                over.add((other, run))
                self.findings.broken(f"{known} worked while {self.remains.runs[other]} of the same group did")
            holder[group] = run

    def check_superseding(self):
        """A run that a newer one of its branch replaces starts no more steps."""
        by_branch = collections.defaultdict(list)
        for run in self.remains.runs.values():
            if run.pipeline in ("dev", "rush", "staging"):
                by_branch[run.pipeline, run.branch].append(run)
        for runs in by_branch.values():
            for older, newer in zip(runs, runs[1:]):
                began = [step.began_at for step in older.steps.values() if step.began_at]
                if older.outcome == "superseded" or not began:
                    continue
                # The pipeline `rush` replaces running ones, too. Steps that were handed out at the same moment may still begin.
                late = (max(began) if older.pipeline == "rush" else min(began)) - newer.created
                if late > 2:
                    self.findings.broken(f"{older} began a step {late:.1f} s after {newer} was planned, which replaces it")

    # Changes

    def check_changes(self):
        proposed = collections.defaultdict(list)
        for event in self.remains.events:
            if event["kind"] == "proposal" and event["said"].get("head"):
                proposed[event["said"]["key"]].append(event["said"]["head"])
        heads = collections.defaultdict(list)
        for change in self.remains.changes.values():
            heads[change.key] += change.heads
            if change.state not in ENDS:
                self.findings.lost(f"{change} stayed {change.state}")
            if len(change.merges) > 1:
                self.findings.doubled(f"{change} was merged {len(change.merges)} times")
            if change.merges and change.merges[0] != change.checks[-1]["merge"]:
                self.findings.broken(f"{change} was merged as {change.merges[0]}, and tested as {change.checks[-1]['merge']}")
        for key in sorted({*proposed, *heads}):
            if heads[key] != proposed[key]:
                self.findings.broken(f"topic {key} was proposed as {proposed[key]}, and its changes have {heads[key]}")

    def check_main(self):
        """Main consists of tested merges only."""
        line = {commit: (tree, parents) for commit, tree, parents in self.remains.main_line()}
        noted = {change.merges[0]: change for change in self.remains.changes.values() if change.merges}
        for commit, (tree, parents) in line.items():
            if len(parents) > 1 and commit not in noted:
                title = self.remains.git("log", "-1", "--format=%s", commit).strip()
                self.findings.broken(f"main has the merge {commit} ('{title}'), and no change says that it was merged so")
        for commit, change in noted.items():
            if commit not in line:
                self.findings.lost(f"{change} was merged as {commit}, and main does not have it")
                continue
            tree, parents = line[commit]
            runs = self.remains.runs_of[change.checks[-1]["event"]]
            if not runs or any(run.outcome != "passed" or run.plan["tree"] != tree for run in runs):
                self.findings.broken(f"{change} was merged as {commit}, and its checks did not pass on that")
            if parents != [change.checks[-1]["base"], change.heads[-1]]:
                self.findings.broken(f"{change} was merged with parents {parents}, and not its base and head")

    def check_topics(self):
        """Each change ended as its author could expect."""
        latest = {change.key: change for change in self.remains.changes.values()}
        for topic in self.stream.topics.values():
            change = latest.get(topic.name)
            if change is None:
                # It was proposed and withdrawn between two looks, so nobody saw it.
                topic.withdrawn or self.findings.lost(f"topic {topic.name} was proposed, and there is no change of it")
                continue
            expected = {"merged"} if topic.should_pass else {"rejected"}
            if topic.withdrawn:
                # Nobody saw a head that was pushed and withdrawn between two looks; the one before it may have landed.
                expected = {"withdrawn", "rejected"} | ({"merged"} if change.heads[-1] not in self.stream.breaks else set())
            elif topic.rival:
                rival = latest.get(topic.rival)
                expected = {"conflicted"} if rival and rival.state == "merged" else {"merged"}
            if change.state in expected or change.state not in ENDS:
                continue
            runs = [run for check in change.checks for run in self.remains.runs_of[check["event"]]]
            if not any(self.excuse(run) for run in runs):
                wanted = " or ".join(sorted(expected))
                self.findings.broken(f"{change} ended as {change.state} and not as {wanted}: {change.reason}")

    # The registry

    def check_ledger(self):
        previous = ""
        for decision in self.remains.decisions:
            digest = hashlib.sha256(f"{previous}\n{decision['body']}".encode()).hexdigest()
            if decision["previous_hash"] != previous or decision["hash"] != digest:
                self.findings.broken(f"the ledger is broken at decision {decision['id']}")
            previous = decision["hash"]
        decided = collections.Counter(decision["run_id"] for decision in self.remains.decisions)
        for number in self.stream.rolled_back:
            if number not in self.remains.runs or self.remains.runs[number].pipeline != "rollback":
                self.findings.lost(f"a rollback was answered to be run {number}, and there is none")
        for run in self.remains.runs.values():
            step = run.steps.get(DECIDING.get(run.pipeline))
            passed = step and step.outcome == "passed"
            if passed and not decided[run.id]:
                self.findings.lost(f"{run}: its deciding step passed, and nothing was decided")
            elif decided[run.id] and not passed:
                self.findings.broken(f"{run} was decided on, and its step is {step and step.outcome}")
            elif decided[run.id] > 1:
                self.findings.doubled(f"{run} was decided on {decided[run.id]} times")

    def check_promotions(self):
        """The ledger and the registry's journal agree about who was champion."""
        champion, intended = None, []
        for decision in self.remains.decisions:
            said, move, name = decision["said"], self.remains.moves.get(decision["id"]), f"decision {decision['id']}"
            promoted = said["decision"]["verdict"] == "promoted"
            quality = self.stream.releases[said["commit"]]
            if "rolledBack" in said["decision"]["ground"]:
                if not promoted or said["challenger"] not in intended:
                    self.findings.broken(f"{name} brings {said['challenger']} back, which was not champion before")
            elif promoted != (quality == "good" or quality == "tied" and champion is None):
                self.findings.broken(f"{name} is {said['decision']['verdict']} on evidence that is {quality}")
            if said.get("champion") != champion:
                self.findings.broken(f"{name} compares with {said.get('champion')}, and the champion was {champion}")
            if promoted != bool(move):
                self.findings.broken(f"{name} is {said['decision']['verdict']}, and its alias move is {move}")
            if move:
                if move["confirmed_at"] is None:
                    self.findings.lost(f"{name}: its alias move was never confirmed")
                if (move["from_version"], move["to_version"]) != (champion, said["challenger"]):
                    self.findings.broken(f"{name} moves the alias from {move['from_version']} to {move['to_version']}")
                champion = move["to_version"]
                intended.append(champion)
        seen = [move["to"] for move in self.alias_changes("champion")]
        if seen != intended:
            kind = self.findings.doubled if len(seen) > len(intended) else self.findings.lost
            kind(f"the alias champion went to {seen}, and the ledger moves it to {intended}")
        stage = {version["version"] for version in self.registry.created if version["current_stage"] == "Production"}
        if champion and stage != {champion}:
            self.findings.broken(f"the champion is {champion}, and the stage Production has {sorted(stage)}")

    def alias_changes(self, alias):
        return [move for move in self.registry.alias_sets if move["alias"] == alias and move["from"] != move["to"]]

    def check_versions(self):
        made = collections.defaultdict(list)
        for version in self.registry.created:
            tags = {tag["key"]: tag["value"] for tag in version["tags"]}
            made[tags["espalier.registered_by"]].append(version["version"])
            run = self.remains.runs.get(int(tags["espalier.run"]))
            if (run is None or run.steps["register"].outcome != "passed") and not (run and self.excuse(run)):
                maker = tags["espalier.run"]
                self.findings.broken(f"version {version['version']} was made by run {maker}, which does not know")
        for maker, versions in made.items():
            if len(versions) > 1:
                self.findings.doubled(f"the versions {versions} were made by one step, {maker}")
        known = {version for versions in made.values() for version in versions}
        for run in self.remains.runs.values():
            step = run.steps.get("register")
            if step and step.outcome == "passed" and step.values.get("version") not in known:
                self.findings.lost(f"{run} registered version {step.values.get('version')}, and the registry has none")
        for version, count in collections.Counter(move["to"] for move in self.alias_changes("challenger")).items():
            if count > 1:
                self.findings.doubled(f"the alias challenger was moved to {version} {count} times")

    # Schedules

    def check_fires(self):
        events = collections.defaultdict(list)
        for event in self.remains.events:
            if event["kind"] == "fire":
                events[event["said"]["fire"]].append(event)
        for fire in self.remains.fires:
            self.check_fire(fire, events[fire["id"]])
        for schedule, every in EVERY.items():
            self.check_moments(schedule, every)

    def check_fire(self, fire, events):
        name = f"the fire of {fire['pipeline']} for {fire['logical_time']:.0f}"
        if fire["state"] == "skipped":
            # A release without the schedule may come before the dependency has passed. Nothing else skips here.
            if events or variant(fire["reason"])[0] != "retired" or fire["pipeline"] != "echo":
                self.findings.broken(f"{name} is skipped ({fire['reason']}), with {len(events)} events")
        elif fire["state"] != "fired":
            self.findings.lost(f"{name} is {fire['state']}")
        elif not events:
            self.findings.lost(f"{name} has no event")
        elif len(events) > 1:
            self.findings.doubled(f"{name} has {len(events)} events")
        elif fire["pipeline"] == "echo" and not self.tick_passed(fire["logical_time"], events[0]["at"]):
            self.findings.broken(f"{name} was started before its tick had passed")

    def tick_passed(self, moment, before):
        """Whether a run of that moment's tick had passed."""
        return any(run.outcome == "passed" and run.ended <= before for run in self.remains.runs.values()
                   if run.pipeline == "tick" and self.remains.moment_of(run) == moment)

    def check_moments(self, schedule, every):
        fired = collections.Counter(
            fire["logical_time"] for fire in self.remains.fires if fire["pipeline"] == schedule)
        for moment, count in fired.items():
            if count > 1:
                self.findings.doubled(f"the fire of {schedule} for {moment:.0f} is stored {count} times")
        due = set()
        for row in self.remains.schedules:
            if row["pipeline"] != schedule:
                continue
            since, until = row["live_since"], row["retired_at"] or max(fired, default=0)
            moments = range(int(since // every + 1) * every, int(until) + 1, every)
            due.update(moments)
            for moment in moments:
                if moment not in fired:
                    self.findings.lost(f"schedule {row['id']} ({schedule}) never fired for {moment}: it was live until "
                                       f"{until - moment:.3f} s later")
        for moment in sorted(set(fired) - due):
            self.findings.broken(f"a fire of {schedule} for {moment:.0f} is stored, when no schedule was live")

    def counts(self):
        remains, steps = self.remains, [step for run in self.remains.runs.values() for step in run.steps.values()]
        repeated = sum(1 for move in self.registry.alias_sets if move["from"] == move["to"])
        return {
            "events": len(remains.events), "runs": len(remains.runs),
            "steps": sum(1 for step in steps if step.attempts), "steps_lost": sum(step.losses for step in steps),
            "versions": len(self.registry.created), "decisions": len(remains.decisions),
            "rollbacks": sum(run.pipeline == "rollback" for run in remains.runs.values()), "alias_moves": len(remains.moves),
            "repeated_sets": repeated, "changes": len(remains.changes),
            "merges": sum(len(change.merges) for change in remains.changes.values()), "fires": len(remains.fires),
            "schedules": len(remains.schedules), "runs_excused_by_faults": len(self.excused),
        }
