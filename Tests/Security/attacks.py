"""What attack tests share: a watched project with secrets to steal, steps that try to, and what a test may conclude.

A test asserts an effect (a secret read, a file written, an alias moved), and that the attack took place: its step started, or
somebody was told by name why not. Without the second, a typing error would pass for a defence.
"""

import json
import os
import secrets
import subprocess
import textwrap
import types

import yaml

from watched import Watched

# Each attacking step says so first.
STARTED = "the attack starts"


class Canary:
    """A file with a word that nobody but its owner may read, and that nobody may change."""

    def __init__(self, path, mode=0o600):
        self.path, self.word = path, f"canary-{secrets.token_hex(8)}"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.restore()
        path.chmod(mode)

    def restore(self):
        """As it was, so that one attack that succeeds does not help the next."""
        self.path.write_text(f"secret={self.word}\n")

    def is_in(self, *texts):
        return any(self.word in text for text in texts)

    def is_changed(self):
        return not self.path.exists() or self.path.read_text() != f"secret={self.word}\n"


class Attacked(Watched):
    """A watched project whose daemon, person and repository belong to `user`, and secrets of that user beside it.

    The person's home, the daemon's keys, another project and another environment's data each have a canary."""

    def __init__(self, folder, binaries, user=None):
        super().__init__(folder, binaries)
        self.user, self.programs = user, self.binaries
        self.person = self.folder / "person"
        # Outside of all that a step is given; a step that writes here has left its sandbox.
        self.host = self.folder / "host"

    @staticmethod
    def becoming(user):
        return ["setpriv", "--reuid", str(user.uid), "--regid", str(user.gid), "--clear-groups", "--"] if user else []

    def begin(self, files=None, adopt=True, limits="", **options):
        self.environment |= {"HOME": str(self.person), "no_proxy": "127.0.0.1"}
        self.canaries = types.SimpleNamespace(
            netrc=Canary(self.person / ".netrc"), docker=Canary(self.person / ".docker/config.json"),
            ssh=Canary(self.person / ".ssh/id_ed25519"), key=Canary(self.home / "keys/canary"),
            prod=Canary(self.home / "data/shop/prod/secret.csv"), elsewhere=Canary(self.folder / "elsewhere/prod/secret.csv"),
            other=Canary(self.folder / "other.git/secret"))
        (self.home / "keys").chmod(0o700)
        self.host.mkdir()
        # Programs of the user, within what limits a test wants; the daemon finds its minder beside the real one.
        self.binaries = self.folder / "bin"
        self.binaries.mkdir()
        starter = self.binaries / "espalier"
        starter.write_text(f'#!/bin/sh\n{limits}\nexec {" ".join(self.becoming(self.user))} {self.programs}/espalier "$@"\n')
        starter.chmod(0o755)
        self.give(self.folder)
        # What is given is not given away again: the wrapper runs as whoever runs the tests.
        super().begin(files, adopt, **options)

    def placed(self, command):
        """With @HOST@, @HOME@, @PERSON@, @ELSEWHERE@, @OTHER@ and @BARE@ as the paths that they are here."""
        places = {"HOST": self.host, "HOME": self.home, "PERSON": self.person, "ELSEWHERE": self.folder / "elsewhere",
                  "OTHER": self.folder / "other.git", "BARE": self.bare}
        for name, path in places.items():
            command = command.replace(f"@{name}@", str(path))
        return command

    def give(self, *paths):
        """To the user, with all that is in them."""
        if self.user:
            owner = f"{self.user.uid}:{self.user.gid}"
            subprocess.run(["chown", "--recursive", "--no-dereference", owner, *paths], check=True)

    def call(self, *command, **more):
        # git's own errors go to whoever asked for output, as in Story.
        done = subprocess.run([*self.becoming(self.user), *map(str, command)], cwd=more.get("cwd"), env=self.environment,
                              text=True, capture_output=True)
        if more.get("check", True) and done.returncode:
            raise AssertionError(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
        return done.stdout + (done.stderr if command[0] == "git" else "")

    def adopt(self, repository=None, *arguments):
        return super().adopt(repository, *(arguments or ("--name", "shop")))

    def ask(self, *arguments):
        return json.loads(self.call(self.programs / "espalier", *arguments, "--json"))

    def write(self, path, content):
        target = self.work / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
        if self.user:
            for part in (target, *target.parents):
                if part == self.work.parent:
                    break
                os.chown(part, self.user.uid, self.user.gid)

    def commit_files(self, files, message="Change"):
        for path, content in files.items():
            self.write(path, content if isinstance(content, bytes) else textwrap.dedent(content))
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD").strip()

    def data(self, environment="dev"):
        folder = super().data(environment)
        self.give(self.home / "data")
        return folder

    def stolen(self, *texts):
        """Which secrets stand in those texts."""
        return [name for name, canary in vars(self.canaries).items() if canary.is_in(*texts)]

    def changed(self):
        """Which secrets somebody has written to, and what lies where only the host writes."""
        return [name for name, canary in vars(self.canaries).items() if canary.is_changed()] + sorted(
            path.name for path in self.host.iterdir())

    def words(self, run):
        """All that people can read of a run: its logs, its values, its reasons, its pages."""
        told = [json.dumps(run), self.espalier("logs", run["run"]["id"]).stdout, self.espalier("explain", run["run"]["id"]).stdout]
        return "\n".join([*told, *(log_of(self, run, name) for name in run["steps"])])


def is_settled(change):
    """Whether nothing becomes of a change any more, unless somebody does something: `ready` is so only where it waits for a person."""
    return change["outcome"] in ("merged", "rejected", "conflicted", "withdrawn") or (
        change["outcome"] == "ready" and "approv" in (change.get("reason") or ""))


def pipeline(steps, on="push: { environment: dev }", **keys):
    """A pipeline's file: a step is a command, or a map with one under `run`. Each says that it starts."""
    made = {}
    for name, step in steps.items():
        step = {"run": step} if isinstance(step, str) else dict(step)
        if "run" in step:
            step["run"] = f"echo {STARTED}\n{textwrap.dedent(step['run']).strip()}\n"
        made[name] = step
    return yaml.safe_dump({"on": yaml.safe_load(f"{{ {on} }}"), **keys, "steps": made}, sort_keys=False, allow_unicode=True)


def attempt(project, branch, files, *names, start="main", message=None):
    """Push an attack on a branch of its own. Its run once it has ended; nothing if it was refused by one of those names."""
    commit = project.branch(branch, files, start=start, message=message)
    return outcome(project, commit, project.git("push", "origin", f"HEAD:refs/heads/{branch}", check=False), *names)


def outcome(project, commit, said, *names):
    project.look()
    runs = project.runs(commit=commit)
    if runs:
        return project.detail(runs[0]["id"])
    assert_refused(said + project.remarks(), *names)
    return None


def assert_refused(said, *names):
    assert any(name in said for name in names), f"nothing ran, and nobody was told of {names}:\n{said}"


def log_of(project, run, step):
    done = project.espalier("logs", run["run"]["id"], step)
    return done.stdout if done.returncode == 0 else ""


def log_of_attack(project, run, step="attack"):
    """The log of a step that has tried, or why it was not let."""
    log, detail = log_of(project, run, step), run["steps"][step].get("detail") or ""
    assert STARTED in log or detail, f"'{step}' neither started nor was refused:\n{run['steps'][step]}\n{log}"
    return log + detail


def assert_not_robbed(project, run):
    """No secret stands in what people can read of the run, and none was changed."""
    if run:
        assert project.stolen(project.words(run)) == []
    assert project.changed() == []
