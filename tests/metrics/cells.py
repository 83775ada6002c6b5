"""Cells of records, and what their summaries hold."""

from typing import Any

from foundry_exp.metrics.summary import Summary
from foundry_exp.records.distribution import Distribution
from foundry_exp.records.record import Record
from tests.record_factory import make_record

WARM = make_record(phase="warmup", content_ms=(9000, 9999), start_ms=-20_000)


def in_turn(count: int = 4, **fields: Any) -> list[Record]:
    """Requests one after the other, each 130 ms of 4 tokens, a new one every 200 ms."""
    return [make_record(round_=place, start_ms=200 * place, **fields) for place in range(count)]


def distribution(summary: Summary, name: str) -> Distribution:
    """A metric that must have values."""
    found = summary.metrics[name]
    assert isinstance(found, Distribution)
    return found


def warning(summary: Summary, part: str) -> str:
    """The one warning that holds a text."""
    found = [sentence for sentence in summary.warnings if part in sentence]
    assert len(found) == 1, summary.warnings
    return found[0]
