"""Summaries of many measurements, and the conditions of the measurement."""

import math
import os
import statistics
import subprocess


def median(values):
    return round(statistics.median(values), 3)


def percentile(values, fraction):
    """The smallest value that this share of them does not exceed; with few values, the largest."""
    return round(sorted(values)[math.ceil(fraction * len(values)) - 1], 3)


def summary(milliseconds):
    figures = list(milliseconds)
    return {
        "min_ms": round(min(figures), 3),
        "median_ms": median(figures),
        "p99_ms": percentile(figures, 0.99),
        "mean_ms": round(statistics.mean(figures), 3),
        "stdev_ms": round(statistics.stdev(figures), 3) if len(figures) > 1 else 0.0,
        "n": len(figures),
    }


def medians(measured):
    """The median of the values of each name, and under `spread` how far they lie apart."""
    spread = {name: {"min": round(min(values), 3), "max": round(max(values), 3), "n": len(values)}
              for name, values in measured.items()}
    return {**{name: median(values) for name, values in measured.items()}, "spread": spread}


def load():
    return round(os.getloadavg()[0], 2)


def conditions(folder, load_at_start, **versions):
    return {
        "cpus": os.cpu_count(),
        "filesystem": filesystem(folder),
        "versions": {**versions, "git": git_version()},
        "load_at_start": load_at_start,
    }


def filesystem(folder):
    return answer("df", "--output=fstype", folder).split()[-1]


def git_version():
    return answer("git", "--version").split()[2]


def answer(*command):
    return subprocess.run(command, text=True, capture_output=True, check=True).stdout
