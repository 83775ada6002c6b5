import io
from pathlib import Path

import pytest
from rich.console import Console

from foundry_exp.report.console import show
from foundry_exp.results.cell import gather
from tests.report.hostile import HOSTILE, INVISIBLE
from tests.run_folders import make_run_folder

REASON = "loading ended with exit code 137, which is out of memory; close other programs or take a smaller variant."


def printed(cells: list[Path], width: int = 80, *, terminal: bool = False) -> str:
    out = io.StringIO()
    show(
        gather(cells),
        Console(file=out, width=width, force_terminal=terminal, color_system="standard" if terminal else None),
    )
    return out.getvalue()


@pytest.fixture
def cells(tmp_path: Path) -> list[Path]:
    return [
        make_run_folder(tmp_path, model="demo-small"),
        make_run_folder(tmp_path, model="demo-large", streaming=False),
        make_run_folder(tmp_path, model="deepseek-r1-distill-qwen-7b", device="gpu", status="failed", reason=REASON),
        make_run_folder(tmp_path, model="phi-4-mini", device="gpu", status="device_mismatch", reason="ran on cpu."),
    ]


def test_the_table_is_whole_at_80_columns(cells: list[Path]) -> None:
    text = printed(cells)
    lines = text.split("\n\n")[0].split("\n")
    assert max(len(line) for line in lines) <= 80
    assert "…" not in "".join(lines)
    for word in ("latency", "avg ms", "p95 ms", "throughput", "tok/s", "MB"):
        assert word in "".join(lines[:2])
    small = next(line for line in lines if line.startswith("demo-small"))
    assert small.split() == ["demo-small", "cpu", "on", "ok", "70.0", "84.0†", "40.0", "70.0", "210", "6"]


def test_reasons_stand_below_in_full_sentences(cells: list[Path]) -> None:
    text = printed(cells)
    assert f"deepseek-r1-distill-qwen-7b (gpu, streaming on) — failed: {REASON}\n" in text
    assert "device_mismatch: ran on cpu." in text
    assert "Demonstration models are for trying the tool" in text


def test_a_wide_terminal_shows_more(cells: list[Path]) -> None:
    assert "licence" not in printed(cells)
    wide = printed(cells, 140)
    assert "licence" in wide
    assert "decode" in wide


def test_statuses_are_coloured_on_a_terminal_only(cells: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[32mok" in printed(cells, terminal=True)
    assert "\x1b" not in printed(cells)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" not in printed(cells, terminal=True)
    assert "\x1b[31m" not in printed(cells, terminal=True)


def test_model_text_cannot_steer_the_terminal(tmp_path: Path) -> None:
    hostile = [make_run_folder(tmp_path, model="a", status="failed", reason=HOSTILE + "[red]markup[/red]")]
    text = printed(hostile)
    assert not any(sequence in text for sequence in INVISIBLE)
    assert "[red]markup[/red]" in text


def test_many_warnings_are_counted_and_not_all_printed(tmp_path: Path) -> None:
    cell = make_run_folder(tmp_path, warnings=tuple(f"warning number {number}" for number in range(8)))
    text = printed([cell])
    assert "warning number 4." in text
    assert "warning number 5" not in text
    assert "3 more warnings are in report.md." in text


def test_no_cell_prints_nothing() -> None:
    assert printed([]) == ""
