"""Annotation in MLflow: for each person a review queue over traces that tell nothing of a model.

One answer completes an item of a queue for everybody in it, so everybody has a queue of their own; and traces of their
own, or each would see what the others gave.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from foundry_exp.errors import StoreError
from foundry_exp.prompts.rubric import Criterion, Rubric
from foundry_exp.records.score import POINTS
from foundry_exp.scores.people.items import Item, blind_name
from foundry_exp.scores.people.key import Key
from foundry_exp.tracking import mlflow_internals, traces
from foundry_exp.tracking.contents import cut
from foundry_exp.tracking.location import Location
from foundry_exp.tracking.mlflow_store import failures, opened
from foundry_exp.tracking.mlflow_types import Assessment, Client, TraceInfo, TracingClient
from foundry_exp.tracking.trace import Trace, trace_id

MAKE = "make them with: python -m foundry_exp annotate export RUN --to-mlflow"
MAX_INSTRUCTION = 1000
"""MLflow takes no more."""

Entity = TypeVar("Entity")


@dataclass(frozen=True, slots=True)
class Queued:
    """What is in MLflow of an export."""

    experiment: str
    queues: dict[str, int]
    """How many items each person's queue holds."""
    added: int


def push(location: Location, key: Key, items: Mapping[str, Item], rubric: Rubric, annotators: Sequence[str]) -> Queued:
    """Give each person a queue with what they were given and have not in it yet; nothing is changed that is there."""
    with opened(location, "review queues: not sent", "the export is whole, send it again.") as client:
        tracing = mlflow_internals.tracing_client(client.tracking_uri)
        name = experiment_name(key)
        experiment_id = _experiment_id(client, name, location)
        # MLflow asks the newest question first
        questions = [_question(tracing, experiment_id, criterion) for criterion in reversed(rubric.criteria)]
        queues, added = {}, 0
        for annotator in annotators:
            queue_id = _queue(tracing, experiment_id, annotator, questions)
            there = _attached(tracing, queue_id)
            mine = (items[item_id] for part in key.given[annotator] for item_id in part if item_id in items)
            new = [one for item in mine if (one := _trace(key, annotator, item)).trace_id not in there]
            traces.write(tracing, experiment_id, [(one, []) for one in new], {}, {}, no_limit)
            if new:
                tracing.store.add_items_to_review_queue(queue_id, item_ids=[one.trace_id for one in new])
            queues[annotator], added = len(there) + len(new), added + len(new)
    return Queued(name, queues, added)


def experiment_name(key: Key) -> str:
    """The export's own experiment, apart from the runs: its name tells the rubric and nothing else."""
    return f"annotation-{key.rubric.partition(':')[0]}-{blind_name(key.secret, 'experiment')}"


def _experiment_id(client: Client, name: str, location: Location) -> str:
    there = client.get_experiment_by_name(name)
    if there is not None:
        return there.experiment_id
    artifacts = location.artifacts.as_uri() if location.artifacts else None
    return client.create_experiment(name, artifacts, {"mlflow.experimentKind": "genai_development"})


def _question(tracing: TracingClient, experiment_id: str, criterion: Criterion) -> str:
    """The label schema of a criterion, points with a comment."""
    from mlflow.genai.label_schemas import InputNumeric

    there = _there(lambda: tracing.store.get_label_schema_by_name(experiment_id, criterion.name))
    anchors = "\n".join(f"{points}: {anchor}" for points, anchor in zip(POINTS, criterion.anchors, strict=True))
    made = there or tracing.store.create_label_schema(
        experiment_id,
        name=criterion.name,
        type="feedback",
        input=InputNumeric(min_value=POINTS[0], max_value=POINTS[-1]),
        instruction=cut(f"{criterion.question}\n{anchors}", MAX_INSTRUCTION),
        enable_comment=True,
    )
    return made.schema_id


