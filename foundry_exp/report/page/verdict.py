"""The strip at the top of report.html: who leads in what, or what one cell came to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from foundry_exp.metrics.formats import Unit, time_unit
from foundry_exp.report.plots.series import Series
from foundry_exp.report.ranking import Standing, standings
from foundry_exp.results.cell import CellReport


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


def cards(cells: Sequence[CellReport], looks: Sequence[Series]) -> list[Card]:
    """A card for each contest, or for each figure of the one cell."""
    if len(cells) == 1:
        return list(_figures(cells[0]))
    look_of = {id(cell): look for cell, look in zip(cells, looks, strict=True)}
    return [_contest(standing, look_of) for standing in standings(cells)]


def _contest(standing: Standing, look_of: dict[int, Series]) -> Card:
    best = standing.leaders[0]
    leaders = tuple(look_of[id(entry.cell)] for entry in standing.leaders)
    basis = ", ".join(part for part in (standing.contest.how, f"n={best.n}" if best.n else "") if part)
    return Card(
        standing.contest.title,
        standing.unit.show(best.value),
        standing.unit.name,
        leaders,
        _remark(standing),
        basis[0].upper() + basis[1:],
    )


def _remark(standing: Standing) -> str:
    tied = "A tie, less than 1 % apart" if len(standing.leaders) > 1 else ""
    if not standing.others:
        return tied
    following = standing.others[0]
    compared = standing.compared(following, following.label)
    return f"{tied}{'; ' if tied else ''}{compared}: {standing.unit.say(following.value)}"


def _figures(cell: CellReport) -> Iterator[Card]:
    row = cell.row
    unit = time_unit((row.ttft_p50_ms, row.e2e_avg_ms, row.e2e_p95_ms))
    tail = "n too small for a p95" if row.p95_uncertain else f"95 % within {unit.show(row.e2e_p95_ms)} {unit.name}"
    every = (
        ("First token", row.ttft_p50_ms, unit, f"median, n={row.ttft_n}"),
        ("Whole answer", row.e2e_avg_ms, unit, f"average, n={row.n}; {tail}"),
        ("Throughput", row.throughput_tok_per_s, Unit("tokens/s"), "over the measured window"),
        ("Resident memory", row.rss_peak_mb, Unit("MB"), "peak of the process that held the model"),
        ("Quality", row.quality, Unit("of 5"), f"mean over {row.quality_n} prompts"),
        ("On disk", row.disk_mb, Unit("MB"), "the variant's folder"),
        ("Model load", row.load_s, Unit("s"), "once, not in any latency"),
    )
    for title, value, own, remark in every:
        if value is not None:
            yield Card(title, own.show(value), own.name, (), "", remark[0].upper() + remark[1:])
