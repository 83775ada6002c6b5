"""Finished run folders made from plain numbers, for every test that reads one."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from foundry_exp.files.disk import write_whole
from foundry_exp.records.record import Record, RequestError, Usage
from foundry_exp.records.record_log import RecordLog
from foundry_exp.records.run_folder import CONFIG_FILE, ENVIRONMENT_FILE, PROMPTS_FILE, write_result
from foundry_exp.records.run_result import SCHEMA_VERSION, ModelFacts, RunResult, Status
from foundry_exp.records.score import Scored

MS = 1_000_000
PROMPTS = {
    "retrieval": "Explain the principle of retrieval augmented generation in 2 sentences.",
    "privacy": "List 3 privacy benefits of local inference.",
}
PERCENTILES = ("p50", "p90", "p95", "p99")


@dataclass(frozen=True)
class Cell:
    """What a test chooses of a cell; the rest is made up alike for all."""

    model: str = "demo-small"
    device: str = "cpu"
    ttft_ms: float = 40.0
    gap_ms: float = 10.0
    rounds: int = 3
    streaming: bool = True
    status: Status = "ok"
    reason: str | None = None
    run_id: str = "20261201-120000"
    sweep_id: str = "sweep-1"
    answers: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Scored] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    """Samples whose requests failed."""

    @property
    def name(self) -> str:
        """The cell's folder."""
        return f"{self.model[:60]}-{self.device}-{'on' if self.streaming else 'off'}"


def make_run_folder(runs: Path, cell: Cell | None = None, **changes: Any) -> Path:
    """Write `<runs>/<run id>/<cell>/` as the runner would, and return it."""
    cell = replace(cell or Cell(), **changes)
    folder = runs / cell.run_id / cell.name
    folder.mkdir(parents=True)
    measured = cell.status in ("ok", "partial", "interrupted")
    if measured:
        log = RecordLog(folder)
        for record in make_records(cell):
            log.append(record)
    config = f"model:\n  alias: {cell.model}\n{workload(rounds=cell.rounds)}"
    write_whole(folder / CONFIG_FILE, config)
    write_whole(folder / ENVIRONMENT_FILE, json.dumps(cell.environment) + "\n")
    write_whole(folder / PROMPTS_FILE, json.dumps(prompt_list(), indent=2) + "\n")
    write_result(folder, make_result(cell, measured=measured))
    return folder


def workload(**changes: int) -> str:
    """The section of a config.yaml."""
    whole = {
        "rounds": 3, "warmup": 1, "seed": 0, "load_timeout_s": 300, "first_token_timeout_s": 120, "idle_timeout_s": 60,
        "total_timeout_s": 300, "warmup_limit": 8, "concurrency": 1, "rate_per_s": None, "arrivals": "constant",
        "retries": 0, "retry_backoff_s": 1.0, "cooldown_s": 0,
    }  # fmt: skip
    return yaml.safe_dump({"workload": whole | changes})


def prompt_list() -> list[dict[str, Any]]:
    """The content of prompts.json."""
    return [
        {"sample_id": name, "messages": [{"role": "user", "content": text}], "digest": _digest(text)}
        for name, text in PROMPTS.items()
    ]


def make_records(cell: Cell) -> list[Record]:
    """One warm-up request, then every prompt once a round."""
    rounds = [make_record(cell, "retrieval", 0, warmup=True)]
    rounds += [make_record(cell, name, number) for number in range(cell.rounds) for name in PROMPTS]
    return rounds


def make_record(cell: Cell, sample: str, number: int, *, warmup: bool = False, start_ns: int = 5 * MS) -> Record:
    """A request that answers word by word, exactly on time."""
    text = cell.answers.get(sample, f"{cell.model} answers {sample}.")
    failed = sample in cell.errors and not warmup
    words = 0 if failed else len(text.split())
    times = tuple(start_ns + round((cell.ttft_ms + cell.gap_ms * index) * MS) for index in range(words))
    events = times if cell.streaming else times[-1:]
    return Record(
        sample_id=sample,
        prompt_digest=_digest(PROMPTS[sample]),
        round=number,
        phase="warmup" if warmup else "measure",
        attempt=0,
        streaming=cell.streaming,
        t_start_ns=start_ns,
        event_ns=events,
        event_kinds=tuple("text" for _ in events),
        t_end_ns=(times[-1] if times else start_ns) + MS,
        text="" if failed else text,
        reasoning="",
        usage=None if failed else Usage(prompt_tokens=12, completion_tokens=words),
        token_source=None if failed else "usage",
        first_event_tokens=None if failed else 1,
        finish_reason=None if failed else "stop",
        output_hash=_digest("" if failed else text),
        error=RequestError("timeout", "no answer within 60 s") if failed else None,
    )


