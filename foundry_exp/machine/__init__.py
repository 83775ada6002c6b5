"""The machine that measures: what it is, whose device it is, and processes of ours on it."""
