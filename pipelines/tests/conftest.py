"""The packaged births, read once."""

import pandas as pd
import pytest

from hrob import births, features, mappings
from hrob.mappings import Mapping


@pytest.fixture(scope="session")
def mapping() -> Mapping:
    return mappings.read("bwght2")


@pytest.fixture(scope="session")
def raw(mapping: Mapping) -> pd.DataFrame:
    return births.load({}, mapping)


@pytest.fixture(scope="session")
def table(raw: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    return features.table(raw, mapping)
