"""What every backend must do, whatever runs the model."""

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from foundry_exp.errors import BackendError
from foundry_exp.measure.one_request import PlannedRequest, ask
from foundry_exp.protocols import Backend, ChatRequest, ModelRequest
from foundry_exp.records.record import CONTENT_KINDS, Message, Record, Sample

PROMPT = Sample("p", (Message("user", "List 3 privacy benefits of local inference."),), "digest")


def request(*, streaming: bool = True, max_tokens: int = 24, sample: Sample = PROMPT) -> ChatRequest:
    return ChatRequest(
        messages=sample.messages, streaming=streaming, temperature=0.0, top_p=1.0, top_k=1, seed=0,
        max_tokens=max_tokens, first_token_timeout_s=60, idle_timeout_s=60, total_timeout_s=120,
    )  # fmt: skip


def asked(backend: Backend, **choices: object) -> Record:
    return ask(backend, PlannedRequest(PROMPT, 0, "measure"), request(**choices), 0)  # type: ignore[arg-type]


def model_request(alias: str, path: Path | None, log_dir: Path) -> ModelRequest:
    return ModelRequest(
        alias=alias, variant=None, path=path, accel="cpu", device="CPU", prefer=("generic-cpu",), log_dir=log_dir
    )


class BackendContract:
    """Inherited by a class of each backend's tests, which brings the fixture `backend`, loaded."""

    def test_a_stream_is_stamped_in_order_within_the_request(self, backend: Backend) -> None:
        before_ns = time.perf_counter_ns()
        record = asked(backend)
        assert record.error is None
        stamps = [before_ns, record.t_start_ns, *record.event_ns]
        assert stamps == sorted(stamps)
        assert record.event_kinds[-1] == "end"
        assert sum(kind in CONTENT_KINDS for kind in record.event_kinds) > 1
        assert record.text

    def test_usage_is_the_runtimes_own(self, backend: Backend) -> None:
        record = asked(backend)
        assert record.usage is not None
        assert record.token_source == "usage"
        assert 0 < record.usage.completion_tokens <= 24
        assert record.usage.prompt_tokens > 0

    def test_max_tokens_cuts_the_answer_and_says_so(self, backend: Backend) -> None:
        record = asked(backend, max_tokens=4)
        assert record.usage is not None
        assert (record.usage.completion_tokens, record.finish_reason) == (4, "length")

    def test_greedy_answers_are_byte_identical(self, backend: Backend) -> None:
        assert len({asked(backend).output_hash for _ in range(3)}) == 1

    def test_the_same_words_come_without_streaming(self, backend: Backend) -> None:
        whole = asked(backend, streaming=False)
        assert whole.error is None
        assert whole.text == asked(backend).text
        assert whole.event_kinds == ("text", "end")
        assert whole.usage is not None

    def test_one_prompt_does_not_grow_the_next_ones_context(self, backend: Backend) -> None:
        counts = {record.usage.prompt_tokens for record in (asked(backend) for _ in range(3)) if record.usage}
        assert len(counts) == 1

    def test_unloading_twice_is_harmless_and_a_second_load_works(
        self, backend: Backend, asked_for: ModelRequest
    ) -> None:
        backend.unload()
        backend.unload()
        assert backend.load(asked_for).variant
        assert asked(backend).error is None


def refused(backend: Backend, sample: Sample, max_tokens: int = 24) -> BackendError:
    with pytest.raises(BackendError) as caught:
        list(backend.stream(request(sample=sample, max_tokens=max_tokens), time.perf_counter_ns))
    return caught.value


VERDICT = {
    "type": "object",
    "properties": {
        "reason": {"type": "string", "minLength": 1, "maxLength": 60},
        "score": {"type": "integer", "minimum": 1, "maximum": 5},
    },
    "required": ["reason", "score"],
    "additionalProperties": False,
}


def held_to_a_schema(backend: Backend) -> dict[str, object]:
    """What a model answers that must answer with a verdict."""
    wished = replace(request(max_tokens=100), response_schema=VERDICT)
    answer: dict[str, object] = json.loads(ask(backend, PlannedRequest(PROMPT, 0, "measure"), wished, 0).text)
    return answer
