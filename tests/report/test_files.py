"""report.md, report.csv and report.json as written into run folders."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from foundry_exp.errors import StoreError
from foundry_exp.records.record_log import RECORDS_FILE
from foundry_exp.report.write import write_pages
from foundry_exp.results.cell import gather
from tests.plans import write_plan
from tests.report.hostile import HOSTILE, INVISIBLE
from tests.report.written import write_reports
from tests.run_folders import make_run_folder


def files(folder: Path, *cells: Path) -> tuple[str, list[dict[str, str]], list[dict[str, Any]]]:
    write_reports(folder, cells)
    with (folder / "report.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return (folder / "report.md").read_text(encoding="utf-8"), rows, json.loads((folder / "report.json").read_bytes())


def table(markdown: str, model: str) -> list[str]:
    """The cells of a model's line in the first table."""
    line = next(line for line in markdown.split("\n") if line.startswith(f"| {model} |"))
    return [part.strip() for part in re.split(r"(?<!\\)\|", line)[1:-1]]


@pytest.fixture
def sweep(tmp_path: Path) -> tuple[Path, list[Path]]:
    reason = "big: the model needs 20 GB and 8 GB are free; choose a smaller variant."
    cells = [
        make_run_folder(tmp_path, model="demo-small"),
        make_run_folder(tmp_path, model="demo-large", ttft_ms=84.0, answers={"retrieval": "long " * 100}),
        make_run_folder(tmp_path, model="big", status="failed", reason=reason),
        make_run_folder(tmp_path, model="none", status="skipped", reason="no such variant here."),
    ]
    return cells[0].parent, cells


def test_every_cell_is_a_row_and_null_is_no_number(sweep: tuple[Path, list[Path]]) -> None:
    markdown, rows, entries = files(sweep[0], *sweep[1])
    assert table(markdown, "big")[1] == "failed"
    assert table(markdown, "big")[2:8] == ["–"] * 6
    assert "**big** — failed: the model needs 20 GB and 8 GB are free; choose a smaller variant." in markdown
    assert [row["status"] for row in rows] == ["ok", "ok", "failed", "skipped"]
    assert rows[2]["reason"].endswith("choose a smaller variant.")
    assert rows[2]["e2e_avg_ms"] == rows[2]["requests"] == rows[2]["error_rate"] == ""
    assert entries[2]["latency_avg"] is None
    assert entries[2]["rounds"] is None
    assert not re.search(r"\b(nan|None|null)\b", markdown)


def test_the_table_follows_the_six_dimensions(sweep: tuple[Path, list[Path]]) -> None:
    markdown, _, _ = files(sweep[0], *sweep[1])
    order = ["Latency avg", "Latency p95", "Throughput", "Resident memory", "Quality", "Disk", "Licence"]
    places = [markdown.index(name) for name in order]
    assert places == sorted(places)
    assert table(markdown, "demo-small")[2:] == ["70.0", "84.0†", "40.0", "70.0", "210", "–", "4.50", "MIT", "6"]


def test_demonstration_models_are_said_to_be_for_trying(sweep: tuple[Path, list[Path]], tmp_path: Path) -> None:
    assert "Demonstration models are for trying the tool" in files(sweep[0], *sweep[1])[0]
    real = make_run_folder(tmp_path / "real", model="phi-4-mini")
    assert "Demonstration" not in files(real, real)[0]


def test_samples_answer_the_same_prompt_and_are_160_characters(sweep: tuple[Path, list[Path]]) -> None:
    markdown, rows, entries = files(sweep[0], *sweep[1])
    answer = ("long " * 100)[:160].rstrip()
    assert "Prompt retrieval: “Explain the principle of retrieval augmented generation in 2 sentences.”" in markdown
    assert f"- **demo-large**: {answer}…\n" in markdown
    assert rows[1]["sample"] == entries[1]["sample_response"] == entries[1]["sample_output"] == answer
    assert entries[2]["sample_output"] is None


def test_a_prompt_that_one_cell_failed_is_not_the_shared_one(tmp_path: Path) -> None:
    whole = make_run_folder(tmp_path, model="a")
    broken = make_run_folder(tmp_path, model="b", status="partial", reason="timeouts.", errors=("retrieval",))
    markdown, _, _ = files(whole.parent, whole, broken)
    assert "Prompt privacy" in markdown
    assert "Prompt retrieval" not in markdown
    assert "Not compared: b, because its status is partial." in markdown


