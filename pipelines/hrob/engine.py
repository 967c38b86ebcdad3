"""What computes: pandas in this process, or the workers of a Spark cluster. `features:` of the configuration says which."""

from hrob import settings, step
from hrob.nearest import unknown

ENGINES = ("pandas", "spark")
# Under `features:` of the configuration. `master`, `memory` (of each process), `secret_file` and `deadline` (seconds until the first
# worker has to be there) are for Spark.
DEFAULTS = {"engine": "pandas", "master": "local[2]", "memory": "2g", "secret_file": "", "deadline": 60}


def chosen(config: dict) -> dict:
    """`features:` of the configuration: what computes, and what Spark needs to know."""
    found = settings.section(config, "features", DEFAULTS)
    if found["engine"] not in ENGINES:
        raise step.Refused(f"config.features.engine: {unknown('engine', found['engine'], ENGINES)}; there are {', '.join(ENGINES)}")
    return found
