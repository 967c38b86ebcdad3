"""`infer:` of the configuration: which births arrive, and which scores cannot be true."""

from hrob import settings
from hrob.infer import health
from hrob.intake import arrivals

DEFAULTS = {**arrivals.DEFAULTS, "health": health.DEFAULTS}


def of(config: dict) -> dict:
    """With defaults."""
    return settings.section(config, "infer", DEFAULTS)
