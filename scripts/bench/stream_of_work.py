"""The project under torture, and the stream of pushes to it: features, changes, releases, tags, and what people do to
branches on bad days. Every push is recorded, so that the invariants can be checked."""

import collections
import contextlib
import os
import socket
import subprocess
import threading

MAIN = "refs/heads/main"
MODEL = "risk"

PROJECT = {
    "environments/project.yml": """\
name: torture
default_branch: main
sandbox: "{sandbox}"
data_root: {data}
""",
    "environments/dev.yml": 'branches: ["feature/**"]\n',
    "environments/staging.yml": 'branches: ["main"]\nprotected: true\n',
    "environments/prod.yml": """\
branches: ["release/**"]
protected: true
registry:
  server: "{registry}"
  model: risk
  aliases: {{ candidate: challenger, incumbent: champion }}
  stage: Production
  smoke: ". ./steps.sh; work true"
""",
    "pipelines/dev.yml": """\
on: {{ push: {{ environment: dev, branches: ["feature/*", "feature/deep/**"] }} }}
concurrency: {{ supersede: queued }}
steps:
  prepare: {{ run: '. ./steps.sh; work true', inputs: ["notes/**", steps.sh] }}
  test: {{ needs: [prepare], run: '. ./steps.sh; work sound' }}
  report: {{ run: '. ./steps.sh; work report', inputs: [steps.sh], outputs: [report] }}
""",
    "pipelines/rush.yml": """\
on: {{ push: {{ environment: dev, branches: ["feature/rush/*"] }} }}
concurrency: {{ supersede: running }}
steps:
  slow: {{ run: '. ./steps.sh; work sleep 0.8' }}
  after: {{ needs: [slow], run: '. ./steps.sh; work true' }}
""",
    "pipelines/check.yml": """\
on: {{ change: {{ target: main, environment: dev }} }}
steps:
  build: {{ run: '. ./steps.sh; work true' }}
  test: {{ needs: [build], run: '. ./steps.sh; work sound' }}
""",
    "pipelines/staging.yml": """\
on: {{ push: {{ environment: staging }} }}
concurrency: {{ group: staging, supersede: queued }}
steps:
  build: {{ run: '. ./steps.sh; work true' }}
  smoke: {{ needs: [build], run: '. ./steps.sh; work true' }}
""",
    "pipelines/release.yml": """\
on: {{ push: {{ environment: prod }} }}
concurrency: {{ group: prod }}
steps:
  train: {{ run: '. ./steps.sh; work train' }}
  register: {{ needs: [train], register: {{ model: "${{steps.train.outputs.model_uri}}" }} }}
  validate: {{ needs: [register], run: '. ./steps.sh; work validate', outputs: [evidence] }}
  promote:
    needs: [validate]
    promote:
      evidence: "${{steps.validate.outputs.evidence}}"
      first: promote
      floor: {{ roc_auc: 0.65 }}
      improve: {{ metric: roc_auc, by: 0, confidence: 0.95 }}
""",
    "pipelines/tick.yml": """\
on: {{ schedule: {{ cron: "*/2 * * * * ?", environment: prod, misfire: run-all }} }}
steps:
  tick: {{ run: '. ./steps.sh; work true' }}
""",
    "pipelines/echo.yml": """\
on: {{ schedule: {{ cron: "*/10 * * * * ?", environment: prod, misfire: run-all, after: tick }} }}
steps:
  echo: {{ run: '. ./steps.sh; work true' }}
""",
    # One line is one write at the end of a file, so lines never mix.
    "steps.sh": """\
say() {{ echo "$1 $ESPALIER_RUN $ESPALIER_STEP $ESPALIER_ATTEMPT" 2> /dev/null >> "$ESPALIER_DATA/journal" || :; }}
work() {{
    say began
    case $ESPALIER_COMMIT in *0) sleep 0.6 ;; *[12]) sleep 0.2 ;; esac
    "$@" && say finished
}}
sound() {{ [ ! -e broken ]; }}
report() {{ echo done > "$ESPALIER_OUTPUTS/report.txt"; }}
train() {{
    printf 'model_uri=mlflow-artifacts:/models/%s\\nrun_id=%s\\ndataset.births=sha256:0123\\n' \\
        "$ESPALIER_RUN" "$ESPALIER_RUN" >> "$ESPALIER_OUTPUT"
}}
validate() {{
    columns=1-3
    [ -z "$ESPALIER_CHAMPION_URI" ] || columns=1-4
    {{ cat "evidence/$(cat quality)"; echo "run$ESPALIER_RUN,1,0.9,0.9"; }} |
        cut -d , -f "$columns" > "$ESPALIER_OUTPUTS/evidence.csv"
}}
""",
}
QUALITIES = ("good", "good", "tied", "poor")


