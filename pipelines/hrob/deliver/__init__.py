"""What partners get of the predictions."""
