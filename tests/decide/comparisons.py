"""Comparisons of planted runs."""

from pathlib import Path

from foundry_exp.decide.compare import Comparison, compare
from foundry_exp.results import candidates, comparable


def compared(*runs: Path, force: bool = False) -> Comparison:
    """What comes of comparing runs, of which different ones are refused unless forced."""
    read = candidates.read(runs)
    differing = comparable.mismatches([one for one in read if one.why_not is None])
    if not force:
        comparable.refuse(differing)
    return compare(read, differing)
