"""Runs one step of a pipeline as a Databricks task: NAME=VALUE ... -- COMMAND, at the root of the checked-out project.

Databricks runs Python files, and steps are shell commands. Written by `espalier render terraform`.
"""

import inspect
import os
import pathlib
import subprocess
import sys


def root():
    """The nearest folder above this file, or above the current one, that holds environments/ and pipelines/."""
    starts = [pathlib.Path(inspect.getsourcefile(root) or ".").resolve().parent, pathlib.Path.cwd()]
    for folder in [folder for start in starts for folder in (start, *start.parents)]:
        if (folder / "environments").is_dir() and (folder / "pipelines").is_dir():
            return folder
    raise SystemExit("run_step.py lies in no project: neither it nor the current folder is below environments/ and pipelines/")


split = sys.argv.index("--")
variables = dict(pair.split("=", 1) for pair in sys.argv[1:split])
done = subprocess.run(sys.argv[split + 1], shell=True, cwd=root(), env={**os.environ, **variables})
if done.returncode:
    raise SystemExit(f"the step failed with exit code {done.returncode}")
