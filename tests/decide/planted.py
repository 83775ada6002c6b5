"""Finished run folders whose differences are known: times are a base × a factor × noise from a seed."""

import random
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

from foundry_exp.metrics.request import measured
from foundry_exp.metrics.values import values
from foundry_exp.records.record import Record, RequestError
from foundry_exp.records.record_log import RECORDS_FILE, RecordLog
from foundry_exp.records.run_folder import append_score, read_records, write_result
from foundry_exp.records.run_result import RunResult, Status
from foundry_exp.records.score import Score, Scored
from tests import run_folders
from tests.record_factory import make_record
from tests.run_folders import make_distribution
from tests.scores.scoring import summarise_scores

WORDS = 24
BASE_TTFT_MS = 40.0
BASE_GAP_MS = 10.0


@dataclass(frozen=True)
class Planted:
    """One cell to be made."""

    name: str = "plain"
    model: str = "demo-small"
    slower: float = 1.0
    """Every time is multiplied by it."""
    prompts: int = 20
    rounds: int = 3
    noise: float = 0.03
    """Relative spread of a request."""
    process_noise: float = 0.0
    """Relative spread of a whole run."""
    seed: int = 0
    points: float | None = None
    """Mean quality; null leaves the answers without scores."""
    status: Status = "ok"
    reason: str | None = None
    device: str = "cpu"
    sweep_id: str = "sweep"
    repeat: int = 0
    metrics: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    """Other fields of run.json."""
    text: str | None = None
    finish_reason: str = "stop"
    token_source: Any = "usage"


def plant(runs: Path, planted: Planted | None = None, **changes: Any) -> Path:
    """Write `<runs>/<sweep>/<name>/` and return it."""
    cell = replace(planted or Planted(), **changes)
    folder = runs / cell.sweep_id / (cell.name if not cell.repeat else f"{cell.name}-r{cell.repeat}")
    folder.mkdir(parents=True)
    records = list(_records(cell)) if cell.status in ("ok", "partial") else []
    log = RecordLog(folder)
    for record in records:
        log.append(record)
    write_result(folder, _result(cell, folder.name, records))
    if cell.points is not None and records:
        _score(folder, cell, records)
        summarise_scores(folder, {"facets": None})
    return folder


def repeats(runs: Path, count: int, **changes: Any) -> Path:
    """One cell repeated in processes of its own; returns the sweep's folder."""
    first = Planted(**changes)
    for number in range(count):
        plant(runs, first, repeat=number, seed=first.seed * 1000 + number)
    return runs / first.sweep_id


def sizes(memory_mb: float, disk_mb: float = 400) -> dict[str, Any]:
    """Metrics of a cell that takes so much memory and disk."""
    return {"rss_peak_mb": memory_mb, "disk_mb": disk_mb}


def fail(folder: Path, prompts: set[str], rounds: set[int]) -> None:
    """Let measured requests of a run have failed."""
    records = read_records(folder)
    (folder / RECORDS_FILE).unlink()
    log = RecordLog(folder)
    for one in records:
        hit = one.phase == "measure" and one.sample_id in prompts and one.round in rounds
        log.append(replace(one, error=RequestError("timeout", "late")) if hit else one)


def _records(cell: Planted) -> list[Record]:
    dice = random.Random(cell.seed)
    process = dice.gauss(1.0, cell.process_noise)
    found = [_record(cell, prompt, round_, dice, process) for round_ in range(cell.rounds) for prompt in _ids(cell)]
    return [_record(cell, "p000", 0, dice, process, warmup=True), *found]


def _ids(cell: Planted) -> list[str]:
    return [f"p{number:03d}" for number in range(cell.prompts)]


def _record(
    cell: Planted, prompt: str, round_: int, dice: random.Random, process: float, *, warmup: bool = False
) -> Record:
    length = 1 + int(prompt[1:]) % 5 / 10  # prompts differ in how long they take, as they do
    factor = cell.slower * process * length * dice.gauss(1.0, cell.noise)
    times = [factor * (BASE_TTFT_MS + BASE_GAP_MS * place) for place in range(WORDS)]
    made = make_record(
        prompt, times, round_=round_, phase="warmup" if warmup else "measure", text=cell.text,
        finish_reason=cell.finish_reason, token_source=cell.token_source,
    )  # fmt: skip
    return replace(made, output_hash=f"{cell.model}-{prompt}-{made.output_hash}")


def _score(folder: Path, cell: Planted, records: list[Record]) -> None:
    dice = random.Random(cell.seed + 7)
    for record in records:
        if record.round == 0 and record.phase == "measure":
            value = min(5.0, max(1.0, dice.gauss(cell.points or 3.0, 0.4)))
            append_score(
                folder,
                Score(
                    record.sample_id,
                    record.output_hash,
                    "facets",
                    "covers",
                    value,
                    None,
                    1.0,
                    "rules",
                    "2026-12-01T12:00:00+00:00",
                    "facets:1",
                ),
            )


def _result(cell: Planted, folder: str, records: list[Record]) -> RunResult:
    medians = {name: values(name, measured(records)) for name in ("ttft_ms", "tpot_ms", "e2e_ms")}
    timed = {name: make_distribution(median(found)) for name, found in medians.items() if found}
    made = run_folders.make_result(
        run_folders.Cell(
            model=cell.model, device=cell.device, status=cell.status, reason=cell.reason, sweep_id=cell.sweep_id,
            metrics=timed | cell.metrics,
        ),
        measured=cell.status in ("ok", "partial"),
    )  # fmt: skip
    fingerprint = f"{cell.name} {cell.model} {cell.device}"
    started = f"2026-12-01T12:{cell.repeat:02d}:00+00:00"
    unscored: dict[str, Scored] = {}
    made = replace(made, cell=folder, repeat=cell.repeat, fingerprint=fingerprint, started_at=started, scores=unscored)
    made = replace(made, prompts={**made.prompts, "expected_tokens": WORDS})
    return replace(made, **cell.changes)
