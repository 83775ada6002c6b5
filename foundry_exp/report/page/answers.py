"""What each cell answered to the same prompt, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from foundry_exp.files.escape import lines, one_line
from foundry_exp.metrics.formats import number
from foundry_exp.metrics.quality import AnswerKey
from foundry_exp.report.plots.series import Series
from foundry_exp.results.grades import Grade, best_median_worst, grades
from foundry_exp.results.requests import Request

MOST_PROMPTS = 20
MOST_CELLS = 12
MOST_CHARACTERS = 1500
Known = dict[int, dict[AnswerKey, Grade]]


@dataclass(frozen=True, slots=True)
class Answer:
    """One cell's answer to one prompt, from its first measured round."""

    look: Series
    sample_id: str
    text: str
    cut: int
    """Characters left out at the end."""
    facts: str
    problem: str
    """Why there is no text; empty when there is."""
    grade: Grade | None
    place: str = ""
    """Its rank among the cell's answers, where that is what it is shown for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt and everybody's answers to it."""

    sample_id: str
    question: str
    answers: tuple[Answer, ...]


def side_by_side(looks: Sequence[Series]) -> tuple[list[Asked], str]:
    """Prompts in the order of the prompt set, and what is left out, in words."""
    shown = [look for look in looks if look.cell.measured]
    prompts = dict.fromkeys(name for look in shown for name in look.cell.prompts)
    prompts |= dict.fromkeys(request.sample_id for look in shown for request in look.cell.measured)
    by_look = {id(look): grades(look.cell) for look in shown[:MOST_CELLS]}
    asked = [_asked(name, shown[:MOST_CELLS], by_look) for name in list(prompts)[:MOST_PROMPTS]]
    return [one for one in asked if one.answers], _left_out(len(shown), len(prompts))


def _left_out(cells: int, prompts: int) -> str:
    parts = [
        f"the first {most} of {number} {what}"
        for most, number, what in ((MOST_CELLS, cells, "cells"), (MOST_PROMPTS, prompts, "prompts"))
        if number > most
    ]
    return f"Shown are {' and '.join(parts)}; every answer is in the cells' records.jsonl." if parts else ""


def _asked(sample_id: str, looks: Sequence[Series], by_look: Known) -> Asked:
    question = next((look.cell.prompts[sample_id] for look in looks if sample_id in look.cell.prompts), "")
    answers = []
    for look in looks:
        rounds = [request for request in look.cell.measured if request.sample_id == sample_id]
        if rounds:
            answered = [request for request in rounds if request.error is None]
            first = min(answered or rounds, key=lambda request: (request.attempt, request.round))
            answers.append(_shown(look, first, answered, by_look[id(look)].get((first.sample_id, first.output_hash))))
    return Asked(one_line(sample_id), lines(question[:MOST_CHARACTERS]), tuple(answers))


def extremes(looks: Sequence[Series]) -> list[tuple[Series, list[Answer]]]:
    """For each scored cell its best, its median and its worst answer."""
    by_look = []
    for look in looks[:MOST_CELLS]:
        ranked = best_median_worst(look.cell)
        shown = [_shown(look, one.request, [], one.grade, one.place) for one in ranked]
        if shown:
            by_look.append((look, shown))
    return by_look


def _shown(look: Series, first: Request, answered: Sequence[Request], grade: Grade | None, place: str = "") -> Answer:
    return Answer(
        look=look,
        sample_id=one_line(first.sample_id),
        text=lines(first.text[:MOST_CHARACTERS]),
        cut=max(0, len(first.text) - MOST_CHARACTERS),
        facts=_facts(first, answered),
        problem=_problem(first),
        grade=grade,
        place=place,
    )


def _facts(first: Request, answered: Sequence[Request]) -> str:
    parts = []
    if first.e2e_ms is not None:
        parts.append(f"{number(first.e2e_ms)} ms")
    if first.usage is not None and first.token_source == "usage":
        parts.append(f"{first.usage.completion_tokens} tokens")
    if first.finish_reason == "length":
        parts.append("cut off at its token limit")
    outputs = len({request.output_hash for request in answered})
    if len(answered) > 1:
        parts.append(
            f"same in {len(answered)} rounds" if outputs == 1 else f"{outputs} outputs in {len(answered)} rounds"
        )
    return " · ".join(parts)


def _problem(first: Request) -> str:
    if first.error is not None:
        return f"{first.error.class_}: {one_line(first.error.message)}"
    if not first.text.strip():
        return "reasoning only, no answer" if first.reasoning else "no text"
    return ""
