"""Records made with a clock of our own, so every number is exact."""

from collections.abc import Iterator

from foundry_exp.errors import BackendError
from foundry_exp.measure.one_request import PlannedRequest, ask
from foundry_exp.protocols import ChatRequest, Clock, Event, LoadedModel, ModelRequest
from foundry_exp.records.record import Message, Sample, Usage

SAMPLE = Sample("s", (Message("user", "hello"),), "digest")
REQUEST = ChatRequest(
    messages=SAMPLE.messages, streaming=True, temperature=0.0, top_p=1.0, top_k=1, seed=0, max_tokens=9,
    first_token_timeout_s=1, idle_timeout_s=1, total_timeout_s=1,
)  # fmt: skip


def ticking() -> Clock:
    """A clock that says 0, 10, 20 …"""
    now = iter(range(0, 10_000, 10))
    return lambda: next(now)


class ProbeResult:
    """Yields what it was given."""

    def __init__(self, *events: Event, error: BackendError | None = None) -> None:
        self._events = events
        self._error = error

    def load(self, model: ModelRequest) -> LoadedModel:
        return LoadedModel(variant=None)

    def stream(self, request: ChatRequest, clock: Clock) -> Iterator[Event]:
        yield from self._events
        if self._error:
            raise self._error

    def unload(self) -> None: ...


def test_events_without_a_stamp_are_stamped_on_receipt() -> None:
    backend = ProbeResult(Event("role"), Event("text", "a"), Event("text", "b"), Event("end", usage=Usage(5, 2)))
    record = ask(backend, PlannedRequest(SAMPLE, 1, "measure"), REQUEST, 0, clock=ticking())
    assert record.t_start_ns == 0
    assert record.event_ns == (10, 20, 30, 40)
    assert record.event_kinds == ("role", "text", "text", "end")
    assert (record.text, record.usage, record.token_source) == ("ab", Usage(5, 2), "usage")


def test_stamps_of_the_backend_win() -> None:
    backend = ProbeResult(Event("text", "a", t_ns=7, request_start_ns=3), Event("end", t_ns=9))
    record = ask(backend, PlannedRequest(SAMPLE, 0, "measure"), REQUEST, 0, clock=ticking())
    assert (record.t_start_ns, record.event_ns, record.t_end_ns) == (3, (7, 9), 9)


def test_a_request_that_fails_half_way_keeps_what_it_had() -> None:
    backend = ProbeResult(Event("text", "half", t_ns=7), error=BackendError("reset", "the line went dead"))
    record = ask(backend, PlannedRequest(SAMPLE, 0, "measure"), REQUEST, 2, clock=ticking())
    assert record.error is not None
    assert (record.error.class_, record.error.message) == ("reset", "the line went dead")
    assert (record.text, record.attempt, record.usage, record.token_source) == ("half", 2, None, "events")


def test_reasoning_is_kept_apart_from_the_answer_and_both_make_the_hash() -> None:
    def record_of(reasoning: str, text: str) -> str:
        backend = ProbeResult(Event("reasoning", reasoning), Event("text", text), Event("end"))
        record = ask(backend, PlannedRequest(SAMPLE, 0, "measure"), REQUEST, 0, clock=ticking())
        assert (record.reasoning, record.text) == (reasoning, text)
        return record.output_hash

    assert record_of("so", "yes") == record_of("so", "yes")
    assert len({record_of("so", "yes"), record_of("soy", "es"), record_of("", "soyes")}) == 3
