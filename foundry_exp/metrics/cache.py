"""Requests answered from a warm prompt cache, told from cold ones: their ttft is not the same metric."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from foundry_exp.metrics.rates import by_prompt
from foundry_exp.metrics.request import Measured
from foundry_exp.metrics.values import Value, distribution, no_value

COLLAPSE = 0.5
"""A repeat's ttft below this share of the first is a collapse."""
FEWEST_PROMPTS = 3
"""With fewer repeated prompts one slow first request would look like a collapse."""

NO_CACHE_SEEN = "no prompt cache was seen"


@dataclass(frozen=True, slots=True)
class CacheSplit:
    """Requests with a cold and with a warm prompt cache."""

    cold: list[Measured]
    warm: list[Measured]
    reported: bool
    """The runtime reported cached tokens; otherwise ttft fell on repeats."""


def cache_split(cell: Sequence[Measured]) -> CacheSplit | None:
    """Tell cold from warm requests; null when nothing points to a cache.

    Warm are those with cached prompt tokens. A runtime that reports none is judged by ttft, each attempt
    by itself: with at least three repeated prompts, when the median prompt's repeats take less than half of its
    first measured request and no prompt's repeats take longer, every repeat is warm.
    """
    timed = [one for one in cell if one.timing.ttft_ms is not None]
    if any(one.timing.cached for one in timed):
        warm = [one for one in timed if one.timing.cached]
        return CacheSplit([one for one in timed if not one.timing.cached], warm, reported=True)
    attempts = (list(group) for _, group in groupby(timed, key=lambda one: one.record.attempt))
    groups = [group for attempt in attempts for group in by_prompt(attempt).values()]
    return _split_by_ttft([group for group in groups if len(group) > 1])


def cold_cache_ttft(cell: Sequence[Measured]) -> Value:
    """The ttft of requests with a cold cache; null when no cache was seen."""
    split = cache_split(cell)
    if split is None:
        return no_value(NO_CACHE_SEEN)
    return (
        distribution("ttft_ms", split.cold) if split.cold else no_value("every request had part of its prompt cached")
    )


def warm_cache_ttft(cell: Sequence[Measured]) -> Value:
    """The ttft of requests with a warm cache; null when no cache was seen."""
    split = cache_split(cell)
    return distribution("ttft_ms", split.warm) if split else no_value(NO_CACHE_SEEN)


def _split_by_ttft(repeated: Sequence[list[Measured]]) -> CacheSplit | None:
    ratios = [_collapse(group) for group in repeated]
    if len(ratios) < FEWEST_PROMPTS or median(ratios) >= COLLAPSE or max(ratios) >= 1:
        return None
    warm = [one for group in repeated for one in group[1:]]
    return CacheSplit([group[0] for group in repeated], warm, reported=False)


def _collapse(group: Sequence[Measured]) -> float:
    """The median ttft of the repeats / the ttft of the first request; 1 when the first took no time."""
    first, *repeats = (one.timing.ttft_ms or 0.0 for one in group)
    return median(repeats) / first if first else 1.0
