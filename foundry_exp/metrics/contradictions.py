"""Token counts that cannot be true of the answer they came with."""

from collections.abc import Mapping

from foundry_exp.metrics.request import content_ns
from foundry_exp.records.record import Record, Usage


def contradictions(record: Record, max_tokens: int | None = None) -> tuple[str, ...]:
    """What is wrong with the usage of a successful record, one clause each."""
    usage = record.usage
    if usage is None or record.error is not None:
        return ()
    clauses = {
        "0 completion tokens with an answer": usage.completion_tokens <= 0 and _answered(record),
        "completion tokens without any content": usage.completion_tokens > 0 and not _answered(record),
        "more completion tokens than max_tokens": max_tokens is not None and usage.completion_tokens > max_tokens,
        "fewer completion tokens than content events": _fewer_than_events(record, usage),
        "0 prompt tokens": usage.prompt_tokens <= 0,
        "more cached than prompt tokens": (usage.cached_tokens or 0) > usage.prompt_tokens,
    }
    return tuple(clause for clause, applies in clauses.items() if applies)


def limit_of(sample_id: str, max_tokens: int | Mapping[str, int] | None) -> int | None:
    """The token limit of one prompt, from one limit for all or one a prompt."""
    return max_tokens.get(sample_id) if isinstance(max_tokens, Mapping) else max_tokens


def _answered(record: Record) -> bool:
    return bool(content_ns(record) or record.text or record.reasoning)


def _fewer_than_events(record: Record, usage: Usage) -> bool:
    return 0 < usage.completion_tokens < len(content_ns(record))
