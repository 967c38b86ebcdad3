"""Whether a registered model is what was trained."""
