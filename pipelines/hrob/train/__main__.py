"""Trains on the births outside the holdout and logs the model to MLflow."""

from hrob import step
from hrob.intake import mappings
from hrob.publish import shared_table
from hrob.train.training import train, training_rows


def main() -> None:
    """`features.parquet`, or what the store has of it → a logged model, named by `model_uri` and `run_id`, and the ids that it was
    trained on.
    """
    table, origin, snapshot = shared_table.training_table()
    ids = training_rows(table, mappings.read(origin.dataset)).index
    step.output_path("ids.txt").write_text("".join(f"{id}\n" for id in ids))
    logged = train(table, origin, step.config(), snapshot)
    step.report(model_uri=logged.model_uri, run_id=logged.run_id, dataset__births=origin.births)
    if snapshot:
        step.report(dataset__features=snapshot.name)


if __name__ == "__main__":
    step.run(main)
