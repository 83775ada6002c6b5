"""The typical answer where prompts do not say how long one is: the compared cells' own median length."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING

from foundry_exp.records.run_result import WITH_FIGURES
from foundry_exp.results.row import distribution

if TYPE_CHECKING:
    from foundry_exp.results.cell import CellReport

FEWEST = 2
"""Cells that can be compared."""


def filled(cells: Sequence["CellReport"]) -> list["CellReport"]:
    """Cells with a typical answer of the median length, where none of them has a stated one."""
    tokens = _median_tokens(cells)
    return [_with(cell, tokens) for cell in cells] if tokens else list(cells)


def basis(cells: Sequence["CellReport"]) -> str | None:
    """Where the length of a typical answer is from; nothing where no cell has one."""
    if not any(cell.row.typical_answer_ms for cell in cells):
        return None
    tokens = _median_tokens(cells)
    if tokens:
        return (
            f"Typical answer: of {tokens:g} tokens, the median of these cells' own; the prompt set expects no number."
        )
    stated = sorted({tokens for cell in cells if (tokens := cell.result.prompts.get("expected_tokens"))})
    return (
        f"Typical answer: of {' or '.join(f'{n:g}' for n in stated)} tokens, as the prompt set expects."
        if stated
        else None
    )


def _median_tokens(cells: Sequence["CellReport"]) -> float | None:
    """The median over cells of each one's median; null where a length is stated, or fewer than two have answers."""
    if any(
        cell.result.prompts.get("expected_tokens") or cell.result.metrics.get("typical_answer_ms") for cell in cells
    ):
        return None
    able = (cell for cell in cells if cell.row.status in WITH_FIGURES)
    medians = [median(counts) for cell in able if (counts := list(_tokens(cell)))]
    return float(round(median(medians))) if len(medians) >= FEWEST else None


def _tokens(cell: "CellReport") -> Iterator[int]:
    """Of each answer, by the runtime's own count."""
    own = (one.usage for one in cell.answers if one.usage and one.token_source == "usage")
    yield from (usage.completion_tokens for usage in own if usage.completion_tokens)


def _with(cell: "CellReport", tokens: float) -> "CellReport":
    ttft, tpot = (distribution(cell.result, name) for name in ("ttft_ms", "tpot_ms"))
    if ttft is None or tpot is None or ttft.p50 is None or tpot.p50 is None:
        return cell
    return replace(cell, row=replace(cell.row, typical_answer_ms=ttft.p50 + tokens * tpot.p50))
