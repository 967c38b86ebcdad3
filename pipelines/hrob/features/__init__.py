"""The feature table of a run, made here or on Spark."""
