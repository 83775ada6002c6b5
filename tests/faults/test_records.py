"""Records survive: any text comes back as it was, and a cut at any byte costs the last record alone."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundry_exp.errors import StoreError
from foundry_exp.files import disk
from foundry_exp.files.digest import digest_of
from foundry_exp.measure import attempts
from foundry_exp.records import record_log, run_folder
from foundry_exp.records.record import Record, RequestError
from foundry_exp.records.score import Score
from tests.record_factory import make_record

TEXT = st.text()  # no lone surrogates: those become U+FFFD
RECORDS = st.lists(
    st.builds(
        lambda text, reasoning, sample_id, message: replace(
            make_record(), text=text, reasoning=reasoning, sample_id=sample_id, error=message
        ),
        TEXT, TEXT, TEXT, st.none() | st.builds(RequestError, TEXT, TEXT, st.none() | st.floats(0, 1e6)),
    ),
    max_size=4,
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)


@contextmanager
def kept(records: list[Record]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        log = record_log.RecordLog(Path(name))
        for record in records:
            log.append(record)
        yield Path(name)


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(RECORDS)
def test_records_of_any_text_come_back_as_they_were(records: list[Record]) -> None:
    with kept(records) as folder:
        assert run_folder.read_records(folder) == records


@pytest.mark.parametrize(
    ("name", "read"),
    [
        (record_log.RECORDS_FILE, run_folder.read_records),
        (run_folder.SCORES_FILE, run_folder.read_scores),
        (run_folder.PROMPTS_FILE, run_folder.read_samples),
        (run_folder.RESULT_FILE, run_folder.read_result),
        (attempts.ATTEMPTS_FILE, attempts.read),
    ],
)
def test_what_cannot_be_read_is_a_sentence(tmp_path: Path, name: str, read: Callable[[Path], object]) -> None:
    (tmp_path / name).mkdir()  # refused to root too, unlike a file without rights
    with pytest.raises(StoreError, match=f"{name}: cannot be read"):
        read(tmp_path)


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(RECORDS.filter(bool), st.integers(0))
def test_a_line_torn_at_any_byte_costs_that_record_alone(records: list[Record], at: int) -> None:
    with kept(records) as folder:
        path = folder / record_log.RECORDS_FILE
        whole = path.read_bytes()
        cut = at % len(whole)
        path.write_bytes(whole[:cut])
        # a cut between a line and its end leaves the line whole
        ends = [number for number, byte in enumerate(whole) if byte == 10]
        assert run_folder.read_records(folder) == records[: sum(end <= cut for end in ends)]
        disk.cut_torn_line(folder / record_log.RECORDS_FILE)
        record_log.RecordLog(folder).append(records[0])
        assert run_folder.read_records(folder) == [*records[: sum(end < cut for end in ends)], records[0]]


@settings(max_examples=50, deadline=None)
@given(TEXT, TEXT, st.none() | st.floats(1, 5), TEXT)
def test_scores_of_any_text_come_back_as_they_were(sample: str, criterion: str, value: float | None, why: str) -> None:
    score = Score(sample, "hash", "judge", criterion, value, why, 1.0, "me", "2026-12-01T12:00:00+00:00", "r:1")
    with tempfile.TemporaryDirectory() as name:
        run_folder.append_score(Path(name), score)
        assert run_folder.read_scores(Path(name)) == [score]


@pytest.mark.slow
@given(st.dictionaries(TEXT, JSON))
def test_a_digest_knows_content_and_no_order(value: dict[str, object]) -> None:
    turned = dict(reversed(value.items()))
    assert digest_of(value) == digest_of(turned)
    assert digest_of(value) != digest_of({**value, "one more": 1, "and": 2})
