"""What each cell answered to the same prompt, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from foundry_exp.report.figures import number
from foundry_exp.report.plots.series import Series
from foundry_exp.report.requests import Request
from foundry_exp.report.text import lines, one_line

MOST_PROMPTS = 20
MOST_CELLS = 12
MOST_CHARACTERS = 1500


@dataclass(frozen=True, slots=True)
class Answer:
    """One cell's answer to one prompt, from its first measured round."""

    look: Series
    text: str
    cut: int
    """Characters left out at the end."""
    facts: str
    problem: str
    """Why there is no text; empty when there is."""


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
    asked = [_asked(name, shown[:MOST_CELLS]) for name in list(prompts)[:MOST_PROMPTS]]
    return [one for one in asked if one.answers], _left_out(len(shown), len(prompts))


def _left_out(cells: int, prompts: int) -> str:
    said = [
        f"the first {most} of {number} {what}"
        for most, number, what in ((MOST_CELLS, cells, "cells"), (MOST_PROMPTS, prompts, "prompts"))
        if number > most
    ]
    return f"Shown are {' and '.join(said)}; every answer is in the cells' records.jsonl." if said else ""


def _asked(sample_id: str, looks: Sequence[Series]) -> Asked:
    question = next((look.cell.prompts[sample_id] for look in looks if sample_id in look.cell.prompts), "")
    answers = []
    for look in looks:
        rounds = [request for request in look.cell.measured if request.sample_id == sample_id]
        if rounds:
            answers.append(_answer(look, sorted(rounds, key=lambda request: (request.attempt, request.round))))
    return Asked(one_line(sample_id), lines(question[:MOST_CHARACTERS]), tuple(answers))


def _answer(look: Series, rounds: Sequence[Request]) -> Answer:
    answered = [request for request in rounds if request.error is None]
    first = answered[0] if answered else rounds[0]
    return Answer(
        look=look,
        text=lines(first.text[:MOST_CHARACTERS]),
        cut=max(0, len(first.text) - MOST_CHARACTERS),
        facts=_facts(first, answered),
        problem=_problem(first),
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
