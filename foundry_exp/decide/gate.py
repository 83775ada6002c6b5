"""A candidate against its baseline: worse than is accepted, not worse, or not to be told."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from foundry_exp.decide.gate_side import GateSide, Output
from foundry_exp.errors import ConfigError
from foundry_exp.metrics import catalogue
from foundry_exp.metrics.stats.intervals import FloatArray
from foundry_exp.metrics.stats.multiple_comparisons import (
    MaxT,
    can_find,
    fewest_runs,
    max_t,
    smallest_level,
)
from foundry_exp.records.decision import Gate
from foundry_exp.results.figures import ENERGY

Verdict = Literal["passed", "failed", "inconclusive"]

MUST_AGREE = (
    "prompts", "generation", "rubric", "streaming", "backend", "accel", "workload", "answers", "power", "machine",
)  # fmt: skip
"""Facts that make two sides comparable. Model, variant and runtime may differ: they are what a gate watches."""

_FARTHEST = 700.0
"""No float holds the exponential of more: where runs are all alike, the end of an interval may lie beyond it."""
_ENDLESS = "at this false_alarm its interval has no end; allow a larger one, or measure more runs a side"
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Check:
    """One gated figure, and what became of it."""

    metric: str
    verdict: Verdict
    tolerance: float
    baseline: float | None = None
    """Mean over runs: geometric for what is compared by ratio."""
    candidate: float | None = None
    worse: float | None = None
    """How much worse: a share, or points; negative is better."""
    low: float | None = None
    """One-sided ends, right for all figures together; null where there is none."""
    high: float | None = None
    reason: str | None = None
    """Why it is inconclusive."""


@dataclass(frozen=True, slots=True)
class Change:
    """A prompt whose greedy answer is not what it was."""

    sample_id: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GateResult:
    """What the gate says, and why."""

    baseline: GateSide
    candidate: GateSide
    verdict: Verdict
    checks: tuple[Check, ...]
    changes: tuple[Change, ...]
    outputs: str
    """What changed answers do: ignore, warn or fail."""
    notes: tuple[str, ...]


def gate(baseline: GateSide, candidate: GateSide, rules: Gate, *, force: bool = False, seed: int = 0) -> GateResult:
    """Hold a candidate to its baseline by the rules of `conf/gate/`; raise ConfigError when they are no pair."""
    differing = _differing(baseline, candidate)
    _refuse(differing, baseline, candidate, force=force)
    few = _too_few(baseline, candidate, rules.repeats) or _too_strict(baseline, candidate, rules.false_alarm)
    checks = tuple(_checks(baseline, candidate, rules, seed)) if few is None else ()
    changes = tuple(_changes(baseline, candidate)) if rules.outputs != "ignore" else ()
    notes = [
        *_notes(baseline, candidate),
        *(_ungated(baseline, rules) if few is None else ()),
        *(f"compared all the same, although they differ in {one}" for one in differing),
    ]
    return GateResult(
        baseline=baseline,
        candidate=candidate,
        verdict=_verdict(checks, changes, few, rules.outputs, broken=bool(candidate.broken)),
        checks=checks,
        changes=changes,
        outputs=rules.outputs,
        notes=(*([few] if few else []), *notes),
    )


def _verdict(
    checks: Sequence[Check], changes: Sequence[Change], few: str | None, outputs: str, *, broken: bool
) -> Verdict:
    verdicts = {check.verdict for check in checks}
    if broken or "failed" in verdicts or (changes and outputs == "fail"):
        return "failed"
    return "inconclusive" if few or not verdicts or "inconclusive" in verdicts else "passed"


def _differing(baseline: GateSide, candidate: GateSide) -> list[str]:
    pairs = {name: (baseline.facts.get(name), candidate.facts.get(name)) for name in MUST_AGREE}
    return [
        f"{name}: {before} (baseline), {after} (candidate)"
        for name, (before, after) in pairs.items()
        if before is not None and after is not None and before != after
    ]


def _refuse(differing: Sequence[str], baseline: GateSide, candidate: GateSide, *, force: bool) -> None:
    if baseline.statistic != candidate.statistic:
        msg = f"gate: the baseline holds the {baseline.statistic} of each prompt; add statistic={baseline.statistic}."
        raise ConfigError(msg)
    if differing and not force:
        shown = "\n  ".join(differing)
        msg = (
            f"gate: the sides cannot be compared, because they differ:\n  {shown}\nmeasure them alike, or add --force."
        )
        raise ConfigError(msg)


def _too_few(baseline: GateSide, candidate: GateSide, needed: int) -> str | None:
    if min(baseline.runs, candidate.runs) >= needed:
        return None
    return (
        f"inconclusive: the baseline has {baseline.runs} measured runs and the candidate {candidate.runs}, "
        f"and the gate needs {needed} a side; measure with sweep.repeats={needed}."
    )


def _too_strict(baseline: GateSide, candidate: GateSide, false_alarm: float) -> str | None:
    """Why no result could fail: a gate that cannot fail must not pass either."""
    smallest = smallest_level(baseline.runs, candidate.runs)
    if can_find(false_alarm, smallest):
        return None
    needed = fewest_runs(false_alarm)
    measure = f"measure {needed} runs a side with sweep.repeats={needed}, or " if needed else ""
    return (
        f"inconclusive: with {baseline.runs} runs against {candidate.runs} nothing can be told at "
        f"false_alarm={false_alarm:g}, since the clearest result has a chance of {smallest:.2g}; "
        f"{measure}allow false_alarm={_rounded_up(smallest):g}."
    )


def _rounded_up(level: float) -> float:
    """Two digits that count, not below the level."""
    step = 10.0 ** (math.floor(math.log10(level)) - 1)
    return math.ceil(level / step - _ROUNDING) * step


def _checks(baseline: GateSide, candidate: GateSide, rules: Gate, seed: int) -> Iterator[Check]:
    wanted = {name: tolerance for name in catalogue.gated() if (tolerance := rules.tolerances.get(name)) is not None}
    before, after = ({name: _oriented(side, name) for name in wanted} for side in (baseline, candidate))
    why_not = {name: _why_not(name, baseline, candidate, lacks=not len(after[name])) for name in wanted}
    able = [name for name in wanted if len(before[name]) and why_not[name] is None]
    if able:
        limits = np.array([_limit(name, wanted[name]) for name in able])
        first, second = (np.column_stack([of[name] for name in able]) for of in (before, after))
        tested = max_t(first, second, limits, rules.false_alarm, seed=seed)
        means = zip(first.mean(axis=0), second.mean(axis=0), strict=True)
        yield from (_check(place, able[place], wanted, tested, both) for place, both in enumerate(means))
    for name, tolerance in wanted.items():
        if len(before[name]) and why_not[name] is not None:
            yield Check(name, "inconclusive", tolerance, reason=why_not[name])


def _why_not(name: str, baseline: GateSide, candidate: GateSide, *, lacks: bool) -> str | None:
    """Why a figure of the baseline cannot be held against the candidate's."""
    if lacks:
        return "the baseline has this figure and the candidate has not, or not of every run"
    sources = [side.facts.get("energy") for side in (baseline, candidate)]
    if name == ENERGY and None not in sources and sources[0] != sources[1]:
        return f"the baseline's is from {sources[0]} and the candidate's from {sources[1]}"
    return None


