"""The features a model is trained on, and how their gaps are filled, from feature_selection_config.yml."""

import math
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from hrob.intake.mappings import Mapping
from hrob.nearest import unknown
from hrob.step import Refused

FILE = Path(__file__).parents[2] / "feature_selection_config.yml"
KEYS = {"keep", "drop", "impute"}
FILLS = ("median", "most_frequent", "constant")


@dataclass(frozen=True)
class Fill:
    """What a missing value is taken for: `median` or `most_frequent` of the training rows, or the `constant` value.

    With `indicator`, another column says which were missing.
    """

    fill: str
    value: float | str | None = None
    indicator: bool = True


@dataclass(frozen=True)
class Selection:
    """The features of a model, in the order of the mapping, and how they are filled; those without a fill as hrob.model.family does it."""

    features: list[str]
    fills: dict[str, Fill] = field(default_factory=dict)


def read(mapping: Mapping, path: Path = FILE, name: str | None = None) -> Selection:
    """What the file's entry `name` selects of the mapping's features; without a name it is the entry of the dataset.

    Refuses a name that the file does not have, and what makes no sense for the dataset.
    """
    entries = yaml.safe_load(path.read_text()) or {}
    if name and name not in entries:
        raise Refused(f"config.selection: {unknown('selection', name, entries)}; {path.name} has {', '.join(entries) or 'none'}")
    if not name and mapping.dataset not in entries:
        raise Refused(f"{path.name}: no entry for the dataset {mapping.dataset!r}; add one with keep and drop")
    chosen = name or mapping.dataset
    return resolve(mapping, entries[chosen] or {}, where=f"{path.name}: {chosen}")


def resolve(mapping: Mapping, entry: dict, where: str) -> Selection:
    """What `keep` names minus what `drop` names, both by group or by single feature, filled as `impute` says."""
    for key in set(entry) - KEYS:
        raise Refused(f"{where}: {unknown('key', key, KEYS)}")
    keep = entry.get("keep", "all")
    kept = mapping.features if keep == "all" else expand(mapping, keep, f"{where}.keep")
    dropped = expand(mapping, entry.get("drop") or [], f"{where}.drop")
    selected = [name for name in mapping.features if name in kept and name not in dropped]
    if not selected:
        raise Refused(f"{where}: no feature is left; keep at least one of the groups {', '.join(mapping.groups)}")
    fills = resolve_fills(mapping, entry.get("impute") or {}, f"{where}.impute")
    return Selection(selected, {name: fills[name] for name in selected if name in fills})


def resolve_fills(mapping: Mapping, entry: object, where: str) -> dict[str, Fill]:
    """A fill for each feature that is named, by itself or by its group; what is said of a feature itself wins."""
    if not isinstance(entry, dict):
        raise Refused(f"{where}: expected a map of groups and features, found {entry!r}")
    fills = {}
    for name in sorted(entry, key=lambda name: name not in mapping.groups):
        named = expand(mapping, [name], where)
        for feature in (feature for feature in mapping.features if feature in named):
            fills[feature] = read_fill(mapping, feature, entry[name], f"{where}.{name}")
    return fills


def read_fill(mapping: Mapping, feature: str, entry: object, where: str) -> Fill:
    """`median`, or `{ fill: constant, value: 0, indicator: false }`. Refuses what does not suit the feature."""
    given = {"fill": entry} if isinstance(entry, str) else entry
    words = feature in mapping.categories
    if not isinstance(given, dict):
        raise Refused(f"{where}: expected {', '.join(FILLS)} or a map of fill, value and indicator, found {entry!r}")
    for key in set(given) - {"fill", "value", "indicator"}:
        raise Refused(f"{where}: {unknown('key', key, ['fill', 'value', 'indicator'])}")
    fill, value, indicator = given.get("fill", "median"), given.get("value"), given.get("indicator", not words)
    if fill not in FILLS:
        raise Refused(f"{where}: {unknown('fill', fill, FILLS)}; there are {', '.join(FILLS)}")
    if not isinstance(indicator, bool):
        raise Refused(f"{where}.indicator: expected true or false, found {indicator!r}")
    if words and (fill == "median" or indicator):
        raise Refused(f"{where}: {feature!r} is of words: it takes most_frequent or constant, and has no indicator")
    if (fill == "constant") != (value is not None):
        raise Refused(f"{where}: `fill: constant` and `value:` belong together, as in {{ fill: constant, value: 0 }}")
    if fill == "constant":
        kind = str if words else (int, float)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise Refused(f"{where}.value: {feature!r} takes a {'word' if words else 'number'}, found {value!r}")
        low, high = mapping.ranges.get(feature, (-math.inf, math.inf))
        if not words and not low <= value <= high:
            raise Refused(f"{where}.value: {value:g} is not within {low:g} to {high:g}, where {feature!r} has to be")
    return Fill(fill, value, indicator)


def expand(mapping: Mapping, names: object, where: str) -> set[str]:
    """Groups replaced by their features. Refuses unknown names, and columns that must never be inputs."""
    if not isinstance(names, list):
        raise Refused(f"{where}: expected a list of groups and features, found {names!r}")
    features = set()
    for name in names:
        if name in mapping.groups:
            features.update(mapping.groups[name])
        elif name in mapping.features:
            features.add(name)
        elif name in mapping.refused:
            raise Refused(f"{where}: {name!r} must not be an input: {mapping.refused[name]}")
        else:
            raise Refused(f"{where}: {unknown('group or feature', name, [*mapping.groups, *mapping.features])}")
    return features
