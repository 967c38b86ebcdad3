"""What a user would otherwise write: all births in one table, all scores at once, one write. No look at the births, no quarantine,
nothing said of where scores come from.

usage: plain_inference.py BIRTHS MODEL_URI TABLE LOGICAL_TIME
"""

import sys

import mlflow
import pandas as pd
from deltalake import write_deltalake

from hrob.features import derive
from hrob.intake import mappings

births, uri, table, time = sys.argv[1:]
mapping = mappings.read("bwght2")
model = mlflow.sklearn.load_model(uri)
raw = pd.read_parquet(births)
inputs = derive.inputs(raw, mapping, list(model.feature_names_in_))
scores = model.predict_proba(inputs)[:, 1]
rows = pd.DataFrame({"id": [f"bwght2-{n:07d}" for n in range(1, len(raw) + 1)], "score": scores})
rows = rows.assign(logical_time=time, logical_date=pd.Timestamp(time).date())
write_deltalake(table, rows, mode="overwrite", partition_by=["logical_date"])
