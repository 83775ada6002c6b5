"""Scorers: rules, judges and people."""
