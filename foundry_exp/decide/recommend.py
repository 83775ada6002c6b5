"""Which option to take: those that keep to the constraints, weighed, with what would change the choice."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from foundry_exp.decide import fleet
from foundry_exp.decide.choice import Choice, choice
from foundry_exp.decide.constraints import Broken, broken
from foundry_exp.decide.fleet import Cost
from foundry_exp.decide.weighing import Weighed, gap, score, unweighable, weigh, weighed_by
from foundry_exp.errors import ConfigError
from foundry_exp.metrics import catalogue
from foundry_exp.metrics.stats.intervals import ALPHA
from foundry_exp.metrics.stats.multiple_comparisons import holm
from foundry_exp.records.decision import Decision
from foundry_exp.results.candidates import Candidate
from foundry_exp.results.comparable import Mismatch, energy_mismatch
from foundry_exp.results.figures import ENERGY
from foundry_exp.results.typical import TYPICAL, Expected, expected

HALF, TWICE = 0.5, 2.0


@dataclass(frozen=True, slots=True)
class Rejected:
    """An option that breaks a constraint."""

    choice: Choice
    broken: tuple[Broken, ...]

    @property
    def excess(self) -> float:
        """The factor by which its worst constraint is broken."""
        return max(one.excess for one in self.broken)


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What the pick becomes when one weight moves."""

    criterion: str
    weight: float
    at_half: str
    at_twice: str
    flips: tuple[tuple[float, str], ...]
    """Weights at which another option takes over, nearest below and above, and which."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The decision and everything that it rests on."""

    decision: Decision
    expected: Expected
    ranked: tuple[Weighed, ...]
    """Options that keep to every constraint, best first; the first is the pick."""
    tied: tuple[Weighed, ...]
    """Those of them that cannot be told apart from the pick."""
    cheapest: Choice | None
    """Of the pick and the tied, by `cheapest_by`."""
    rejected: tuple[Rejected, ...]
    unmeasured: tuple[tuple[str, str], ...]
    """Candidates without figures, and why."""
    front: tuple[str, ...]
    """Labels of the Pareto set of everything measured."""
    objectives: tuple[str, ...]
    """What that set is of."""
    sensitivity: tuple[Sensitivity, ...]
    fleet: tuple[Cost, ...]
    """What the pick and the runner-up would cost the fleet, if the decision has one."""
    remarks: tuple[str, ...]

    @property
    def pick(self) -> Weighed | None:
        """The best, or nothing when no option keeps to the constraints."""
        return self.ranked[0] if self.ranked else None

    @property
    def closest(self) -> Rejected | None:
        """Where nothing qualifies, the option that misses by the least."""
        measurable = [one for one in self.rejected if math.isfinite(one.excess)]
        return min(measurable, key=lambda one: one.excess, default=None) if not self.ranked else None


def recommend(
    candidates: Sequence[Candidate], decision: Decision, forced: Sequence[Mismatch] = (), seed: int = 0
) -> Recommendation:
    """Decide; raise ConfigError when nothing was measured at all."""
    able, unmeasured = _with_figures(candidates)
    typical = expected((cell.result for one in able for cell in one.cells), decision.expected_tokens)
    tokens = typical.tokens
    choices = [choice(one, tokens) for one in able]
    judged = [(one, broken(one, decision.constraints)) for one in choices]
    mixed_energy = energy_mismatch(able)
    incomparable = {ENERGY} if mixed_energy else set()
    weights = {name: 0 if weighed_by(name) in incomparable else weight for name, weight in decision.weights.items()}
    ranked = weigh([one for one, against in judged if not against], weights)
    tied = _tied(ranked, weights, tokens, seed)
    objectives = [figure for figure in _objectives(choices) if figure not in incomparable]
    cheapest_by = decision.cheapest_by
    return Recommendation(
        decision=decision,
        expected=typical,
        ranked=tuple(ranked),
        tied=tuple(tied),
        cheapest=None if cheapest_by in incomparable else _cheapest([*ranked[:1], *tied], cheapest_by),
        rejected=tuple(Rejected(one, tuple(against)) for one, against in judged if against),
        unmeasured=tuple(unmeasured),
        front=tuple(_front(choices, objectives)),
        objectives=tuple(objectives),
        sensitivity=tuple(_sensitivity(ranked, weights)),
        fleet=fleet.costs([one.choice for one in ranked[:2]], decision.fleet),
        remarks=(
            *_of_typical(choices, typical),
            *_of_energy(mixed_energy),
            *_remarks(able, choices, weights, forced),
        ),
    )


def _with_figures(candidates: Sequence[Candidate]) -> tuple[list[Candidate], list[tuple[str, str]]]:
    """The candidates that can be decided on, and why the others cannot."""
    able = [one for one in candidates if one.why_not is None]
    unmeasured = [(one.label, one.why_not) for one in candidates if one.why_not is not None]
    if not able:
        named = "; ".join(f"{label}: {why}" for label, why in unmeasured)
        msg = f"recommend: no candidate has figures ({named}); measure one first."
        raise ConfigError(msg)
    return able, unmeasured


