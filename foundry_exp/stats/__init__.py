"""Percentiles, intervals and tests in plain numpy. They know nothing of models or requests."""
