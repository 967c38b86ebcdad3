"""The packaged births, read once."""

import pandas as pd
import pytest

from hrob.features import derive
from hrob.intake import births, mappings
from hrob.intake.mappings import Mapping


@pytest.fixture(scope="session")
def mapping() -> Mapping:
    return mappings.read("bwght2")


@pytest.fixture(scope="session")
def raw(mapping: Mapping) -> pd.DataFrame:
    return births.load({}, mapping)


@pytest.fixture(scope="session")
def table(raw: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    return derive.table(raw, mapping)
