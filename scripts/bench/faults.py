"""Faults of a machine while a daemon works: one kind a method, each repaired after a second or two."""

import collections
import contextlib
import os
import pathlib
import shutil
import sqlite3
import subprocess
import time


class Disk:
    """The daemon's home on a disk of its own, which can be full or read-only. A plain folder if mounting is not allowed."""

    SIZE = 2 << 30

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.refused = ""
        if os.geteuid():
            self.refused = "only root may mount"
        elif not self.mount("-t", "tmpfs", "-o", f"size={self.SIZE},mode=0750", "tmpfs", self.folder):
            self.refused = "nothing can be mounted here"

    @staticmethod
    def mount(*words):
        return subprocess.run(["mount", *map(str, words)], capture_output=True).returncode == 0

    def unmount(self):
        if not self.refused:
            subprocess.run(["umount", "--lazy", self.folder], capture_output=True)

    def fill(self):
        """Fill it at once, without writing a file: shrink its size to what is used."""
        for _ in range(20):
            state = os.statvfs(self.folder)
            used = (state.f_blocks - state.f_bfree) * state.f_frsize
            if self.mount("-o", f"remount,size={used}", self.folder):
                return True
        return False

    def free(self):
        self.mount("-o", f"remount,size={self.SIZE}", self.folder)

    def forbid_writing(self):
        """Mount a read-only view of the disk over it, because open files would keep the disk itself from becoming read-only.
        The view is prepared elsewhere, because a file opened for writing in between would do the same."""
        view = self.folder.with_name("view")
        view.mkdir(exist_ok=True)
        made = (self.mount("--bind", self.folder, view) and self.mount("-o", "remount,bind,ro", view)
                and self.mount("--bind", view, self.folder))
        subprocess.run(["umount", view], capture_output=True)
        return made

    def allow_writing(self):
        """Files that were opened through the view keep it in use for a while, so make the view writable, too."""
        self.mount("-o", "remount,bind,rw", self.folder)
        subprocess.run(["umount", "--lazy", self.folder], capture_output=True)


class Faults:
    """Each fault lasts until its method returns. Anything that may excuse an unexpected end of a run is recorded."""

    KINDS = ("disk_full", "database_busy", "database_busy_long", "read_only", "read_only_at_start", "folder_gone",
             "folder_of_running_gone", "minder_killed", "registry_away", "registry_answer_lost")
    # Those that the daemon must recover from by itself. `minder_killed` and those after it are too small to stop for.
    LASTING = ("disk_full", "database_busy", "database_busy_long", "read_only", "folder_of_running_gone", "registry_away")

    def __init__(self, disk, registry, random):
        self.disk, self.home = disk, disk.folder
        self.registry, self.random = registry, random
        self.counts, self.skipped = collections.Counter(), {}
        self.windows = []
        self.folders_gone = set()
        # (run, step, attempt)
        self.minders_killed = []

    def strike(self, kind, running):
        """Do it. `running` are the running runs. Returns whether it was possible."""
        began = time.time()
        done = getattr(self, kind)(running)
        if done:
            self.counts[kind] += 1
            if kind in ("disk_full", "database_busy_long", "read_only", "read_only_at_start"):
                self.windows.append((kind, began, time.time()))
        return done

    def pause(self, shortest, longest):
        time.sleep(self.random.uniform(shortest, longest))

    def excuses(self, run, began, ended):
        """What excuses an unexpected end of a run."""
        if run in self.folders_gone:
            return "its folder was removed"
        for kind, first, last in self.windows:
            # A step that was lost at the last moment may be noticed a little later.
            if began <= last + 2 and ended >= first:
                return kind
        return "its minders were killed" if sum(1 for killed in self.minders_killed if killed[0] == run) > 1 else None

    def skip(self, kind, reason):
        self.skipped[kind] = reason
        return False

    def disk_full(self, running):
        if self.disk.refused:
            return self.skip("disk_full", self.disk.refused)
        if not self.disk.fill():
            return False
        try:
            self.pause(0.5, 2)
        finally:
            self.disk.free()
        return True

    def database_busy(self, running, shortest=0.3, longest=3):
        with contextlib.closing(sqlite3.connect(self.home / "espalier.sqlite", timeout=60, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            self.pause(shortest, longest)
            other.execute("ROLLBACK")
        return True

    def database_busy_long(self, running):
        """Longer than the ten seconds that the daemon waits."""
        return self.database_busy(running, 10.5, 12)

    def read_only(self, running):
        if self.disk.refused:
            return self.skip("read_only", self.disk.refused)
        try:
            if not self.disk.forbid_writing():
                return self.skip("read_only", "nothing can be mounted over the home")
            self.pause(0.5, 2)
        finally:
            self.disk.allow_writing()
        return True

    def read_only_at_start(self, running):
        """Only the surroundings differ: the daemon is started during the fault, and told to retry."""
        if self.disk.refused:
            return self.skip("read_only_at_start", self.disk.refused)
        return self.disk.forbid_writing()

    def folder_gone(self, running):
        """Of a run that has ended."""
        ended = [path for path in (self.home / "runs").iterdir() if int(path.name) not in running]
        return bool(ended) and self.remove(self.random.choice(ended))

    def folder_of_running_gone(self, running):
        return bool(running) and self.remove(self.home / "runs" / str(self.random.choice(running)))

    def remove(self, folder):
        self.folders_gone.add(int(folder.name))
        shutil.rmtree(folder, ignore_errors=True)
        return True

    def minder_killed(self, running):
        for run in self.random.sample(running, len(running)):
            for lock in (self.home / "runs" / str(run)).glob("*/*/lock"):
                with contextlib.suppress(OSError, ValueError):
                    pid = int(lock.read_text())
                    if b"espalier-minder" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                        os.kill(pid, 9)
                        self.minders_killed.append((run, lock.parts[-3], int(lock.parts[-2])))
                        return True
        return False

    def registry_away(self, running):
        self.registry.away = True
        self.pause(0.3, 1.5)
        self.registry.away = False
        return True

    def registry_answer_lost(self, running):
        """The next requested change is made, and its answer is lost."""
        self.registry.answers_to_lose = 1
        return True
