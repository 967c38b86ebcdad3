"""The features a model is trained on, from feature_selection_config.yml."""

from pathlib import Path

import yaml

from hrob.mappings import Mapping
from hrob.nearest import unknown
from hrob.step import Refused

FILE = Path(__file__).parents[1] / "feature_selection_config.yml"
KEYS = {"keep", "drop"}


def read(mapping: Mapping, path: Path = FILE) -> list[str]:
    """The selected features of the mapping's dataset, in the order of the mapping."""
    datasets = yaml.safe_load(path.read_text()) or {}
    if mapping.dataset not in datasets:
        raise Refused(f"{path.name}: no entry for the dataset {mapping.dataset!r}; add one with keep and drop")
    return resolve(mapping, datasets[mapping.dataset] or {}, where=f"{path.name}: {mapping.dataset}")


def resolve(mapping: Mapping, entry: dict, where: str) -> list[str]:
    """What `keep` names minus what `drop` names, both by group or by single feature."""
    for key in set(entry) - KEYS:
        raise Refused(f"{where}: {unknown('key', key, KEYS)}")
    keep = entry.get("keep", "all")
    kept = mapping.features if keep == "all" else expand(mapping, keep, f"{where}.keep")
    dropped = expand(mapping, entry.get("drop") or [], f"{where}.drop")
    selected = [name for name in mapping.features if name in kept and name not in dropped]
    if not selected:
        raise Refused(f"{where}: no feature is left; keep at least one of the groups {', '.join(mapping.groups)}")
    return selected


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
