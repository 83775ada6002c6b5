"""How much each option is worth: every criterion from 0 to 1, weighed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from foundry_exp.decide.choice import Choice
from foundry_exp.metrics import catalogue
from foundry_exp.metrics.stats.difference import FEWEST, Difference, paired
from foundry_exp.metrics.stats.intervals import FloatArray
from foundry_exp.records.score import BEST, WORST
from foundry_exp.results.figures import CellFigures, Prompt


@dataclass(frozen=True, slots=True)
class Weighed:
    """An option's worth, criterion by criterion."""

    choice: Choice
    parts: dict[str, float]
    """Criterion → 0 to 1: (points - 1) / 4; else the smaller of the best figure and this one / the larger."""
    score: float
    """The weighted mean of the parts."""


def weigh(choices: Sequence[Choice], weights: Mapping[str, float]) -> list[Weighed]:
    """Every option's worth, best first; a figure that an option lacks counts as nothing."""
    used = {name: weight for name, weight in weights.items() if weight > 0 and _known(choices, name)}
    parts = [{name: _part(one, choices, name) for name in used} for one in choices]
    weighed = [Weighed(one, own, score(own, used)) for one, own in zip(choices, parts, strict=True)]
    return sorted(weighed, key=lambda one: (-one.score, one.choice.label))


def score(parts: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Σ weight · part / Σ weight."""
    total = sum(weights[name] for name in parts)
    return sum(weights[name] * part for name, part in parts.items()) / total if total else 0.0


def unweighable(choices: Sequence[Choice], weights: Mapping[str, float]) -> dict[str, list[str]]:
    """Criteria that count and that some options have no figure for, with those options."""
    counted = [name for name, weight in weights.items() if weight > 0]
    lacking = {name: [one.label for one in choices if one.figures.get(weighed_by(name)) is None] for name in counted}
    return {name: labels for name, labels in lacking.items() if labels}


def gap(
    better: Weighed, other: Weighed, weights: Mapping[str, float], tokens: float | None, seed: int
) -> Difference | None:
    """How much worse another option's score is, paired by prompt; null when too few prompts are shared.

    What is measured prompt by prompt is taken to first order: a prompt that takes 1 % longer than the option's typical
    one lowers the part by 1 % of itself. The other figures are one number a candidate and are taken as they are.
    """
    shared = sorted(_prompts(better, tokens) & _prompts(other, tokens))
    if len(shared) < FEWEST:
        return None
    return paired(*(_by_prompt(one, shared, weights, tokens) for one in (better, other)), seed=seed)


def _known(choices: Sequence[Choice], criterion: str) -> bool:
    return any(one.figures.get(weighed_by(criterion)) is not None for one in choices)


def weighed_by(criterion: str) -> str:
    """The key of the figure that a weight is given to."""
    return catalogue.weights()[criterion][1]


def _part(one: Choice, choices: Sequence[Choice], criterion: str) -> float:
    figure, key = catalogue.weights()[criterion]
    value = one.figures.get(key)
    if value is None:
        return 0.0
    if not figure.is_ratio:
        return (value - WORST) / (BEST - WORST)
    every = [other_value for other in choices if (other_value := other.figures.get(key)) is not None]
    if figure.better == "more":
        return value / max(every) if max(every) > 0 else 1.0
    return min(every) / value if value > 0 else 1.0


def _prompts(one: Weighed, tokens: float | None) -> set[Prompt]:
    """The prompts that every run has every weighed figure of."""
    prompts = [
        set(values)
        for cell in one.choice.candidate.cells
        for name in one.parts
        if (values := _values(cell, name, tokens))
    ]
    return set.intersection(*prompts) if prompts else set()


def _values(cell: CellFigures, criterion: str, tokens: float | None) -> Mapping[Prompt, float]:
    """What a criterion has of each prompt; nothing where it is one figure a run."""
    figure, _ = catalogue.weights()[criterion]
    return cell.by_prompt(figure.name, tokens) if figure.is_paired else {}


def _by_prompt(
    one: Weighed, prompts: Sequence[Prompt], weights: Mapping[str, float], tokens: float | None
) -> FloatArray:
    """The score as a mean over prompts: an array [run, prompt]."""
    total = sum(weights[name] for name in one.parts)
    cells = one.choice.candidate.cells
    scores = np.zeros((len(cells), len(prompts)))
    for name, part in one.parts.items():
        share = weights[name] / total
        rows = [_values(cell, name, tokens) for cell in cells]
        figure, _ = catalogue.weights()[name]
        if not all(rows):
            scores += share * part
        elif not figure.is_ratio:
            scores += share * (np.array([[row[prompt] for prompt in prompts] for row in rows]) - WORST) / (BEST - WORST)
        else:
            logs = np.array([[math.log(row[prompt]) for prompt in prompts] for row in rows])
            more = logs - logs.mean()
            scores += share * part * (1 + more if figure.better == "more" else 1 - more)
    return scores
