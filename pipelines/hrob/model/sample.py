"""Some training rows and their scores, which travel with a model: whoever loads it can tell that it is the one that was trained."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from hrob.model import family

FILE = "sample.json"


def write(fitted: Pipeline, rows: pd.DataFrame, path: Path) -> None:
    """JSON: some training rows, and the scores that the process which trained the model gives them."""
    data = rows.astype(object).where(rows.notna(), None).to_numpy().tolist()
    content = {"columns": list(rows.columns), "data": data, "scores": family.risk(fitted, rows).tolist()}
    path.write_text(json.dumps(content) + "\n")


def read(path: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows and scores; what is missing in a column of numbers is NaN again."""
    content = json.loads(path.read_text())
    rows = pd.DataFrame(content["data"], columns=content["columns"])
    words = [name for name in rows if rows[name].map(type).eq(str).any()]
    return rows.astype({name: float for name in rows if name not in words}), np.array(content["scores"])
