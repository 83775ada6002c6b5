"""Who leads in which figure: the cells that may be compared, ordered by each figure that two of them have.

Figures are compared as they are: whether a difference is more than chance is not tested here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from foundry_exp.metrics import catalogue
from foundry_exp.metrics.figure import Figure, Statistic
from foundry_exp.metrics.formats import POINTS, Unit, ahead, share, unit_for
from foundry_exp.records.run_result import RunResult
from foundry_exp.results.cell import FinishedCell, labels
from foundry_exp.results.comparable import differing, graded_by
from foundry_exp.results.row import scalar

TIE = 1.01
"""Figures less than 1 % apart are called a tie."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One cell's figure in a contest."""

    label: str
    value: float
    n: float | None
    """Requests behind it; null for what is measured once."""
    cell: FinishedCell


@dataclass(frozen=True, slots=True)
class Ranking:
    """The outcome of one contest between at least two cells."""

    figure: Figure
    statistic: Statistic
    unit: Unit
    leaders: tuple[Entry, ...]
    """More than one in a tie."""
    others: tuple[Entry, ...]
    """The rest, the next best first."""

    def compared(self, other: Entry, who: str) -> str:
        """The leader against another, in words: by how many times, or by how many points."""
        by = ahead(self.unit, self.leaders[0].value, other.value)
        return self.statistic.ahead.format(ratio=by, other=who)


_UNRANKED_ANSWERS = {
    "degenerate_rate": "repeat themselves or are not text",
    "empty_rate": "are empty",
    "truncated_rate": "were cut off at generation.max_tokens",
}
"""Flags of answers whose speed says nothing, and what they did."""


def why_left_out(cell: FinishedCell) -> str | None:
    """The reason why a cell with figures is not compared; null when it is."""
    if cell.row.status != "ok":
        return f"its status is {cell.row.status.replace('_', ' ')}"
    flagged = ((scalar(cell.result, name), what) for name, what in _UNRANKED_ANSWERS.items())
    return next((f"{share(rate)} of its answers {what}" for rate, what in flagged if rate), None)


def comparable(cells: Sequence[FinishedCell]) -> list[tuple[str, FinishedCell]]:
    """The cells that may be compared, with their names."""
    ranked = [cell for cell in cells if why_left_out(cell) is None]
    return list(zip(labels(ranked), ranked, strict=True)) if ranked else []


def rankable(cells: Sequence[FinishedCell]) -> list[tuple[str, FinishedCell]]:
    """Those of them whose figures can be put in an order; none when their surroundings differ."""
    named = comparable(cells)
    return [] if differing([cell for _, cell in named]) else named


def basis(figure: Figure, result: RunResult) -> object:
    """What must be equal for two values of a figure to be compared."""
    return graded_by(result) if figure.unit == POINTS else None


def rankings(cells: Sequence[FinishedCell]) -> Iterator[Ranking]:
    """Every contest that at least two rankable cells have the figure for."""
    named = rankable(cells)
    for _, figure, one in catalogue.shown_in("contest"):
        entries = _entries(figure, one, named)
        if len(entries) > 1 and len({basis(figure, entry.cell.result) for entry in entries}) == 1:
            unit = unit_for(figure.unit, (entry.value for entry in entries))
            leaders = tuple(entry for entry in entries if ratio(entries[0], entry) < TIE)
            yield Ranking(figure, one, unit, leaders, tuple(entries[len(leaders) :]))


def _entries(figure: Figure, one: Statistic, named: Sequence[tuple[str, FinishedCell]]) -> list[Entry]:
    entries = [
        Entry(label, value, cell.row[one.count] if one.count else None, cell)
        for label, cell in named
        if (value := cell.row[one.key]) is not None and value > 0 and not (figure.from_tokens and cell.tokens_estimated)
    ]
    return sorted(entries, key=lambda entry: entry.value, reverse=figure.better == "more")


def ratio(best: Entry, other: Entry) -> float:
    """The larger figure / the smaller."""
    return max(best.value, other.value) / min(best.value, other.value)
