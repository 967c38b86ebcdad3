"""What a search may choose from, as plain data, so that it has a digest."""

import hashlib
import json
from dataclasses import dataclass

from hrob.model.family import CHOICES

# By name: `{"log_uniform": [least, greatest]}`, or `{"choice": [values]}`. That of hrob.model.family.Hyperparameters.
SPACE = {"inverse_regularisation": {"log_uniform": [1e-3, 10.0]}, **{name: {"choice": of} for name, of in CHOICES.items()}}


@dataclass(frozen=True)
class Trial:
    """One set of parameters, and the loss that they came to (smaller is better)."""

    params: dict
    loss: float


def digest(definition: dict) -> str:
    """32 hexadecimal digits that are the same for the same definition, however its keys are ordered."""
    return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()[:32]


def typed(texts: dict[str, str], space: dict) -> dict | None:
    """Parameters as MLflow keeps them, as values again; None when they are not of this space."""
    if set(texts) != set(space):
        return None
    found = {}
    for name, rule in space.items():
        if "choice" in rule:
            found[name] = next((value for value in rule["choice"] if str(value) == texts[name]), None)
        else:
            least, greatest = rule["log_uniform"]
            value = float(texts[name])
            found[name] = value if least <= value <= greatest else None
        if found[name] is None:
            return None
    return found
