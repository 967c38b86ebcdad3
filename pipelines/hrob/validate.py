"""Scores challenger and champion on the same held-out births."""

import os

import pandas as pd
from sklearn.metrics import roc_auc_score

from hrob import features, registered, step
from hrob.features import Origin
from hrob.registered import Loaded


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
    named = {name: name.removeprefix(features.SLICE) for name in rows if name.startswith(features.SLICE)}
    return scores.join(rows[list(named)].rename(columns=named))


def main() -> None:
    """`features.parquet` and the registry → `evidence.csv`."""
    table, origin = features.read(step.input_path("features", "features.parquet"))
    uris = {"challenger": step.variable("ESPALIER_MODEL_URI"), "champion": os.environ.get("ESPALIER_CHAMPION_URI")}
    contenders = {role: registered.load(uri) for role, uri in uris.items() if uri}
    scores = evidence(table, origin, contenders)
    scores.to_csv(step.output_path("evidence.csv"), float_format=lambda value: repr(float(value)), lineterminator="\n")
    print(f"{len(scores)} held-out births, {scores.label.sum()} positive")
    for role, contender in contenders.items():
        print(f"{role} {contender.uri}: ROC AUC {roc_auc_score(scores.label, scores[role]):.4f}")


if __name__ == "__main__":
    step.run(main)
