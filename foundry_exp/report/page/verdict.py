"""The strip at the top of report.html: who leads in what, or what one cell came to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from foundry_exp.metrics import catalogue
from foundry_exp.metrics.figure import Figure, Statistic
from foundry_exp.metrics.formats import Unit, time_unit
from foundry_exp.report.plots.series import Series
from foundry_exp.report.ranking import Ranking, rankings
from foundry_exp.results.cell import FinishedCell
from foundry_exp.results.row import Row


@dataclass(frozen=True, slots=True)
class Card:
    """One figure in large type."""

    title: str
    value: str
    unit: str
    leaders: tuple[Series, ...]
    """Whose figure it is; none on the page of one cell."""
    remark: str
    """How far behind the next one is."""
    basis: str
    """Which statistic it is, of how many requests."""


def cards(cells: Sequence[FinishedCell], looks: Sequence[Series]) -> list[Card]:
    """A card for each contest, or for each figure of the one cell."""
    if len(cells) == 1:
        return list(_figures(cells[0]))
    look_of = {id(cell): look for cell, look in zip(cells, looks, strict=True)}
    return [_contest(ranking, look_of) for ranking in rankings(cells)]


def _contest(ranking: Ranking, look_of: dict[int, Series]) -> Card:
    best = ranking.leaders[0]
    leaders = tuple(look_of[id(entry.cell)] for entry in ranking.leaders)
    basis = ", ".join(part for part in (ranking.statistic.basis, f"n={best.n}" if best.n else "") if part)
    return Card(
        ranking.statistic.contest,
        ranking.unit.show(best.value),
        ranking.unit.name,
        leaders,
        _remark(ranking),
        basis[0].upper() + basis[1:],
    )


def _remark(ranking: Ranking) -> str:
    tied = "A tie, less than 1 % apart" if len(ranking.leaders) > 1 else ""
    if not ranking.others:
        return tied
    following = ranking.others[0]
    compared = ranking.compared(following, following.label)
    return f"{tied}{'; ' if tied else ''}{compared}: {ranking.unit.say(following.value)}"


def _figures(cell: FinishedCell) -> Iterator[Card]:
    shown = [(figure, one, cell.row[one.key]) for _, figure, one in catalogue.shown_in("card")]
    times = time_unit([*(value for figure, _, value in shown if figure.is_time), cell.row["e2e_p95_ms"]])
    for figure, one, value in shown:
        if value is not None:
            unit = times if figure.is_time else figure.unit
            yield Card(figure.title, unit.show(value), unit.name, (), "", _basis(cell.row, figure, one, unit))


def _basis(row: Row, figure: Figure, one: Statistic, unit: Unit) -> str:
    """Which statistic it is, of how many; and of whole answers the slow end."""
    n = f", n={row[one.count]}" if one.count else ""
    tail = ""
    if figure.name == "e2e_ms":
        tail = "; n too small for a p95" if row.p95_uncertain else f"; 95 % within {unit.say(row['e2e_p95_ms'] or 0)}"
    return f"{one.basis[0].upper()}{one.basis[1:]}{n}{tail}"
