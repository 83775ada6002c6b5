"""What is left out of a comparison is said: failed requests and runs, answers that do not count, prompts not shared."""

from pathlib import Path
from typing import Any

import pytest

from foundry_exp.report import comparison_pages
from foundry_exp.report.effect import headline
from tests.decide.comparisons import compared
from tests.decide.planted import fail, plant, repeats


def test_failed_requests_are_left_out_with_a_sentence(tmp_path: Path) -> None:
    partial = plant(tmp_path, name="b", model="flaky", status="partial", reason="2 of 60 failed", seed=1)
    fail(partial, {"p003"}, rounds={0, 1})
    found = compared(plant(tmp_path, name="a"), partial)
    assert "flaky: 2 of 60 requests failed; they count for nothing but the error rate." in found.left_out


def test_cells_without_figures_are_left_out_with_a_sentence(tmp_path: Path) -> None:
    found = compared(
        plant(tmp_path, name="a"),
        plant(tmp_path, name="b", seed=1, model="other"),
        plant(tmp_path, name="c", model="big", status="device_mismatch", reason="asked for gpu, ran on cpu"),
        plant(tmp_path, name="d", model="huge", status="failed", reason="huge: out of memory"),
    )
    assert len(found.pairs) == 1
    assert "big is left out: its status is device mismatch: asked for gpu, ran on cpu" in found.left_out
    assert "huge is left out: its status is failed: out of memory" in found.left_out


def test_a_run_that_failed_stays_with_its_candidate(tmp_path: Path) -> None:
    for repeat, status in enumerate(("ok", "failed", "failed", "skipped"), start=1):
        reason = {"failed": "demo-small: out of memory", "skipped": "no room"}.get(status)
        plant(tmp_path, name="a", repeat=repeat, status=status, reason=reason)
    other = plant(tmp_path, name="b", model="other", seed=1)
    found = compared(tmp_path / "sweep")
    assert [one.label for one in found.candidates] == ["demo-small", "other"]
    assert "demo-small: 2 of 4 runs failed: out of memory." in found.left_out
    assert "demo-small: 1 of 4 runs skipped: no room." in found.left_out
    assert other.name in comparison_pages.document(found)["candidates"][1]["runs"][0]


def test_flagged_answers_and_estimated_tokens_do_not_count(tmp_path: Path) -> None:
    loops = " ".join(["again"] * 40)
    found = compared(
        plant(tmp_path, name="a", prompts=10),
        plant(tmp_path, name="b", model="loops", prompts=10, text=loops),
        plant(tmp_path, name="c", model="cut", prompts=10, finish_reason="length"),
        plant(tmp_path, name="d", model="guessed", prompts=10, token_source="events"),
    )
    metrics = {pair.second.label: {one.figure.name for one in pair.effects} for pair in found.pairs[:3]}
    assert metrics["loops"] == set()
    assert metrics["cut"] == {"ttft_ms", "decode_tok_per_s", "typical_answer_ms"}
    assert metrics["guessed"] == {"e2e_ms", "ttft_ms"}
    said = " ".join(found.left_out)
    assert "loops: 30 of 30 answers repeat themselves or are not text" in said
    assert "cut: 30 of 30 answers were cut off at the token limit" in said
    assert "guessed: 30 of 30 answers have an estimated token count" in said


def test_where_nothing_is_shared_it_is_not_said_that_no_difference_was_found(tmp_path: Path) -> None:
    first = plant(tmp_path, name="a", prompts=5)
    other = plant(tmp_path, name="b", prompts=5, model="other")
    records = (other / "records.jsonl").read_text(encoding="utf-8")
    (other / "records.jsonl").write_text(records.replace('"sample_id":"p', '"sample_id":"q'), encoding="utf-8")
    printed = comparison_pages.console(compared(first, other))
    assert "other and demo-small: nothing could be compared: no prompt in common." in printed
    assert "no difference" not in printed
    assert "over all" not in printed


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"prompts": 1}, "one prompt in common, and it takes 2"),
        ({"text": " ".join(["again"] * 40)}, "other has no answer that counts"),
    ],
)
def test_why_nothing_could_be_compared_is_said(tmp_path: Path, changes: dict[str, Any], why: str) -> None:
    found = compared(plant(tmp_path, name="a"), plant(tmp_path, name="b", model="other", **changes))
    assert headline(found.pairs[0], 24) == f"other and demo-small: nothing could be compared: {why}."


def test_memory_alone_is_not_taken_for_a_comparison_of_times(tmp_path: Path) -> None:
    found = compared(
        repeats(tmp_path, 2, name="a", sweep_id="first"),
        repeats(tmp_path, 2, name="b", sweep_id="second", model="other", text=" ".join(["again"] * 40)),
    )
    note = "other and demo-small: neither times nor quality are compared: other has no answer that counts."
    assert note in found.pairs[0].notes
