"""The features that models share: a run's features go into the store, and training takes them from there."""
