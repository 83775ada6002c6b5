"""What Linux's files say of power and heat, and the sentences made of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from foundry_exp.runtime.meters import power
from foundry_exp.runtime.meters.power import PowerState

CALM = PowerState(
    power_source="mains", cpu_governor="performance", cpu_mhz=4000.0, cpu_max_mhz=4500.0,
    cpu_c=60.0, core_throttles=3, package_throttles=10,
)  # fmt: skip


def put(sysfs: Path, path: str, text: object) -> None:
    (sysfs / path).parent.mkdir(parents=True, exist_ok=True)
    (sysfs / path).write_text(f"{text}\n", encoding="utf-8")


def cpu(
    sysfs: Path, number: int, *, khz: int, core: int, throttled: tuple[int, int], governor: str = "powersave"
) -> None:
    here = f"devices/system/cpu/cpu{number}"
    put(sysfs, f"{here}/cpufreq/scaling_cur_freq", khz)
    put(sysfs, f"{here}/cpufreq/cpuinfo_max_freq", 4_500_000)
    put(sysfs, f"{here}/cpufreq/scaling_governor", governor)
    put(sysfs, f"{here}/topology/core_id", core)
    put(sysfs, f"{here}/topology/physical_package_id", 0)
    put(sysfs, f"{here}/thermal_throttle/core_throttle_count", throttled[0])
    put(sysfs, f"{here}/thermal_throttle/package_throttle_count", throttled[1])


def test_a_laptop_is_read_whole_and_shared_counters_are_counted_once(tmp_path: Path) -> None:
    cpu(tmp_path, 0, khz=3_900_000, core=0, throttled=(2, 7))
    cpu(tmp_path, 1, khz=800_000, core=0, throttled=(2, 7))
    cpu(tmp_path, 2, khz=800_000, core=1, throttled=(1, 7), governor="performance")
    put(tmp_path, "class/thermal/thermal_zone0/type", "acpitz")
    put(tmp_path, "class/thermal/thermal_zone0/temp", 99_000)
    put(tmp_path, "class/thermal/thermal_zone1/type", "x86_pkg_temp")
    put(tmp_path, "class/thermal/thermal_zone1/temp", 71_500)
    state = replace(power.read(tmp_path), power_source=None)  # of the machine that runs the test
    assert state == PowerState(
        cpu_governor="performance, powersave", cpu_mhz=3900.0, cpu_max_mhz=4500.0,
        cpu_c=71.5, core_throttles=3, package_throttles=7,
    )  # fmt: skip


def test_a_machine_that_tells_nothing_is_all_null(tmp_path: Path) -> None:
    assert replace(power.read(tmp_path), power_source=None) == PowerState()


def test_a_sensor_that_is_not_connected_is_no_temperature(tmp_path: Path) -> None:
    put(tmp_path, "class/thermal/thermal_zone0/type", "cpu-thermal")
    put(tmp_path, "class/thermal/thermal_zone0/temp", -274_000)
    assert power.read(tmp_path).cpu_c is None


def test_a_half_told_counter_is_null(tmp_path: Path) -> None:
    cpu(tmp_path, 0, khz=1_000_000, core=0, throttled=(2, 7))
    put(tmp_path, "devices/system/cpu/cpu1/topology/core_id", 1)
    assert power.read(tmp_path).core_throttles is None


def test_this_machine_can_be_read() -> None:
    assert power.read().power_source in ("mains", "battery", None)


def test_a_calm_machine_gives_no_warning() -> None:
    assert power.warnings(CALM, CALM) == []
    assert power.warnings(PowerState(), PowerState()) == []
    assert power.warnings(CALM, replace(CALM, cpu_mhz=3600.0, cpu_c=89.9)) == []


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (replace(CALM, power_source="battery"), "ran on battery"),
        (replace(CALM, cpu_governor="powersave"), "governor is powersave, not performance"),
        (replace(CALM, cpu_mhz=3000.0), "fell by 25% while measuring (4000 to 3000 MHz)"),
        (replace(CALM, cpu_c=93.0), "93 °C after measuring (60 °C before)"),
        (replace(CALM, core_throttles=5, package_throttles=14), "throttled for heat 4 times"),
    ],
)
def test_each_doubt_is_one_sentence_with_its_number(end: PowerState, words: str) -> None:
    (sentence,) = power.warnings(CALM, end)
    assert words in sentence
    assert sentence.endswith(".")


def test_a_laptop_that_was_plugged_in_meanwhile_ran_on_battery() -> None:
    (sentence,) = power.warnings(replace(CALM, power_source="battery"), CALM)
    assert "battery" in sentence