def _tied(ranked: Sequence[Weighed], weights: Mapping[str, float], tokens: float | None, seed: int) -> list[Weighed]:
    """Those whose score is not worse than the pick's by more than chance (Holm); or of which that cannot be said."""
    if not ranked:
        return []
    gaps = [gap(ranked[0], other, weights, tokens, seed) for other in ranked[1:]]
    adjusted = iter(holm([difference.p_value for difference in gaps if difference]))
    return [
        other
        for other, difference in zip(ranked[1:], gaps, strict=True)
        if difference is None or next(adjusted) > ALPHA
    ]


def _cheapest(among: Sequence[Weighed], figure: str) -> Choice | None:
    able = [one.choice for one in among if one.choice.figures.get(figure) is not None]
    return min(able, key=lambda one: one.figures[figure] or 0.0, default=None)


def _objectives(choices: Sequence[Choice]) -> list[str]:
    """The figures that every option has and in which they differ."""
    values = {figure: {one.figures.get(figure) for one in choices} for _, figure in catalogue.weights().values()}
    return [figure for figure, different in values.items() if None not in different and len(different) > 1]


def _front(choices: Sequence[Choice], objectives: Sequence[str]) -> Iterator[str]:
    points = [[_larger_is_better(figure, one) for figure in objectives] for one in choices]
    yield from (one.label for one, is_on in zip(choices, pareto_front(points), strict=True) if is_on)


def _larger_is_better(figure: str, one: Choice) -> float:
    value = one.figures[figure] or 0.0
    return value if catalogue.figure(figure).better == "more" else -value


def _sensitivity(ranked: Sequence[Weighed], weights: Mapping[str, float]) -> Iterator[Sensitivity]:
    if len(ranked) > 1:
        for name in ranked[0].parts:
            at_half, at_twice = (_pick(ranked, {**weights, name: weights[name] * by}) for by in (HALF, TWICE))
            yield Sensitivity(name, weights[name], at_half, at_twice, tuple(_flips(ranked, weights, name)))


def _pick(ranked: Sequence[Weighed], weights: Mapping[str, float]) -> str:
    return max(ranked, key=lambda one: score(one.parts, weights)).choice.label


def _flips(ranked: Sequence[Weighed], weights: Mapping[str, float], name: str) -> Iterator[tuple[float, str]]:
    """Scores are straight lines in one weight, so where two cross is exact; the nearest crossing each way counts."""
    pick = ranked[0]
    rest = {key: weight for key, weight in weights.items() if key != name}
    crossings = []
    for other in ranked[1:]:
        lead = sum(rest[key] * (pick.parts[key] - other.parts[key]) for key in pick.parts if key != name)
        slope = other.parts[name] - pick.parts[name]
        if slope and (at := lead / slope) >= 0:
            crossings.append((at, other.choice.label))
    below = [one for one in crossings if one[0] < weights[name]]
    above = [one for one in crossings if one[0] >= weights[name]]
    yield from filter(None, (max(below, default=None), min(above, default=None)))


def _remarks(
    able: Sequence[Candidate], choices: Sequence[Choice], weights: Mapping[str, float], forced: Sequence[Mismatch]
) -> Iterator[str]:
    yield from (f"decided all the same, although they differ in {one.sentence()}" for one in forced)
    for candidate in able:
        yield from (f"{candidate.label}: {what}" for what in candidate.left_out())
        yield from _untrusted(candidate)
    for name, labels in unweighable(choices, weights).items():
        everyone = len(labels) == len(choices)
        what = "so it has no weight" if everyone else f"so it counts as nothing for {', '.join(labels)}"
        yield f"{name}: {'no option' if everyone else 'not every option'} has a figure, {what}"


def _of_typical(choices: Sequence[Choice], typical: Expected) -> Iterator[str]:
    """Where a typical answer's length is from, and why there is none of some options."""
    if typical.tokens is None:
        yield (
            "There is no typical answer, since the prompt sets state no expected tokens, or not the same; "
            "expected_tokens=60 decides by one of 60 tokens"
        )
        return
    without = [one.label for one in choices if one.figures[TYPICAL] is None]
    if len(without) < len(choices):
        yield typical.sentence()
    if without:
        yield f"{', '.join(without)}: no typical answer, which needs streaming and the runtime's own token counts"


def _of_energy(mixed: Mismatch | None) -> Iterator[str]:
    if mixed:
        yield f"energy: from different sources, so it has no weight: {mixed.listed()}"


def _untrusted(candidate: Candidate) -> Iterator[str]:
    remarks = {
        f"the scores by {name} do not count: {scored.standing.reason}": None
        for cell in candidate.cells
        for name, scored in cell.result.scores.items()
        if scored.standing and not scored.standing.trusted
    }
    yield from (f"{candidate.label}: {text}" for text in remarks)


def pareto_front(choices: Sequence[Sequence[float]]) -> list[bool]:
    """Whether each choice is on the Pareto front; larger is better in every place, and equals share their place."""
    return [not any(_dominates(other, one) for other in choices) for one in choices]


def _dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    pairs = list(zip(one, other, strict=True))
    return all(mine >= theirs for mine, theirs in pairs) and any(mine > theirs for mine, theirs in pairs)
