"""How good the answers are: by scorer and criterion, what the difference between cells comes to, and examples."""

from collections.abc import Iterator, Sequence

from foundry_exp.files.escape import excerpt, markdown, sentence
from foundry_exp.metrics.formats import NOTHING, POINTS, number, on_scale, share
from foundry_exp.records.distribution import Distribution
from foundry_exp.records.score import Scored, Standing
from foundry_exp.results.cell import FinishedCell, labels
from foundry_exp.results.comparable import rubric_differences
from foundry_exp.results.grades import UNCALIBRATED, Grade, best_median_worst


def section(cells: Sequence[FinishedCell], differences: Sequence[str] = ()) -> Iterator[str]:
    """The lines of report.md about quality; none when nothing was scored and nobody meant to."""
    if any(cell.result.scores for cell in cells):
        yield from _by_scorer(cells)
        yield from _by_criterion(cells)
        yield from (f"- {markdown(line)}" for line in [*rubric_differences(cells), *differences])
        yield from _examples(cells)


def _by_scorer(cells: Sequence[FinishedCell]) -> Iterator[str]:
    yield f"| Cell | Scorer | Quality ({POINTS.of_column}) | 95 % interval | Scored | Unscored | Standing |"
    yield "| --- | --- | ---: | --- | ---: | ---: | --- |"
    for label, cell in zip(labels(cells), cells, strict=True):
        for name, scored in cell.result.scores.items():
            headline = " (stands for the cell)" if name == cell.result.quality_source else ""
            facts = (
                f"{markdown(label)} | {markdown(name)}{headline} | {number(_mean(scored.quality))}",
                f"{interval(scored.quality) or NOTHING} | {scored.scored} | {scored.unscored} | {_standing(scored)}",
            )
            yield f"| {' | '.join(facts)} |"
    yield ""
    for label, cell in zip(labels(cells), cells, strict=True):
        if "quality" in cell.result.missing:
            yield f"- {markdown(label)} has no quality of its own: {markdown(sentence(cell.result.missing['quality']))}"


def _standing(scored: Scored) -> str:
    trust, again = _trust(scored.standing), _over_repeats(scored)
    between = "" if not trust or not again else " " if trust.endswith(".") else "; "
    return f"{trust}{between}{again}" or NOTHING


def _trust(standing: Standing | None) -> str:
    if standing is None:
        return ""
    if standing.trusted:
        return "can be believed"
    reason = (standing.reason or "no reason was given").removeprefix(f"{UNCALIBRATED}: ")
    return f"*{UNCALIBRATED}*: {markdown(reason)}"


def _over_repeats(scored: Scored) -> str:
    """How far its scores hold when they are asked for again; empty when none was."""
    if scored.repeats_identical is None or scored.repeats_range is None:
        return ""
    return f"{share(scored.repeats_identical)} the same over repeats, mean range {scored.repeats_range:.2f} points"


def repeat_notes(cells: Sequence[FinishedCell]) -> list[str]:
    """A sentence for each scorer of a cell that gave its scores more than once."""
    return [
        f"{label}: of the scores by {name} {again}."
        for label, cell in zip(labels(cells), cells, strict=True)
        for name, scored in cell.result.scores.items()
        if (again := _over_repeats(scored))
    ]


def _doubt(grade: Grade) -> str:
    return f" ({grade.doubt})" if grade.doubt else ""


def _by_criterion(cells: Sequence[FinishedCell]) -> Iterator[str]:
    """Criteria down, cells across; a mean over prompts each."""
    rows = dict.fromkeys(
        (name, criterion)
        for cell in cells
        for name, scored in cell.result.scores.items()
        for criterion in scored.criteria
    )
    if rows:
        yield "\nQuality by criterion\n"
        yield f"| Criterion | Scorer | {' | '.join(markdown(label) for label in labels(cells))} |"
        yield f"| --- | --- |{' ---: |' * len(cells)}"
    for name, criterion in rows:
        scored = [cell.result.scores.get(name) for cell in cells]
        means = [number(_mean(each.criteria.get(criterion)) if each else None) for each in scored]
        yield f"| {markdown(criterion)} | {markdown(name)} | {' | '.join(means)} |"
    yield ""


def _mean(spread: Distribution | None) -> float | None:
    return spread.mean if spread else None


def interval(spread: Distribution | None) -> str | None:
    """The 95 % interval of a mean within the scale, as `3.2 to 4.1`."""
    bounds = spread.intervals.get("mean") if spread else None
    return " to ".join(number(end) for end in on_scale(bounds.low, bounds.high)) if bounds else None


def _why(grade: Grade) -> str:
    """Each criterion with its points and reason, the worst first: a long text is cut at its end."""
    worst_first = sorted(grade.points, key=lambda point: point.value)
    return "; ".join(f"{one.criterion} {one.value}" + (f" ({one.reason})" if one.reason else "") for one in worst_first)


def _examples(cells: Sequence[FinishedCell]) -> Iterator[str]:
    for label, cell in zip(labels(cells), cells, strict=True):
        for ranked in best_median_worst(cell):
            said = markdown(excerpt(ranked.request.text)) or "*(no text)*"
            yield (
                f"- **{markdown(label)}**, {ranked.place} answer, {ranked.grade.shown} of 5{_doubt(ranked.grade)}, "
                f"prompt {markdown(ranked.request.sample_id)}: {said} — {markdown(excerpt(_why(ranked.grade)))}"
            )
