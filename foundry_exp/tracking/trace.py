"""One request of a run as an MLflow trace of one span."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foundry_exp.records.record import Message
from foundry_exp.results.requests import Request
from foundry_exp.tracking.mlflow_types import Assessment

MAX_PREVIEW = 1000
"""MLflow keeps no more, and pairs the traces of two runs by it."""
_NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Trace:
    """What MLflow is to show of one request."""

    name: str
    identity: tuple[str, ...]
    """What makes its id: a trace of the same is written over."""
    inputs: Mapping[str, object]
    outputs: str
    preview: str
    """Of the inputs; alike for every model that was asked the same, and for nothing else."""
    start_ns: int
    """Unix time, and so is `end_ns`."""
    end_ns: int
    attributes: Mapping[str, object]
    tokens: dict[str, int] | None = None
    error: tuple[str, str] | None = None
    """Class and message."""
    first_token_ns: int | None = None

    @property
    def trace_id(self) -> str:
        """What MLflow knows it by."""
        return trace_id(self.identity)


def trace_id(identity: Sequence[str]) -> str:
    """The id of the trace of what has this identity, and of nothing else."""
    parts = [hashlib.sha256(part.encode("utf-8", "surrogatepass")).digest() for part in identity]
    return f"tr-{hashlib.sha256(b''.join(parts)).hexdigest()[:32]}"


def of_request(
    request: Request, alike: int, messages: Sequence[Message], clock_zero_ns: int, identity: tuple[str, ...], model: str
) -> Trace:
    """A request by the wall clock; like every latency it counts from when the request was due."""
    facts: dict[str, object] = {
        "mlflow.llm.model": model,
        "foundry.ttft_ms": request.ttft_ms,
        "foundry.e2e_ms": request.e2e_ms,
        "foundry.tokens": request.tokens,
        "foundry.token_source": request.token_source,
        "foundry.finish_reason": request.finish_reason,
        "foundry.round": request.round,
        "foundry.answered_alike": alike,
        "foundry.output_hash": request.output_hash,
        "foundry.reasoning": request.reasoning or None,
    }
    return Trace(
        name=request.sample_id,
        identity=identity,
        inputs={"messages": [{"role": message.role, "content": message.content} for message in messages]},
        outputs=request.text,
        preview=f"{request.sample_id}: {messages[-1].content}",  # long prompts may begin alike
        start_ns=request.t_due_ns + clock_zero_ns,
        end_ns=request.t_end_ns + clock_zero_ns,
        attributes={name: value for name, value in facts.items() if value is not None},
        tokens=_tokens(request),
        error=(request.error.class_, request.error.message) if request.error else None,
        first_token_ns=None if request.t_first_ns is None else request.t_first_ns + clock_zero_ns,
    )


def _tokens(request: Request) -> dict[str, int] | None:
    """Only what the runtime counted itself."""
    if request.usage is None or request.token_source != "usage":
        return None
    asked, answered = request.usage.prompt_tokens, request.usage.completion_tokens
    return {"input_tokens": asked, "output_tokens": answered, "total_tokens": asked + answered}


def info_of(
    trace: Trace, experiment_id: str, tags: dict[str, str], metadata: dict[str, str], assessments: Sequence[Assessment]
) -> object:
    """What MLflow lists of it, with its feedback."""
    from mlflow.entities import TraceInfo, TraceLocation, TraceState

    usage = {"mlflow.trace.tokenUsage": json.dumps(trace.tokens)} if trace.tokens else {}
    return TraceInfo(
        trace_id=trace.trace_id,
        trace_location=TraceLocation.from_experiment_id(experiment_id),
        request_time=trace.start_ns // _NS_PER_MS,
        execution_duration=(trace.end_ns - trace.start_ns) // _NS_PER_MS,
        state=TraceState.ERROR if trace.error else TraceState.OK,
        request_preview=trace.preview[:MAX_PREVIEW],
        response_preview=(trace.outputs or (trace.error[1] if trace.error else ""))[:MAX_PREVIEW],
        trace_metadata={"mlflow.trace_schema.version": "3", **usage, **metadata},
        tags={"mlflow.traceName": trace.name, **tags},
        assessments=list(assessments),
    )


def span_of(trace: Trace) -> object:
    """Its one span, in the form that MLflow reads traces back from."""
    from mlflow.entities import Span

    hex_id = trace.trace_id.removeprefix("tr-")
    attributes: dict[str, object] = {
        "mlflow.traceRequestId": trace.trace_id,
        "mlflow.spanType": "CHAT_MODEL",
        "mlflow.spanInputs": trace.inputs,
        "mlflow.spanOutputs": trace.outputs,
        **({"mlflow.chat.tokenUsage": trace.tokens} if trace.tokens else {}),
        **trace.attributes,
    }
    return Span.from_dict({
        "trace_id": _base64(hex_id),
        "span_id": _base64(hex_id[:16]),
        "parent_span_id": None,
        "name": trace.name,
        "start_time_unix_nano": trace.start_ns,
        "end_time_unix_nano": trace.end_ns,
        "events": _events(trace),
        "status": {
            "code": "STATUS_CODE_ERROR" if trace.error else "STATUS_CODE_OK",
            "message": trace.error[1] if trace.error else "",
        },
        "attributes": {name: json.dumps(value, ensure_ascii=False) for name, value in attributes.items()},
    })  # fmt: skip


def _events(trace: Trace) -> list[dict[str, object]]:
    events: list[dict[str, object]] = []
    if trace.first_token_ns is not None:
        events.append({"name": "first token", "time_unix_nano": trace.first_token_ns})
    if trace.error:
        named = dict(zip(("exception.type", "exception.message"), trace.error, strict=True))
        events.append({"name": "exception", "time_unix_nano": trace.end_ns, "attributes": named})
    return events


def _base64(hex_digits: str) -> str:
    return base64.b64encode(bytes.fromhex(hex_digits)).decode()