def test_the_csv_holds_the_same_numbers(sweep: tuple[Path, list[Path]]) -> None:
    _, rows, _ = files(sweep[0], *sweep[1])
    for line, cell in zip(rows, gather(sweep[1]), strict=True):
        for name in ("ttft_p50_ms", "e2e_avg_ms", "e2e_p95_ms", "throughput_tok_per_s", "load_s", "rss_peak_mb"):
            assert (float(line[name]) if line[name] else None) == cell.row[name]
    assert b"\r" not in (sweep[0] / "report.csv").read_bytes()


def test_the_source_fields_are_in_seconds(sweep: tuple[Path, list[Path]]) -> None:
    _, _, entries = files(sweep[0], *sweep[1])
    first = entries[0]
    assert (first["alias"], first["model_id"], first["rounds"], first["rounds_ok"]) == (
        "demo-small",
        "demo-small-generic-cpu:1",
        3,
        3,
    )
    assert first["latency_avg"] == first["latency_avg_s"] == pytest.approx(0.07)
    assert first["latency_p95"] == first["latency_p95_s"] == pytest.approx(0.084)
    assert first["first_token_latency_avg"] == pytest.approx(0.04)
    assert (first["avg_prompt_tokens"], first["avg_completion_tokens"], first["avg_total_tokens"]) == (12, 3, 15)
    assert first["tokens_per_sec_avg"] == pytest.approx(80.0)


def test_a_round_with_a_failed_request_is_not_ok(tmp_path: Path) -> None:
    cell = make_run_folder(tmp_path, status="partial", reason="timeouts.", errors=("privacy",), streaming=False)
    entry = files(cell, cell)[2][0]
    assert (entry["rounds"], entry["rounds_ok"], entry["first_token_latency_avg"]) == (3, 0, None)


@pytest.mark.parametrize("content", [None, b""])
def test_reports_do_without_records(tmp_path: Path, content: bytes | None) -> None:
    cell = make_run_folder(tmp_path)
    (cell / RECORDS_FILE).unlink()
    (cell / "prompts.json").unlink()
    if content is not None:
        (cell / RECORDS_FILE).write_bytes(content)
    markdown, _, entries = files(cell, cell)
    assert entries[0]["sample_output"] is entries[0]["avg_total_tokens"] is entries[0]["rounds"] is None
    assert "Sample answers" not in markdown


def test_hostile_text_is_harmless_in_every_file(tmp_path: Path) -> None:
    answers = {"retrieval": HOSTILE, "privacy": HOSTILE}
    cells = [
        make_run_folder(tmp_path, model="a", answers=answers, warnings=(HOSTILE,)),
        make_run_folder(tmp_path, model="b", status="failed", reason=HOSTILE),
    ]
    markdown, rows, entries = files(cells[0].parent, *cells)
    for name in ("report.md", "report.csv", "report.json"):
        content = (cells[0].parent / name).read_text(encoding="utf-8")
        assert not any(sequence in content for sequence in INVISIBLE)
    assert "<script" not in markdown
    assert "\n# heading" not in markdown
    assert rows[0]["sample"].startswith("'=cmd")
    assert rows[1]["reason"].startswith("'=cmd")
    assert entries[0]["sample_output"].startswith("=cmd")
    assert len(rows) == len(entries) == 2


def test_one_cell_links_to_its_own_files_and_a_sweep_to_its_folders(sweep: tuple[Path, list[Path]]) -> None:
    folder, cells = sweep
    alone, _, _ = files(cells[0], cells[0])
    together, _, _ = files(folder, *cells)
    assert alone.startswith("# demo-small on cpu\n")
    assert "[run.json](run.json)" in alone
    assert "[run.json](demo-small-cpu-on/run.json)" in together
    assert str(folder) not in together


def test_cells_that_did_not_finish_are_named(sweep: tuple[Path, list[Path]]) -> None:
    folder, cells = sweep
    (cells[3] / "run.json").unlink()
    markdown, _, _ = files(folder, *cells[:3])
    assert "2 ok, 1 failed, 1 not finished." in markdown
    assert "**none-cpu-on** — not finished" in markdown


