"""What the operating system tells of power and heat: where it comes from, how fast the CPU may and does run.

Frequency, temperature and throttling are read on Linux alone: elsewhere the system gives nominal values or none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from foundry_exp.files.disk import read_fact

SYS = Path("/sys")
HOT_C = 90.0
SLOWED_BY = 0.10

_CPU_SENSORS = ("coretemp", "k10temp", "zenpower", "cpu_thermal")
_CPU_ZONES = ("cpu", "pkg", "soc")
_PLAUSIBLE_C = (0.0, 150.0)  # a sensor that is not connected reads -274, 0 or 255


@dataclass(frozen=True, slots=True)
class PowerState:
    """One look. Null is what the system does not tell."""

    power_source: str | None = None
    """mains or battery."""
    cpu_governor: str | None = None
    cpu_mhz: float | None = None
    """Of the fastest core: the others may be asleep."""
    cpu_max_mhz: float | None = None
    cpu_c: float | None = None
    """The hottest sensor of the CPU, in °C."""
    core_throttles: int | None = None
    """How often a core was slowed for heat since the machine started, summed over cores."""
    package_throttles: int | None = None


def read(sysfs: Path = SYS) -> PowerState:
    """Everything that can be told now."""
    cpus = sorted((sysfs / "devices/system/cpu").glob("cpu[0-9]*"))
    speeds_khz = _numbers(cpu / "cpufreq/scaling_cur_freq" for cpu in cpus)
    limits_khz = _numbers(cpu / "cpufreq/cpuinfo_max_freq" for cpu in cpus)
    return PowerState(
        power_source=power_source(),
        cpu_governor=governor(sysfs),
        cpu_mhz=max(speeds_khz) / 1e3 if speeds_khz else None,
        cpu_max_mhz=max(limits_khz) / 1e3 if limits_khz else None,
        cpu_c=_temperature_c(sysfs),
        core_throttles=_throttles(cpus, "core"),
        package_throttles=_throttles(cpus, "package"),
    )


def power_source() -> str | None:
    """`mains` or `battery`; null for a machine without a battery."""
    sensors = getattr(psutil, "sensors_battery", None)  # absent on some systems
    battery = sensors() if sensors else None
    if battery is None or battery.power_plugged is None:
        return None
    return "mains" if battery.power_plugged else "battery"


def governor(sysfs: Path = SYS) -> str | None:
    """The rule that sets the CPU's speed; several, with commas, when cores differ."""
    rules = {read_fact(path) for path in (sysfs / "devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_governor")}
    return ", ".join(sorted(rule for rule in rules if rule)) or None


def warnings(start: PowerState, end: PowerState) -> list[str]:
    """What of power and heat may have changed the timings, in full sentences with the numbers."""
    battery = "battery" in (start.power_source, end.power_source)
    slow_rule = end.cpu_governor is not None and end.cpu_governor != "performance"
    throttled = max(
        _more(start.core_throttles, end.core_throttles), _more(start.package_throttles, end.package_throttles)
    )
    candidates = (
        (
            battery,
            "the machine ran on battery, which most of them save by running slower; plug it in and measure again.",
        ),
        (
            slow_rule,
            f"the CPU governor is {end.cpu_governor}, not performance: speed follows load, so a request may "
            "start slowly; set it with: sudo cpupower frequency-set -g performance.",
        ),
        (_slowed(start, end), _slowed(start, end)),
        (_hot(start, end), _hot(start, end)),
        (
            throttled,
            f"the CPU was throttled for heat {throttled} times while measuring: the timings are those of a hot "
            "machine; set workload.cooldown_s, or cool it better.",
        ),
    )
    return [str(sentence) for applies, sentence in candidates if applies]


def _hot(start: PowerState, end: PowerState) -> str | None:
    if end.cpu_c is None or end.cpu_c < HOT_C:
        return None
    before = "" if start.cpu_c is None else f" ({start.cpu_c:.0f} °C before)"
    return (
        f"the CPU was at {end.cpu_c:.0f} °C after measuring{before}: it slows down when hot; "
        "set workload.cooldown_s, or cool it better."
    )


def _slowed(start: PowerState, end: PowerState) -> str | None:
    if start.cpu_mhz is None or end.cpu_mhz is None or end.cpu_mhz >= (1 - SLOWED_BY) * start.cpu_mhz:
        return None
    return (
        f"the CPU's speed fell by {1 - end.cpu_mhz / start.cpu_mhz:.0%} while measuring ({start.cpu_mhz:.0f} to "
        f"{end.cpu_mhz:.0f} MHz): heat or a power limit; set workload.cooldown_s and measure again."
    )


def _more(before: int | None, after: int | None) -> int:
    return 0 if before is None or after is None else max(0, after - before)


def _temperature_c(sysfs: Path) -> float | None:
    zones = (sysfs / "class/thermal").glob("thermal_zone*")
    of_cpu = [zone for zone in zones if any(word in (read_fact(zone / "type") or "").lower() for word in _CPU_ZONES)]
    temperatures_c = [value / 1e3 for value in _numbers(zone / "temp" for zone in of_cpu)] or (
        _sensors_c() if sysfs == SYS else []
    )
    low, high = _PLAUSIBLE_C
    return max((value for value in temperatures_c if low < value < high), default=None)


def _sensors_c() -> list[float]:
    sensors = getattr(psutil, "sensors_temperatures", None)  # absent on macOS and Windows
    readings: dict[str, list[Any]] = sensors() if sensors else {}
    return [float(one.current) for name in _CPU_SENSORS for one in readings.get(name, [])]


def _throttles(cpus: list[Path], scope: str) -> int | None:
    """The sum of one counter over cores or packages; null when any CPU lacks it."""
    counts: dict[
        tuple[str | None, ...], int
    ] = {}  # the threads of a core, and the cores of a package, show one counter
    for cpu in cpus:
        text = read_fact(cpu / f"thermal_throttle/{scope}_throttle_count")
        if text is None:
            return None
        package, core = (read_fact(cpu / f"topology/{name}") for name in ("physical_package_id", "core_id"))
        unit = (package, core or cpu.name) if scope == "core" else (package,)
        counts[unit] = max(counts.get(unit, 0), int(text))
    return sum(counts.values()) if counts else None


def _numbers(paths: Iterable[Path]) -> list[int]:
    """The whole numbers in those of the files that hold one."""
    texts = [read_fact(path) for path in paths]
    return [int(text) for text in texts if text is not None and text.lstrip("-").isdigit()]