def evidence(quality):
    """Fifteen rows of each label: a challenger that is perfect, as good as the champion, or no better than chance."""
    rows = ["id,label,challenger,champion"]
    for number in range(30):
        label = number % 2
        mixed = 0.2 + 0.6 * ((number // 2) % 2)
        clear = 0.7 + number / 200 if label else 0.1 + number / 200
        challenger, champion = {"good": (clear, mixed), "tied": (clear, clear), "poor": (mixed, clear)}[quality]
        rows.append(f"{number},{label},{challenger:.3f},{champion:.3f}")
    return "\n".join(rows) + "\n"


class Writer:
    """A `git fast-import` that stays: a commit costs a few milliseconds and no checkout."""

    def __init__(self, clone, environment):
        self.process = subprocess.Popen(["git", "-C", clone, "fast-import", "--quiet", "--force"], env=environment,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.count = 0

    def commit(self, parent, message, files):
        """A new commit; a file that is None is removed."""
        self.count += 1
        lines = [f"commit refs/heads/next\nmark :{self.count}\ncommitter Nobody <nobody@example.org> "
                 f"{1_700_000_000 + self.count} +0000\ndata {len(message)}\n{message}\n"]
        if parent:
            lines.append(f"from {parent}\n")
        for path, text in files.items():
            lines.append(f"D {path}\n" if text is None else f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}\n")
        # A push reads what a checkpoint has written; the progress line says that it has.
        lines.append(f"get-mark :{self.count}\ncheckpoint\nprogress there\n")
        self.process.stdin.write("".join(lines).encode())
        name = self.process.stdout.readline().decode().strip()
        if len(name) != 40 or self.process.stdout.readline() != b"progress there\n":
            raise SystemExit("torture: git fast-import ended")
        return name

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


class Topic:
    """A change as its author sees it: what was pushed under its name, and how it should end."""

    def __init__(self, name, rival=None):
        self.name, self.rival = name, rival
        self.ref = f"refs/changes/{name}/for/main"
        self.heads = []
        self.should_pass = True
        self.withdrawn = False


class Stream(threading.Thread):
    """Pushes until it is closed. Pauses while the daemon has enough to do."""

    # Maximum of unended runs per pipeline; at that, no more of its kind is pushed.
    ENOUGH = {"dev": 10, "check": 4, "release": 3, "rush": 2, "staging": 6, "tick": 1_000, "echo": 1_000, "rollback": 2}
    PIPELINES = {"feature": "dev", "rewrite": "dev", "rush": "rush", "change": "check", "again": "check", "withdraw": "check",
                 "release": "release", "better": "release", "direct": "staging", "tag": "dev", "roll_back": "rollback"}
    USUAL = (["feature"] * 8 + ["change"] * 5 + ["release"] * 4 + ["rush"] * 2
             + ["rewrite", "again", "withdraw", "direct", "tag"] + ["roll_back"] * 2)

    def __init__(self, folder, registry, random, sandbox):
        super().__init__(name="stream", daemon=True)
        self.folder, self.random = folder, random
        self.bare, self.clone, self.data = folder / "bare.git", folder / "clone", folder / "data"
        self.data.mkdir()
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C",
                            "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        self.moves = collections.defaultdict(list)
        self.tips, self.topics, self.releases, self.breaks = {}, {}, {}, set()
        # Runs that the daemon reported as rollbacks.
        self.rolled_back = []
        self.wanted, self.unended = collections.deque(), collections.Counter()
        self.count = self.since_told = 0
        self.pushed = collections.Counter()
        # The life of the daemon that is sure to notice a push now; the pushes made while there was one.
        self.listener, self.heard = lambda: None, []
        self.flowing, self.idle, self.woken, self.closing = threading.Event(), threading.Event(), threading.Event(), False
        self.idle.set()
        self.failure = None
        self.begin(registry, sandbox)

    def begin(self, registry, sandbox):
        self.git(self.folder, "init", "--quiet", "--bare", "--initial-branch=main", self.bare)
        self.git(self.folder, "init", "--quiet", "--initial-branch=unused", self.clone)
        self.writer = Writer(self.clone, self.environment)
        known = {"sandbox": sandbox, "data": self.data, "registry": registry}
        files = {path: text.format(**known) for path, text in PROJECT.items()}
        files.update({f"evidence/{quality}": evidence(quality) for quality in QUALITIES})
        self.trunk = self.first = self.writer.commit(None, "Begin", files)
        self.push({MAIN: self.trunk})
        self.pushed.clear()

    # Git

    def git(self, folder, *arguments, check=True):
        done = subprocess.run(["git", "-C", folder, *arguments], env=self.environment, text=True, capture_output=True)
        if check and done.returncode:
            raise SystemExit(f"git {' '.join(map(str, arguments))} failed:\n{done.stderr}")
        self.refusal = done.stderr
        return done.stdout if check else done.returncode

    def push(self, tips, *options, names=None):
        """Push commits to refs (None deletes), and record what moved. `names` are the refs to push to, if a hook stores them
        under other names. Returns whether the push succeeded."""
        words = [f"+{commit}:{(names or {}).get(ref, ref)}" if commit else f":{ref}" for ref, commit in tips.items()]
        listener = self.listener()
        if self.git(self.clone, "push", "--quiet", *options, self.bare, *words, check=False):
            return False
        self.note(tips, listener)
        return True

    def note(self, tips, listener):
        was_heard = listener is not None and listener == self.listener()
        self.pushed["while_heard" if was_heard else "while_down_or_dying"] += 1
        for ref, commit in tips.items():
            if was_heard:
                self.heard.append((ref, commit))
            if ref != MAIN:
                self.moves[ref].append(commit)
                self.tips[ref] = commit

    def commit(self, parent, title, **files):
        self.count += 1
        commit = self.writer.commit(parent, f"{title} {self.count}", {"broken": None, **files})
        if files.get("broken"):
            self.breaks.add(commit)
        return commit

    # What people do

    def feature(self):
        """One push: a branch or two, each by a commit or two."""
        tips = {}
        for _ in range(self.random.choice((1, 1, 1, 2))):
            ref = "refs/heads/feature/" + self.random.choice(("a", "b", "c", "d", "e", "deep/a", "deep/b", "deep/er/c"))
            tip = self.tips.get(ref) or self.trunk
            for _ in range(self.random.choice((1, 1, 2))):
                note = {f"notes/{self.count % 40}.txt": f"{self.count}\n"}
                tip = self.commit(tip, "Feature", broken=self.flaw(0.12), **note)
            tips[ref] = tip
        self.push(tips)

    def flaw(self, share):
        return "\n" if self.random.random() < share else None

    def rewrite(self):
        """A branch is deleted, or created again."""
        ref = self.random.choice([ref for ref in self.tips if "/feature/" in ref] or ["refs/heads/feature/a"])
        gone = self.random.random() < 0.5 and self.tips.get(ref)
        self.push({ref: None if gone else self.commit(self.trunk, "Again")})

    def rush(self):
        """Somebody pushes again before the first push has been handled."""
        ref = f"refs/heads/feature/rush/{self.count % 2}"
        self.push({ref: self.commit(self.tips.get(ref) or self.trunk, "Rush")})
        if self.random.random() < 0.7:
            threading.Event().wait(self.random.uniform(0, 0.3))
            self.push({ref: self.commit(self.tips[ref], "Rush on")})

    def tag(self):
        self.push({f"refs/tags/v{self.count}": self.commit(self.trunk, "Tagged")})

    def propose(self, topic, commit):
        """A key cannot be told from what was pushed to `refs/for/main`: the topic is a push option."""
        if not self.push({topic.ref: commit}, "-o", f"topic={topic.name}", names={topic.ref: "refs/for/main"}):
            raise SystemExit(f"torture: the proposal {topic.name} was not taken:\n{self.refusal}")
        topic.heads.append(commit)
        topic.should_pass, topic.withdrawn = commit not in self.breaks, False
        self.topics[topic.name] = topic

    def change(self):
        if self.random.random() < 0.15:
            return self.rivals()
        topic = Topic(f"t{self.count}")
        file = {f"changes/{topic.name}.txt": f"{topic.name}\n"}
        self.propose(topic, self.commit(self.trunk, "Change", broken=self.flaw(0.2), **file))

    def rivals(self):
        """Two changes that cannot both be merged."""
        one, other = Topic(f"r{self.count}a", f"r{self.count}b"), Topic(f"r{self.count}b", f"r{self.count}a")
        for topic in (one, other):
            file = {f"changes/{one.name}.txt": f"{topic.name}\n"}
            self.propose(topic, self.commit(self.trunk, "Rival", **file))

    def again(self):
        """A newer head under the same topic, whatever happened to the last."""
        topic = self.some_topic()
        if topic:
            file = {f"changes/{topic.name}.txt": f"{topic.name}, better {self.count}\n"}
            self.propose(topic, self.commit(topic.heads[-1], "Better", broken=self.flaw(0.2), **file))

    def withdraw(self):
        topic = self.some_topic()
        if topic and self.push({topic.ref: None}):
            topic.withdrawn = True

    def some_topic(self):
        latest = [topic for topic in list(self.topics.values())[-4:] if not topic.rival and not topic.withdrawn]
        return self.random.choice(latest) if latest else None

    def direct(self):
        """Somebody pushes to main itself, if the gate is not faster."""
        self.git(self.clone, "fetch", "--quiet", self.bare, "main:refs/heads/trunk")
        self.trunk = self.git(self.clone, "rev-parse", "refs/heads/trunk").strip()
        commit = self.commit(self.trunk, "Direct", **{f"direct/{self.count}.txt": "\n"})
        listener = self.listener()
        # Not forced: what the gate has merged stays.
        if not self.git(self.clone, "push", "--quiet", self.bare, f"{commit}:{MAIN}", check=False):
            self.trunk = commit
            self.note({MAIN: commit}, listener)

    def roll_back(self):
        """Somebody rolls back to the previous champion, if a daemon is up that knows of one."""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as door:
            door.settimeout(5)
            door.connect(str(self.folder / "home/socket"))
            door.sendall(b"rollback\nrisk\n-\n-\nan operator\nit alarms too often\n\n")
            answer = b"".join(iter(lambda: door.recv(4096), b"")).decode()
            self.rolled_back += [int(line.split()[1]) for line in answer.splitlines() if line.startswith("run ")]

    def better(self):
        """Cut a release whose model is promoted."""
        self.release("good")

    def release(self, quality=None, last=False):
        """Cut a release; the last one has no schedules, so that nothing fires any more."""
        quality = quality or self.random.choice(QUALITIES)
        files = {"quality": f"{quality}\n", **({"pipelines/tick.yml": None, "pipelines/echo.yml": None} if last else {})}
        commit = self.commit(self.trunk, "Release", **files)
        self.releases[commit] = quality
        self.push({f"refs/heads/release/{len(self.releases)}": commit})
        return commit

    # The stream

    def tell(self, unended):
        """How many runs have not ended, by pipeline."""
        self.unended = collections.Counter(unended)
        self.since_told = 0

    def has_room(self, kind):
        pipeline = self.PIPELINES[kind]
        return self.since_told < 8 and self.unended[pipeline] < self.ENOUGH[pipeline] and self.unended.total() < 24

    def run(self):
        try:
            while not self.closing:
                if not self.flowing.wait(0.1):
                    continue
                self.idle.clear()
                if self.flowing.is_set():
                    self.act()
                self.idle.set()
                self.woken.wait(self.random.expovariate(1 / 0.3))
                self.woken.clear()
        except BaseException as error:  # noqa: BLE001 - the loop of points must learn of any error.
            self.failure = error
            self.idle.set()

    def act(self):
        kind = self.wanted.popleft() if self.wanted else self.random.choice(self.USUAL)
        if self.has_room(kind):
            self.since_told += 1
            getattr(self, kind)()

    def want(self, kinds):
        """Push these next, unless too many are queued already to tell what caused what."""
        if len(self.wanted) < 4:
            self.wanted.extend(kinds)
            self.woken.set()

    def hurry(self, kind):
        """Push this at once, if there is room for it, and return when it has been pushed."""
        self.pause()
        if self.has_room(kind):
            getattr(self, kind)()
        self.flowing.set()

    def pause(self):
        """Stop pushing. When this returns, no push is in progress."""
        self.flowing.clear()
        self.idle.wait(60)

    def close(self):
        self.closing = True
        self.flowing.set()
        if self.is_alive():
            self.join(60)
        self.writer.close()
