"""Scores for made-up run folders, brought into run.json the way the tool does it."""

from collections.abc import Mapping
from pathlib import Path

from foundry_exp.records import run_folder
from foundry_exp.records.score import Score
from foundry_exp.results.cell import read_with_records
from foundry_exp.scores import score
from tests.scores.scoring import summarise_scores

CRITERIA = {"accuracy": 2.0, "clarity": 1.0}


def give_scores(
    folder: Path,
    values: Mapping[str, float | None],
    reason: str = "because",
    rubric: str = "r:1",
    scorer: str = "facets",
    scored_by: str = "rules",
) -> None:
    """Score the answers to the prompts named by both criteria alike."""
    for answer in score.different_answers(read_with_records(folder)):
        if answer.record.sample_id not in values:
            continue
        for criterion, weight in CRITERIA.items():
            made = Score(
                sample_id=answer.record.sample_id,
                output_hash=answer.record.output_hash,
                scorer=scorer,
                criterion=criterion,
                value=values[answer.record.sample_id],
                reason=f"{criterion}: {reason}",
                weight=weight,
                scored_by=scored_by,
                scored_at="2026-12-01T12:00:00+00:00",
                rubric=rubric,
            )
            run_folder.append_score(folder, made)
    summarise_scores(folder, {scorer: None})
