"""Arrivals: every request exactly once, no more at a time than asked, and on time."""

import random
import threading
import time
from dataclasses import replace

import pytest

from foundry_exp.measure import overlapping
from foundry_exp.measure.arrivals import Shape, drive, is_steady, measured_requests, warm_up
from foundry_exp.measure.one_request import PlannedRequest, Retries, ask_patiently
from foundry_exp.measure.overlapping import due_after_s
from foundry_exp.metrics.request import request_metrics, waited_ns
from foundry_exp.records.record import Record, Sample
from tests.record_factory import make_record

SAMPLES = [Sample(f"s{number}", (), "") for number in range(5)]
PLANNED = list(measured_requests(SAMPLES, rounds=4, seed=1))


def shape(concurrency: int = 1, rate_per_s: float | None = None, seed: int = 0) -> Shape:
    return Shape(concurrency, rate_per_s, "poisson" if seed else "constant", seed)


def test_every_prompt_comes_once_a_round_in_an_order_that_the_seed_fixes() -> None:
    planned = list(measured_requests(SAMPLES, rounds=3, seed=5))
    rounds = [[one.sample.sample_id for one in planned if one.round == number] for number in range(3)]
    assert all(sorted(names) == sorted(sample.sample_id for sample in SAMPLES) for names in rounds)
    assert len({tuple(names) for names in rounds}) > 1, "rounds repeat one order, so drift would hit one prompt"
    random.seed(99)
    assert planned == list(measured_requests(SAMPLES, rounds=3, seed=5))


class Server:
    """Answers after a while, and knows how many requests were under way at once."""

    def __init__(self, takes_s: float = 0.002) -> None:
        self.asked: list[tuple[str, int]] = []
        self.due_ns: list[int | None] = []
        self.most = 0
        self._under_way = 0
        self._lock = threading.Lock()
        self._takes_s = takes_s

    def ask(self, planned: PlannedRequest, due_ns: int | None) -> Record:
        with self._lock:
            self.asked.append((planned.sample.sample_id, planned.round))
            self.due_ns.append(due_ns)
            self._under_way += 1
            self.most = max(self.most, self._under_way)
        time.sleep(self._takes_s)
        with self._lock:
            self._under_way -= 1
        return make_record(planned.sample.sample_id, [10.0], round_=planned.round)


def never() -> bool:
    return False


@pytest.mark.parametrize("concurrency", [1, 2, 3, 7, 20, 50])
def test_every_turn_is_asked_exactly_once(concurrency: int) -> None:
    server = Server()
    records = list(drive(PLANNED, shape(concurrency), server.ask, time.perf_counter_ns, never))
    wanted = sorted((planned.sample.sample_id, planned.round) for planned in PLANNED)
    assert sorted(server.asked) == wanted
    assert sorted((record.sample_id, record.round) for record in records) == wanted


@pytest.mark.parametrize("concurrency", [1, 3])
def test_no_more_are_under_way_than_asked_for(concurrency: int) -> None:
    server = Server(takes_s=0.01)
    list(drive(PLANNED, shape(concurrency), server.ask, time.perf_counter_ns, never))
    assert server.most == concurrency


def test_a_schedule_is_kept_whatever_is_still_under_way() -> None:
    server = Server(takes_s=0.2)
    start_ns = time.perf_counter_ns()
    records = list(drive(PLANNED, shape(rate_per_s=100), server.ask, time.perf_counter_ns, never))
    assert len(records) == len(PLANNED)
    assert server.most > 1, "a request waited for the one before"
    due = [due_ns for due_ns in server.due_ns if due_ns is not None]
    assert sorted(due)[0] >= start_ns
    assert {after - before for before, after in zip(sorted(due), sorted(due)[1:], strict=False)} == {10_000_000}


def test_poisson_arrivals_come_from_the_seed_and_keep_the_mean_rate() -> None:
    times_s = due_after_s(shape(rate_per_s=10, seed=3), 4000)
    assert times_s == due_after_s(shape(rate_per_s=10, seed=3), 4000)
    assert times_s != due_after_s(shape(rate_per_s=10, seed=4), 4000)
    assert times_s[-1] / 4000 == pytest.approx(0.1, rel=0.05)


@pytest.mark.parametrize("asked", [shape(), shape(4), shape(rate_per_s=500)])
def test_stopping_starts_no_further_request_and_keeps_those_under_way(asked: Shape) -> None:
    server = Server()
    records = list(drive(PLANNED, asked, server.ask, time.perf_counter_ns, lambda: len(server.asked) >= 6))
    assert 6 <= len(server.asked) < len(PLANNED)
    assert len(records) == len(server.asked)


class OneAtATime(Server):
    """Answers one request, and each further one only when told to: who waits for them all waits for ever."""

    def __init__(self) -> None:
        super().__init__(takes_s=0.0)
        self.further = threading.Semaphore(0)

    def ask(self, planned: PlannedRequest, due_ns: int | None) -> Record:
        if self.asked:
            assert self.further.acquire(timeout=20), "nothing was handed over while others waited for a thread"
        return super().ask(planned, due_ns)


