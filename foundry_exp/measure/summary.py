"""From what a child left behind to run.json: status, metrics, model facts and warnings."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from foundry_exp.measure import arrivals, attempts, consumption, device
from foundry_exp.measure.cell import Cell
from foundry_exp.measure.outcome import Outcome
from foundry_exp.metrics.quality import quality
from foundry_exp.metrics.request import cold_ttft_ms
from foundry_exp.metrics.summary import Summary, summarise
from foundry_exp.records import run_folder
from foundry_exp.records.record import Record
from foundry_exp.records.run_result import SCHEMA_VERSION, AttemptFacts, ModelFacts, RunResult, Status
from foundry_exp.runtime.machine import environment
from foundry_exp.runtime.models import runtime

CALIBRATION_FILE = "calibration.json"
SIZE_TOLERANCE = 0.2
"""Between what is said of a model and its folder; variants of one model differ by less than models do."""
_OVER_HTTP = ("service", "endpoint")

Figures = tuple[dict[str, float | None], dict[str, str]]
"""Values by name, null where there is none; and for each of these why."""


def result(
    cell: Cell,
    machine: dict[str, Any],
    outcome: Outcome,
    records: list[Record],
    started_at: str,
    duration_s: float,
    facts: Sequence[AttemptFacts] = (),
) -> RunResult:
    """The summary of one cell."""
    measured = [record for record in records if record.phase == "measure"]
    model = _model_facts(cell, outcome)
    status, reason = _status(cell, outcome, measured, model)
    summary, tried = _summarised(cell, records), attempts.counted(facts, records)
    used, unscored = consumption.consumed(cell, outcome, records, model, tried), quality(records, (), {})
    metrics, missing = _joined(
        (summary.metrics, summary.missing),
        _seen_from_outside(outcome, model, tried),
        (used.metrics, used.missing),
        (unscored.metrics, unscored.missing),
        _client_overhead(cell),
    )
    unproven = device.unproven(cell.config.accel, cell.config.backend, model, measured)
    return RunResult(
        **_taken_over(cell, outcome),
        status=status,
        reason=reason,
        started_at=started_at,
        duration_s=duration_s,
        model=model,
        metrics=metrics,
        missing=missing,
        per_prompt=summary.per_prompt,
        environment={**machine, **_surroundings(outcome.facts), "power": used.power},
        warnings=(
            *outcome.warnings,
            *unproven,
            *_other_size(cell, model),
            *summary.warnings,
            *used.warnings,
            *_elsewhere(machine),
        ),
        intervals=summary.intervals,
        warmup=_warmup(records),
        energy_source=used.energy_source,
        attempts=tried,
    )


def _taken_over(cell: Cell, outcome: Outcome) -> dict[str, Any]:
    """What a result repeats of its cell, and of how that ended; nothing is scored yet."""
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": cell.sweep_id,
        "cell": cell.name,
        "sweep_id": cell.sweep_id,
        "accel": cell.config.accel.name,
        "backend": cell.config.backend.name,
        "streaming": cell.config.streaming.enabled,
        "prompts": _prompts(cell),
        "generation": asdict(cell.config.generation),
        "fingerprint": cell.fingerprint,
        "currency": cell.config.energy.currency,
        "repeat": cell.config.sweep.repeat,
        "skip_rule": outcome.skip_rule,
        "out_of_memory": outcome.out_of_memory,
        "scores": {},
    }


def _joined(*parts: Figures) -> Figures:
    """All parts as one."""
    values = {name: value for part, _ in parts for name, value in part.items()}
    return values, {name: reason for _, part in parts for name, reason in part.items()}


def _summarised(cell: Cell, records: list[Record]) -> Summary:
    generation = cell.config.generation
    return summarise(
        records,
        expected_tokens=cell.config.prompts.expected_tokens,
        cold_ttft_ms=cold_ttft_ms(attempts.of_latest(records)),
        max_tokens={sample.sample_id: sample.max_tokens or generation.max_tokens for sample in cell.prompts.samples},
        greedy=generation.temperature == 0,
        slos={name: limit for name, limit in cell.config.slo.items() if limit is not None},
    )


def _surroundings(facts: dict[str, Any]) -> dict[str, Any]:
    """What the model ran in, and what it took to have it here."""
    return {"runtime": facts.get("runtime", {}), "download_s": facts.get("download_s")}


def _prompts(cell: Cell) -> dict[str, Any]:
    return {
        "name": cell.prompts.name,
        "digest": cell.prompts.digest,
        "size": len(cell.prompts.samples),
        "expected_tokens": cell.config.prompts.expected_tokens,
    }


def _other_size(cell: Cell, model: ModelFacts) -> list[str]:
    """A model that is not as large as it was said to be may be another one."""
    stated_mb, disk_mb = cell.config.model.size_mb, model.disk_mb
    if not stated_mb or not disk_mb or abs(disk_mb / stated_mb - 1) <= SIZE_TOLERANCE:
        return []
    return [
        f"model.size_mb says {stated_mb:g} MB and {model.path} holds {disk_mb:.1f} MB: another variant than the one "
        "that was described, or another model."
    ]


def _elsewhere(machine: dict[str, Any]) -> list[str]:
    changed = machine.get(environment.CHANGED)
    if not changed:
        return []
    listed = "; ".join(changed)
    return [f"earlier attempts ran in other surroundings ({listed}): do not read them as one measurement."]


def _status(cell: Cell, outcome: Outcome, measured: list[Record], model: ModelFacts) -> tuple[Status, str | None]:
    if outcome.ending in ("skipped", "failed"):
        return outcome.ending, outcome.reason
    if outcome.ending == "interrupted":
        return "interrupted", f"stopped by Ctrl-C after {len(measured)} measured requests, which are kept."
    if elsewhere := device.ran_elsewhere(cell.config.accel, model.execution_provider):
        return "device_mismatch", elsewhere
    failed = [record.error for record in measured if record.error]
    planned = cell.config.workload.rounds * len(cell.prompts.samples)
    if len(measured) != planned:
        return (
            "failed",
            f"{len(measured)} of {planned} requests have a record; this is a fault of the tool, please report it.",
        )
    if not failed:
        return "ok", None
    first = f"{len(failed)} of {len(measured)} requests failed, the first with {failed[0].class_}: {failed[0].message}"
    return ("failed" if len(failed) == len(measured) else "partial"), first


def _model_facts(cell: Cell, outcome: Outcome) -> ModelFacts:
    facts, asked = outcome.facts, cell.config.model
    files = outcome.files
    log = cell.folder / run_folder.RUNTIME_LOG
    providers = set(runtime.providers(log.read_bytes())) if log.exists() else set()
    stated = facts.get("licence")
    return ModelFacts(
        alias=cell.alias,
        variant=facts.get("variant") or asked.variant,
        device=facts.get("device"),
        execution_provider=", ".join(sorted(providers)) or facts.get("execution_provider"),
        accel_evidence="log" if providers else "id_only" if facts.get("variant") else None,
        path=files.path if files else None,
        files_digest=files.digest if files else None,
        disk_mb=files.size_mb if files else None,
        context_length=facts.get("context_length") or asked.context_length,
        licence=asked.licence or stated,
        licence_source=asked.licence_source if asked.licence else "the model's catalogue entry" if stated else None,
        capabilities=asked.capabilities,
    )


def _warmup(records: list[Record]) -> dict[str, Any]:
    """What warming up came to, over all attempts."""
    done = [record for record in records if record.phase == "warmup"]
    return {"requests": len(done), "steady": arrivals.is_steady(done), "rule": arrivals.STEADY_RULE}


def _seen_from_outside(outcome: Outcome, model: ModelFacts, tried: Sequence[AttemptFacts]) -> Figures:
    peak_mb, why_no_peak = attempts.peak("rss_peak_mb", outcome.rss_peak_mb, tried)
    values = {
        "load_s": outcome.load_s,
        "rss_baseline_mb": outcome.rss_baseline_mb,
        "rss_loaded_mb": outcome.rss_loaded_mb,
        "rss_peak_mb": None if outcome.ending == "skipped" else peak_mb,
        "cpu_percent": outcome.cpu_percent,
        "disk_mb": model.disk_mb,
    }
    reasons = {
        "load_s": "the model was not loaded",
        "cpu_percent": "measuring took less than 0.1 s, too short to tell",
        "disk_mb": "the model's folder is not known",
        "rss_peak_mb": why_no_peak or outcome.unseen,
    }
    if outcome.ending == "skipped":
        reasons |= dict.fromkeys(("rss_loaded_mb", "rss_peak_mb"), "the model was not loaded")
    missing = {name: reasons.get(name, outcome.unseen) for name, value in values.items() if value is None}
    return values, missing


def _client_overhead(cell: Cell) -> Figures:
    """The mean lateness of a first-token stamp, as `calibrate` measured it here."""
    if cell.config.backend.name not in _OVER_HTTP:
        return _no_overhead("calibrated over HTTP only; in one process an event is stamped as it comes")
    if cell.config.engine.name != "local":
        return _no_overhead("calibrated on the machine of the command, not on the one that measured")
    path = Path(cell.config.output_dir) / CALIBRATION_FILE
    try:
        return {"client_overhead_ms": float(json.loads(path.read_text(encoding="utf-8"))["client_overhead_ms"])}, {}
    except FileNotFoundError:
        return _no_overhead("not calibrated on this machine; run: python -m foundry_exp calibrate")
    except (OSError, ValueError, KeyError, TypeError):
        return _no_overhead(f"{path} cannot be read; run: python -m foundry_exp calibrate")


def _no_overhead(reason: str) -> Figures:
    return {"client_overhead_ms": None}, {"client_overhead_ms": reason}