def _ungated(baseline: GateSide, rules: Gate) -> Iterator[str]:
    """Figures with a tolerance that nothing can be held to: a gate that passes says nothing of them."""
    wanted = [name for name in catalogue.gated() if rules.tolerances.get(name) is not None]
    lacking = [name for name in wanted if not len(_oriented(baseline, name))]
    if lacking:
        yield f"not gated, since not every run of the baseline has them: {', '.join(lacking)}"


def _oriented(side: GateSide, name: str) -> FloatArray:
    """A figure's values, larger being worse, ratios as logarithms; empty when a run has none."""
    values = [value for value in side.figures.get(name, ()) if value is not None]
    if len(values) < side.runs:
        return np.empty(0)
    oriented = np.array(values, dtype=np.float64)
    oriented = np.log(oriented) if catalogue.figure(name).is_ratio else oriented
    return -oriented if catalogue.figure(name).better == "more" else oriented


def _limit(name: str, tolerance: float) -> float:
    return float(np.log1p(tolerance)) if catalogue.figure(name).is_ratio else tolerance


def _check(
    place: int, name: str, wanted: Mapping[str, float], tested: MaxT, means: tuple[np.float64, np.float64]
) -> Check:
    before, after = (_natural(name, float(mean)) for mean in means)
    effect, low, high = (_share(name, float(ends[place])) for ends in (tested.effect, tested.low, tested.high))
    if tested.beyond[place]:
        return Check(name, "failed", wanted[name], before, after, effect, low, high)
    if high is None:
        return Check(name, "inconclusive", wanted[name], before, after, effect, low, high, _ENDLESS)
    return Check(name, "passed", wanted[name], before, after, effect, low, high)


def _share(name: str, change: float) -> float | None:
    """A change as a share or as points; null for an end so far out that it is none."""
    if abs(change) > _FARTHEST:
        return None
    return math.expm1(change) if catalogue.figure(name).is_ratio else change


def _natural(name: str, oriented: float) -> float:
    figure = catalogue.figure(name)
    value = -oriented if figure.better == "more" else oriented
    return float(np.exp(value)) if figure.is_ratio else value


def _changes(baseline: GateSide, candidate: GateSide) -> Iterator[Change]:
    """Greedy answers that differ, of prompts that are the same."""
    for name, before in baseline.outputs.items():
        after = candidate.outputs.get(name)
        if after is not None and after.prompt == before.prompt and set(after.texts) != set(before.texts):
            yield Change(name, before.texts, after.texts)


def _notes(baseline: GateSide, candidate: GateSide) -> Iterator[str]:
    for name in ("model", "variant", "runtime"):
        before, after = baseline.facts.get(name), candidate.facts.get(name)
        if before and after and before != after:
            yield f"{name}: {before} became {after}"
    yield from (f"the baseline's run {why}" for why in baseline.broken)
    yield from (f"the candidate's run {why}" for why in candidate.broken)
    for side, name in ((baseline, "baseline"), (candidate, "candidate")):
        unsteady = sorted(sample for sample, output in side.outputs.items() if _is_unsteady(output))
        if unsteady:
            yield f"the {name}'s own answers to {', '.join(unsteady)} differ from run to run"


def _is_unsteady(output: Output) -> bool:
    return len(output.texts) > 1
