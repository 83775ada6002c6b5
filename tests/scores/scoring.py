"""Run folders scored from outside: read, scored, and what their run.json says then."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from foundry_exp.protocols import Scorer
from foundry_exp.records.run_result import RunResult
from foundry_exp.records.score import Standing
from foundry_exp.results.cell import read_with_records
from foundry_exp.scores import score


def score_folders(folders: Sequence[Path], name: str, scorer: Scorer) -> list[RunResult]:
    """Raises what the scorer could not go on for."""
    scoring = score.score([read_with_records(folder) for folder in folders], name, scorer)
    if scoring.trouble:
        raise scoring.trouble
    return [run.cell.result for run in scoring.runs]


def summarise_scores(folder: Path, standings: Mapping[str, Standing | None]) -> RunResult:
    """What scores.jsonl comes to, written into run.json."""
    return score.summarised(read_with_records(folder), standings).cell.result
