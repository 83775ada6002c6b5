"""What an option would cost a fleet: energy, money, waiting and download, were every laptop like the one measured."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from foundry_exp.decide.choice import Choice
from foundry_exp.decide.constraints import with_unit
from foundry_exp.metrics.formats import number
from foundry_exp.metrics.stats.intervals import mean_of_present
from foundry_exp.records.decision import Fleet
from foundry_exp.results.figures import ANY_E2E, REQUEST_ENERGY
from foundry_exp.runtime.meters.energy import J_PER_KWH

_MS_PER_H, _S_PER_H, _MB_PER_GB = 3.6e6, 3600, 1e3
_UNITS = (("h", 1), ("min", 60), ("s", _S_PER_H))
_WAITS = {"answer": "waiting for answers", "load": "for loading"}
_BY = {"heuristic": "by the watts of conf/energy", "rapl": "by RAPL", "nvml": "by NVML"}


@dataclass(frozen=True, slots=True)
class Cost:
    """What one option would cost; what does not follow from what was measured is null, with a reason."""

    label: str
    energy_source: str | None
    energy_j_per_request: float | None
    energy_kwh_per_month: float | None
    cost_per_month: float | None
    answer_wait_h_per_person_month: float | None
    """Of all answers, cut ones too, at the length that they had."""
    load_wait_h_per_person_month: float | None
    disk_mb_per_laptop: float | None
    download_gb: float | None
    """All laptops together, once."""
    missing: dict[str, str]


def costs(choices: Sequence[Choice], fleet: Fleet | None) -> tuple[Cost, ...]:
    """What each option would cost the fleet that a decision speaks of; nothing where it speaks of none."""
    return tuple(_cost(one, fleet, fleet.laptops) for one in choices) if fleet and fleet.laptops else ()


def _cost(choice: Choice, fleet: Fleet, laptops: int) -> Cost:
    cells = choice.candidate.cells
    requests, loads = (a_day * fleet.days_per_month for a_day in (fleet.requests_per_day, fleet.loads_per_day))
    joules = mean_of_present([cell.of_run(REQUEST_ENERGY) for cell in cells])
    answer_ms = mean_of_present([value for cell in cells for value in cell.pooled(ANY_E2E)])
    load_s, disk_mb = choice.figures["load_s"], choice.figures["disk_mb"]
    energy_kwh = _times(joules, laptops * requests / J_PER_KWH)
    figures = {
        REQUEST_ENERGY: joules,
        "energy_kwh_per_month": energy_kwh,
        "cost_per_month": _times(energy_kwh, fleet.price_per_kwh),
        "answer_wait_h_per_person_month": _times(answer_ms, requests / _MS_PER_H),
        "load_wait_h_per_person_month": _times(load_s, loads / _S_PER_H),
        "disk_mb_per_laptop": disk_mb,
        "download_gb": _times(disk_mb, laptops / _MB_PER_GB),
    }
    sources = ", ".join(dict.fromkeys(source for cell in cells if (source := cell.result.energy_source)))
    missing = {name: _why_unknown(choice, name) for name, value in figures.items() if value is None}
    return Cost(label=choice.label, energy_source=sources or None, missing=missing, **figures)


def _why_unknown(choice: Choice, figure: str) -> str:
    """Why what the figure follows from is not known."""
    if figure == "answer_wait_h_per_person_month":
        return "no answer could be timed"
    origin = {"load_wait_h_per_person_month": "load_s", "disk_mb_per_laptop": "disk_mb", "download_gb": "disk_mb"}
    name, result = origin.get(figure, REQUEST_ENERGY), choice.candidate.result
    return result.missing.get(name, f"run.json has no {name}; measure again")


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def sentences(every: Sequence[Cost], fleet: Fleet) -> Iterator[str]:
    """What is assumed of the fleet, then each option's cost."""
    yield (
        f"Assumed of the fleet: {fleet.laptops:,} laptops like the one measured, {fleet.requests_per_day:g} "
        f"requests and {fleet.loads_per_day:g} loads a person a day, {fleet.days_per_month:g} days a month, "
        f"{fleet.price_per_kwh:g} {fleet.currency} a kWh; loading and idling are not in the energy."
    )
    yield from (f"{one.label} on the fleet: {'; '.join(_parts(one, fleet.currency))}." for one in every)


def _parts(one: Cost, currency: str) -> Iterator[str]:
    if one.energy_kwh_per_month is None:
        yield f"its energy is not known: {one.missing[REQUEST_ENERGY]}"
    else:
        yield (
            f"{number(one.energy_kwh_per_month)} kWh and {number(one.cost_per_month)} {currency} a month "
            f"({number(one.energy_j_per_request)} J a request, {_BY.get(one.energy_source or '', one.energy_source)})"
        )
    for what in ("answer", "load"):
        name = f"{what}_wait_h_per_person_month"
        hours = getattr(one, name)
        wait = f"not known: {one.missing[name]}" if hours is None else f"{_duration(hours)} a month for each person"
        yield f"{_WAITS[what]} {wait}"
    if one.download_gb is None:
        yield f"its size is not known: {one.missing['download_gb']}"
    else:
        disk = with_unit("disk_mb", one.disk_mb_per_laptop)
        yield f"{disk} on each laptop, {number(one.download_gb)} GB to download in all"


def _duration(hours: float) -> str:
    unit, per_h = next((one for one in _UNITS if hours * one[1] >= 1), _UNITS[-1])
    return f"{number(hours * per_h)} {unit}"
