"""Measuring one cell in a process of its own: the only clock."""
