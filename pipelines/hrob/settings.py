"""Settings of a step: defaults in the code, what differs in the environment's `config:`."""

from hrob.nearest import unknown
from hrob.step import Refused


def section(config: dict, name: str, defaults: dict) -> dict:
    """The defaults of a step with the map under `name` laid over them.

    Refuses unknown keys, and values of another kind than the default (None takes anything, an empty map any map).
    """
    return merged(defaults, config.get(name) or {}, f"config.{name}")


def merged(defaults: dict, given: object, where: str) -> dict:
    """Maps merge, everything else is replaced."""
    if not isinstance(given, dict):
        raise Refused(f"{where}: expected a map of {', '.join(defaults) or 'names'}, found {given!r}")
    for key in set(given) - set(defaults) if defaults else ():
        raise Refused(f"{where}: {unknown('key', key, defaults)}")
    values = dict(defaults)
    for key, value in given.items():
        values[key] = merged(defaults[key], value, f"{where}.{key}") if isinstance(defaults.get(key), dict) else value
        refuse_another_kind(values[key], defaults.get(key), f"{where}.{key}")
    return values


def refuse_another_kind(value: object, default: object, where: str) -> None:
    """Numbers for numbers, lists for lists, text for text."""
    kind = (int, float) if isinstance(default, (int, float)) else type(default)
    if default is not None and (not isinstance(value, kind) or isinstance(value, bool)):
        raise Refused(f"{where}: expected something like {default!r}, found {value!r}")
