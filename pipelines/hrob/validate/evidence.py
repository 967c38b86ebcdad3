"""What two models are compared on: their scores of the same held-out births."""

import pandas as pd

from hrob import step
from hrob.features.derive import SLICE
from hrob.features.files import Origin
from hrob.model.registered import Loaded


def refuse_foreign(candidate: Loaded, role: str, origin: Origin) -> None:
    """A model trained with another holdout may have seen these births; one for another target answers another question."""
    for key in ("dataset", "target", "holdout"):
        theirs, ours = candidate.origin.get(key), getattr(origin, key)
        if theirs != ours:
            raise step.Refused(
                f"the {role} {candidate.uri} was trained with {key} {theirs!r}, the evidence is on {ours!r}: "
                "they cannot be compared; train both on the same"
            )


def evidence(table: pd.DataFrame, origin: Origin, contenders: dict[str, Loaded]) -> pd.DataFrame:
    """One row a held-out birth, sorted by id: `label`, one column of scores per contender, one of words per slice."""
    rows = table[table.holdout].sort_index()
    scores = rows[["label"]].copy()
    for role, contender in contenders.items():
        refuse_foreign(contender, role, origin)
        scores[role] = contender.risk(rows)
    named = {name: name.removeprefix(SLICE) for name in rows if name.startswith(SLICE)}
    return scores.join(rows[list(named)].rename(columns=named))