@pytest.fixture
def overloaded(monkeypatch: pytest.MonkeyPatch) -> Shape:
    """A schedule that has all requests due at once, and one thread for them."""
    monkeypatch.setattr(overlapping, "MOST_UNDER_WAY", 1)
    return shape(rate_per_s=100_000)


def test_an_overloaded_schedule_hands_each_record_over_as_its_request_ends(overloaded: Shape) -> None:
    server = OneAtATime()
    records = drive(PLANNED, overloaded, server.ask, time.perf_counter_ns, never)
    first = next(records)
    assert [(first.sample_id, first.round)] == server.asked
    server.further.release(len(PLANNED))
    assert len({(record.sample_id, record.round) for record in records}) == len(PLANNED) - 1


def test_stopping_an_overloaded_schedule_leaves_out_what_still_waits_for_a_thread(overloaded: Shape) -> None:
    server = OneAtATime()
    ended: list[Record] = []

    def stopped() -> bool:
        if ended:
            server.further.release()  # for the one that is under way
        return bool(ended)

    for record in drive(PLANNED, overloaded, server.ask, time.perf_counter_ns, stopped):
        ended.append(record)
    assert len(ended) == len(server.asked) < len(PLANNED)


def test_whoever_gives_up_on_a_schedule_does_not_wait_for_all_of_it(overloaded: Shape) -> None:
    server = OneAtATime()
    records = drive(PLANNED, overloaded, server.ask, time.perf_counter_ns, never)
    next(records)
    threading.Timer(0.1, server.further.release).start()  # for the one that is under way
    records.close()  # type: ignore[attr-defined]  # drive is a generator
    assert len(server.asked) < len(PLANNED)


def paced(tpot_ms: float) -> Record:
    return make_record("s", [10.0, 10.0 + tpot_ms, 10.0 + 2 * tpot_ms])


def test_warm_up_ends_when_the_time_per_token_is_steady() -> None:
    paces = iter([30.0, 20.0, 10.5, 10.0, 10.2, 10.1])
    done = list(warm_up(SAMPLES, least=1, most=20, ask=lambda *_: paced(next(paces)), stopped=never))
    assert len(done) == 5
    assert is_steady(done)


def test_warm_up_has_a_least_and_a_most() -> None:
    assert len(list(warm_up(SAMPLES, least=6, most=9, ask=lambda *_: paced(10.0), stopped=never))) == 6
    wild = iter(float(pace) for pace in range(10, 1000, 10))
    assert len(list(warm_up(SAMPLES, least=2, most=9, ask=lambda *_: paced(next(wild)), stopped=never))) == 9
    assert not list(warm_up(SAMPLES, least=0, most=9, ask=lambda *_: paced(10.0), stopped=never))


def refusals(*classes: str | None) -> list[Record]:
    """One record a try, a little later each; null is an answer."""
    return [
        make_record("s", [10.0], start_ms=1000.0 * number, error=name, text="" if name else "an answer")
        for number, name in enumerate(classes)
    ]


def patiently(tries: list[Record], limit: int) -> tuple[Record, list[float]]:
    pauses: list[float] = []
    left = iter(tries)

    def pause(pause_s: float) -> bool:
        pauses.append(pause_s)
        return False

    record = ask_patiently(lambda: next(left), Retries(limit, 0.5, 60.0, pause))
    assert record is not None
    return record, pauses


def test_a_refused_request_is_tried_again_and_its_latency_is_of_the_last_try() -> None:
    tries = refusals("connect", "http_503", None)
    record, pauses = patiently(tries, limit=5)
    assert (record.error, record.retries, pauses) == (None, 2, [0.5, 1.0])
    assert request_metrics(record).ttft_ms == 10.0
    assert waited_ns(record) == (tries[0].t_start_ns, tries[2].t_start_ns)


@pytest.mark.parametrize(("wanted_s", "retries"), [(5.0, 1), (60.0, 1), (3600.0, 0)])
def test_a_server_that_wants_more_patience_than_an_answer_may_take_is_not_asked_again(
    wanted_s: float, retries: int
) -> None:
    refused, answered = refusals("rate_limited", None)
    assert refused.error is not None
    refused = replace(refused, error=replace(refused.error, retry_after_s=wanted_s))
    record, pauses = patiently([refused, answered], limit=3)
    assert (record.retries, pauses) == (retries, [wanted_s] * retries)


def test_retries_have_a_limit() -> None:
    record, pauses = patiently(refusals("connect", "connect", "connect"), limit=2)
    assert record.error is not None
    assert (record.retries, len(pauses)) == (2, 2)


def test_a_request_whose_pause_a_stop_ends_is_not_answered() -> None:
    left, told = iter(refusals("connect", "http_503", None)), iter([False, True])
    assert ask_patiently(lambda: next(left), Retries(9, 0.5, 60.0, lambda _: next(told))) is None


@pytest.mark.parametrize("error_class", ["timeout_idle", "stream_error", "http_500", "reset", "malformed_event"])
def test_a_request_that_was_worked_on_is_never_tried_again(error_class: str) -> None:
    record, pauses = patiently(refusals(error_class, None), limit=5)
    assert record.error is not None
    assert (record.retries, pauses) == (0, [])
