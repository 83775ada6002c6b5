"""Energy of the measured window, metered or estimated, and what it costs."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

from foundry_exp.runtime.meters.meter import UnavailableError

Source = Literal["rapl", "nvml", "heuristic"]

J_PER_KWH = 3.6e6
NO_DEVICE = "the device that ran the model is not known"
METRICS = ("energy_j", "energy_j_per_token", "energy_j_per_request", "cost_per_1k_requests", "cost_per_million_tokens")


@dataclass(frozen=True, slots=True)
class Energy:
    """Joules of a window, or null and the reason."""

    joules: float | None
    source: Source | None = None
    reason: str | None = None
    """Why joules is null; with joules, why they are the heuristic's and not a meter's."""
    window_s: float | None = None


class EnergyMeter(Protocol):
    """Tells the energy between two moments; never raises for a meter that is not there."""

    def start(self, device: str | None, pid: int) -> None:
        """Begin the window of a model that runs on `device` (CPU, GPU, NPU) in process `pid`."""
        ...

    def stop(self) -> Energy:
        """End the window."""
        ...


class HeuristicEnergy:
    """Joules = watts of the device × seconds."""

    def __init__(self, watts_by_device: dict[str, float], price_per_kwh: float, currency: str) -> None:
        """Keep the watts that each device is taken to draw under load, and the price of energy."""
        self.price_per_kwh = price_per_kwh
        self.currency = currency
        self._watts_by_device = watts_by_device
        self._device: str | None = None
        self._start_s = 0.0

    def start(self, device: str | None, pid: int) -> None:  # noqa: ARG002 — the watts are of a device, whoever loads it
        """Begin the window."""
        self._device = device
        self._start_s = time.perf_counter()

    def stop(self) -> Energy:
        """End the window."""
        return heuristic(self._watts_by_device, self._device, time.perf_counter() - self._start_s)


class MeasuredEnergy:
    """A meter's joules: RAPL's for the CPU, NVML's for an NVIDIA GPU; the heuristic's where there is none."""

    def __init__(self, powercap: str, watts_by_device: dict[str, float], price_per_kwh: float, currency: str) -> None:
        """Keep the folder of RAPL's counters and what the heuristic needs."""
        self.price_per_kwh = price_per_kwh
        self.currency = currency
        self._powercap = Path(powercap)
        self._heuristic = HeuristicEnergy(watts_by_device, price_per_kwh, currency)
        self._meter: _Meter | None = None
        self._source: Source = "heuristic"
        self._why_none = NO_DEVICE

    def start(self, device: str | None, pid: int) -> None:
        """Begin the window, with the device's own meter if it can be read."""
        try:
            self._source, self._meter = _meter_of(device, pid, self._powercap)
            self._meter.start()
        except UnavailableError as error:
            self._meter, self._why_none = None, str(error)
        self._heuristic.start(device, pid)

    def stop(self) -> Energy:
        """End the window."""
        estimate = self._heuristic.stop()
        meter, self._meter = self._meter, None
        try:
            if meter is not None:
                return Energy(meter.stop(), self._source, window_s=estimate.window_s)
        except UnavailableError as error:
            self._why_none = str(error)
        return replace(estimate, reason="; ".join(filter(None, (self._why_none, estimate.reason))))


class _Meter(Protocol):
    def start(self) -> None: ...

    def stop(self) -> float: ...


def _meter_of(device: str | None, pid: int, powercap: Path) -> tuple[Source, _Meter]:
    if device == "CPU":
        from foundry_exp.runtime.meters.rapl import RaplEnergy

        return "rapl", RaplEnergy(powercap)
    if device == "GPU":
        from foundry_exp.runtime.meters.gpu_energy import NvmlEnergy  # psutil: not for --cfg

        return "nvml", NvmlEnergy(pid)
    raise UnavailableError(f"no meter for {device}" if device else NO_DEVICE)


def heuristic(watts_by_device: dict[str, float], device: str | None, window_s: float) -> Energy:
    """Joules = watts of the device × seconds of the window, all of it taken as busy."""
    watts = watts_by_device.get(device) if device else None
    if watts is None:
        return Energy(None, None, f"energy.watts_by_device has no {device}" if device else NO_DEVICE, window_s)
    return Energy(watts * window_s, "heuristic", None, window_s)


def while_busy(energy: Energy, busy_s: float) -> Energy:
    """A heuristic's joules × busy seconds / seconds of the window; a meter's joules as they are.

    The watts are those of a device under load. When requests arrive on a schedule it idles between them, and
    without this share every model would cost the same per request.
    """
    if energy.source != "heuristic" or energy.joules is None or not energy.window_s:
        return energy
    return replace(energy, joules=energy.joules * min(1.0, busy_s / energy.window_s))


def total(parts: Sequence[Energy]) -> Energy:
    """Energies of several windows as one; null where they are from different sources, which do not add up."""
    sources = sorted({one.source for one in parts if one.source})
    if len(sources) > 1:
        return Energy(None, reason=f"its attempts have their energy from different sources ({', '.join(sources)})")
    return replace(parts[-1], joules=sum(one.joules or 0.0 for one in parts))


def energy_metrics(
    energy: Energy, requests: int, tokens: int | None, price_per_kwh: float
) -> tuple[dict[str, float | None], dict[str, str]]:
    """Energy and cost in all, per token and per successful request; failed ones cost, and count for nothing."""
    joules = energy.joules
    if joules is None:
        reason = energy.reason or "there is no meter"
        return dict.fromkeys(METRICS), dict.fromkeys(METRICS, reason)
    cost = joules / J_PER_KWH * price_per_kwh
    metrics = {
        "energy_j": joules,
        "energy_j_per_token": joules / tokens if tokens else None,
        "energy_j_per_request": joules / requests if requests else None,
        "cost_per_1k_requests": 1e3 * cost / requests if requests else None,
        "cost_per_million_tokens": 1e6 * cost / tokens if tokens else None,
    }
    no_tokens = "an answer has no token count" if tokens is None else "no token was generated"
    reasons = dict.fromkeys(("energy_j_per_request", "cost_per_1k_requests"), "no request succeeded")
    return metrics, {name: reasons.get(name, no_tokens) for name, value in metrics.items() if value is None}
