"""Feature groups, target and refused columns of a dataset, from feature_mappings.yml."""

from collections import Counter
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path

import yaml

from hrob.nearest import unknown
from hrob.step import Refused

FILE = Path(__file__).parents[2] / "feature_mappings.yml"
KEYS = {"target", "other_targets", "store", "holdout", "id", "groups", "derived", "categories", "required", "ranges", "slices", "refused"}


@dataclass(frozen=True)
class Target:
    """Positive (1) where `column` is at most `at_most`; without it the column is already 0/1."""

    name: str
    column: str
    at_most: float | None = None


@dataclass(frozen=True)
class Shared:
    """The feature table that models of this dataset share; its births bear no dates, so all were known at one moment."""

    table: str
    owner: str
    description: str
    known_at: datetime


@dataclass(frozen=True)
class Mapping:
    """One dataset of feature_mappings.yml.

    `refused` maps a column to the reason why it is no input, `ranges` to the least and the greatest value that it may have;
    `slices` names a column and the values at which it is cut into bands.
    """

    dataset: str
    target: Target
    holdout: float
    groups: dict[str, list[str]]
    derived: dict[str, dict]
    categories: list[str]
    refused: dict[str, str]
    required: list[str] = field(default_factory=list)
    ranges: dict[str, list[float]] = field(default_factory=dict)
    slices: dict[str, dict] = field(default_factory=dict)
    id: str | None = None
    shared: Shared | None = None

    @property
    def features(self) -> list[str]:
        """Every input a model may use, in the order of the file."""
        return [name for group in self.groups.values() for name in group]

    @property
    def raw_columns(self) -> list[str]:
        """The raw columns that the features and the target are made from, each once."""
        return list(dict.fromkeys([*self.columns_of(self.features), self.target.column]))

    def columns_of(self, features: list[str]) -> list[str]:
        """The raw columns that these features are made from, each once."""
        return list(dict.fromkeys(self.derived.get(name, {}).get("column", name) for name in features))


def configured(config: dict) -> Mapping:
    """The mapping of the configuration's `dataset:` and `target:`.

    Without a dataset it is `natality2014` when a file is named under `births:`, else `bwght2`.
    """
    dataset = config.get("dataset") or ("natality2014" if config.get("births") else "bwght2")
    return read(dataset, target=config.get("target"))


def read(dataset: str, path: Path = FILE, target: str | None = None) -> Mapping:
    """The mapping of one dataset for its own target, or another one; refuses unknown keys and columns listed twice."""
    datasets = yaml.safe_load(path.read_text()) or {}
    if dataset not in datasets:
        raise Refused(f"{path.name}: {unknown('dataset', dataset, datasets)}")
    entry = datasets[dataset]
    where = f"{path.name}: {dataset}"
    for key in set(entry) - KEYS:
        raise Refused(f"{where}: {unknown('key', key, KEYS)}")
    own = Target(**entry["target"])
    targets = {own.name: own} | {name: Target(name, **rule) for name, rule in (entry.get("other_targets") or {}).items()}
    if target and target not in targets:
        raise Refused(f"{where}: {unknown('target', target, targets)}; it has {', '.join(targets)}")
    mapping = Mapping(
        dataset=dataset,
        target=targets[target or own.name],
        holdout=float(entry["holdout"]),
        id=entry.get("id"),
        shared=shared(entry["store"], f"{where}.store") if "store" in entry else None,
        groups=entry["groups"],
        derived=entry.get("derived") or {},
        categories=entry.get("categories") or [],
        required=entry.get("required") or [],
        ranges=entry.get("ranges") or {},
        slices=entry.get("slices") or {},
        refused={name: reason for reason, names in entry["refused"].items() for name in names},
    )
    for one in targets.values():
        refuse_inconsistency(replace(mapping, target=one), where)
    return mapping


def shared(entry: dict, where: str) -> Shared:
    """All four keys; the moment as text with a zone."""
    known = [field.name for field in fields(Shared)]
    for key in set(entry) ^ set(known):
        raise Refused(f"{where}: {unknown('key', key, known) if key in entry else f'{key} is missing'}")
    try:
        moment = datetime.fromisoformat(str(entry["known_at"]))
    except ValueError:
        moment = datetime.min
    if moment.tzinfo is None:
        raise Refused(f"{where}.known_at: expected a time with a zone, as in \"2014-12-31T00:00:00Z\", found {entry['known_at']}")
    return Shared(**{**entry, "known_at": moment})


def refuse_inconsistency(mapping: Mapping, where: str) -> None:
    """Refuses what is wrong in itself, whatever the data hold."""
    for name, times in Counter(mapping.features).items():
        if times > 1:
            raise Refused(f"{where}.groups: {name!r} is listed {times} times; a column belongs to one group")
        if name in mapping.refused:
            raise Refused(f"{where}.groups: {name!r} is refused as an input ({mapping.refused[name]})")
    for name in (*mapping.derived, *mapping.categories):
        if name not in mapping.features:
            raise Refused(f"{where}: {unknown('feature', name, mapping.features)}; it is in no group")
    for name, rule in mapping.derived.items():
        if rule["column"] in mapping.refused:
            raise Refused(f"{where}.derived.{name}: {rule['column']!r} is refused ({mapping.refused[rule['column']]})")
    if mapping.target.column not in mapping.refused:
        raise Refused(f"{where}.target: {mapping.target.column!r} must be listed under refused: it is the outcome")


def check_against_data(mapping: Mapping, columns: list[str]) -> None:
    """Refuses a mapping that names columns the data lack, or leaves a column of the data unclassified."""
    where = f"{FILE.name}: {mapping.dataset}"
    listed = [name for name in mapping.features if name not in mapping.derived] + list(mapping.refused)
    sources = [rule["column"] for rule in (*mapping.derived.values(), *mapping.slices.values())]
    for name in (*listed, *sources, mapping.target.column):
        if name not in columns:
            raise Refused(f"{where}: {unknown('column', name, columns)}")
    for name in columns:
        if name not in listed and name != mapping.id:
            raise Refused(f"{where}: the column {name!r} of the data is neither in a group nor refused; list it")
    for name in (*mapping.required, *mapping.ranges):
        if name not in mapping.raw_columns:
            raise Refused(f"{where}: {unknown('column', name, mapping.raw_columns)}; no feature is made from it")
