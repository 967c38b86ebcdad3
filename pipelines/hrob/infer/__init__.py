"""A day's births, checked, scored and put into Delta tables."""
