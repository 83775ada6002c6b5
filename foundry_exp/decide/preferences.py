"""Candidates in pairs before a judge: whose answer is preferred, prompt by prompt, over all pairs at once."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from foundry_exp.decide.compare import Pair
from foundry_exp.metrics.quality import kin
from foundry_exp.metrics.stats.intervals import ALPHA
from foundry_exp.metrics.stats.multiple_comparisons import holm
from foundry_exp.metrics.stats.preference import EVEN, WinRate, win_rate
from foundry_exp.prompts.rubric import Rubric, RubricChoice
from foundry_exp.records.record import Sample
from foundry_exp.records.score import Standing
from foundry_exp.results.candidates import Candidate
from foundry_exp.results.figures import Prompt
from foundry_exp.results.requests import Request
from foundry_exp.scores.judge.pairwise.match import Contender, Match, MatchResult, Winner

if TYPE_CHECKING:
    from foundry_exp.scores.judge.pairwise.judge import JudgedMatches, PairwiseJudge

POINTS: dict[Winner, float] = {"first": 0.0, "tie": EVEN, "second": 1.0}
"""Of the second of a pair."""


@dataclass(frozen=True, slots=True)
class PairPreference:
    """How often the second of a pair is preferred to the first."""

    first: Candidate
    second: Candidate
    outcomes: Mapping[str, MatchResult]
    """By sample id."""
    apart: int
    """Prompts that not both have an answer to."""
    rate: WinRate | None
    """Null when nothing was judged."""
    adjusted_p: float = 1.0
    """By Holm over every pair."""

    @property
    def counts(self) -> Counter[Winner]:
        """How often which result came."""
        return Counter(one.result for one in self.outcomes.values())

    @property
    def asked(self) -> list[MatchResult]:
        """Prompts that the judge gave a verdict of in both orders."""
        return [one for one in self.outcomes.values() if one.asked and one.result != "unjudged"]

    @property
    def flips(self) -> list[MatchResult]:
        """Those of which it preferred one place in both orders."""
        return [one for one in self.asked if one.place is not None]

    @property
    def flip_share(self) -> float | None:
        """Share of what it was asked; null when it was asked nothing."""
        return len(self.flips) / len(self.asked) if self.asked else None

    @property
    def beyond_chance(self) -> bool:
        """Whether one is preferred by more than chance: the corrected p says so, and the interval holds no ½."""
        interval = self.rate.interval if self.rate else None
        return self.adjusted_p <= ALPHA and interval is not None and not interval.low <= EVEN <= interval.high


@dataclass(frozen=True, slots=True)
class Preferences:
    """Everything that a judge of pairs said."""

    judge: str | None
    """Null where all answers were alike, so that none was needed."""
    standing: Standing | None
    pairs: tuple[PairPreference, ...]
    notes: tuple[str, ...]
    most_flips: float
    """Share of flips above which a judge's preference for one place is called a bias."""
    stopped: str | None
    """Why not all could be asked; null when they were."""


def preferences(pairs: Sequence[Pair], judge: "PairwiseJudge", seed: int = 0) -> Preferences:
    """Let the judge compare each pair's answers; raises BackendError when it cannot be had."""
    candidates = {side.label: side for pair in pairs for side in (pair.first, pair.second)}
    answers = {label: _answers(side) for label, side in candidates.items()}
    samples = {label: _samples(side) for label, side in candidates.items()}
    by = _rubrics(samples, judge.rubrics)
    matches = [
        list(_matches(samples[pair.first.label], by, answers[pair.first.label], answers[pair.second.label]))
        for pair in pairs
    ]
    judged = judge.judge([one for of_pair in matches for one in of_pair])
    left = iter(judged.results)
    preferred = [
        _preference(pair, {one.sample.sample_id: next(left) for one in of_pair}, answers, seed)
        for pair, of_pair in zip(pairs, matches, strict=True)
    ]
    adjusted = holm([one.rate.p_value for one in preferred if one.rate])
    return Preferences(
        judge=judged.judge,
        standing=judged.standing,
        pairs=tuple(_adjusted(preferred, adjusted)),
        notes=tuple(_notes(candidates, answers, judged)),
        most_flips=judge.thresholds.pairs.flips,
        stopped=judged.stopped,
    )


def _samples(candidate: Candidate) -> dict[Prompt, Sample]:
    return {(one.sample_id, one.digest): one for one in candidate.cells[0].cell.samples}


def _answers(candidate: Candidate) -> dict[Prompt, list[Request]]:
    """Every different answer to each prompt, in the order of its runs and rounds."""
    different: dict[Prompt, dict[str, Request]] = {}
    for cell in candidate.cells:
        for one in cell.cell.measured:
            if one.error is None:
                different.setdefault((one.sample_id, one.prompt_digest), {}).setdefault(one.text, one)
    return {prompt: list(texts.values()) for prompt, texts in different.items()}


def _rubrics(samples: Mapping[str, Mapping[Prompt, Sample]], choice: RubricChoice) -> dict[str | None, Rubric]:
    """Each rubric that a prompt names, read once."""
    naming = {sample.rubric: sample for by_prompt in samples.values() for sample in by_prompt.values()}
    return {name: choice.for_sample(sample) for name, sample in naming.items()}


def _matches(
    samples: Mapping[Prompt, Sample],
    by: Mapping[str | None, Rubric],
    first: Mapping[Prompt, Sequence[Request]],
    second: Mapping[Prompt, Sequence[Request]],
) -> Iterator[Match]:
    """The first answers of both to each prompt."""
    for prompt, sample in samples.items():
        if prompt in first and prompt in second:
            sides = (Contender(side[prompt][0].output_hash, side[prompt][0].text) for side in (first, second))
            yield Match(sample, by[sample.rubric], *sides)


def _preference(
    pair: Pair, outcomes: dict[str, MatchResult], answers: Mapping[str, Mapping[Prompt, Sequence[Request]]], seed: int
) -> PairPreference:
    points = [POINTS[one.result] for one in outcomes.values() if one.result in POINTS]
    either = set(answers[pair.first.label]) | set(answers[pair.second.label])
    return PairPreference(pair.first, pair.second, outcomes, len(either) - len(outcomes), win_rate(points, seed=seed))


def _adjusted(pairs: Sequence[PairPreference], adjusted: Sequence[float]) -> Iterator[PairPreference]:
    left = iter(adjusted)
    for one in pairs:
        yield replace(one, adjusted_p=next(left)) if one.rate else one


def _notes(
    candidates: Mapping[str, Candidate],
    answers: Mapping[str, Mapping[Prompt, Sequence[Request]]],
    judged: "JudgedMatches",
) -> Iterator[str]:
    judge = judged.standing.figures.get("judge") if judged.standing else None
    for label, side in candidates.items():
        related = kin(side.result.model, judge) if judge else None
        if related:
            yield related
        several = sum(len(texts) > 1 for texts in answers[label].values())
        if several:
            yield f"{label}: {several} of {len(answers[label])} prompts have several answers; the first is judged."
