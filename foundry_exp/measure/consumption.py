"""GPU memory, energy and cost of a cell: its metrics, the reasons of nulls, and warnings of power and heat."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from foundry_exp.measure import attempts, device
from foundry_exp.measure.cell import Cell
from foundry_exp.measure.outcome import Outcome
from foundry_exp.metrics.request import EMPTY_ANSWER, STOOD_STILL, measured, succeeded
from foundry_exp.records.record import Record
from foundry_exp.records.run_result import AttemptFacts, ModelFacts
from foundry_exp.runtime.meters import power
from foundry_exp.runtime.meters.energy import Energy, energy_metrics, total, while_busy
from foundry_exp.runtime.meters.vram import Reading
from foundry_exp.runtime.models.variants import CPU

ELSEWHERE = "the process that runs the model is not one that this machine can look at"
_UNREAD = "ended before its energy was read"
_NS_PER_S = 1e9


@dataclass(frozen=True, slots=True)
class Consumption:
    """What goes into run.json."""

    metrics: dict[str, float | None]
    missing: dict[str, str]
    energy_source: str | None
    warnings: tuple[str, ...]
    power: dict[str, Any]
    """The states of power and heat at the start and the end of the measured window."""


def consumed(
    cell: Cell, outcome: Outcome, records: list[Record], model: ModelFacts, tried: Sequence[AttemptFacts] = ()
) -> Consumption:
    """Everything that the cell consumed in all its attempts, as far as it is known."""
    metered, unmetered = _by_attempt(outcome, records, tried)
    energy = _energy(outcome, metered, model, next((one.stood_still for one in records if one.stood_still), None))
    of_metered = [record for record in records if record.attempt not in unmetered]
    done = [one for one in succeeded(measured(of_metered)) if one.timing.void not in (EMPTY_ANSWER, STOOD_STILL)]
    counts = [one.timing.tokens for one in done]
    tokens = None if None in counts else sum(count for count in counts if count)
    metrics, missing = energy_metrics(energy, len(done), tokens, cell.config.energy.price_per_kwh)
    if unmetered and energy.joules is not None:
        metrics["energy_j"] = None
        missing["energy_j"] = f"attempt {unmetered[0]} {_UNREAD}; the figures per token and request are of the others"
    readings = _vram(outcome, tried)
    unread = {name: reading.reason or "" for name, reading in readings.items() if reading.value_mb is None}
    return Consumption(
        metrics={**{name: reading.value_mb for name, reading in readings.items()}, **metrics},
        missing={**unread, **missing},
        energy_source=energy.source,
        warnings=tuple(_warnings(outcome, energy)),
        power={
            name: None if state is None else asdict(state)
            for name, state in (("start", outcome.power_start), ("end", outcome.power_end))
        },
    )


def _by_attempt(
    outcome: Outcome, records: Sequence[Record], tried: Sequence[AttemptFacts]
) -> tuple[list[Energy], list[int]]:
    """The energy of each attempt that measured something, while it was busy; and the attempts where it is unknown."""
    energies = {one.attempt: Energy(one.energy_j, one.energy_source, window_s=one.energy_window_s) for one in tried}
    requests = [record for record in records if record.phase == "measure" and record.stood_still is None]
    own = tried[-1].attempt if tried else max((record.attempt for record in requests), default=0)
    if outcome.energy.joules is not None:
        energies[own] = outcome.energy
    metered: list[Energy] = []
    unmetered: list[int] = []
    for attempt in sorted({record.attempt for record in requests}):
        energy = energies.get(attempt)
        if energy is None or energy.joules is None:
            unmetered.append(attempt)
        else:
            metered.append(while_busy(energy, busy_s([record for record in requests if record.attempt == attempt])))
    return metered, unmetered


def _vram(outcome: Outcome, tried: Sequence[AttemptFacts]) -> dict[str, Reading]:
    if outcome.facts and outcome.facts.get("pid") is None:
        return dict.fromkeys(("vram_baseline_mb", "vram_loaded_mb", "vram_peak_mb"), Reading(None, ELSEWHERE))
    peak_mb, why_none = attempts.peak("vram_peak_mb", outcome.vram_peak.value_mb, tried)
    return {
        "vram_baseline_mb": outcome.vram_baseline,
        "vram_loaded_mb": outcome.vram_loaded,
        "vram_peak_mb": Reading(peak_mb, why_none or outcome.vram_peak.reason),
    }


def busy_s(records: list[Record]) -> float:
    """Seconds in which at least one of the requests was under way."""
    busy_ns, until_ns = 0, 0
    for record in sorted(records, key=lambda record: record.t_start_ns):
        busy_ns += max(0, record.t_end_ns - max(record.t_start_ns, until_ns))
        until_ns = max(until_ns, record.t_end_ns)
    return busy_ns / _NS_PER_S


def _energy(outcome: Outcome, metered: Sequence[Energy], model: ModelFacts, still: str | None) -> Energy:
    """The energy of all windows, unless it is not that of this model on this device."""
    if not metered and outcome.energy.joules is None:
        return outcome.energy
    if outcome.facts.get("pid") is None:
        return Energy(None, reason=ELSEWHERE)
    if model.device in ("GPU", "NPU") and device.on_the_cpu(model.execution_provider):
        return Energy(None, reason=f"a {model.device} variant ran on {CPU}: no meter or wattage is of that")
    if still and outcome.energy.source != "heuristic":
        return Energy(None, reason=f"its meter ran on while something stood still ({still})")
    return total(metered) if metered else Energy(None, reason="nothing was measured")


def _warnings(outcome: Outcome, energy: Energy) -> list[str]:
    warnings = (
        power.warnings(outcome.power_start, outcome.power_end) if outcome.power_start and outcome.power_end else []
    )
    if energy.joules is not None and energy.reason is not None:
        warnings.append(f"energy_j is an estimate, although a measurement was asked for: {energy.reason}.")
    return warnings
