"""Scores of a cell's answers → how good they are, by scorer and criterion, one figure, and what to doubt of a judge."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from foundry_exp.metrics.stats.agreement import identical_share, mean_range
from foundry_exp.metrics.stats.distribution import describe
from foundry_exp.metrics.stats.intervals import mean_of_present
from foundry_exp.metrics.values import NOTHING_MEASURED, Value, no_value
from foundry_exp.records.distribution import Distribution
from foundry_exp.records.record import Record
from foundry_exp.records.run_result import ModelFacts, RunResult
from foundry_exp.records.score import ANNOTATION, FACETS, JUDGE, Score, Scored, Standing

HEADLINE = (ANNOTATION, JUDGE, FACETS)
"""Whose quality stands for the cell, best first: people, then a judge that can be believed, then rules.

A scorer of the user's own comes after them: it stands for the cell when none of these does.
"""

FEWEST_SCORED = 0.5
"""Share of the measured requests that must be scored for a headline."""

_OF_JUDGE = "judge: "
"""What every warning of this kind begins with, so that a new score replaces the last one's."""

AnswerKey = tuple[str, str]
"""Sample id and output hash."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What the scores of one cell came to."""

    scores: dict[str, Scored]
    source: str | None
    metrics: dict[str, Any]
    missing: dict[str, str]


def quality(records: Iterable[Record], scores: Iterable[Score], standings: Mapping[str, Standing | None]) -> Quality:
    """Summarise the scores of the answers that were measured; what scores an unknown answer is left out."""
    measured = [record for record in records if record.phase == "measure"]
    latest = current(scores)
    own = {
        name: [score for score in latest if score.scorer == name] for name in sorted({score.scorer for score in latest})
    }
    by_scorer = {name: _scored(measured, given, _standing(name, given, standings)) for name, given in own.items()}
    source, headline = _headline(by_scorer, len(measured))
    values: dict[str, Any] = {"quality": headline.value, "quality_coverage": _coverage(by_scorer, source)}
    reasons = {"quality": headline.why_null, "quality_coverage": None if source else headline.why_null}
    for name, scored in by_scorer.items():
        values[f"quality/{name}"] = scored.quality
        if scored.quality is None:
            reasons[f"quality/{name}"] = "no answer has a score"
    if source:
        criteria = {f"quality/{name}": spread for name, spread in by_scorer[source].criteria.items()}
        values |= criteria
        reasons |= {name: "no answer has points by it" for name, spread in criteria.items() if spread is None}
    missing = {name: why for name, why in reasons.items() if why is not None}
    return Quality(by_scorer, source, values, missing)


def _standing(scorer: str, scores: Sequence[Score], standings: Mapping[str, Standing | None]) -> Standing | None:
    """What is known of a scorer; of a judge only what is of the one that gave these scores.

    A command that was killed while it judged leaves scores, and no word on whether they can be believed.
    """
    standing = standings.get(scorer)
    if scorer != JUDGE:
        return standing
    tried = standing.figures.get("judge") if standing else None
    if scorer in standings and (tried is None or f"{tried['variant']}@{tried['digest']}" == scores[-1].scored_by):
        return standing
    why = f"uncalibrated: what the trial of {scores[-1].scored_by} came to is not known; judge again"
    return Standing(trusted=False, reason=f"{why}: python -m foundry_exp score RUN scorer=[judge]")


def current(scores: Iterable[Score]) -> list[Score]:
    """The scores that count: of each scorer those by its latest rubric, and of equal ones the latest.

    People are many, but the judge is one: the latest.
    """
    everything = list(scores)
    rubric = {score.scorer: score.rubric for score in everything}
    judge = next((score.scored_by for score in reversed(everything) if score.scorer == JUDGE), None)
    kept = {
        (score.scorer, score.sample_id, score.output_hash, score.criterion, score.scored_by, score.repeat): score
        for score in everything
        if score.rubric == rubric[score.scorer] and (score.scorer != JUDGE or score.scored_by == judge)
    }
    return list(kept.values())


def answer_quality(scores: Iterable[Score]) -> dict[AnswerKey, float]:
    """The mean over raters of the weighted mean of an answer's criteria, over repeats.

    A rater who left a criterion out does not count, and an answer that nobody scored by all of them is unscored.
    """
    by_answer: dict[AnswerKey, list[Score]] = defaultdict(list)
    for score in scores:
        by_answer[score.sample_id, score.output_hash].append(score)
    whole = {key: _over_raters(every) for key, every in by_answer.items()}
    return {key: value for key, value in whole.items() if value is not None}


def _over_raters(scores: Sequence[Score]) -> float | None:
    criteria = {score.criterion for score in scores}
    by_rater: dict[str, dict[str, list[Score]]] = defaultdict(lambda: {name: [] for name in criteria})
    for score in scores:
        by_rater[score.scored_by][score.criterion].append(score)
    return mean_of_present(_weighted_mean(groups) for groups in by_rater.values())


