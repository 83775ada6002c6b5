"""Energy that the CPU packages count themselves (RAPL), through Linux' powercap files.

A package holds cores, caches and integrated graphics; its memory modules, discrete GPUs and screen are not in it.
Everything that runs on the machine is counted, not the model alone.
"""

from pathlib import Path

from foundry_exp.runtime.meters.meter import Sampler, UnavailableError

_UJ_PER_J = 1e6
_LOOK_EVERY_S = 60.0  # a counter of 65 kJ wraps after 3 minutes at 350 W; two wraps in a row could not be told apart


class RaplEnergy:
    """Joules of all CPU packages between `start` and `stop`."""

    def __init__(self, powercap: Path) -> None:
        """Keep the folder, /sys/class/powercap but in tests."""
        self._powercap = powercap
        self._spent_uj = 0
        self._last_uj: dict[Path, int] = {}
        self._failure: UnavailableError | None = None
        self._sampler = Sampler(self._look, _LOOK_EVERY_S)

    def start(self) -> None:
        """Read every counter, or raise UnavailableError."""
        self._last_uj = {package: _read_uj(package / "energy_uj") for package in packages(self._powercap)}
        self._sampler.start()

    def stop(self) -> float:
        """Joules since `start`; raises UnavailableError when a counter went away or never moved."""
        self._sampler.stop()
        if self._failure is not None:
            raise self._failure
        if self._spent_uj == 0:
            msg = f"{self._powercap}: no counter moved, as in a virtual machine"
            raise UnavailableError(msg)
        return self._spent_uj / _UJ_PER_J

    def _look(self) -> None:
        try:
            for package, before_uj in self._last_uj.items():
                now_uj = _read_uj(package / "energy_uj")
                self._spent_uj += spent_uj(before_uj, now_uj, _read_uj(package / "max_energy_range_uj"))
                self._last_uj[package] = now_uj
        except UnavailableError as error:
            self._failure = error


def packages(powercap: Path) -> list[Path]:
    """The domains that are whole packages: not their parts, and not `psys`, which holds them again."""
    domains = sorted(powercap.glob("intel-rapl:*"))  # AMD's too; intel-rapl-mmio:* are the same packages once more
    whole = [domain for domain in domains if _name(domain).startswith("package")]
    if not whole:
        msg = f"no RAPL here: no package domain in {powercap}"
        raise UnavailableError(msg)
    return whole


def spent_uj(before_uj: int, after_uj: int, range_uj: int) -> int:
    """Microjoules between two readings of a counter that goes back to 0 after `range_uj`."""
    return after_uj - before_uj + (range_uj if after_uj < before_uj else 0)


def _read_uj(path: Path) -> int:
    """One counter, in microjoules."""
    try:
        return int(path.read_text(encoding="ascii"))
    except PermissionError as error:
        msg = f"{path}: no permission to read it; allow it with: sudo chmod a+r {path}"
        raise UnavailableError(msg) from error
    except (OSError, ValueError) as error:
        msg = f"{path}: cannot be read ({error})"
        raise UnavailableError(msg) from error


def _name(domain: Path) -> str:
    try:
        return (domain / "name").read_text(encoding="ascii").strip()
    except OSError:
        return ""
