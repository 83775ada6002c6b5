"""What must be the same for figures to be compared."""

from dataclasses import replace
from pathlib import Path

import pytest

from foundry_exp.results import comparable
from foundry_exp.results.cell import FinishedCell, read
from tests.run_folders import make_run_folder


def ended(tmp_path: Path, backend: str, *reasons: str | None) -> FinishedCell:
    """A cell whose answers ended so, in turn."""
    cell = read(make_run_folder(tmp_path))
    measured = (replace(one, finish_reason=reasons[number % len(reasons)]) for number, one in enumerate(cell.measured))
    return replace(cell, result=replace(cell.result, backend=backend), measured=tuple(measured))


@pytest.mark.parametrize(
    ("backend", "reasons", "said"),
    [
        ("endpoint", ("stop", "length", "MAX_TOKENS"), "whole"),
        ("endpoint", ("stop", None), "some with the end missing"),
        ("endpoint", ("abort", None, "stop"), "some with the end abort, missing"),
        ("my-own", (None,), "whole"),
    ],
)
def test_cut_answers_that_an_earlier_release_took_are_told_from_whole_ones(
    tmp_path: Path, backend: str, reasons: tuple[str | None, ...], said: str
) -> None:
    assert comparable.FACTS["answers"](ended(tmp_path, backend, *reasons)) == said
