"""Shares of requests: failed, truncated, empty, degenerate, estimated, and prompts answered alike."""

from collections.abc import Callable, Sequence
from itertools import groupby

from foundry_exp.metrics.answers import is_degenerate, is_empty, is_truncated
from foundry_exp.metrics.metric import NOTHING_MEASURED, NOTHING_SUCCEEDED, Metric, null
from foundry_exp.metrics.request import Measured, succeeded
from foundry_exp.metrics.stats.intervals import wilson_interval
from foundry_exp.records.record import Record

ANSWER_FLAGS: dict[str, Callable[[Record], bool]] = {
    "truncated_rate": is_truncated,
    "empty_rate": is_empty,
    "degenerate_rate": is_degenerate,
}

_FEWEST_ROUNDS = 2


def error_rate(cell: Sequence[Measured]) -> Metric:
    """Failed requests / all measured ones."""
    return _share([one.record.error is not None for one in cell], NOTHING_MEASURED)


def answer_rates(cell: Sequence[Measured]) -> dict[str, Metric]:
    """Flagged answers / successful requests, for each flag."""
    answers = succeeded(cell)
    reason = NOTHING_SUCCEEDED if cell else NOTHING_MEASURED
    return {name: _share([flag(one.record) for one in answers], reason) for name, flag in ANSWER_FLAGS.items()}


def estimated_rate(cell: Sequence[Measured]) -> Metric:
    """Answers whose tokens were not counted by the runtime / answers with a token count; over 0: do not rank."""
    return _share([one.timing.estimated for one in cell if one.timing.tokens], "no answer has a token count")


def determinism_rate(cell: Sequence[Measured], *, greedy: bool = True) -> Metric:
    """Prompts whose successful answers are all byte-identical / prompts with at least two of them."""
    if not greedy:
        return null("decoding is not greedy, so answers may differ")
    same = [len(hashes) == 1 for hashes in outputs_by_prompt(cell).values()]
    return _share(same, "no prompt has two successful rounds to compare")


def outputs_by_prompt(cell: Sequence[Measured]) -> dict[str, set[str]]:
    """The different outputs of every prompt with at least two successful rounds."""
    rounds = {prompt: succeeded(group) for prompt, group in by_prompt(cell).items()}
    return {
        prompt: {one.record.output_hash for one in group}
        for prompt, group in rounds.items()
        if len(group) >= _FEWEST_ROUNDS
    }


def by_prompt(cell: Sequence[Measured]) -> dict[str, list[Measured]]:
    """The requests of every prompt in the order of their starts, prompts by name."""
    ordered = sorted(cell, key=lambda one: one.record.sample_id)
    return {prompt: list(group) for prompt, group in groupby(ordered, key=lambda one: one.record.sample_id)}


def _share(flags: Sequence[bool], reason: str) -> Metric:
    if not flags:
        return null(reason)
    return Metric(sum(flags) / len(flags), interval=wilson_interval(sum(flags), len(flags)))
