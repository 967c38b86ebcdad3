"""Models as the registry serves them."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import Model
from sklearn.pipeline import Pipeline

from hrob.model import family, reference
from hrob.model.reference import Reference
from hrob.step import Refused


@dataclass(frozen=True)
class Loaded:
    """A model, what it was trained from (`Origin` as a map), and the folder with its files."""

    uri: str
    fitted: Pipeline
    origin: dict[str, str]
    folder: Path = Path()

    @property
    def names(self) -> list[str]:
        """The features that it reads."""
        return list(self.fitted.feature_names_in_)

    @property
    def reference(self) -> Reference:
        """What the births were like that it was trained on."""
        return reference.read(self.extra(reference.FILE))

    def extra(self, name: str) -> Path:
        """A file that training put beside the model."""
        path = self.folder / "extra_files" / name
        if not path.exists():
            raise Refused(f"{self.uri} was logged without {name}: train the model again")
        return path

    def risk(self, features: pd.DataFrame) -> pd.Series:
        """Probability of the outcome per row; the model takes its own columns from the wider table."""
        missing = [name for name in self.names if name not in features]
        if missing:
            raise Refused(f"{self.uri} needs the feature {missing[0]!r}, which the feature table does not have")
        return family.risk(self.fitted, features)


def load(uri: str) -> Loaded:
    """Opens the model: from the folder that a fire is given with its pinned version, else downloaded once."""
    folder = os.environ.get("ESPALIER_MODEL") if uri == os.environ.get("ESPALIER_MODEL_URI") else None
    try:
        folder = folder or mlflow.artifacts.download_artifacts(uri)
    except MlflowException as error:
        raise Refused(f"{uri} cannot be loaded from {mlflow.get_tracking_uri()}: {error.message}") from None
    return Loaded(uri, mlflow.sklearn.load_model(folder), Model.load(folder).metadata or {}, Path(folder))


def pinned_version(uri: str) -> tuple[str, int]:
    """Name and version of `models:/name/7`. An alias is refused: it may move while the step runs."""
    match = re.fullmatch(r"models:/([^/@]+)/(\d+)", uri)
    if not match:
        raise Refused(f"{uri!r} does not pin a version; expected models:/name/number")
    return match[1], int(match[2])
