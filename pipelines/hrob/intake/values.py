"""Values of a source's column, whatever type the source gave it."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

NOT_STATED = "not stated"


def numbers(column: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """float64, NaN where there is no value; and where there is one that is no finite number (NaN, too)."""
    try:
        found = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
        wrong = np.isinf(found)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        given = column.to_pandas().astype(object)
        found = pd.to_numeric(given, errors="coerce").to_numpy(float)
        wrong = (~np.isfinite(found)) & given.notna().to_numpy()
    return np.where(wrong, np.nan, found), wrong


def words(column: pd.Series) -> pd.Series:
    """Text, with `not stated` where there is none. A code is the same word whether it was read as 1, 1.0 or text."""
    codes, distinct = pd.factorize(column)
    spelt = np.array([str(word).removesuffix(".0") for word in distinct] + [NOT_STATED], dtype=object)
    return pd.Series(spelt[codes], index=column.index, name=column.name)