def _queue(tracing: TracingClient, experiment_id: str, annotator: str, questions: Sequence[str]) -> str:
    there = _there(lambda: tracing.store.get_review_queue_by_name(experiment_id, name=annotator))
    made = there or tracing.store.create_review_queue(
        experiment_id, name=annotator, queue_type="custom", users=[annotator], schema_ids=list(questions)
    )
    return made.queue_id


def _there(get: Callable[[], Entity]) -> Entity | None:
    """What MLflow has, or null."""
    try:
        return get()
    except failures() as error:
        if getattr(error, "error_code", None) != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None


def _attached(tracing: TracingClient, queue_id: str) -> set[str]:
    attached: set[str] = set()
    token: str | None = None
    while True:
        page = tracing.store.list_review_queue_items(queue_id, page_token=token)
        attached |= {item.item_id for item in page}
        token = page.token
        if not token:
            return attached


def _trace(key: Key, annotator: str, item: Item) -> Trace:
    """A prompt and an answer without times, tokens or tags: each of them could give a model away.

    MLflow orders a queue by ids, which are made with the key's secret: everybody's order is their own.
    """
    now_ns = time.time_ns()
    # MLflow's page for reviews shows the prompt alone
    reference = f"\n\nReference answer: {item.reference}" if key.reference and item.reference else ""
    return Trace(
        name=item.item_id,
        identity=identity_of(key, annotator, item.item_id),
        inputs={"prompt": item.prompt + reference},
        outputs=item.answer,
        preview=item.prompt,
        start_ns=now_ns,
        end_ns=now_ns,
        attributes={},
    )


def identity_of(key: Key, annotator: str, item_id: str) -> tuple[str, ...]:
    """What the id of an item's trace is made from: without the key's secret nobody can tell."""
    return (key.secret, "review queue", annotator, item_id)


def no_limit() -> None:
    """A person waits for it, and no model does."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What one person gave in MLflow so far: lines as in schemas/annotation.schema.json."""

    annotator: str
    lines: tuple[Mapping[str, object], ...]
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
        traces_there = traces.search(
            mlflow_internals.tracing_client(client.tracking_uri), experiment.experiment_id, None, no_limit
        )
    return [_answered(key, annotator, traces_there) for annotator in key.given]


def _answered(key: Key, annotator: str, traces_there: Mapping[str, TraceInfo]) -> Answered:
    given = [item_id for part in key.given[annotator] for item_id in part]
    lines: list[Mapping[str, object]] = []
    people: set[str] = set()
    for item_id in given:
        info = traces_there.get(trace_id(identity_of(key, annotator, item_id)))
        latest = {one.name: one for one in _by_people(info, key)} if info else {}
        if latest:
            lines.append(_line(key, annotator, item_id, latest))
            people |= {one.source.source_id or "nobody" for one in latest.values()}
    return Answered(annotator, tuple(lines), tuple(sorted(people)))


def _by_people(info: TraceInfo, key: Key) -> Iterator[Assessment]:
    """What people answered to the rubric's questions, oldest first; not what they have written over since."""
    for one in sorted(info.assessments, key=lambda one: one.last_update_time_ms):
        is_answer = one.feedback is not None and one.source.source_type == "HUMAN" and one.valid is not False
        if is_answer and one.name in key.weights:
            yield one


def _line(key: Key, annotator: str, item_id: str, latest: Mapping[str, Assessment]) -> dict[str, object]:
    at_s = max(one.last_update_time_ms for one in latest.values()) / 1000
    said = [f"{name}: {text}" for name in key.weights if name in latest and (text := latest[name].rationale)]
    return {
        "item": item_id,
        "annotator": annotator,
        "scores": {name: _points(latest.get(name)) for name in key.weights},
        "comment": "\n".join(said),
        "scored_at": datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds"),
    }


def _points(given: Assessment | None) -> object:
    return given.feedback.value if given and given.feedback else None
