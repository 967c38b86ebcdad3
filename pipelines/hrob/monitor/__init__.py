"""Whether births and scores have drifted away from those of the training."""
