"""What the numbers say in plain sentences, each with its unit and n; nothing that they do not carry."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from foundry_exp.files.escape import listed
from foundry_exp.metrics.formats import Unit, number, share, time_unit
from foundry_exp.report.ranking import Contest, Entry, Standing, comparable, standings, why_left_out
from foundry_exp.results.cell import CellReport, labels
from foundry_exp.results.provenance import differences
from foundry_exp.results.row import Row

NOT_TESTED = "Whether these differences are more than chance is not tested here."
_LENGTHS_DIFFER = 1.1
_MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as it is, to be made harmless by whoever writes it; `lead` is its emphasised beginning."""

    text: str
    lead: str = ""


def highlights(cells: Sequence[CellReport]) -> list[Sentence]:
    """Sentences about one cell, or about how several compare."""
    if len(cells) == 1:
        return [Sentence(text) for text in _single(cells[0])]
    named = comparable(cells)
    return list(_several(cells, named)) if len(named) > 1 else []


def left_out(cells: Sequence[CellReport]) -> list[str]:
    """Cells that have figures and are not compared, each with the reason."""
    why = [(label, why_left_out(cell)) for label, cell in zip(labels(cells), cells, strict=True) if cell.row.n]
    return [f"{label}, because {reason}." for label, reason in why if reason]


def _several(cells: Sequence[CellReport], named: Sequence[tuple[str, CellReport]]) -> Iterator[Sentence]:
    differing = differences([cell for _, cell in named])
    if differing:
        yield Sentence(f"The cells are not ranked, because they differ in {listed(differing)}.")
        return
    for standing in standings(cells):
        yield Sentence(f"{_said(standing)}.", f"{standing.contest.title}:")
    yield from _lengths(named)
    yield from _repeatable(named)


def _said(standing: Standing) -> str:
    """Who leads a contest, and by how much over the next and the last."""
    others = standing.others if len(standing.others) < 2 else (standing.others[0], standing.others[-1])  # noqa: PLR2004
    compared = [standing.compared(other, _figure(other, standing.unit)) for other in others]
    return "; ".join([_leaders(standing.leaders, standing.contest, standing.unit), *compared])


def _leaders(leaders: Sequence[Entry], contest: Contest, unit: Unit) -> str:
    if len(leaders) == 1:
        return _figure(leaders[0], unit, contest.how)
    figures = listed([_figure(entry, unit, contest.how) for entry in leaders])
    return f"a tie, less than 1 % apart, of {figures}"


def _figure(entry: Entry, unit: Unit, how: str = "") -> str:
    basis = ", ".join(part for part in (how, f"n={entry.n}" if entry.n else "") if part)
    said = f"{entry.label} at {unit.say(entry.value)}"
    return f"{said} ({basis})" if basis else said


def _lengths(named: Sequence[tuple[str, CellReport]]) -> Iterator[Sentence]:
    """A reminder that a shorter answer is sooner finished, where answers differ in length."""
    known = [(label, length) for label, cell in named if (length := completion_tokens(cell)) is not None]
    sizes = [length for _, length in known if length > 0]
    if len(sizes) > 1 and max(sizes) > _LENGTHS_DIFFER * min(sizes):
        said = _spread(known, number)
        yield Sentence(f"which whole-answer times include: {said} tokens on average.", "Answers differ in length,")


def _spread(known: Sequence[tuple[str, float]], show: Callable[[float], str]) -> str:
    """Each cell's figure; of many cells, the least and the most."""
    if len(known) <= _MOST_NAMED:
        return listed([f"{label} {show(value)}" for label, value in known])
    least, most = (choose(known, key=lambda pair: pair[1]) for choose in (min, max))
    return f"from {show(least[1])} ({least[0]}) to {show(most[1])} ({most[0]})"


def completion_tokens(cell: CellReport) -> float | None:
    """Average answer length in tokens, by the runtime's own count."""
    counts = [record.usage.completion_tokens for record in cell.answers if record.usage]
    return fmean(counts) if counts and not cell.tokens_estimated else None


def _repeatable(named: Sequence[tuple[str, CellReport]]) -> Iterator[Sentence]:
    known = [(label, rate) for label, cell in named if (rate := cell.row.determinism_rate) is not None]
    if known and all(rate == 1 for _, rate in known):
        few = len(known) <= _MOST_NAMED
        whose = listed([label for label, _ in known]) if few else f"the {len(known)} cells compared"
        yield Sentence(f"byte-identical for every prompt of {whose}.", "Same output every round:")
    elif known:
        yield Sentence(f"{_spread(known, share)} of the prompts.", "Same output every round:")


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
