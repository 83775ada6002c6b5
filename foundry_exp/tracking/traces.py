"""The traces of a run in MLflow: one for each different answer, with its scores as feedback.

Written when nothing is timed any more. Their ids are made from what they are of, so that writing again changes traces
and adds none. They go straight to the store: MLflow's own exporter takes its address from the process, and logs what it
could not send instead of raising it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from foundry_exp.records.run_result import RunResult
from foundry_exp.records.score import Score
from foundry_exp.results.cell import FinishedCell
from foundry_exp.results.requests import Request
from foundry_exp.tracking import contents, feedback, mlflow_internals, trace
from foundry_exp.tracking.mlflow_types import Assessment, Client, TraceInfo, TracingClient
from foundry_exp.tracking.trace import Trace

AT_ONCE = 100
"""Traces in one transaction, or in one request to a server."""
_MOST_FOUND = 500
"""In one answer of a server."""
_NS_PER_S = 1_000_000_000


def are_owed(client: Client, run_id: str, *, wanted: bool) -> bool:
    """Whether the run's traces are not those of what it holds; a cell that had some once goes on to have them."""
    tags = client.get_run(run_id).data.tags
    return (wanted or contents.TRACES_TAG in tags) and tags.get(contents.TRACES_TAG) != tags[contents.DIGEST_TAG]


def log(client: Client, experiment_id: str, run_id: str, cell: FinishedCell, look: Callable[[], None]) -> None:
    """Write every trace of a run with its feedback, and remove those of what is there no more.

    `look` is called between two calls, and may raise.
    """
    tracing = mlflow_internals.tracing_client(client.tracking_uri)
    key = contents.run_key(cell.result)
    before = search(tracing, experiment_id, f"tags.`{contents.RUN_TAG}` = '{key}'", look)
    traces = _with_feedback(experiment_id, cell)
    tags, metadata = {contents.RUN_TAG: key}, {"mlflow.sourceRun": run_id}
    write(tracing, experiment_id, traces, tags, metadata, look)
    _remove_others(tracing, experiment_id, before, {one.trace_id: given for one, given in traces}, look)
    client.set_tag(run_id, contents.TRACES_TAG, client.get_run(run_id).data.tags[contents.DIGEST_TAG])


def write(
    tracing: TracingClient,
    experiment_id: str,
    traces: Sequence[tuple[Trace, Sequence[Assessment]]],
    tags: dict[str, str],
    metadata: dict[str, str],
    look: Callable[[], None],
) -> None:
    """Write traces with what is said of them; one that is there is written over, and keeps what others said of it."""
    for one, assessments in traces:
        look()
        tracing.start_trace(trace.info_of(one, experiment_id, tags, metadata, assessments))
    for begin in range(0, len(traces), AT_ONCE):
        look()
        tracing.log_spans(experiment_id, [trace.span_of(one) for one, _ in traces[begin : begin + AT_ONCE]])


def search(
    tracing: TracingClient, experiment_id: str, wanted: str | None, look: Callable[[], None]
) -> dict[str, TraceInfo]:
    """What MLflow lists of traces, by their ids."""
    traces: dict[str, TraceInfo] = {}
    token: str | None = None
    while True:
        look()
        page = tracing.search_traces(
            locations=[experiment_id],
            filter_string=wanted,
            max_results=_MOST_FOUND,
            page_token=token,
            include_spans=False,
        )
        traces |= {one.info.trace_id: one.info for one in page}
        token = page.token
        if not token:
            return traces


def _with_feedback(experiment_id: str, cell: FinishedCell) -> list[tuple[Trace, list[Assessment]]]:
    result = cell.result
    if result.status == "device_mismatch":
        return []  # its times are of something else than what was asked for
    zeros = clock_zeros(result, (*cell.warmup, *cell.measured))
    asked = {sample.sample_id: sample.messages for sample in cell.samples}
    standings = {name: scored.standing for name, scored in result.scores.items()}
    traces: list[tuple[Trace, list[Assessment]]] = []
    for request, alike in different(cell.measured):
        if request.sample_id not in asked:
            continue
        error = request.error.class_ if request.error else ""
        identity = (experiment_id, contents.run_key(result), request.sample_id, request.output_hash, error)
        messages = asked[request.sample_id]
        one = trace.of_request(request, alike, messages, zeros[request.attempt], identity, result.model.alias)
        own = [] if request.error else [score for score in cell.scores if _answer(score) == _answer(request)]
        traces.append((one, [feedback.of_score(score, one.trace_id, standings) for score in own]))
    return traces


def _answer(one: Request | Score) -> tuple[str, str]:
    return one.sample_id, one.output_hash


def different(measured: Sequence[Request]) -> list[tuple[Request, int]]:
    """The first measured request with each answer, or each kind of failure, of a prompt; and how many there were.

    MLflow pairs two runs by what was asked, and takes the first where a run asked it several times.
    """
    alike: dict[tuple[str, str, str | None], list[Request]] = {}
    for request in sorted(measured, key=lambda request: request.round):
        alike.setdefault((*_answer(request), request.error.class_ if request.error else None), []).append(request)
    return [(same[0], len(same)) for same in alike.values()]


def clock_zeros(result: RunResult, requests: Sequence[Request]) -> Mapping[int, int]:
    """Of each attempt, the Unix time at which its records' clock stood at zero.

    An older run folder does not know it: there its first request is taken to have begun when the attempt did, which is
    too early by the time that the model took to load.
    """
    known = {one.attempt: one for one in result.attempts}
    first: dict[int, int] = {}
    for request in requests:
        first[request.attempt] = min(request.t_start_ns, first.get(request.attempt, request.t_start_ns))
    zeros = {}
    for attempt, first_ns in first.items():
        facts = known.get(attempt)
        begun = datetime.fromisoformat(facts.started_at if facts else result.started_at).timestamp()
        exact = facts.clock_zero_ns if facts else None
        zeros[attempt] = round(begun * _NS_PER_S) - first_ns if exact is None else exact
    return zeros


def _remove_others(
    tracing: TracingClient,
    experiment_id: str,
    before: Mapping[str, TraceInfo],
    now: Mapping[str, Sequence[Assessment]],
    look: Callable[[], None],
) -> None:
    """Remove traces of answers that are gone and feedback of scores that no longer count; what people gave stays."""
    gone = [trace_id for trace_id in before if trace_id not in now]
    for begin in range(0, len(gone), AT_ONCE):
        look()
        tracing.delete_traces(experiment_id, trace_ids=gone[begin : begin + AT_ONCE])
    for trace_id, given in now.items():
        kept = {one.assessment_id for one in given}
        for old in before[trace_id].assessments if trace_id in before else ():
            if feedback.SCORER in (old.metadata or {}) and old.assessment_id not in kept:
                look()
                tracing.delete_assessment(trace_id, old.assessment_id)
