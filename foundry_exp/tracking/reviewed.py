"""What people answered in MLflow's review queues, as lines of a filled file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from foundry_exp.errors import StoreError
from foundry_exp.scores.people.key import Key
from foundry_exp.tracking import mlflow_internals, traces
from foundry_exp.tracking.location import Location
from foundry_exp.tracking.mlflow_store import opened
from foundry_exp.tracking.review_queue import experiment_name, identity_of, no_limit
from foundry_exp.tracking.trace import trace_id

MAKE = "make them with: python -m foundry_exp annotate export RUN --to-mlflow"


@dataclass(frozen=True, slots=True)
class Answered:
    """What one person gave in MLflow so far: lines as in schemas/annotation.schema.json."""

    annotator: str
    lines: tuple[dict[str, Any], ...]
    given_by: tuple[str, ...]
    """As MLflow names who gave it; without accounts it names everybody alike."""


def pull(location: Location, key: Key) -> list[Answered]:
    """What everybody gave so far, in the order of the key."""
    nothing = f"{location.uri}: holds no review queues of this export; {MAKE}"
    if location.file and not location.file.exists():
        raise StoreError(nothing)
    with opened(location, "review queues: not read", "nothing was imported, try again.") as client:
        experiment = client.get_experiment_by_name(experiment_name(key))
        if experiment is None:
            raise StoreError(nothing)
        found = traces.search(
            mlflow_internals.tracing_client(client.tracking_uri), experiment.experiment_id, None, no_limit
        )
    return [_answered(key, annotator, found) for annotator in key.given]


def _answered(key: Key, annotator: str, found: Mapping[str, Any]) -> Answered:
    given = [item_id for part in key.given[annotator] for item_id in part]
    lines, people = [], set()
    for item_id in given:
        info = found.get(trace_id(identity_of(key, annotator, item_id)))
        latest = {one.name: one for one in _by_people(info, key)} if info else {}
        if latest:
            lines.append(_line(key, annotator, item_id, latest))
            people |= {one.source.source_id or "nobody" for one in latest.values()}
    return Answered(annotator, tuple(lines), tuple(sorted(people)))


def _by_people(info: Any, key: Key) -> Iterator[Any]:
    """What people answered to the rubric's questions, oldest first; not what they have written over since."""
    for one in sorted(info.assessments, key=lambda one: one.last_update_time_ms):
        is_answer = one.feedback is not None and one.source.source_type == "HUMAN" and one.valid is not False
        if is_answer and one.name in key.weights:
            yield one


def _line(key: Key, annotator: str, item_id: str, latest: Mapping[str, Any]) -> dict[str, Any]:
    at_s = max(one.last_update_time_ms for one in latest.values()) / 1000
    said = [f"{name}: {text}" for name in key.weights if name in latest and (text := latest[name].rationale)]
    return {
        "item": item_id,
        "annotator": annotator,
        "scores": {name: latest[name].feedback.value if name in latest else None for name in key.weights},
        "comment": "\n".join(said),
        "scored_at": datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds"),
    }
