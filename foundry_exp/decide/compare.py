"""Candidates in pairs: what differs by more than chance, with intervals, over all pairs and figures at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from foundry_exp.errors import ConfigError
from foundry_exp.files.escape import sentence
from foundry_exp.metrics import catalogue
from foundry_exp.metrics.figure import Figure
from foundry_exp.metrics.stats.difference import FEWEST, Difference, paired, welch
from foundry_exp.metrics.stats.intervals import ALPHA, FloatArray
from foundry_exp.metrics.stats.multiple_comparisons import holm
from foundry_exp.results.candidates import Candidate
from foundry_exp.results.comparable import Mismatch, energy_mismatch
from foundry_exp.results.figures import ENERGY, QUALITY, Prompt
from foundry_exp.results.typical import Expected, expected

MOST_FOR_ALL_PAIRS = 20
"""With more candidates each is compared with the first alone: a thousand would make half a million pairs."""


@dataclass(frozen=True, slots=True)
class Effect:
    """How the second of a pair differs from the first in one figure."""

    figure: Figure
    difference: Difference
    """Of logarithms where the figure differs by a ratio."""
    adjusted_p: float = 1.0
    """By Holm over every pair and figure of the comparison."""

    @property
    def beyond_chance(self) -> bool:
        """Whether the difference is more than chance."""
        return self.adjusted_p <= ALPHA


@dataclass(frozen=True, slots=True)
class Pair:
    """Two candidates, and how the second differs from the first."""

    first: Candidate
    second: Candidate
    effects: tuple[Effect, ...]
    notes: tuple[str, ...]
    unpaired: str | None = None
    """Why nothing is compared prompt by prompt; null when something is."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that a comparison comes to."""

    candidates: tuple[Candidate, ...]
    left_out: tuple[str, ...]
    """Candidates, and answers, that do not count, in full sentences."""
    forced: tuple[Mismatch, ...]
    """What differs although it should not; empty unless forced."""
    pairs: tuple[Pair, ...]
    tests: int
    expected: Expected
    """Of a typical answer."""


def compare(candidates: Sequence[Candidate], forced: Sequence[Mismatch] = (), seed: int = 0) -> Comparison:
    """Compare every pair of candidates that have figures; raise ConfigError when there are not two."""
    able = [candidate for candidate in candidates if candidate.why_not is None]
    if len(able) < FEWEST:
        named = "; ".join(f"{one.label}: {one.why_not}" for one in candidates if one.why_not)
        have = f"got {len(able)}" + (f" ({named})" if named else "")
        msg = f"compare: needs two candidates with figures, {have}; name more runs, or measure what is missing."
        raise ConfigError(msg)
    typical = expected(cell.result for one in able for cell in one.cells)
    every = list(combinations(able, 2)) if len(able) <= MOST_FOR_ALL_PAIRS else [(able[0], one) for one in able[1:]]
    pairs = [_pair(first, second, typical.tokens, seed, forced) for first, second in every]
    return Comparison(
        candidates=tuple(candidates),
        left_out=tuple(_left_out(candidates)),
        forced=tuple(forced),
        pairs=tuple(_adjusted(pairs)),
        tests=sum(len(pair.effects) for pair in pairs),
        expected=typical,
    )


def _left_out(candidates: Sequence[Candidate]) -> Iterator[str]:
    for candidate in candidates:
        if candidate.why_not:
            yield f"{candidate.label} is left out: {candidate.why_not}"
        remarks = [*candidate.broken(), *candidate.left_out()]
        yield from (sentence(f"{candidate.label}: {what}") for what in remarks)


def _pair(first: Candidate, second: Candidate, tokens: float | None, seed: int, forced: Sequence[Mismatch]) -> Pair:
    rubric_differs = any(mismatch.what == "rubric" for mismatch in forced)
    effects = []
    for figure in catalogue.compared(by_prompt=True):
        if figure.name == QUALITY and rubric_differs:
            continue
        difference = _by_prompt(first, second, figure, tokens, seed)
        effects += [Effect(figure, difference)] if difference else []
    unpaired = None if effects else _unpaired(first, second)
    mixed_energy = energy_mismatch((first, second))
    for figure in catalogue.compared(by_prompt=False):
        if figure.name == ENERGY and mixed_energy:
            continue
        difference = welch(*(_logs(side, figure.name) for side in (first, second)))
        effects += [Effect(figure, difference)] if difference else []
    notes = [*_notes(first, second), *([_apart(mixed_energy)] if mixed_energy else [])]
    if effects and unpaired:
        notes.append(f"{second.label} and {first.label}: neither times nor quality are compared: {unpaired}.")
    return Pair(first, second, tuple(effects), tuple(notes), unpaired)


def _unpaired(first: Candidate, second: Candidate) -> str:
    """Why no figure could be paired by prompt."""
    runs = [[set().union(*cell.values.values()) for cell in side.cells] for side in (first, second)]
    for side, prompts in zip((first, second), runs, strict=True):
        if not all(prompts):
            return f"{side.label} has no answer that counts" + (" in one of its runs" if any(prompts) else "")
    shared = len(set.intersection(*(run for side in runs for run in side)))
    if shared < FEWEST:
        return "no prompt in common" if not shared else f"one prompt in common, and it takes {FEWEST}"
    return f"no figure that both have of {FEWEST} prompts"


def _by_prompt(
    first: Candidate, second: Candidate, figure: Figure, tokens: float | None, seed: int
) -> Difference | None:
    sides = [[cell.by_prompt(figure.name, tokens) for cell in side.cells] for side in (first, second)]
    shared = sorted(set.intersection(*(set(run) for side in sides for run in side)))
    arrays = [_array(side, shared, logs=figure.is_ratio) for side in sides]
    return paired(*arrays, seed=seed) if len(shared) >= FEWEST else None


def _array(runs: Sequence[Mapping[Prompt, float]], prompts: Sequence[Prompt], *, logs: bool) -> FloatArray:
    values = np.array([[run[prompt] for prompt in prompts] for run in runs], dtype=np.float64)
    return np.log(values) if logs else values


def _logs(candidate: Candidate, metric: str) -> list[float]:
    values = (cell.positive_of_run(metric) for cell in candidate.cells)
    return [float(np.log(value)) for value in values if value is not None]


def _notes(first: Candidate, second: Candidate) -> Iterator[str]:
    fewest = min(len(first.cells), len(second.cells))
    if fewest < FEWEST:
        yield (
            "one process a side: how much processes differ from each other is not in these intervals; "
            "sweep.repeats=5 measures it."
        )
    one, other = first.result.model, second.result.model
    if one.alias == other.alias and one.variant != other.variant and first.result.accel != second.result.accel:
        yield (
            f"{one.variant} and {other.variant} are different files: their quantisation may differ, "
            "and with it speed, size and quality, whatever the device."
        )


def _apart(energy: Mismatch) -> str:
    return f"energy is not compared, since it is from different sources: {energy.listed()}."


def _adjusted(pairs: Sequence[Pair]) -> Iterator[Pair]:
    adjusted = iter(holm([effect.difference.p_value for pair in pairs for effect in pair.effects]))
    for pair in pairs:
        yield replace(pair, effects=tuple(replace(effect, adjusted_p=next(adjusted)) for effect in pair.effects))
