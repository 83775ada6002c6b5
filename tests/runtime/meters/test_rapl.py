"""RAPL's counters: which are summed, how they wrap, and what is said when they cannot be read."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundry_exp.runtime.meters.meter import UnavailableError
from foundry_exp.runtime.meters.rapl import RaplEnergy, packages, spent_uj
from tests.conftest import absent
from tests.runtime.meters.conftest import domain

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no file name with a colon, and no RAPL files"
)
NOBODY = 65534


def test_whole_packages_are_summed_and_nothing_is_counted_twice(tmp_path: Path) -> None:
    first = domain(tmp_path, "intel-rapl:0", "package-0", 100_000)
    core = domain(tmp_path, "intel-rapl:0:0", "core", 100)
    second = domain(tmp_path, "intel-rapl:1", "package-1", 700_000)
    psys = domain(tmp_path, "intel-rapl:2", "psys", 100)
    again = domain(tmp_path, "intel-rapl-mmio:0", "package-0", 100)
    meter = RaplEnergy(tmp_path)
    meter.start()
    for counter, uj in ((first, 350_000), (second, 900_000), (core, 900_000), (psys, 900_000), (again, 900_000)):
        counter.write_text(f"{uj}\n", encoding="ascii")
    assert meter.stop() == pytest.approx(0.250 + 0.200)


def test_a_counter_that_went_round_is_continued(tmp_path: Path) -> None:
    counter = domain(tmp_path, "intel-rapl:0", "package-0", 900_000, range_uj=1_000_000)
    meter = RaplEnergy(tmp_path)
    meter.start()
    counter.write_text("50000\n", encoding="ascii")
    assert meter.stop() == pytest.approx(0.150)


@pytest.mark.parametrize(("before", "after", "spent"), [(10, 30, 20), (990, 20, 30), (5, 5, 0)])
def test_between_two_readings(before: int, after: int, spent: int) -> None:
    assert spent_uj(before, after, 1000) == spent


def test_a_machine_without_rapl_says_so(tmp_path: Path) -> None:
    domain(tmp_path, "intel-rapl:0:0", "core", 1)
    with pytest.raises(UnavailableError, match="no RAPL here: no package domain"):
        packages(tmp_path)
    with pytest.raises(UnavailableError, match="no RAPL here"):
        RaplEnergy(tmp_path / "absent").start()


def test_a_counter_that_never_moved_is_not_zero_joules(tmp_path: Path) -> None:
    domain(tmp_path, "intel-rapl:0", "package-0", 12_345)
    meter = RaplEnergy(tmp_path)
    meter.start()
    with pytest.raises(UnavailableError, match="no counter moved"):
        meter.stop()


def test_a_counter_that_goes_away_leaves_no_figure(tmp_path: Path) -> None:
    counter = domain(tmp_path, "intel-rapl:0", "package-0", 100)
    meter = RaplEnergy(tmp_path)
    meter.start()
    counter.unlink()
    with pytest.raises(UnavailableError, match="cannot be read"):
        meter.stop()


@pytest.fixture
def forbidden() -> Iterator[Path]:
    """A powercap folder whose counter only its owner, somebody else, may read: the default since Linux 5.10."""
    if sys.platform == "win32":
        absent("permissions of POSIX")
    powercap = Path(tempfile.mkdtemp())  # not tmp_path, whose parents are closed to others
    powercap.chmod(0o755)
    domain(powercap, "intel-rapl:0", "package-0", 100).chmod(0o000)
    root = os.geteuid() == 0  # whom nothing is forbidden
    if root:
        os.seteuid(NOBODY)
    yield powercap
    if root:
        os.seteuid(0)
    shutil.rmtree(powercap)


def test_a_forbidden_counter_names_the_permission(forbidden: Path) -> None:
    with pytest.raises(
        UnavailableError, match=r"energy_uj: no permission to read it; allow it with: sudo chmod a\+r /"
    ):
        RaplEnergy(forbidden).start()