def _weighted_mean(criteria: Mapping[str, Sequence[Score]]) -> float | None:
    means = [
        (group[0].weight, mean)
        for group in criteria.values()
        if (mean := mean_of_present(one.value for one in group)) is not None
    ]
    total = sum(weight for weight, _ in means)
    if len(means) < len(criteria) or not total:
        return None
    return sum(weight * mean for weight, mean in means) / total


def _scored(measured: Sequence[Record], scores: Sequence[Score], standing: Standing | None) -> Scored:
    whole = answer_quality(scores)
    criteria = sorted({score.criterion for score in scores})
    of_one = {name: answer_quality(score for score in scores if score.criterion == name) for name in criteria}
    done = sum((record.sample_id, record.output_hash) in whole for record in measured if record.error is None)
    repeats = _repeats(measured, scores)
    return Scored(
        rubric=scores[-1].rubric,
        scored_by=tuple(sorted({score.scored_by for score in scores})),
        scored=done,
        unscored=len(measured) - done,
        quality=_over_prompts(measured, whole),
        criteria={name: _over_prompts(measured, values) for name, values in of_one.items()},
        standing=standing,
        repeats_identical=identical_share(repeats),
        repeats_range=mean_range(repeats),
    )


def _repeats(measured: Sequence[Record], scores: Sequence[Score]) -> list[list[float | None]]:
    """What was given to one answer by one criterion, asked again and again; an answer and criterion a row."""
    answered = {(record.sample_id, record.output_hash) for record in measured if record.error is None}
    rows: dict[tuple[str, str, str, str], list[float | None]] = defaultdict(list)
    for score in scores:
        if (score.sample_id, score.output_hash) in answered:
            rows[score.sample_id, score.output_hash, score.criterion, score.scored_by].append(score.value)
    return list(rows.values())


def _over_prompts(measured: Sequence[Record], values: Mapping[AnswerKey, float]) -> Distribution | None:
    """Answers to one prompt depend on each other, so a prompt counts once, with its mean."""
    by_prompt: dict[str, list[float]] = {}
    for record in measured:
        points = by_prompt.setdefault(record.sample_id, [])
        key = (record.sample_id, record.output_hash)
        if record.error is None and key in values:
            points.append(values[key])
    means = [fmean(points) for points in by_prompt.values() if points]
    return describe(means, missing=len(by_prompt) - len(means)) if means else None


def ranked(names: Iterable[str]) -> list[str]:
    """Scorers in the order in which their quality stands for a cell."""
    return sorted(names, key=lambda name: (HEADLINE.index(name) if name in HEADLINE else len(HEADLINE), name))


def _headline(by_scorer: Mapping[str, Scored], measured: int) -> tuple[str | None, Value]:
    if not measured:
        return None, no_value(NOTHING_MEASURED)
    if not by_scorer:
        return None, no_value(
            "no answer has been scored: the prompts have no facets that rules check, or there is no scorer"
        )
    why = ""
    for name in ranked(by_scorer):
        scored = by_scorer[name]
        if scored.standing and not scored.standing.trusted:
            why = f"the {name} is not trusted: {scored.standing.reason}"
        elif scored.quality is None or scored.scored < FEWEST_SCORED * measured:
            why = f"{name} scored {scored.scored} of {measured} answers, which is less than {FEWEST_SCORED:.0%}"
        else:
            return name, Value(scored.quality)
    return None, no_value(why)


def _coverage(by_scorer: Mapping[str, Scored], source: str | None) -> float | None:
    if source is None:
        return None
    scored = by_scorer[source]
    return scored.scored / (scored.scored + scored.unscored)


def warned(result: RunResult, scores: Mapping[str, Scored]) -> tuple[str, ...]:
    """A run's warnings, brought up to date with who judged it."""
    others = tuple(warning for warning in result.warnings if not warning.startswith(_OF_JUDGE))
    judged_by = scores[JUDGE].standing if JUDGE in scores else None
    if judged_by is None:
        return others
    judge = judged_by.figures.get("judge")
    reasons = [judged_by.reason, kin(result.model, judge) if judge else None]
    return (*others, *(_OF_JUDGE + why for why in reasons if why is not None))


def kin(model: ModelFacts, judge: Mapping[str, Any]) -> str | None:
    """How the two belong together; null when they do not."""
    if judge["files_digest"] is not None and judge["files_digest"] == model.files_digest:
        return f"{judge['variant']} judges itself, and models favour their own answers; take another judge."
    shared = families(judge["variant"] or "") & (families(model.alias) | families(model.variant or ""))
    if not shared:
        return None
    return (
        f"{judge['variant']} and {model.alias} are of one family ({', '.join(sorted(shared))}), and models favour "
        f"answers like their own; take a judge of another family."
    )


def families(name: str) -> set[str]:
    """The family that a model's name begins with, and the one that it was distilled into: phi, qwen, deepseek."""
    return set(re.findall(r"(?:^|distill-)([a-z]+)", name.lower()))
