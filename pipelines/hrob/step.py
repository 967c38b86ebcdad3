"""The contract with whoever starts a step: environment variables in, files and `key=value` lines out."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path


class Refused(Exception):
    """The step cannot do its work as asked; the message says what is wrong, where, and what to do."""


def variable(name: str) -> str:
    """The value of an environment variable that the step cannot do without."""
    value = os.environ.get(name, "")
    if not value:
        raise Refused(f"the environment variable {name} is not set; README.md shows how to run a step by hand")
    return value


def config() -> dict:
    """The resolved `config:` map of the environment; empty when the step is run by hand without one."""
    path = os.environ.get("ESPALIER_CONFIG")
    return json.loads(Path(path).read_text()) or {} if path else {}


def output_path(name: str) -> Path:
    """Where the declared output `name` goes; its folder exists afterwards."""
    folder = Path(variable("ESPALIER_OUTPUTS"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def input_path(step: str, name: str) -> Path:
    """The output `name` of the needed step `step`."""
    path = Path(variable("ESPALIER_INPUTS")) / step / name
    if not path.exists():
        raise Refused(f"{path} does not exist: the step {step!r} has to run first")
    return path


def report(**values: object) -> None:
    """Hands `key=value` lines to later steps; dots in keys are written as double underscores here."""
    path = os.environ.get("ESPALIER_OUTPUT")
    lines = [f"{key.replace('__', '.')}={value}" for key, value in values.items()]
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines)
    print(*lines, sep="\n")


def run(main: Callable[[], None]) -> None:
    """Runs a step's `main`; a refusal becomes one line on standard error and exit code 1."""
    try:
        main()
    except Refused as refusal:
        sys.exit(f"refused: {refusal}")
