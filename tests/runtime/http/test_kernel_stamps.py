"""Arrival times by the kernel: used where there are some, never outside their request, and given up when in doubt."""

import itertools
import platform
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from foundry_exp.measure.one_request import clock
from foundry_exp.records.record import Record
from foundry_exp.runtime.http.address import parse
from foundry_exp.runtime.http.client import ChatClient
from foundry_exp.runtime.http.request_trace import Limits, RequestTrace
from foundry_exp.runtime.http.transport import SocketOptions
from tests.runtime.http.asking import ask_client
from tests.timed_server.service import TimedServer

MS = 1_000_000
WALL_NS = 1_800_000_000_000_000_000
HAS_STAMPS = sys.platform == "linux" and platform.machine() in ("x86_64", "aarch64")
needs_stamps = pytest.mark.skipif(not HAS_STAMPS, reason="SO_TIMESTAMPNS is Linux's")

MakeClient = Callable[[bool], ChatClient]


@pytest.fixture
def client_of(server: TimedServer) -> Iterator[MakeClient]:
    made: list[ChatClient] = []

    def make(kernel: bool) -> ChatClient:
        options = SocketOptions(kernel_stamps=kernel)
        made.append(ChatClient(parse(server.base_url), "", 5.0, clock=clock, options=options))
        return made[-1]

    yield make
    for client in made:
        client.close()


def seen(record: Record) -> tuple[object, ...]:
    return record.event_kinds, record.text, record.reasoning, record.usage, record.finish_reason, record.error


@pytest.mark.real
@needs_stamps
@pytest.mark.parametrize("streaming", [True, False])
def test_the_kernel_stamps_plain_http_on_linux(client_of: MakeClient, streaming: bool) -> None:
    client = client_of(True)
    records = [ask_client(client, "steady", streaming=streaming) for _ in range(3)]
    assert client.stamped_by == {"kernel": 3}
    for record in records:
        stamps = [record.t_start_ns, *record.event_ns, time.perf_counter_ns()]
        assert all(before <= after for before, after in pairwise(stamps))


@pytest.mark.real
@pytest.mark.parametrize("model", ["steady", "coalesced-counted", "reasoning", "slow-prefill", "cut"])
def test_without_the_kernel_the_events_are_the_same(client_of: MakeClient, model: str) -> None:
    ours, plain = client_of(True), client_of(False)
    with_kernel, without = ask_client(ours, model), ask_client(plain, model)
    assert plain.stamped_by == {"clock": 1}
    assert seen(with_kernel) == seen(without)


@pytest.mark.real
@needs_stamps
def test_an_event_is_never_stamped_before_the_server_sent_it(client_of: MakeClient, server: TimedServer) -> None:
    server.truths()
    record = ask_client(client_of(True), "steady", "stamped")
    sent_ns = server.truths()["stamped"].sent_ns
    content_ns = [t_ns for t_ns, kind in zip(record.event_ns, record.event_kinds, strict=True) if kind == "text"]
    # one offset for the whole request, good to a microsecond or so
    assert all(sent - MS // 10 <= arrived for sent, arrived in zip(sent_ns, content_ns, strict=True))


@pytest.mark.real
@needs_stamps
def test_falling_back_is_said(
    client_of: MakeClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    true_ns, steps = time.time_ns, itertools.count()
    monkeypatch.setattr(time, "time_ns", lambda: true_ns() + next(steps) * 10 * MS)
    client = client_of(True)
    record = ask_client(client, "steady")
    assert record.error is None
    assert client.stamped_by == {"clock, kernel doubted": 1}
    assert "the wall clock moved within a request" in caplog.text


class Clocks:
    """Two clocks that the test moves, as a trace and the module see them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_ns = 0
        self.wall_step_ns = 0
        monkeypatch.setattr(time, "time_ns", self.wall_ns)
        self.trace = RequestTrace(lambda: self.now_ns, Limits(100, 10_000))
        self.trace.write(kernel=True)

    def wall_ns(self) -> int:
        return WALL_NS + self.now_ns + self.wall_step_ns

    def piece(self, arrived_ms: float, read_ms: float) -> None:
        """Bytes that arrived at one time and were read at another."""
        arrived_ns = WALL_NS + round(arrived_ms * MS) + self.wall_step_ns
        self.now_ns = round(read_ms * MS)
        self.trace.read(1, arrived_ns)
        self.trace.keep(b"x")

    def settled_ms(self) -> list[float]:
        self.trace.settle()
        return [t_ns / MS for t_ns, _ in self.trace.pieces]


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


def test_a_late_read_has_the_time_of_the_arrival(clocks: Clocks) -> None:
    clocks.piece(10, 14)
    clocks.piece(20, 20.1)
    assert clocks.settled_ms() == [10, 20]
    assert clocks.trace.stamped_by == "kernel"


def test_an_arrival_stays_between_the_write_and_the_read_and_in_order(clocks: Clocks) -> None:
    clocks.piece(-0.2, 1)
    clocks.piece(5.5, 5)
    clocks.piece(4.9, 6)
    assert clocks.settled_ms() == [0, 5, 5]


@pytest.mark.parametrize("step_ms", [-3_600_000, -2, 2, 3_600_000])
def test_a_wall_clock_that_is_set_within_a_request_leaves_the_times_of_the_reads(clocks: Clocks, step_ms: int) -> None:
    clocks.piece(10, 14)
    clocks.wall_step_ns = step_ms * MS
    clocks.piece(20, 24)
    assert clocks.settled_ms() == [14, 24]
    assert clocks.trace.stamped_by == "clock, kernel doubted"


def test_a_wall_clock_that_is_set_and_set_back_is_found_out_too(clocks: Clocks) -> None:
    clocks.wall_step_ns = 50 * MS
    clocks.piece(10, 14)
    clocks.wall_step_ns = 0
    assert clocks.settled_ms() == [14]
    assert clocks.trace.stamped_by == "clock, kernel doubted"


def test_one_read_without_a_stamp_leaves_all_to_the_clock(clocks: Clocks) -> None:
    clocks.piece(10, 14)
    clocks.now_ns = 24 * MS
    clocks.trace.read(1, None)
    clocks.trace.keep(b"x")
    assert clocks.settled_ms() == [14, 24]


def test_the_next_request_compares_the_clocks_anew(clocks: Clocks) -> None:
    clocks.wall_step_ns = 3_600_000 * MS
    clocks.trace.write(kernel=True)
    clocks.piece(10, 14)
    assert clocks.settled_ms() == [10]


def test_a_socket_without_the_kernels_times_says_clock(clocks: Clocks) -> None:
    clocks.trace.write(kernel=True)
    clocks.now_ns = 14 * MS
    clocks.trace.read(1, None)
    clocks.trace.keep(b"x")
    assert clocks.settled_ms() == [14]
    assert clocks.trace.stamped_by == "clock"
