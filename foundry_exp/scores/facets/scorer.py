"""The scorer `facets`: what a prompt set expects of an answer, checked by rules, without a model."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from foundry_exp.protocols import Answer
from foundry_exp.records.record import Record, Sample
from foundry_exp.records.score import FACETS, Score, Standing
from foundry_exp.scores.facets.check_result import CheckResult, met_or_missed
from foundry_exp.scores.facets.kinds import KINDS, Facet, facets_of, identity

MAX_CHARACTERS = 20_000
"""Of an answer that rules look at, which bounds their time; of its beginning alone they would tell wrong things."""
MAX_REASON = 1000
WITHDRAWN = "the prompts have no facets any more"


class Facets:
    """Scores answers by the facets of their prompts; each facet counts by its weight."""

    waits = False

    def check(self, samples: Sequence[Sample]) -> None:
        """Nothing: facets are checked where a prompt set is read."""

    def score(self, answers: Sequence[Answer]) -> Iterator[tuple[Answer, Score]]:
        """One score for each criterion that an answer's facets belong to."""
        of_runs: dict[Path, tuple[str, bool]] = {}
        for answer in answers:
            if answer.folder not in of_runs:
                of_runs[answer.folder] = identity(answer.asked), any(map(facets_of, answer.asked))
            rubric, has_facets = of_runs[answer.folder]
            if not has_facets:
                yield from _withdrawn(answer, rubric)
            for criterion, facets in by_criterion(answer.sample).items():
                points = criterion_points(answer.record.text, facets)
                yield answer, _score(answer.record, criterion, facets, points, rubric)

    def standing(self) -> Standing | None:
        """Rules do what they say: there is nothing to doubt."""
        return None


def _withdrawn(answer: Answer, rubric: str) -> Iterator[tuple[Answer, Score]]:
    """No points, instead of those of facets that the prompt set had before; nothing where it never had any."""
    before = {
        score.criterion: score.rubric
        for score in answer.given
        if (score.scorer, score.sample_id, score.output_hash)
        == (FACETS, answer.record.sample_id, answer.record.output_hash)
    }
    for criterion, rubric_before in before.items():
        if rubric_before != rubric:
            yield answer, _score(answer.record, criterion, (), CheckResult(None, WITHDRAWN), rubric)


def by_criterion(sample: Sample) -> dict[str, list[Facet]]:
    """The facets of a prompt, by the criterion that they count for."""
    groups: dict[str, list[Facet]] = {}
    for facet in facets_of(sample):
        groups.setdefault(facet.criterion, []).append(facet)
    return groups


def criterion_points(text: str, facets: Sequence[Facet]) -> CheckResult:
    """The weighted mean of the facets of one criterion; null when one of them cannot be told."""
    answer = text.strip()
    if not answer:
        return met_or_missed(False, "the answer is empty")
    results = [_checked(answer, facet) for facet in facets]
    values = [result.value for result in results if result.value is not None]
    if len(values) < len(results):
        return CheckResult(None, "; ".join(result.reason for result in results if result.value is None))
    total = sum(facet.weight * value for facet, value in zip(facets, values, strict=True))
    return CheckResult(total / sum(facet.weight for facet in facets), "; ".join(result.reason for result in results))


def _checked(answer: str, facet: Facet) -> CheckResult:
    kind = KINDS[facet.kind]
    if len(answer) > MAX_CHARACTERS and not kind.any_length:
        return CheckResult(None, f"the answer is longer than {MAX_CHARACTERS:,} characters, too long for {facet.kind}")
    return kind.check(answer, facet.options)


def _score(record: Record, criterion: str, facets: Sequence[Facet], points: CheckResult, rubric: str) -> Score:
    return Score(
        sample_id=record.sample_id,
        output_hash=record.output_hash,
        scorer=FACETS,
        criterion=criterion,
        value=points.value,
        reason=points.reason[:MAX_REASON],
        weight=sum(facet.weight for facet in facets) or 1.0,
        scored_by="rules",
        scored_at=datetime.now(UTC).isoformat(timespec="seconds"),
        rubric=rubric,
    )
