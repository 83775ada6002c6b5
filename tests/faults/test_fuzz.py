"""Some hundred broken inputs a reader; `python -m tests.benchmarks.fuzz` is the long form."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults.fuzzing import finding
from tests.faults.mutations import mutated
from tests.faults.readers import Reader, readers

NAMES = (
    "event stream", "whole answer", "prompts.json", "prompts.jsonl", "rubric", "calibration", "models.json",
    "baseline", "annotation", "annotation key", "run: records.jsonl", "run: run.json", "run: prompts.json",
    "run: config.yaml", "run: sweep.json",
)  # fmt: skip


@pytest.fixture(scope="module")
def by_name(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reader]:
    return {reader.name: reader for reader in readers(tmp_path_factory.mktemp("fuzz"))}


def test_every_reader_is_fuzzed(by_name: dict[str, Reader]) -> None:
    assert tuple(by_name) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_valid_files_are_read(by_name: dict[str, Reader], name: str) -> None:
    for content in by_name[name].valid:
        by_name[name].read(content)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_broken_files_are_refused_in_a_sentence(by_name: dict[str, Reader], name: str) -> None:
    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, 2**32).map(Random))
    def each(random: Random) -> None:
        assert finding(by_name[name], mutated(by_name[name].valid, random)) is None

    each()


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_bytes_without_sense_are_refused_in_a_sentence(by_name: dict[str, Reader], name: str) -> None:
    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.binary())
    def each(content: bytes) -> None:
        assert finding(by_name[name], content) is None

    each()


BOMB = b"a: &a [x]\n" + b"".join(b"%c: &%c [*%c, *%c, *%c]\n" % ((98 + n,) * 2 + (97 + n,) * 3) for n in range(20))


@pytest.mark.parametrize("content", [BOMB, b"&a [*a]", b"&a {x: *a}", b"[" * 100_000, b"version: 2001-99-99"])
@pytest.mark.parametrize("name", ["rubric", "run: config.yaml"])
def test_yaml_that_unfolds_without_end_is_refused_at_once(
    by_name: dict[str, Reader], name: str, content: bytes
) -> None:
    assert finding(by_name[name], content) is None


def test_half_a_surrogate_pair_from_a_service_is_kept_as_a_replacement(by_name: dict[str, Reader]) -> None:
    first, second = (b'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n' % half for half in (b"\\ud83d", b"\\ude00"))
    done = b"data: [DONE]\n\n"
    assert by_name["event stream"].read(first + done).text == "\ufffd"  # type: ignore[attr-defined]
    assert by_name["event stream"].read(first + second + done).text == "\U0001f600"  # type: ignore[attr-defined]
