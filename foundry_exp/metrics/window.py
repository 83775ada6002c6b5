"""The measured window: the seconds that rates are over, and how much of each request lies in them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from foundry_exp.metrics.request import STOOD_STILL, Measured, answered_ns, due_ns, waited_ns

Span = tuple[int, int]
"""From and to, ns, by the clock of one attempt's records."""

_NS_PER_S = 1e9


@dataclass(frozen=True, slots=True)
class Window:
    """What rates are made over."""

    seconds: float
    shares: tuple[float, ...]
    """Of each request of the cell, the share of its time that is in the window."""


def window(cell: Sequence[Measured]) -> Window:
    """From the first start to the last content event, summed over attempts, without pauses and standstills.

    A request that is under way while another one waits for its retry, or while something stood still, counts with the
    rest of its time. A failed or empty request has no last content event; it ends the window when it was over, so that
    a trailing timeout costs throughput like one in the middle. Time between attempts is not measured time.
    """
    seconds, shares = 0.0, list[float]()
    for _, group in groupby(cell, key=lambda one: one.record.attempt):
        own = list(group)
        spans = [(due_ns(one.record), _over_ns(one)) for one in own]
        waits = [pause for one in own if (pause := waited_ns(one.record))]
        pauses = _union([*waits, *_still(own, spans)])
        whole = (min(start for start, _ in spans), max(end for _, end in spans))
        seconds += _left_ns(whole, pauses) / _NS_PER_S
        shares += [_left_ns(span, pauses) / (span[1] - span[0]) if span[1] > span[0] else 1.0 for span in spans]
    return Window(seconds, tuple(shares))


def _still(own: Sequence[Measured], spans: Sequence[Span]) -> Iterator[Span]:
    """The time of requests in which something stood still, and the time between two that follow each other."""
    still = [one.timing.void == STOOD_STILL for one in own]
    for place, span in enumerate(spans):
        if still[place]:
            yield span
            if still[place + 1 : place + 2] == [True]:
                yield span[0], spans[place + 1][1]


def _union(spans: Iterable[Span]) -> list[Span]:
    """The same time as spans that do not overlap, in order."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _left_ns(span: Span, left_out: Sequence[Span]) -> int:
    start, end = span
    return end - start - sum(max(0, min(end, to) - max(start, since)) for since, to in left_out)


def _over_ns(one: Measured) -> int:
    answered = answered_ns(one.record) if one.record.error is None else None
    return one.record.t_end_ns if answered is None else answered
