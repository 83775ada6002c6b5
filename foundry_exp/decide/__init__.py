"""Decisions from finished run folders: compare, gate, recommend. Nothing here measures or changes a run."""
