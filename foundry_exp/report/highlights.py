"""What the numbers say in plain sentences, each with its unit and n; nothing that they do not carry."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from foundry_exp.files.escape import listed
from foundry_exp.metrics.formats import S, Unit, number, share, time_unit
from foundry_exp.report.ranking import Entry, Ranking, comparable, rankings, why_left_out
from foundry_exp.results.cell import FinishedCell, labels
from foundry_exp.results.comparable import differing
from foundry_exp.results.row import Row

NOT_TESTED = "Whether these differences are more than chance is not tested here."
_LENGTHS_DIFFER = 1.1
_MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as it is, to be made harmless by whoever writes it; `lead` is its emphasised beginning."""

    text: str
    lead: str = ""


def highlights(cells: Sequence[FinishedCell]) -> list[Sentence]:
    """Sentences about one cell, or about how several compare."""
    if len(cells) == 1:
        return [Sentence(text) for text in _single(cells[0])]
    named = comparable(cells)
    return list(_several(cells, named)) if len(named) > 1 else []


def left_out(cells: Sequence[FinishedCell]) -> list[str]:
    """Cells that have figures and are not compared, each with the reason."""
    why = [(label, why_left_out(cell)) for label, cell in zip(labels(cells), cells, strict=True) if cell.row["n"]]
    return [f"{label}, because {reason}." for label, reason in why if reason]


def _several(cells: Sequence[FinishedCell], named: Sequence[tuple[str, FinishedCell]]) -> Iterator[Sentence]:
    apart = differing([cell for _, cell in named])
    if apart:
        yield Sentence(f"The cells are not ranked, because they differ in {listed(apart)}.")
        return
    for ranking in rankings(cells):
        yield Sentence(f"{_outcome(ranking)}.", f"{ranking.statistic.contest}:")
    yield from _lengths(named)
    yield from _repeatable(named)


def _outcome(ranking: Ranking) -> str:
    """Who leads a contest, and by how much over the next and the last."""
    others = ranking.others if len(ranking.others) < 2 else (ranking.others[0], ranking.others[-1])  # noqa: PLR2004
    compared = [ranking.compared(other, _figure(other, ranking.unit)) for other in others]
    return "; ".join([_leaders(ranking.leaders, ranking.statistic.basis, ranking.unit), *compared])


def _leaders(leaders: Sequence[Entry], how: str, unit: Unit) -> str:
    if len(leaders) == 1:
        return _figure(leaders[0], unit, how)
    figures = listed([_figure(entry, unit, how) for entry in leaders])
    return f"a tie, less than 1 % apart, of {figures}"


def _figure(entry: Entry, unit: Unit, how: str = "") -> str:
    basis = ", ".join(part for part in (how, f"n={entry.n}" if entry.n else "") if part)
    text = f"{entry.label} at {unit.say(entry.value)}"
    return f"{text} ({basis})" if basis else text


def _lengths(named: Sequence[tuple[str, FinishedCell]]) -> Iterator[Sentence]:
    """A reminder that a shorter answer is sooner finished, where answers differ in length."""
    lengths = [(label, length) for label, cell in named if (length := completion_tokens(cell)) is not None]
    sizes = [length for _, length in lengths if length > 0]
    if len(sizes) > 1 and max(sizes) > _LENGTHS_DIFFER * min(sizes):
        listing = _spread(lengths, number)
        yield Sentence(f"which whole-answer times include: {listing} tokens on average.", "Answers differ in length,")


def _spread(figures: Sequence[tuple[str, float]], show: Callable[[float], str]) -> str:
    """Each cell's figure; of many cells, the least and the most."""
    if len(figures) <= _MOST_NAMED:
        return listed([f"{label} {show(value)}" for label, value in figures])
    least, most = (choose(figures, key=lambda pair: pair[1]) for choose in (min, max))
    return f"from {show(least[1])} ({least[0]}) to {show(most[1])} ({most[0]})"


def completion_tokens(cell: FinishedCell) -> float | None:
    """Average answer length in tokens, by the runtime's own count."""
    counts = [record.usage.completion_tokens for record in cell.answers if record.usage]
    return fmean(counts) if counts and not cell.tokens_estimated else None


def _repeatable(named: Sequence[tuple[str, FinishedCell]]) -> Iterator[Sentence]:
    rates = [(label, rate) for label, cell in named if (rate := cell.row["determinism_rate"]) is not None]
    if rates and all(rate == 1 for _, rate in rates):
        few = len(rates) <= _MOST_NAMED
        whose = listed([label for label, _ in rates]) if few else f"the {len(rates)} cells compared"
        yield Sentence(f"byte-identical for every prompt of {whose}.", "Same output every round:")
    elif rates:
        yield Sentence(f"{_spread(rates, share)} of the prompts.", "Same output every round:")


def _single(cell: FinishedCell) -> Iterator[str]:
    row = cell.row
    first_ms, load_s, cold_ms, same = (
        row[key] for key in ("ttft_p50_ms", "load_s", "cold_ttft_ms", "determinism_rate")
    )
    unit = time_unit((first_ms, row["e2e_avg_ms"], row["e2e_p95_ms"]))
    if first_ms is not None:
        yield f"The first token came after {unit.say(first_ms)} (median, n={row['ttft_n']})."
    elif row["n"] is not None and not row.streaming:
        yield "Answers were not streamed, so there is no time of a first token."
    yield from _whole_answer(row, unit)
    if load_s is not None:
        cold = f"; the first token after loading, cold, took {time_unit((cold_ms,)).say(cold_ms)}" if cold_ms else ""
        yield f"Loading took {S.say(load_s)}{cold}."
    if same is not None:
        yield f"Output was byte-identical in every round for {share(same)} of the prompts."


def _whole_answer(row: Row, unit: Unit) -> Iterator[str]:
    average_ms, p95_ms, n = row["e2e_avg_ms"], row["e2e_p95_ms"], row["n"]
    if average_ms is None:
        return
    average = f"A whole answer took {unit.say(average_ms)} on average"
    if p95_ms is None or row.p95_uncertain:
        yield f"{average} (n={n}, too few to say how long 95 % of them take)."
    else:
        yield f"{average}, and 95 % came within {unit.say(p95_ms)} (n={n})."
