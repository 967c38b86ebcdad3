"""Tells a scenario of the merge queue to a real daemon. The words that it knows stand in scenarios/README.md."""

import json
import os
import signal
import urllib.request

import yaml

from watched import Latch

CHECK = """\
name=$(cat topics/* | paste -sd+)
verdict=pass
if [ -e broken ] || [ -e left -a -e right ]; then verdict=fail; fi
held=
if [ -p "$ESPALIER_DATA/verdicts/$name" ]; then exec 3< "$ESPALIER_DATA/verdicts/$name"; held=yes; fi
echo >> "$ESPALIER_DATA/asked/$name"
if [ $held ]; then read verdict <&3; fi
[ $verdict = pass ]
"""


class Telling:
    """A scenario while it is told."""

    def __init__(self, scenario, watch):
        self.scenario, self.told, self.latches, self.words, self.trees = scenario, [], {}, {}, {}
        at = scenario.get("dies at")
        self.project = watch(self.files(), options=("--slots", "12"), env={"ESPALIER_FAILPOINT": at} if at else None)
        for folder in ("asked", "verdicts"):
            (self.project.data() / folder).mkdir()
        self.heads = {"start": self.project.tip("main")}
        if "other" in scenario:
            self.project.push("main:refs/heads/other")
        spoken = [step[word] for step in scenario["steps"] for word in ("pass", "fail", "running", "let go") if word in step]
        for merge in scenario.get("hold", []) + sum(map(listed, spoken), []):
            self.hold(merge)

    def files(self):
        documents = {"environments/project.yml": {"name": "shop", "default_branch": "main", "sandbox": "off"}}
        for name, branch in (("staging", "main"), ("other", "other")):
            gate = self.scenario.get(branch) or {}
            documents[f"environments/{name}.yml"] = {"branches": [branch], "protected": True, "gate": gate}
        for name, on in self.scenario.get("pipelines", {"change": {}}).items():
            change = {"target": "main", "environment": "dev", **on}
            documents[f"pipelines/{name}.yml"] = {"on": {"change": change}, "steps": {"check": {"run": "sh check.sh"}}}
        return {"check.sh": CHECK, **{path: yaml.safe_dump(document) for path, document in documents.items()}}

    def tell(self):
        """Every step, until there is nothing more to come."""
        for step in self.scenario["steps"]:
            (word, object), = step.items() if isinstance(step, dict) else [(step, None)]
            self.told.append(f"{word}: {object}" if object else word)
            act = getattr(self, word.replace(" ", "_").replace("pass", "pass_"))
            for arguments in [[object]] if word == "line up" else [[one] for one in listed(object)] or [[]]:
                act(*arguments)
        self.project.until(lambda: self.project.look() or self.is_over(), "all is decided, and no check runs")

    # The words

    def write(self, topic): self.commit(**named(topic))

    def propose(self, topic):
        said = named(topic)
        if said["topic"] not in self.heads:
            self.commit(**said)
        self.push(said)

    def line_up(self, topics):
        names = {}
        for said in map(named, topics):
            self.commit(**said)
            names[said["topic"]] = self.names(self.heads[said["topic"]], self.project.work)
            self.hold(names[said["topic"]])
            self.push(said)
        self.push_to_main("M")
        for topic, name in names.items():
            self.say(name, "pass")
            self.until({topic: "queued"})

    def push_again(self, topic):
        said = named(topic)
        times = sum(line.startswith("push again") and said["topic"] in line for line in self.told)
        self.commit(**{"from": said["topic"], **said}, text=f"{said['topic']}{times + 1}")
        self.push(said)

    def push_to_main(self, topic):
        self.commit(**named(topic), order=0)
        self.project.espalier("bypass", "main", "--reason", "a push past the gate", "--as", "an operator")
        self.project.push("+HEAD:refs/heads/main")

    def withdraw(self, topic): self.project.push(f":refs/changes/{topic}/for/main")
    def let_go(self, merge): (self.project.data() / "verdicts" / merge).unlink()
    def until(self, states): self.project.until(lambda: self.standing(states) == states, f"it comes to {states}")
    def pass_(self, merge): self.say(merge, "pass")
    def fail(self, merge): self.say(merge, "fail")

    def running(self, merge):
        asked, times = self.project.data() / "asked" / merge, self.words.get(merge, 0) + 1
        self.project.until(lambda: asked.exists() and len(asked.read_text()) >= times, f"{merge} is checked")

    def kill(self): self.project.end(signal.SIGKILL)
    def start(self): self.project.serve()

    def dies(self):
        self.project.daemon.wait(60)
        self.project.daemon, self.project.extra = None, {}

    # Their parts

    def commit(self, topic, files=None, text=None, target="main", order=1, **said):
        self.git("fetch", "--quiet", "origin", cwd=self.project.work)
        files = {f"topics/{order}-{topic}": f"{text or topic}\n", **(files or {})}
        start = self.heads.get(said.get("from"), f"origin/{target}")
        self.heads[topic] = self.project.branch(f"my-{topic}", files, start, text or topic)

    def push(self, said):
        self.project.push(f"my-{said['topic']}:refs/for/{said.get('target', 'main')}", "-o", f"topic={said['topic']}")

    def hold(self, merge):
        if merge not in self.latches:
            self.latches[merge] = Latch(self.project.data() / "verdicts" / merge)

    def say(self, merge, verdict):
        self.running(merge)
        self.words[merge] = self.words.get(merge, 0) + 1
        os.write(self.latches[merge].end, f"{verdict}\n".encode())

    def git(self, *arguments, cwd=None, check=True):
        return self.project.call("git", *arguments, cwd=cwd or self.project.bare, check=check).strip()

    # What came of it

    def names(self, commit, where=None):
        """What its tree holds: M+A+B."""
        if commit not in self.trees:
            said = self.git("grep", "-h", "", commit, "--", "topics", cwd=where, check=False)
            self.trees[commit] = "+".join(said.split())
        return self.trees[commit]

    def ask(self, what):
        """All changes, or runs, oldest first. The daemon is asked while there is one, for a program takes long to start."""
        if not self.project.daemon or self.project.daemon.poll() is not None:
            return self.project.ask(what)[::-1]
        with urllib.request.urlopen(f"{(self.project.home / 'address').read_text().strip()}api/{what}?limit=200") as answer:
            return json.load(answer)[::-1]

    def changes(self): return {change["topic"]: change for change in self.ask("changes")}

    def standing(self, wanted):
        """State and reason of each of these topics; but as wanted, when it is that."""
        changes = self.changes()

        def one(topic, want):
            change = changes.get(topic, {"outcome": "nowhere", "reason": ""})
            word, _, part = want.partition(": ")
            is_wanted = word == change["outcome"] and part in change["reason"]
            return want if is_wanted else f"{change['outcome']}: {change['reason']}"
        return {topic: one(topic, want) for topic, want in wanted.items()}

    def is_over(self):
        topics = self.scenario["expect"]["topics"]
        return self.standing(topics) == topics and not self.project.has_open_runs()

    def tested(self):
        found, words = {}, {"superseded": "stopped", "cancelled": "stopped"}
        for run in self.ask("runs"):
            found.setdefault(self.names(run["commit"]), []).append(words.get(run["outcome"], run["outcome"]))
        return {name: ", ".join(sorted(outcomes)) for name, outcomes in found.items()}

    def landed(self, branch="main"):
        """What each first-parent commit has brought → that commit, oldest first."""
        before, found = set(), {}
        for commit in self.git("rev-list", "--first-parent", "--reverse", f"{self.heads['start']}..{branch}").split():
            names = self.names(commit).split("+")
            found["+".join(name for name in names if name not in before)] = commit
            before.update(names)
        return found

    def seen(self):
        """All that the scenario expects something of, as it is."""
        landed = self.landed()
        ways = {
            "topics": self.standing,
            "tested": lambda _: self.tested(),
            "main": lambda _: list(landed),
            "other": lambda _: list(self.landed("other")),
            "files": lambda paths: {path: self.git("show", f"main:{path}") for path in paths},
            "parents": lambda names: {name: len(self.git("rev-parse", f"{landed.get(name)}^@").split()) for name in names},
            "messages": lambda parts: {name: part_of(part, self.git("log", "-1", "--format=%B", landed.get(name)))
                                       for name, part in parts.items()},
        }
        return {key: ways[key](wanted) for key, wanted in self.scenario["expect"].items()}

    def story(self):
        changes = [f"{one['topic']} is {one['outcome']}: {one['reason']}" for one in self.changes().values()]
        tested = [f"{merge} {outcome}" for merge, outcome in self.tested().items()]
        return "\n  ".join([self.scenario["story"].strip(), "Told:", *self.told, "Changes:", *changes, "Tested:", *tested])


def listed(object): return object if isinstance(object, list) else [] if object is None else [object]
def named(topic): return topic if isinstance(topic, dict) else {"topic": topic}
def part_of(part, whole): return part if part in whole else whole
