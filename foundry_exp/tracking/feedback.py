"""A score as MLflow's feedback on a trace."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from foundry_exp.records.score import ANNOTATION, JUDGE, Score, Standing
from foundry_exp.tracking.mlflow_types import Assessment

SOURCE_TYPES = {JUDGE: "LLM_JUDGE", ANNOTATION: "HUMAN"}
"""By scorer; rules, and a scorer of the user's own, are CODE."""
SCORER = "foundry.scorer"
"""Of feedback that was made of a score, and not given in MLflow by a person."""
_MAX_NAME = 250


def of_score(score: Score, trace_id: str, standings: Mapping[str, Standing | None]) -> Assessment:
    """The feedback, under an id of its own: given again, it replaces what it was before."""
    from mlflow.entities import AssessmentError, AssessmentSource, Feedback

    at_ms = _unix_ms(score.scored_at)
    unscored = AssessmentError("UNSCORED", score.reason) if score.value is None else None
    made: Assessment = Feedback(
        name=_name(score, standings.get(score.scorer)),
        value=score.value,
        error=unscored,
        source=AssessmentSource(SOURCE_TYPES.get(score.scorer, "CODE"), score.scored_by[:_MAX_NAME]),
        trace_id=trace_id,
        rationale=None if unscored else score.reason,
        metadata={SCORER: score.scorer, "foundry.rubric": score.rubric, "foundry.repeat": str(score.repeat)},
        create_time_ms=at_ms,
        last_update_time_ms=at_ms,
    )
    identity = "\0".join((trace_id, score.scorer, score.criterion, score.scored_by, str(score.repeat)))
    made.assessment_id = f"a-{hashlib.sha256(identity.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
    return made


def _name(score: Score, standing: Standing | None) -> str:
    """The criterion, so that MLflow shows judge and people side by side; one that cannot be believed says so."""
    doubted = " (uncalibrated)" if standing and not standing.trusted else ""
    return score.criterion[: _MAX_NAME - len(doubted)] + doubted


def _unix_ms(scored_at: str) -> int | None:
    """Null, which MLflow takes for now, where a scorer of the user's own writes no ISO 8601."""
    try:
        return round(datetime.fromisoformat(scored_at).timestamp() * 1000)
    except ValueError:
        return None
