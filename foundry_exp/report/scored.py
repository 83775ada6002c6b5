"""How good the answers are: by scorer and criterion, what the difference between cells comes to, and examples."""

from collections.abc import Iterator, Sequence
from statistics import fmean

import numpy as np

from foundry_exp.files.escape import excerpt, markdown, sentence
from foundry_exp.metrics.formats import NOTHING, number, on_scale, share
from foundry_exp.metrics.stats.difference import Difference, paired
from foundry_exp.records.distribution import Distribution
from foundry_exp.records.run_result import WITH_FIGURES
from foundry_exp.records.score import Scored, Standing
from foundry_exp.results.cell import FinishedCell, labels
from foundry_exp.results.comparable import rubric_differences
from foundry_exp.results.grades import UNCALIBRATED, Grade, best_median_worst, grades

MOST_DIFFERENCES = 5
_SHOWN_POINTS = 0.005
"""Less is nought with two decimals."""


def section(cells: Sequence[FinishedCell]) -> Iterator[str]:
    """The lines of report.md about quality; none when nothing was scored and nobody meant to."""
    if any(cell.result.scores for cell in cells):
        yield from _by_scorer(cells)
        yield from _by_criterion(cells)
        yield from (f"- {markdown(line)}" for line in [*rubric_differences(cells), *differences(cells)])
        yield from _examples(cells)


def _by_scorer(cells: Sequence[FinishedCell]) -> Iterator[str]:
    yield "| Cell | Scorer | Quality (1–5) | 95 % interval | Scored | Unscored | Standing |"
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


def differences(cells: Sequence[FinishedCell]) -> list[str]:
    """How far the best cell is ahead of each other one, prompt by prompt; of cells scored alike alone."""
    comparable = [
        (label, cell)
        for label, cell in zip(labels(cells), cells, strict=True)
        if cell.row["quality"] is not None and cell.row.status in WITH_FIGURES
    ]
    sources = {cell.result.quality_source for _, cell in comparable}
    digests = {cell.result.prompts.get("digest") for _, cell in comparable}
    if len(comparable) < 2 or len(sources) > 1 or len(digests) > 1 or rubric_differences(cells):  # noqa: PLR2004
        return []
    comparable.sort(key=lambda each: -(each[1].row["quality"] or 0))
    best_label, best = comparable[0]
    found = [(label, ahead(best, cell)) for label, cell in comparable[1:]]
    return [_said(best_label, label, known) for label, known in found[:MOST_DIFFERENCES] if known]


def ahead(best: FinishedCell, other: FinishedCell) -> Difference | None:
    """How far one cell is ahead of another, over the prompts that both have points for; null for fewer than two."""
    first, second = by_prompt(other), by_prompt(best)
    shared = sorted(first.keys() & second.keys())
    values = [np.array([[fmean(side[name]) for name in shared]]) for side in (first, second)]
    return paired(*values)


def _said(best: str, other: str, found: Difference) -> str:
    if not found.has_spread:
        if _is_level(found):
            return f"{best} and {other} have the same points on each of {found.n} prompts."
        return f"{_standing_to(best, other, found)} on each of {found.n} prompts alike."
    between = f"95 % interval {found.low:.2f} to {found.high:.2f}"
    power = f"as many such prompts show a difference of {found.detectable:.2f} four times in five"
    return f"{_standing_to(best, other, found)}, paired over {found.n} prompts ({between}; {power})."


def _is_level(found: Difference) -> bool:
    return abs(found.effect) < _SHOWN_POINTS


def _standing_to(best: str, other: str, found: Difference) -> str:
    """Over the prompts that both have, the cell with the better mean of all may be behind."""
    if _is_level(found):
        return f"{best} and {other} show no difference in points"
    way = "ahead of" if found.effect > 0 else "behind"
    return f"{best} is {abs(found.effect):.2f} points {way} {other}"


def by_prompt(cell: FinishedCell) -> dict[str, list[float]]:
    """The points of each prompt's answers, by the scorer that stands for the cell."""
    known = grades(cell)
    found: dict[str, list[float]] = {}
    for request in cell.answers:
        grade = known.get((request.sample_id, request.output_hash))
        if grade and grade.quality is not None:
            found.setdefault(request.sample_id, []).append(grade.quality)
    return found


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
