"""APScheduler 3, as `schedule` measures it: a background scheduler whose jobs are in SQLite, so that they survive its process.

Its jobs do nothing; when each was submitted, and for which moment, is told in the file `fires`, a line each.
"""

import contextlib
import pathlib
import subprocess
import time

import daemons
import figures
import peers

VENV = peers.folder("apscheduler")
REQUIREMENTS = pathlib.Path(__file__).with_name("requirements-apscheduler.txt")

PROGRAM = """\
import pathlib, sys, time
from apscheduler.events import EVENT_JOB_MISSED, EVENT_JOB_SUBMITTED
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger

def work():
    pass

file = open("fires", "a", buffering=1)

def tell(event):
    now = time.time()
    moments = getattr(event, "scheduled_run_times", None) or [event.scheduled_run_time]
    for moment in moments:
        print(event.job_id, moment.timestamp(), now, "missed" if event.code == EVENT_JOB_MISSED else "fired", file=file)

if __name__ == "__main__":
    # A moment that is late is still wanted, as Espalier's are.
    scheduler = BlockingScheduler(
        jobstores={"default": SQLAlchemyJobStore(url="sqlite:///jobs.sqlite")}, timezone="UTC",
        job_defaults={"misfire_grace_time": None, "coalesce": True})
    for line in pathlib.Path("rules").read_text().splitlines():
        name, second, minute, year = line.split()
        scheduler.add_job("program:work", CronTrigger(second=second, minute=minute, year=year), id=name)
    scheduler.add_listener(tell, EVENT_JOB_SUBMITTED | EVENT_JOB_MISSED)
    print("ready", file=file)
    sys.modules["program"] = sys.modules["__main__"]
    scheduler.start()
"""


def install():
    peers.install(VENV, REQUIREMENTS)


class Scheduler:
    """A process with these rules, each (name, second, minute, year). It runs until its context ends."""

    def __init__(self, folder, rules):
        folder.mkdir()
        self.folder = folder
        (folder / "program.py").write_text(PROGRAM)
        (folder / "rules").write_text("".join(f"{' '.join(rule)}\n" for rule in rules))

    def __enter__(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([VENV / "bin/python", "program.py"], cwd=self.folder, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def until_ready(self):
        deadline = time.monotonic() + 600
        while "ready" not in self.told():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{daemons.NAME}: APScheduler does not start:\n{(self.folder / 'log').read_text()[-3000:]}")
            time.sleep(0.1)

    def told(self):
        with contextlib.suppress(OSError):
            return (self.folder / "fires").read_text()
        return ""

    def fires(self):
        """(name, moment, when it was submitted), in seconds since 1970."""
        lines = [line.split() for line in self.told().splitlines() if line != "ready"]
        return [(name, float(moment), float(at)) for name, moment, at, what in lines if what == "fired"]


def versions():
    python = figures.answer(VENV / "bin/python", "--version").split()[1]
    return {"apscheduler": "3.11.0", "apscheduler_python": python}
