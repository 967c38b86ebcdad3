"""Search of hyperparameters, cross-validation, training."""
