"""What this room uses of MLflow, whose own types mypy does not read; what each does, MLflow's pages say."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

Entry_co = TypeVar("Entry_co", covariant=True)


class Page(Protocol[Entry_co]):
    token: str | None

    def __iter__(self) -> Iterator[Entry_co]: ...


class RunInfo(Protocol):
    run_id: str
    status: str


class RunData(Protocol):
    tags: dict[str, str]


class Run(Protocol):
    info: RunInfo
    data: RunData


class Experiment(Protocol):
    experiment_id: str
    lifecycle_stage: str
    artifact_location: str


class Client(Protocol):
    """`mlflow.MlflowClient`."""

    tracking_uri: str

    def get_experiment_by_name(self, name: str, /) -> Experiment | None: ...
    def create_experiment(
        self, name: str, artifacts: str | None = None, tags: Mapping[str, str] | None = None, /
    ) -> str: ...
    def set_experiment_tag(self, experiment_id: str, key: str, value: str, /) -> None: ...
    def search_experiments(self) -> Sequence[Experiment]: ...
    def search_runs(self, experiment_ids: Sequence[str], wanted: str, /) -> Sequence[Run]: ...
    def get_run(self, run_id: str, /) -> Run: ...
    def create_run(self, experiment_id: str, start_ms: int, tags: Mapping[str, str], name: str, /) -> Run: ...
    def delete_run(self, run_id: str, /) -> None: ...
    def set_terminated(self, run_id: str, status: str, end_ms: int | None = None, /) -> None: ...
    def set_tag(self, run_id: str, key: str, value: str, /) -> None: ...
    def delete_tag(self, run_id: str, key: str, /) -> None: ...
    def log_batch(self, run_id: str, metrics: Sequence[object], params: Sequence[object], /) -> object: ...
    def log_inputs(self, run_id: str, datasets: Sequence[object], /) -> None: ...
    def log_dict(self, run_id: str, content: Mapping[str, object], name: str, /) -> None: ...
    def log_artifact(self, run_id: str, path: str, folder: str | None, /) -> None: ...
    def log_artifacts(self, run_id: str, path: str, folder: str | None, /) -> None: ...
    def download_artifacts(self, run_id: str, path: str, to: str, /) -> str: ...


class Source(Protocol):
    source_type: str
    source_id: str | None


class Feedback(Protocol):
    value: object


class Assessment(Protocol):
    assessment_id: str
    name: str
    source: Source
    feedback: Feedback | None
    rationale: str | None
    metadata: Mapping[str, str] | None
    last_update_time_ms: int
    valid: bool | None


class TraceInfo(Protocol):
    trace_id: str
    assessments: Sequence[Assessment]


class ListedTrace(Protocol):
    info: TraceInfo


class QueueItem(Protocol):
    item_id: str


class LabelSchema(Protocol):
    schema_id: str


class ReviewQueue(Protocol):
    queue_id: str


class QueueStore(Protocol):
    """A database, or a server."""

    def get_label_schema_by_name(self, experiment_id: str, name: str, /) -> LabelSchema: ...
    def create_label_schema(
        self, experiment_id: str, /, *, name: str, type: str, input: object, instruction: str, enable_comment: bool
    ) -> LabelSchema: ...
    def get_review_queue_by_name(self, experiment_id: str, /, *, name: str) -> ReviewQueue: ...
    def create_review_queue(
        self, experiment_id: str, /, *, name: str, queue_type: str, users: list[str], schema_ids: list[str]
    ) -> ReviewQueue: ...
    def add_items_to_review_queue(self, queue_id: str, /, *, item_ids: list[str]) -> object: ...
    def list_review_queue_items(self, queue_id: str, /, *, page_token: str | None) -> Page[QueueItem]: ...


class TracingClient(Protocol):
    """`mlflow.tracing.client.TracingClient`."""

    store: QueueStore

    def start_trace(self, info: object, /) -> object: ...
    def log_spans(self, experiment_id: str, spans: list[object], /) -> object: ...
    def search_traces(
        self, *, locations: list[str], filter_string: str | None, max_results: int, page_token: str | None,
        include_spans: bool,
    ) -> Page[ListedTrace]: ...  # fmt: skip
    def delete_traces(self, experiment_id: str, /, *, trace_ids: list[str]) -> object: ...
    def delete_assessment(self, trace_id: str, assessment_id: str, /) -> object: ...