def make_distribution(value: float, n: int = 6, spread: float = 0.1) -> dict[str, Any]:
    """A distribution around a median, in the shape of `records.Distribution`."""
    numbers = {name: value * (1 + spread * index) for index, name in enumerate(PERCENTILES)}
    low, high = value * (1 - spread), value * (1 + 4 * spread)
    interval = {"low": low, "high": value * (1 + spread), "method": "order statistics"}
    return {"n": n, "missing": 0, "mean": value, "sd": value * spread, "min": low, "max": high} | {
        **numbers,
        "intervals": {"p50": interval, "p99": None},
    }


def make_metrics(cell: Cell) -> dict[str, Any]:
    """Metrics that follow from a cell's own numbers."""
    off: dict[str, Any] = dict.fromkeys(("ttft_ms", "tpot_ms", "event_gap_ms", "decode_tok_per_s", "typical_answer_ms"))
    on = {
        "ttft_ms": make_distribution(cell.ttft_ms),
        "tpot_ms": make_distribution(cell.gap_ms),
        "event_gap_ms": make_distribution(cell.gap_ms, n=30),
        "decode_tok_per_s": make_distribution(1000 / cell.gap_ms),
        "typical_answer_ms": cell.ttft_ms + 60 * cell.gap_ms,
    }
    return {
        **(on if cell.streaming else off),
        "e2e_ms": make_distribution(cell.ttft_ms + 3 * cell.gap_ms),
        "output_tok_per_s": make_distribution(800 / cell.gap_ms),
        "throughput_tok_per_s": 700 / cell.gap_ms,
        "load_s": 0.8,
        "cold_ttft_ms": cell.ttft_ms * 3,
        "rss_baseline_mb": 120.0,
        "rss_loaded_mb": 180.0,
        "rss_peak_mb": 210.0,
        "vram_peak_mb": None,
        "disk_mb": 4.5,
        "cpu_percent": 170.0,
        "determinism_rate": 1.0,
        "error_rate": len(cell.errors) / len(PROMPTS),
        "quality": None,
    }


def make_result(cell: Cell, *, measured: bool = True) -> RunResult:
    """The summary of a cell."""
    facts = ModelFacts(
        alias=cell.model,
        variant=f"{cell.model}-generic-{cell.device}:1",
        device=cell.device,
        execution_provider="CPUExecutionProvider",
        accel_evidence="log",
        path=None,
        files_digest=_digest(cell.model),
        disk_mb=4.5,
        context_length=512,
        licence="MIT",
        licence_source="test",
        capabilities=("chat",),
    )
    return RunResult(
        schema_version=SCHEMA_VERSION,
        run_id=cell.run_id,
        cell=cell.name,
        sweep_id=cell.sweep_id,
        status=cell.status,
        reason=cell.reason,
        started_at="2026-12-01T12:00:00+00:00",
        duration_s=12.5,
        model=facts,
        accel=cell.device,
        backend="native",
        streaming=cell.streaming,
        prompts={"name": "workshop", "digest": _digest("workshop"), "size": len(PROMPTS)},
        generation={"temperature": 0.0, "top_p": 1.0, "top_k": 1, "seed": 0, "max_tokens": 150},
        metrics={**make_metrics(cell), **cell.metrics} if measured else {},
        missing={},
        per_prompt={},
        scores=cell.scores,
        environment=cell.environment,
        fingerprint=_digest(f"{cell.name} {cell.sweep_id}"),
        warnings=cell.warnings,
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
