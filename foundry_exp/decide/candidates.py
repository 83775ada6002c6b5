"""The candidates of a decision: run folders of one thing measured several times belong together."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from foundry_exp.decide import figures
from foundry_exp.decide.figures import CellFigures
from foundry_exp.errors import ConfigError
from foundry_exp.records import WITH_FIGURES, RunResult
from foundry_exp.report.text import one_line
from foundry_exp.store import finished_cells


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model on one accelerator with one set of settings, measured once or more."""

    label: str
    cells: tuple[CellFigures, ...]

    @property
    def result(self) -> RunResult:
        """The summary of its first run."""
        return self.cells[0].result

    @property
    def requests(self) -> int:
        """Measured requests of all runs."""
        return sum(cell.requests for cell in self.cells)

    @property
    def why_not(self) -> str | None:
        """Why it has no figures to compare; null when it has."""
        status = self.result.status
        if status in WITH_FIGURES:
            return None
        reason = one_line(self.result.reason or "no reason was recorded").removeprefix(f"{self.result.model.alias}: ")
        return f"its status is {status.replace('_', ' ')}: {reason}"

    def left_out(self) -> list[str]:
        """What of its requests does not count, in sentences without a subject."""
        reasons = dict.fromkeys(why for cell in self.cells for why in cell.left_out)
        counts = {why: sum(cell.left_out.get(why, 0) for cell in self.cells) for why in reasons}
        return [f"{count} of {self.requests} {why}" for why, count in counts.items() if count]


def read(runs: Sequence[Path], *, together: bool = False) -> list[Candidate]:
    """Every candidate in the runs named, in their order; a run named twice, or nothing finished, is refused.

    The same cell in two runs is two candidates, unless they are taken `together`.
    """
    folders = [(place, folder) for place, run in enumerate(runs) for folder in _cells(run)]
    seen: set[Path] = set()
    groups: dict[tuple[object, ...], list[CellFigures]] = {}
    for place, folder in folders:
        if folder.resolve() in seen:
            msg = f"{folder}: named twice; compare a run with another one."
            raise ConfigError(msg)
        seen.add(folder.resolve())
        cell = figures.read(folder)
        groups.setdefault(_identity(0 if together else place, cell), []).append(cell)
    cells = [tuple(sorted(group, key=lambda cell: cell.result.started_at)) for group in groups.values()]
    return [Candidate(label, group) for label, group in zip(_labels(cells), cells, strict=True)]


def _cells(run: Path) -> list[Path]:
    found = finished_cells(run)
    if not found:
        msg = f"{run}: no finished run in it; its records.jsonl files hold what was measured. Run it again."
        raise ConfigError(msg)
    return found


def distinct(results: Iterable[RunResult]) -> int:
    """How many candidates with figures these cells are, without reading their records."""
    return len({_measurement(result) for result in results if result.status in WITH_FIGURES})


def _measurement(result: RunResult) -> tuple[str, str, str]:
    """What repeats share."""
    return result.fingerprint, result.model.alias, result.accel


def _identity(place: int, cell: CellFigures) -> tuple[object, ...]:
    """A repeat that failed is a candidate of its own, so that it stays visible."""
    result = cell.result
    measured = result.status in WITH_FIGURES
    return (place, *_measurement(result), measured, None if measured else cell.folder)


_TELL_APART: tuple[Callable[[RunResult], str], ...] = (
    lambda result: result.accel,
    lambda result: f"streaming {'on' if result.streaming else 'off'}",
    lambda result: result.backend,
    lambda result: f"prompts {result.prompts.get('name')}",
    lambda result: result.cell,
    lambda result: result.sweep_id,
)
"""What names a candidate beside its model, as far as it is needed."""


def _labels(groups: Sequence[tuple[CellFigures, ...]]) -> list[str]:
    results = [group[0].result for group in groups]
    parts: list[list[str]] = [[] for _ in results]
    for tell in _TELL_APART:
        if len(set(_names(results, parts))) == len(results):
            break
        said = [one_line(tell(result)) for result in results]
        if len(set(said)) > 1:
            for own, text in zip(parts, said, strict=True):
                own.append(text)
    names = _names(results, parts)
    return [name if names.count(name) == 1 else f"{name} #{place}" for place, name in enumerate(names, start=1)]


def _names(results: Iterable[RunResult], parts: Iterable[list[str]]) -> list[str]:
    return [
        one_line(result.model.alias) + (f" ({', '.join(own)})" if own else "")
        for result, own in zip(results, parts, strict=True)
    ]