RESUME = "python -m foundry_exp -m model=a,b sweep.name=20261201-120000 sweep.resume=true"


def test_planned_cells_without_a_result_are_rows_with_a_reason_and_a_way_on(tmp_path: Path) -> None:
    cell = make_run_folder(tmp_path, model="demo-small")
    begun = make_run_folder(tmp_path, model="u2")
    (begun / "run.json").unlink()
    write_plan(cell.parent, ["u3", begun.name, cell.name])
    markdown, rows, _ = files(cell.parent, cell)
    assert markdown.startswith("# Sweep of 3 cells, 1 of them with a result: demo-small\n")
    assert "1 ok, 1 not begun, 1 not finished." in markdown
    assert table(markdown, "u3")[1:] == ["not begun", *["–"] * 9]
    assert table(markdown, "u2-cpu-on")[1] == "not finished"
    assert "**u3** — not begun: it was planned, and the sweep has not come to it." in markdown
    assert f"```sh\n{RESUME}\n```" in markdown
    assert [(row["cell"], row["status"]) for row in rows] == [
        (cell.name, "ok"), ("u3", "not begun"), (begun.name, "not finished"),
    ]  # fmt: skip
    assert rows[1]["reason"]
    assert rows[1]["e2e_avg_ms"] == ""


@pytest.mark.slow
def test_planned_cells_without_a_result_are_rows_of_the_page(tmp_path: Path) -> None:
    cell = make_run_folder(tmp_path, model="demo-small")
    write_plan(cell.parent, [cell.name, "<u3>"])
    write_pages(cell.parent, gather([cell]))
    page = (cell.parent / "report.html").read_text(encoding="utf-8")
    assert "<title>demo-small: 1 of 2 planned cells" in page
    assert "<bdi>&lt;u3&gt;</bdi>" in page
    assert '<span class="status failed">not begun</span>' in page
    assert f"<code>{RESUME}</code>" in page
    assert "not begun" not in (cell / "report.html").read_text(encoding="utf-8")


def test_a_plan_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    cell = make_run_folder(tmp_path)
    (cell.parent / "sweep.json").write_text("[]", encoding="utf-8")
    with pytest.raises(StoreError, match=r"sweep\.json: not the plan of a sweep .* move it away"):
        write_reports(cell.parent, [cell])


def test_the_csv_keeps_to_the_order_of_the_choice(sweep: tuple[Path, list[Path]]) -> None:
    _, rows, _ = files(sweep[0], *sweep[1])
    header = list(rows[0])
    order = [
        "e2e_avg_ms", "e2e_p95_ms", "throughput_tok_per_s", "rss_peak_mb", "vram_peak_mb", "quality", "disk_mb",
        "licence", "energy_j_per_token",
    ]  # fmt: skip
    assert sorted(order, key=header.index) == order


def test_what_ran_on_what_is_said_where_it_is_known(tmp_path: Path) -> None:
    known = {
        "cpu": "Some CPU",
        "memory_mb": 16000,
        "python": "3.11.7",
        "packages": {"onnxruntime": "1.31.0", "openai": None},
        "power_source": "battery",
        "git_commit": "0123456789abcdef",
        "git_dirty": True,
    }
    markdown, _, _ = files(cell := make_run_folder(tmp_path, environment=known), cell)
    assert "- Machine: Some CPU, 16.0 GB memory" in markdown
    assert "- Runtime: onnxruntime 1.31.0\n" in markdown
    assert "- Power: battery" in markdown
    assert "- Code: commit 0123456789ab, with uncommitted changes" in markdown
    assert "None" not in markdown


def test_the_runtime_is_said_once_even_where_a_cell_knows_less_of_it(tmp_path: Path) -> None:
    packages = {"foundry-exp": "0.1.0", "onnxruntime": None}
    more = {"packages": packages, "runtime": {"foundry_exp": "0.1.0", "onnxruntime": "1.31"}}
    cells = [
        make_run_folder(tmp_path, model="a", environment={"packages": packages}, status="failed", reason="a: no."),
        make_run_folder(tmp_path, model="b", environment=more),
    ]
    markdown, _, _ = files(cells[0].parent, *cells)
    assert "- Runtime: foundry-exp 0.1.0, onnxruntime 1.31\n" in markdown
