"""What one partner gets: a CSV file of de-identified predictions, and a manifest that names it.

The manifest is what counts. It is replaced in one step, after the file that it names is on disk; so whoever reads it finds a
whole file, whenever this is killed, and a repeat leaves the same bytes.
"""

import hashlib
import json
import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from hrob import settings
from hrob.deliver import pseudonyms
from hrob.features import derive
from hrob.infer import slots
from hrob.infer.slots import Source
from hrob.intake.mappings import Mapping
from hrob.nearest import unknown
from hrob.step import Refused

KIND = "hrob.delivery/1"
MANIFEST = "manifest.json"
SUPPRESSED = "suppressed"
# Under `deliver:` of the configuration. `key` is the file with the key of the pseudonyms, by default in the data root.
DEFAULTS = {"key": None, "partners": {}}
# Of a partner. `columns` were agreed with it: `score`, slices and inputs of feature_mappings.yml. What the columns beside the
# score say in combination of fewer than `least_cell` births of the day is not told; scores have so many `digits`.
OF_PARTNER = {"columns": ["score"], "least_cell": 5, "digits": 3}


@dataclass(frozen=True)
class Delivery:
    """What goes to one partner, and of how many births the columns were suppressed."""

    table: pd.DataFrame
    suppressed: int


def agreed(partners: dict, mapping: Mapping) -> dict[str, dict]:
    """The settings of each partner; refuses names that are no folder's, and columns that nobody may have."""
    known = ["score", *mapping.slices, *mapping.features]
    found = {}
    for name, given in partners.items():
        where = f"config.deliver.partners.{name}"
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*", name):
            raise Refused(f"{where}: {name!r} cannot name a folder; letters, digits and - only")
        found[name] = settings.merged(OF_PARTNER, given or {}, where)
        for column in found[name]["columns"]:
            if column in mapping.refused:
                raise Refused(f"{where}.columns: {column!r} is not delivered: {mapping.refused[column]}")
            if column not in known:
                raise Refused(f"{where}.columns: {unknown('column', column, known)}")
    return found


def deliverable(rows: pd.DataFrame, raw: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """All columns that can be agreed upon, one row a prediction."""
    bands = derive.slices(raw, mapping).rename(columns=lambda name: name.removeprefix(derive.SLICE))
    return pd.concat([rows[["score"]], bands, derive.inputs(raw, mapping)], axis=1)


def de_identified(ids: pd.Series, columns: pd.DataFrame, rule: dict, key: bytes) -> Delivery:
    """The agreed columns under pseudonyms, in the order of these: the order of the source would tell which birth is which."""
    table = columns[rule["columns"]].round({"score": rule["digits"]}).astype(object)
    cells = [name for name in rule["columns"] if name != "score"]
    rare = pd.Series(False, index=table.index)
    if cells and len(table):
        rare = table.groupby(cells, dropna=False)[cells[0]].transform("size") < rule["least_cell"]
        table.loc[rare, cells] = SUPPRESSED
    table.insert(0, "pseudonym", pseudonyms.pseudonyms(key, ids))
    return Delivery(table.sort_values("pseudonym", ignore_index=True), int(rare.sum()))


def manifest(partner: str, delivery: Delivery, content: bytes, source: Source, run: str, moment: datetime, key: bytes) -> dict:
    """What the partner is told about the file; the same for the same predictions."""
    digest = hashlib.sha256(content).hexdigest()
    number = lambda name: pd.api.types.is_numeric_dtype(delivery.table[name].infer_objects())
    return {
        "kind": KIND,
        "partner": partner,
        "logical_time": slots.text(moment),
        "model": {"name": source.model_name, "version": source.model_version},
        "commit": source.commit,
        "run": run,
        "key": pseudonyms.fingerprint(key),
        "suppressed": delivery.suppressed,
        "schema": [{"name": name, "type": "number" if number(name) else "text"} for name in delivery.table],
        "files": [
            {"name": f"predictions-{digest[:16]}.csv", "rows": len(delivery.table), "bytes": len(content), "sha256": digest}
        ],
    }


def put(folder: Path, told: dict, content: bytes) -> bool:
    """Leaves file and manifest in `folder`, and nothing of what was there before; whether anything had to be done."""
    if is_there(folder, told):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    name = told["files"][0]["name"]
    replace(folder / name, content)
    replace(folder / MANIFEST, (json.dumps(told, indent=2) + "\n").encode())
    for left in folder.iterdir():
        if left.name not in (name, MANIFEST):
            left.unlink()
    return True


def is_there(folder: Path, told: dict) -> bool:
    """Whether this very manifest is there, and the file is what it says."""
    try:
        return json.loads((folder / MANIFEST).read_text()) == told and all(
            hashlib.sha256((folder / file["name"]).read_bytes()).hexdigest() == file["sha256"] for file in told["files"]
        )
    except (FileNotFoundError, json.JSONDecodeError):
        return False


def replace(path: Path, content: bytes) -> None:
    """All of the content is on disk before it has its name."""
    part = path.with_name(f".{path.name}-{os.getpid()}")
    with open(part, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def refuse_other_source(rows: pd.DataFrame, source: Source, moment: datetime) -> None:
    """The predictions are those of the pinned version and commit."""
    for found in rows[slots.SOURCE].drop_duplicates().to_dict("records"):
        if Source(**found) != source:
            raise Refused(
                f"the predictions of {slots.text(moment)} are by {Source(**found)}, this run is pinned to {source}; "
                "run predict first"
            )
