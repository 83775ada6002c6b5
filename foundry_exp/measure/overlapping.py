"""Requests that overlap, on threads: so many at once, or each when it is due."""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice

from foundry_exp.measure.arrivals import Ask, Requests, Shape
from foundry_exp.protocols import Clock
from foundry_exp.records.record import Record

Asked = Future[Record | None]

MOST_UNDER_WAY = 64
"""Of a schedule: beyond this, requests wait for a free thread, which shows as `schedule_delay_ms`."""
LOOK_UP_EVERY_S = 0.2
_NS_PER_S = 1_000_000_000


def drive(requests: Requests, shape: Shape, ask: Ask, clock: Clock, stopped: Callable[[], bool]) -> Iterator[Record]:
    """Make all requests, on a schedule or so many at once, and hand each record over as it is done."""
    if shape.rate_per_s is not None:
        yield from _scheduled(requests, shape, ask, clock, stopped)
    else:
        yield from _at_once(requests, shape.concurrency, ask, stopped)


def _at_once(requests: Requests, concurrency: int, ask: Ask, stopped: Callable[[], bool]) -> Iterator[Record]:
    """Keep so many requests under way until none is left."""
    left = iter(requests)
    with ThreadPoolExecutor(concurrency) as pool:
        under_way = {pool.submit(ask, planned, None) for planned in islice(left, concurrency)}
        while under_way:
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for _ in done:
                planned = None if stopped() else next(left, None)
                if planned is not None:
                    under_way.add(pool.submit(ask, planned, None))
            yield from _answered(done)


def _scheduled(
    requests: Requests, shape: Shape, ask: Ask, clock: Clock, stopped: Callable[[], bool]
) -> Iterator[Record]:
    """Start each request when it is due, whatever is still under way; one that starts late counts from its time."""
    start_ns = clock()
    under_way: set[Asked] = set()
    with ThreadPoolExecutor(MOST_UNDER_WAY) as pool:
        try:
            for planned, after_s in zip(requests, due_after_s(shape, len(requests)), strict=True):
                due_ns = start_ns + round(after_s * _NS_PER_S)
                while not stopped() and (pause_s := (due_ns - clock()) / _NS_PER_S) > 0:
                    done, under_way = _rest(under_way, min(pause_s, LOOK_UP_EVERY_S))
                    yield from _answered(done)
                if stopped():
                    break
                under_way.add(pool.submit(ask, planned, due_ns))
            yield from _drained(under_way, stopped)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # whoever takes the records may have given up


def _drained(under_way: set[Asked], stopped: Callable[[], bool]) -> Iterator[Record]:
    """Each record as its request ends; after a stop, requests that still wait for a thread are not made."""
    while under_way:
        if stopped():
            under_way = {future for future in under_way if not future.cancel()}
        done, under_way = wait(under_way, timeout=LOOK_UP_EVERY_S, return_when=FIRST_COMPLETED)
        yield from _answered(done)


def _answered(ended: Iterable[Asked]) -> Iterator[Record]:
    return (record for future in ended if (record := future.result()) is not None)


def _rest(under_way: set[Asked], pause_s: float) -> tuple[set[Asked], set[Asked]]:
    """Wait for the pause to pass or a request to end: those that ended, and those that did not."""
    if not under_way:
        time.sleep(pause_s)
        return set(), set()
    ended = wait(under_way, timeout=pause_s, return_when=FIRST_COMPLETED)
    return ended.done, ended.not_done


def due_after_s(shape: Shape, count: int) -> list[float]:
    """When each request is due, in seconds from the first: evenly, or with exponential gaps drawn from the seed."""
    assert shape.rate_per_s is not None
    if shape.arrivals == "constant":
        return [number / shape.rate_per_s for number in range(count)]
    gaps = random.Random(shape.seed)
    due_s, times_s = 0.0, []
    for _ in range(count):
        times_s.append(due_s)
        due_s += gaps.expovariate(shape.rate_per_s)
    return times_s
