"""Scores challenger and champion on the same held-out births."""

import os

from sklearn.metrics import roc_auc_score

from hrob import step
from hrob.features import files
from hrob.model import registered
from hrob.validate.evidence import evidence


def main() -> None:
    """`features.parquet` and the registry → `evidence.csv`."""
    table, origin = files.read(step.input_path("features", "features.parquet"))
    uris = {"challenger": step.variable("ESPALIER_MODEL_URI"), "champion": os.environ.get("ESPALIER_CHAMPION_URI")}
    contenders = {role: registered.load(uri) for role, uri in uris.items() if uri}
    scores = evidence(table, origin, contenders)
    scores.to_csv(step.output_path("evidence.csv"), float_format=lambda value: repr(float(value)), lineterminator="\n")
    print(f"{len(scores)} held-out births, {scores.label.sum()} positive")
    for role, contender in contenders.items():
        print(f"{role} {contender.uri}: ROC AUC {roc_auc_score(scores.label, scores[role]):.4f}")


if __name__ == "__main__":
    step.run(main)
