"""Who leads in which figure: the cells that may be compared, ordered by each figure that two of them have.

Figures are compared as they are: whether a difference is more than chance is not tested here.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from foundry_exp.metrics.formats import Unit, share, time_unit, times
from foundry_exp.records.run_result import RunResult
from foundry_exp.results.cell import CellReport, labels
from foundry_exp.results.provenance import differences, scored_how
from foundry_exp.results.row import Row, scalar

TIE = 1.01
"""Figures less than 1 % apart are called a tie."""
_QUICKER = "{ratio} quicker than {other}"


@dataclass(frozen=True, slots=True)
class Contest:
    """One figure by which cells are ordered, and the words for it."""

    title: str
    value: Callable[[Row], float | None]
    n: Callable[[Row], int | None]
    """Requests behind the figure; null for what is measured once."""
    unit: Unit | None
    """Null chooses between milliseconds and seconds."""
    how: str
    comparison: str
    """A comparison of the leader with another cell."""
    least_wins: bool = True
    from_tokens: bool = False
    is_difference: bool = False
    """A comparison is by how much, not by how many times."""
    basis: Callable[[RunResult], Any] = lambda _: None
    """What must be equal for two figures to be compared."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One cell's figure in a contest."""

    label: str
    value: float
    n: int | None
    cell: CellReport


@dataclass(frozen=True, slots=True)
class Standing:
    """The outcome of one contest between at least two cells."""

    contest: Contest
    unit: Unit
    leaders: tuple[Entry, ...]
    """More than one in a tie."""
    others: tuple[Entry, ...]
    """The rest, the next best first."""

    def ratio(self, other: Entry) -> float:
        """How many times the leader's figure is better than another's."""
        return ratio(self.leaders[0], other)

    def compared(self, other: Entry, who: str) -> str:
        """The leader against another, in words."""
        points = f"{abs(self.leaders[0].value - other.value):.2g}"
        by = points if self.contest.is_difference else times(self.ratio(other))
        return self.contest.comparison.format(ratio=by, other=who)


_UNRANKED_ANSWERS = {
    "degenerate_rate": "repeat themselves or are not text",
    "empty_rate": "are empty",
    "truncated_rate": "were cut off at generation.max_tokens",
}
"""Flags of answers whose speed says nothing, and what they did."""


def graded_by(result: RunResult) -> tuple[str | None, str | None]:
    """Whose points the quality is, and how they were given."""
    source = result.quality_source
    scored = result.scores.get(source) if source else None
    return source, scored_how(source, scored) if source and scored else None


CONTESTS = (
    Contest("Fastest first token", lambda row: row.ttft_p50_ms, lambda row: row.ttft_n, None, "median", _QUICKER),
    Contest("Quickest whole answer", lambda row: row.e2e_p50_ms, lambda row: row.n, None, "median", _QUICKER),
    Contest(
        "Highest throughput",
        lambda row: row.throughput_tok_per_s,
        lambda row: row.n,
        Unit("tokens/s"),
        "over the measured window",
        "{ratio} the throughput of {other}",
        least_wins=False,
        from_tokens=True,
    ),
    Contest(
        "Least memory", lambda row: row.rss_peak_mb, lambda _: None, Unit("MB"), "peak", "{other} takes {ratio} as much"
    ),
    Contest(
        "Best quality",
        lambda row: row.quality,
        lambda row: row.quality_n,
        Unit("of 5"),
        "mean over prompts",
        "{ratio} points above {other}",
        least_wins=False,
        is_difference=True,
        basis=graded_by,
    ),
)


def why_left_out(cell: CellReport) -> str | None:
    """The reason why a cell with figures is not compared; null when it is."""
    if cell.row.status != "ok":
        return f"its status is {cell.row.status.replace('_', ' ')}"
    flagged = ((scalar(cell.result, name), what) for name, what in _UNRANKED_ANSWERS.items())
    return next((f"{share(rate)} of its answers {what}" for rate, what in flagged if rate), None)


def comparable(cells: Sequence[CellReport]) -> list[tuple[str, CellReport]]:
    """The cells that may be compared, with their names."""
    ranked = [cell for cell in cells if why_left_out(cell) is None]
    return list(zip(labels(ranked), ranked, strict=True)) if ranked else []


def rankable(cells: Sequence[CellReport]) -> list[tuple[str, CellReport]]:
    """Those of them whose figures can be put in an order; none when their surroundings differ."""
    named = comparable(cells)
    return [] if differences([cell for _, cell in named]) else named


def standings(cells: Sequence[CellReport]) -> Iterator[Standing]:
    """Every contest that at least two rankable cells have the figure for."""
    named = rankable(cells)
    for contest in CONTESTS:
        entries = _entries(contest, named)
        if len(entries) > 1 and len({contest.basis(entry.cell.result) for entry in entries}) == 1:
            unit = contest.unit or time_unit(entry.value for entry in entries)
            leaders = tuple(entry for entry in entries if ratio(entries[0], entry) < TIE)
            yield Standing(contest, unit, leaders, tuple(entries[len(leaders) :]))


def _entries(contest: Contest, named: Sequence[tuple[str, CellReport]]) -> list[Entry]:
    entries = [
        Entry(label, value, contest.n(cell.row), cell)
        for label, cell in named
        if (value := contest.value(cell.row)) is not None
        and value > 0
        and not (contest.from_tokens and cell.tokens_estimated)
    ]
    return sorted(entries, key=lambda entry: entry.value, reverse=not contest.least_wins)


def ratio(best: Entry, other: Entry) -> float:
    """The larger figure / the smaller."""
    return max(best.value, other.value) / min(best.value, other.value)
