"""Repositories of any size to push to, made by `git fast-import` with thousands of commits in a second."""

import os
import pathlib
import shutil
import signal
import subprocess
import time


class Repositories:
    """One bare repository, its identical copies, and a clone whose next commits are ready to be pushed."""

    def __init__(self, folder, project, files=10, refs=0):
        """`project` is path → text of its files. Its tree has `files` more files of 2 KiB; it has `refs` more refs."""
        self.folder = folder
        self.folder.mkdir(exist_ok=True)
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C",
            "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
        }
        self.original = folder / "original.git"
        self.clone = folder / "clone"
        self.git(folder, "init", "--quiet", "--bare", "--template=", "--initial-branch=main", self.original)
        self.load(self.original, trunk(project, files) + topics(refs))
        self.git(self.original, "gc", "--quiet")
        # Refs that have moved since the last gc are not packed.
        self.load(self.original, topics(refs, every=50, message="Later"))

    def prepare(self, commits):
        """Prepare these for pushing: branches from `refs/remotes/origin/main` on."""
        self.git(self.folder, "clone", "--quiet", "--no-checkout", self.original, self.clone)
        self.load(self.clone, commits, "-c", "fastimport.unpackLimit=1000000")

    def commits(self, branch):
        """The commits that a branch adds to main, oldest first."""
        return self.git(self.clone, "rev-list", "--reverse", f"origin/main..{branch}").split()

    def git(self, folder, *arguments, text=None):
        done = subprocess.run(["git", "-C", folder, *arguments], env=self.environment, text=True, input=text, capture_output=True)
        if done.returncode:
            raise SystemExit(f"git {' '.join(map(str, arguments))} failed:\n{done.stderr}")
        return done.stdout

    def load(self, repository, commits, *options):
        self.git(repository, *options, "fast-import", "--quiet", "--force", text="".join(commits))

    def copy(self, name):
        return pathlib.Path(shutil.copytree(self.original, self.folder / name, symlinks=True))

    def push(self, repository, *refspecs):
        """Push. Returns when that began, and how many nanoseconds it took."""
        command = ["git", "-C", str(self.clone), "push", str(repository), *refspecs]
        silent = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
        began = time.monotonic_ns()
        process = os.posix_spawnp(command[0], command, self.environment, file_actions=silent)
        try:
            _, status = os.waitpid(process, 0)
        except BaseException:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            raise
        took = time.monotonic_ns() - began
        if status:
            raise SystemExit(f"{' '.join(command)} failed")
        return began, took


def commit(ref, message, start, files):
    yield f"commit {ref}\ncommitter Nobody <nobody@example.org> 1700000000 +0000\ndata {len(message)}\n{message}\n"
    if start:
        yield f"from {start}\n"
    for path, text in files.items():
        yield f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}\n"


def source(number, text="nothing yet"):
    """A file of about 2 KiB, different from all others."""
    line = f"line of file {number}\n"
    return {f"src/{number // 100:03}/{number % 100:02}.txt": f"{text}\n" + line * (2_048 // len(line))}


def trunk(project, files):
    tree = dict(project)
    for number in range(files):
        tree.update(source(number))
    return list(commit("refs/heads/main", "Begin", None, tree))


def topics(count, every=1, message="A topic"):
    """Four branches, then a tag, each at a commit of its own."""
    stream = []
    for number in range(0, count, every):
        kind = "tags/v" if number % 5 == 4 else "heads/topic/"
        stream += commit(f"refs/{kind}{number}", message, "refs/heads/main", source(0, f"{message} {number}"))
    return stream


def branch(name, count, changes=True):
    """A branch of this many commits, each of which changes one file, or none."""
    stream = []
    for number in range(count):
        start = None if number else "refs/remotes/origin/main"
        files = source(0, f"{name} {number}") if changes else {}
        stream += commit(f"refs/heads/{name}", f"Push {number} to {name}", start, files)
    return stream
