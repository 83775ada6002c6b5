"""What the numbers say in plain Markdown sentences, each with its unit and n; nothing that they do not carry.

Figures are compared as they are: whether a difference is more than chance is not tested here.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from foundry_exp.report.cells import CellReport, labels
from foundry_exp.report.figures import Unit, number, share, time_unit, times
from foundry_exp.report.provenance import differences
from foundry_exp.report.rows import Row, scalar
from foundry_exp.report.text import markdown

NOT_TESTED = "Whether these differences are more than chance is not tested here."
TIE = 1.01
"""Figures less than 1 % apart are called a tie."""
_LENGTHS_DIFFER = 1.1
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


@dataclass(frozen=True, slots=True)
class Entry:
    """One cell's figure in a contest."""

    label: str
    value: float
    n: int | None


_UNRANKED_ANSWERS = {
    "degenerate_rate": "repeat themselves or are not text",
    "empty_rate": "are empty",
    "truncated_rate": "were cut off at generation.max_tokens",
}
"""Flags of answers whose speed says nothing, and what they did."""

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
)


def highlights(cells: Sequence[CellReport]) -> list[str]:
    """Sentences about one cell, or about how several compare."""
    if len(cells) == 1:
        return list(_single(cells[0]))
    ranked = [cell for cell in cells if _why_left_out(cell) is None]
    named = [(markdown(label), cell) for label, cell in zip(labels(ranked), ranked, strict=True)]
    return list(_several(named)) if len(named) > 1 else []


def left_out(cells: Sequence[CellReport]) -> list[str]:
    """Cells that have figures and are not compared, each with the reason."""
    why = [(label, _why_left_out(cell)) for label, cell in zip(labels(cells), cells, strict=True) if cell.row.n]
    return [f"{markdown(label)}, because {reason}." for label, reason in why if reason]


def _why_left_out(cell: CellReport) -> str | None:
    if cell.row.status != "ok":
        return f"its status is {cell.row.status.replace('_', ' ')}"
    flagged = ((scalar(cell.result, name), what) for name, what in _UNRANKED_ANSWERS.items())
    return next((f"{share(rate)} of its answers {what}" for rate, what in flagged if rate), None)


def _several(named: Sequence[tuple[str, CellReport]]) -> Iterator[str]:
    differing = differences([cell for _, cell in named])
    if differing:
        yield f"The cells are not ranked, because they differ in {_listed(differing)}."
        return
    for contest in CONTESTS:
        yield from _ranked(contest, named)
    yield from _lengths(named)
    yield from _repeatable(named)


def _ranked(contest: Contest, named: Sequence[tuple[str, CellReport]]) -> Iterator[str]:
    """Who leads a contest, by how much; nothing when fewer than two cells have the figure."""
    entries = [
        Entry(label, value, contest.n(cell.row))
        for label, cell in named
        if (value := contest.value(cell.row)) is not None
        and value > 0
        and not (contest.from_tokens and cell.tokens_estimated)
    ]
    if len(entries) > 1:
        entries.sort(key=lambda entry: entry.value, reverse=not contest.least_wins)
        unit = contest.unit or time_unit(entry.value for entry in entries)
        yield f"**{contest.title}:** {_standing(contest, entries, unit)}."


def _standing(contest: Contest, entries: Sequence[Entry], unit: Unit) -> str:
    best = entries[0]
    leaders = [entry for entry in entries if _ratio(best, entry) < TIE]
    rest = entries[len(leaders) :]
    said = [_leaders(leaders, contest, unit)]
    if rest:
        others = rest[:1] if len(rest) == 1 else [rest[0], rest[-1]]
        ratios = [(times(_ratio(best, other)), _figure(other, unit)) for other in others]
        said += [contest.comparison.format(ratio=ratio, other=other) for ratio, other in ratios]
    return "; ".join(said)


def _leaders(leaders: Sequence[Entry], contest: Contest, unit: Unit) -> str:
    if len(leaders) == 1:
        return _figure(leaders[0], unit, contest.how)
    figures = _listed([_figure(entry, unit, contest.how) for entry in leaders])
    return f"a tie, less than 1 % apart, of {figures}"


def _figure(entry: Entry, unit: Unit, how: str = "") -> str:
    basis = ", ".join(part for part in (how, f"n={entry.n}" if entry.n else "") if part)
    said = f"{entry.label} at {unit.say(entry.value)}"
    return f"{said} ({basis})" if basis else said


def _ratio(best: Entry, other: Entry) -> float:
    return max(best.value, other.value) / min(best.value, other.value)


def _lengths(named: Sequence[tuple[str, CellReport]]) -> Iterator[str]:
    """A reminder that a shorter answer is sooner finished, where answers differ in length."""
    known = [(label, length) for label, cell in named if (length := completion_tokens(cell)) is not None]
    sizes = [length for _, length in known if length > 0]
    if len(sizes) > 1 and max(sizes) > _LENGTHS_DIFFER * min(sizes):
        said = _listed([f"{label} {number(length)}" for label, length in known])
        yield f"**Answers differ in length,** which whole-answer times include: {said} tokens on average."


def completion_tokens(cell: CellReport) -> float | None:
    """Average answer length in tokens, by the runtime's own count."""
    counts = [record.usage.completion_tokens for record in cell.answers if record.usage]
    return fmean(counts) if counts and not cell.tokens_estimated else None


def _repeatable(named: Sequence[tuple[str, CellReport]]) -> Iterator[str]:
    known = [(label, rate) for label, cell in named if (rate := cell.row.determinism_rate) is not None]
    if known and all(rate == 1 for _, rate in known):
        yield f"**Same output every round:** byte-identical for every prompt of {_listed([name for name, _ in known])}."
    elif known:
        said = _listed([f"{label} {share(rate)}" for label, rate in known])
        yield f"**Same output every round:** {said} of the prompts."


def _single(cell: CellReport) -> Iterator[str]:
    row = cell.row
    unit = time_unit((row.ttft_p50_ms, row.e2e_avg_ms, row.e2e_p95_ms))
    if row.ttft_p50_ms is not None:
        yield f"The first token came after {unit.say(row.ttft_p50_ms)} (median, n={row.ttft_n})."
    elif row.n is not None and not row.streaming:
        yield "Answers were not streamed, so there is no time of a first token."
    yield from _whole_answer(row, unit)
    if row.load_s is not None:
        cold = time_unit((row.cold_ttft_ms,))
        first = f"; the first token after loading, cold, took {cold.say(row.cold_ttft_ms)}" if row.cold_ttft_ms else ""
        yield f"Loading took {Unit('s').say(row.load_s)}{first}."
    if row.determinism_rate is not None:
        yield f"Output was byte-identical in every round for {share(row.determinism_rate)} of the prompts."


def _whole_answer(row: Row, unit: Unit) -> Iterator[str]:
    if row.e2e_avg_ms is None:
        return
    said = f"A whole answer took {unit.say(row.e2e_avg_ms)} on average"
    if row.e2e_p95_ms is None or row.p95_uncertain:
        yield f"{said} (n={row.n}, too few to say how long 95 % of them take)."
    else:
        yield f"{said}, and 95 % came within {unit.say(row.e2e_p95_ms)} (n={row.n})."


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
