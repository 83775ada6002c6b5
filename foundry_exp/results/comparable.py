"""What must be the same for figures to be compared: prompts, rubric, settings, load, runtime, power and machine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.files.escape import one_line
from foundry_exp.records.run_folder import read_config
from foundry_exp.results.candidates import Candidate
from foundry_exp.results.figures import ENERGY, CellFigures
from foundry_exp.results.provenance import scored_how

RUNTIME_PACKAGES = ("foundry-local-sdk", "onnxruntime", "onnxruntime-genai-core")
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing that is not the same for all."""

    what: str
    values: dict[str, str]
    """Value → the candidates that have it, as text."""

    def sentence(self) -> str:
        """`power: mains (demo-small), battery (demo-large)`."""
        return f"{self.what}: {self.listed()}"

    def listed(self) -> str:
        """`mains (demo-small), battery (demo-large)`."""
        return ", ".join(f"{value} ({who})" for value, who in self.values.items())


def mismatches(candidates: Sequence[Candidate]) -> list[Mismatch]:
    """What differs between candidates, or between the runs of one; what a run does not say differs from nothing."""
    found = (_mismatch(candidates, what, of) for what, of in FACTS.items())
    return [mismatch for mismatch in found if mismatch]


def energy_mismatch(candidates: Sequence[Candidate]) -> Mismatch | None:
    """Energies from different sources: a meter of one chip, one of another, and watts times seconds do not compare."""
    return _mismatch(candidates, "energy", energy_source)


def energy_source(cell: CellFigures) -> str | None:
    """Where a run's energy is from; null where it has none."""
    return cell.result.energy_source if cell.of_run(ENERGY) is not None else None


def _mismatch(candidates: Sequence[Candidate], what: str, of: Callable[[CellFigures], str | None]) -> Mismatch | None:
    values: dict[str, list[str]] = {}
    for candidate in candidates:
        for cell in candidate.cells:
            value = of(cell)
            if value is not None and candidate.label not in values.setdefault(one_line(value), []):
                values[one_line(value)].append(candidate.label)
    if len(values) < 2:  # noqa: PLR2004 - one value is no difference
        return None
    return Mismatch(what, {value: _listed(labels) for value, labels in values.items()})


def refuse(found: Sequence[Mismatch]) -> None:
    """Raise ConfigError that shows every difference."""
    if found:
        shown = "\n  ".join(mismatch.sentence() for mismatch in found)
        msg = f"these runs cannot be compared, because they differ:\n  {shown}\nmeasure them alike, or add --force."
        raise ConfigError(msg)


def _listed(labels: Sequence[str]) -> str:
    rest = len(labels) - _SHOWN
    return ", ".join(labels[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _prompts(cell: CellFigures) -> str | None:
    prompts = cell.result.prompts
    return f"{prompts.get('name')} {prompts['digest']}" if prompts.get("digest") else None


def _generation(cell: CellFigures) -> str | None:
    return ", ".join(f"{key} {_plain(value)}" for key, value in sorted(cell.result.generation.items())) or None


def _rubric(cell: CellFigures) -> str | None:
    source = cell.result.quality_source
    scored = cell.result.scores.get(source) if source else None
    return f"{source} {scored_how(source, scored)}" if source and scored else None


def _runtime(cell: CellFigures) -> str | None:
    known: dict[str, Any] = {}
    for source in ("packages", "runtime"):
        part = cell.result.environment.get(source)
        known |= part if isinstance(part, dict) else {}
    return ", ".join(f"{name} {known[name]}" for name in RUNTIME_PACKAGES if known.get(name)) or None


def _workload(cell: CellFigures) -> str | None:
    """How many at once: answers that wait for each other are slower."""
    return workload(cell, ("concurrency", "rate_per_s"))


def workload(cell: CellFigures, names: Sequence[str]) -> str | None:
    """Settings of the workload, as far as the run folder says them."""
    try:
        settings = read_config(cell.folder).get("workload")
    except StoreError:
        return None
    if not isinstance(settings, Mapping):
        return None
    return ", ".join(f"{name} {settings[name]}" for name in names if settings.get(name) is not None) or None


def _power(cell: CellFigures) -> str | None:
    environment = cell.result.environment
    parts = (environment.get("power_source"), environment.get("cpu_governor"))
    return ", ".join(str(part) for part in parts if part) or None


def _machine(cell: CellFigures) -> str | None:
    environment = cell.result.environment
    memory_mb = environment.get("memory_mb")
    memory = f"{memory_mb / 1000:.0f} GB" if isinstance(memory_mb, int | float) else None
    cores = environment.get("cpu_threads")
    parts = (environment.get("cpu"), f"{cores} threads" if cores else None, memory)
    return ", ".join(str(part) for part in parts if part) or None


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


FACTS: dict[str, Callable[[CellFigures], str | None]] = {
    "prompts": _prompts,
    "rubric": _rubric,
    "generation": _generation,
    "workload": _workload,
    "runtime": _runtime,
    "power": _power,
    "machine": _machine,
}
