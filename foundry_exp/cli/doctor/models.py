"""Does a model answer: one token through the backend that a run would use, without downloading anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from foundry_exp.cli.doctor.findings import Finding, Severity
from foundry_exp.cli.doctor.probe_process import ProbeResult, ask
from foundry_exp.errors import SkipCellError
from foundry_exp.files.plain import texts
from foundry_exp.measure.cell import Cell
from foundry_exp.protocols import ModelRequest
from foundry_exp.records.config_json import plain
from foundry_exp.runtime.models import request, variants

START_S = 60.0
"""For starting a process and importing the runtime, beyond the limit on loading."""


@dataclass(frozen=True, slots=True)
class Here:
    """What is known to be available without a download."""

    cached: Sequence[Mapping[str, object]]
    """Variants on this disk, your own first, each with `id` and `alias`; your own with `path`."""
    served: list[str]
    """Ids that the service at an address lists."""


def probe(name: str, cell: Cell, here: Here, *, named: bool, main_job: bool) -> Finding:
    """Ask one model for a token; one that was named or is the main job's has to answer."""
    bad: Severity = "error" if named or main_job else "warning"
    what, backend = f"model {name}", cell.config.backend
    model = cell.model_request(log_dir=Path())  # where its log goes, the asking says
    if needs_catalogue(cell):
        variant = cached_variant(cell, here.cached)
        if variant is None:
            fix = f"python -m foundry_exp models pull {cell.alias}"
            return Finding("error" if named else "note", what, "not downloaded, so not asked", fix)
        folder = next(entry.get("path") for entry in here.cached if entry["id"] == variant)
        model = replace(model, variant=variant, path=Path(str(folder)) if folder else None)
    limit_s = cell.config.workload.load_timeout_s
    answer = ask(_job(cell, model, limit_s), limit_s + START_S)
    if answer.problem:
        fix = "the sentence says what to do; a run of it, and its runtime.log, tell more."
        return Finding(bad, what, f"does not answer: {answer.problem}", fix)
    return _answered(what, answer, here, is_service=not {"base_url", "connect_timeout_s"}.isdisjoint(backend.arguments))


def needs_catalogue(cell: Cell) -> bool:
    """Whether the model is the runtime's to find: not a folder, and not at a service's address."""
    return cell.config.backend.keeps_models and cell.model_path is None


def _answered(what: str, answer: ProbeResult, here: Here, *, is_service: bool) -> Finding:
    loaded, text = answer.steps["loaded"], answer.steps["answered"]["text"]
    detail = f"answers {text!r} ({loaded['variant']}, {loaded['device'] or 'device unknown'}, {loaded['load_s']:.1f} s)"
    if not is_service:
        return Finding("ok", what, detail)
    listed = texts(answer.steps.get("listed", {}).get("ids")) or here.served
    if loaded["variant"] in listed:
        return Finding("ok", what, f"{detail}; listed in /v1/models")
    return Finding(
        "warning", what, f"{detail}; not listed in /v1/models", "restart the service, or name the id that it lists."
    )


def cached_variant(cell: Cell, cached: Sequence[Mapping[str, object]]) -> str | None:
    """The exact variant in the cache that a run would load; null when it would download one."""
    model, accel = cell.config.model, cell.config.accel
    meant = [entry for entry in cached if entry["alias"] == model.alias or entry["id"] == model.variant]
    ids = [str(entry["id"]) for entry in meant]
    if model.variant:
        return str(model.variant) if model.variant in ids else None
    if accel.device is None:
        ids = variants.runnable(ids, ())  # doctor registers no provider, and a generic variant answers without
    try:
        return variants.choose(ids, cell.alias, accel.name, accel.device, accel.prefer)
    except SkipCellError:
        return None


def _job(cell: Cell, model: ModelRequest, limit_s: float) -> dict[str, Any]:
    return {
        "do": "model",
        "backend": plain(cell.config.backend),
        "has_service": "connect_timeout_s" in cell.config.backend.arguments,
        "limit_s": limit_s,
        "model": request.to_json(model),
    }
