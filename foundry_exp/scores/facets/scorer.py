"""The scorer `facets`: what a prompt set expects of an answer, checked by rules, without a model."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from foundry_exp.protocols import Answer
from foundry_exp.records.record import Record, Sample
from foundry_exp.records.score import Score, Standing
from foundry_exp.scores.facets import form_checks, json_check, text_checks
from foundry_exp.scores.facets.kinds import Facet, facets_of, identity
from foundry_exp.scores.facets.points import WORST, Points

NAME = "facets"
MAX_CHARACTERS = 20_000
"""Of an answer that rules look at, which bounds their time; of its beginning alone they would tell wrong things."""
MAX_REASON = 1000
WITHDRAWN = "the prompts have no facets any more"

CHECKS: Mapping[str, Callable[[str, Mapping[str, Any]], Points]] = {
    "contains": text_checks.contains,
    "any_of": text_checks.any_of,
    "not_contains": text_checks.not_contains,
    "regex": text_checks.pattern,
    "number_equals": text_checks.number_equals,
    "length": form_checks.length,
    "sentences": form_checks.sentences,
    "items": form_checks.items,
    "language": form_checks.language,
    "json_schema": json_check.json_schema,
}
"""The rule of each kind; `similarity` alone needs the prompt's reference too."""


class Facets:
    """Scores answers by the facets of their prompts; each facet counts by its weight, met 5, missed 1."""

    waits = False

    def check(self, samples: Sequence[Sample]) -> None:
        """Nothing: facets are checked where a prompt set is read."""

    def score(self, answers: Sequence[Answer]) -> Iterator[tuple[Answer, Score]]:
        """One score for each criterion that an answer's facets belong to."""
        from foundry_exp.records.run_folder import read_samples  # pydantic: not for --cfg or a bad option

        asked: dict[Path, list[Sample]] = {}
        for answer in answers:
            if answer.folder not in asked:
                asked[answer.folder] = read_samples(answer.folder)
            expected = asked[answer.folder]
            if not any(map(facets_of, expected)):
                yield from _withdrawn(answer, identity(expected))
            for criterion, facets in by_criterion(answer.sample).items():
                points = criterion_points(answer.record.text, answer.sample, facets)
                yield answer, _score(answer.record, criterion, facets, points, identity(expected))

    def standing(self) -> Standing | None:
        """Rules do what they say: there is nothing to doubt."""
        return None


def _withdrawn(answer: Answer, rubric: str) -> Iterator[tuple[Answer, Score]]:
    """No points, instead of those of facets that the prompt set had before; nothing where it never had any."""
    from foundry_exp.records.run_folder import read_scores

    known = {
        score.criterion: score.rubric
        for score in read_scores(answer.folder)
        if (score.scorer, score.sample_id, score.output_hash)
        == (NAME, answer.record.sample_id, answer.record.output_hash)
    }
    for criterion, before in known.items():
        if before != rubric:
            yield answer, _score(answer.record, criterion, (), Points(None, WITHDRAWN), rubric)


def by_criterion(sample: Sample) -> dict[str, list[Facet]]:
    """The facets of a prompt, by the criterion that they count for."""
    found: dict[str, list[Facet]] = {}
    for facet in facets_of(sample):
        found.setdefault(facet.criterion, []).append(facet)
    return found


def criterion_points(text: str, sample: Sample, facets: Sequence[Facet]) -> Points:
    """The weighted mean of the facets of one criterion; null when one of them cannot be told."""
    answer = text.strip()
    if not answer:
        return Points(WORST, "the answer is empty")
    points = [_checked(answer, sample, facet) for facet in facets]
    reason = "; ".join(found.reason for found in points)
    known = [
        (facet.weight, found.value) for facet, found in zip(facets, points, strict=True) if found.value is not None
    ]
    if len(known) < len(points):
        return Points(None, "; ".join(found.reason for found in points if found.value is None))
    return Points(sum(weight * value for weight, value in known) / sum(weight for weight, _ in known), reason)


def _checked(answer: str, sample: Sample, facet: Facet) -> Points:
    if len(answer) > MAX_CHARACTERS and facet.kind != "length":
        return Points(None, f"the answer is longer than {MAX_CHARACTERS:,} characters, too long for {facet.kind}")
    if facet.kind == "similarity":
        return text_checks.similarity(answer, sample.reference or "")
    return CHECKS[facet.kind](answer, facet.options)


def _score(record: Record, criterion: str, facets: Sequence[Facet], points: Points, rubric: str) -> Score:
    return Score(
        sample_id=record.sample_id,
        output_hash=record.output_hash,
        scorer=NAME,
        criterion=criterion,
        value=points.value,
        reason=points.reason[:MAX_REASON],
        weight=sum(facet.weight for facet in facets) or 1.0,
        scored_by="rules",
        scored_at=datetime.now(UTC).isoformat(timespec="seconds"),
        rubric=rubric,
    )
