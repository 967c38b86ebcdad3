"""Runs steps in forks of itself, which has imported already what takes a new process two seconds.

Each line asks for one: `{"module": "train", "environment": {...}, "printed": FILE}`. It is answered by its exit code.
"""

import json
import os
import sys

from hrob import step, train, validate

MODULES = {"train": train, "validate": validate}

for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if child == 0:
        os.environ.clear()
        os.environ.update(asked["environment"])
        printed = os.open(asked["printed"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(printed, 1)
        os.dup2(printed, 2)
        step.run(MODULES[asked["module"]].main)
        sys.exit()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
