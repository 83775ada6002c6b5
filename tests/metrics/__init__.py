"""Tests of what the numbers mean, one file a module of `foundry_exp.metrics`."""
