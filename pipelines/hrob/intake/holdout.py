"""The frozen holdout: which births no model is ever trained on."""

import hashlib
from collections.abc import Iterable

import numpy as np

# Changing the salt draws another holdout: every model trained before has then seen some of its rows.
SALT = "hrob-holdout-1"


def position(key: str) -> float:
    """A stable place in [0, 1) for a text, uniform over texts."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) / 2**64


def is_held_out(ids: Iterable[str], share: float, salt: str = SALT) -> np.ndarray:
    """Boolean array, one per id. Depends on the id alone: not on row order, other rows or a random state."""
    return np.array([position(f"{salt}:{id}") < share for id in ids], dtype=bool)


def name(share: float) -> str:
    """Names the rule; two models may be compared on the holdout when theirs is the same."""
    return f"{SALT} < {share}"
