"""The scripted backend keeps the contract, and its times are exact."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundry_exp.metrics.request import request_metrics
from foundry_exp.protocols import Backend, ModelRequest
from foundry_exp.runtime.backends.scripted import ScriptedBackend
from tests.runtime.backends.contract import BackendContract, asked, model_request

MS = 1_000_000


def scripted(*, fault: str | None = None, tokens_per_event: int = 1, realtime: bool = False) -> ScriptedBackend:
    return ScriptedBackend(
        answer=" ".join(f"word{number}" for number in range(24)), ttft_ms=100.0, gap_ms=10.0,
        tokens_per_event=tokens_per_event, load_ms=0.0, realtime=realtime, fault=fault, fault_every=1,
    )  # fmt: skip


class TestScriptedContract(BackendContract):
    @pytest.fixture
    def asked_for(self, tmp_path: Path) -> ModelRequest:
        return model_request("scripted", None, tmp_path)

    @pytest.fixture
    def backend(self, asked_for: ModelRequest) -> Iterator[Backend]:
        backend = scripted()
        backend.load(asked_for)
        yield backend
        backend.unload()


def test_stamps_are_the_scripted_ones() -> None:
    record = asked(scripted())
    assert [stamp - record.t_start_ns for stamp in record.event_ns[:3]] == [100 * MS, 110 * MS, 120 * MS]


def test_several_tokens_an_event_do_not_change_the_rate() -> None:
    one, four = (request_metrics(asked(scripted(tokens_per_event=size))) for size in (1, 4))
    assert one.decode_tok_per_s == pytest.approx(100.0)
    assert four.tokens_per_event == pytest.approx(4.0)
    assert four.decode_tok_per_s == pytest.approx(400.0)


def test_without_streaming_the_answer_takes_as_long_but_has_no_first_token() -> None:
    whole = request_metrics(asked(scripted(), streaming=False))
    assert whole.ttft_ms is None
    assert whole.e2e_ms == pytest.approx(330.0)


def test_real_time_is_waited_for() -> None:
    start_ns = time.perf_counter_ns()
    record = asked(scripted(realtime=True))
    assert time.perf_counter_ns() - start_ns >= 330 * MS
    assert record.event_ns[-1] <= time.perf_counter_ns()


@pytest.mark.parametrize("fault", ["connect", "timeout_idle", "stream_error"])
def test_a_scripted_fault_is_a_record_with_its_class(fault: str) -> None:
    record = asked(scripted(fault=fault))
    assert record.error is not None
    assert record.error.class_ == fault


def test_an_empty_answer_is_no_error() -> None:
    record = asked(scripted(fault="empty"))
    assert (record.error, record.text) == (None, "")
