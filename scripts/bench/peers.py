"""The systems that Espalier is compared with, each installed once from PyPI into its own virtual environment in `.venv`."""

import fcntl
import hashlib
import shutil
import subprocess
import sys

import daemons


def folder(name):
    return daemons.ROOT / ".venv" / name


def install(venv, requirements):
    """Make the virtual environment, unless it exists and was made from the same list."""
    venv.parent.mkdir(exist_ok=True)
    with open(venv.parent / ".lock", "a") as lock:
        # scripts/setup takes the same lock.
        fcntl.flock(lock, fcntl.LOCK_EX)
        recipe = hashlib.sha256(requirements.read_bytes() + str(venv).encode()).hexdigest()
        stamp = venv / ".stamp"
        if stamp.exists() and stamp.read_text() == recipe:
            return
        print(f"{daemons.NAME}: installing {venv.relative_to(daemons.ROOT)} from {requirements.relative_to(daemons.ROOT)}",
              file=sys.stderr)
        shutil.rmtree(venv, ignore_errors=True)
        quietly("/usr/bin/python3", "-m", "venv", venv)
        pip = [venv / "bin/python", "-I", "-m", "pip", "--disable-pip-version-check"]
        quietly(*pip, "install", "--no-input", "-r", requirements)
        stamp.write_text(recipe)


def quietly(*command, cwd=None):
    done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise SystemExit(f"{daemons.NAME}: {' '.join(map(str, command))} failed:\n{done.stdout[-3000:]}")
