"""The result of a torture, in a few lines."""

import math


def recovery(milliseconds):
    ordered = sorted(milliseconds) or [0.0]
    at = lambda share: round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 1)
    return {"p50": at(0.5), "p99": at(0.99), "max": at(1), "n": len(milliseconds)}


def text(values):
    counts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in values["counts"].items())
    lines = [
        f"{values['points']:,} kills in {values['seconds']:.0f} s, seed {values['options']['seed']}; "
        + ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in values["kills"].items()),
        f"went through: {counts}",
        "faults: " + ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in values["faults"].items()),
        "recovery: median {p50} ms, p99 {p99} ms, longest {max} ms".format(**values["recovery_ms"]),
        f"lost {values['lost']}, doubled {values['doubled']}, violations {values['violations']}",
    ]
    return "\n".join(lines + [f"  {sentence}" for sentence in values["violation_list"]])
