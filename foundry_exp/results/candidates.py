"""The candidates of a decision: cells of one thing measured several times belong together."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from foundry_exp.errors import ConfigError
from foundry_exp.files.escape import one_line
from foundry_exp.records import sweep_plan
from foundry_exp.records.run_result import WITH_FIGURES, RunResult
from foundry_exp.records.runs import finished_cells, unfinished
from foundry_exp.results import typical
from foundry_exp.results.cell import FinishedCell, gather
from foundry_exp.results.figures import QUALITY, CellFigures, figures

Measured = tuple[str, str, str, str | None]
"""Fingerprint, alias, accelerator, and the digest of the model's files where one is known."""
_ENDED = {"failed": "failed", "skipped": "skipped", "device_mismatch": "ran on another device than asked"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model on one accelerator with one set of settings, measured once or more."""

    label: str
    cells: tuple[CellFigures, ...]
    """Its runs with figures; where none has any, all of them."""
    without: tuple[CellFigures, ...] = ()
    """Its runs without figures, beside those that have some."""

    @property
    def result(self) -> RunResult:
        """The summary of its first run."""
        return self.cells[0].result

    @property
    def requests(self) -> int:
        """Measured requests of all runs."""
        return sum(cell.requests for cell in self.cells)

    @property
    def runs(self) -> int:
        """How often it was run, whatever came of it."""
        return len(self.cells) + len(self.without)

    @property
    def failed(self) -> int:
        """Runs that failed, beside those with figures."""
        return sum(cell.result.status == "failed" for cell in self.without)

    @property
    def why_not(self) -> str | None:
        """Why it has no figures to compare; null when it has."""
        return why_not(self.result)

    def typical_answer_ms(self, tokens: float | None) -> float | None:
        """The median over its runs of each run's; null where one has none."""
        values = [typical.of_run(cell.result, tokens) for cell in self.cells]
        known = [value for value in values if value is not None]
        return median(known) if known and len(known) == len(values) else None

    @property
    def quality(self) -> float | None:
        """The mean over its runs of each run's mean over prompts; null without points."""
        means = [fmean(points.values()) for cell in self.cells if (points := cell.by_prompt(QUALITY))]
        return fmean(means) if means else None

    def broken(self) -> list[str]:
        """Its runs without figures, in sentences: `1 of 2 runs failed: out of memory`."""
        ways = Counter((_ENDED.get(one.result.status, one.result.status), _reason(one.result)) for one in self.without)
        return [f"{count} of {self.runs} runs {ended}: {reason}" for (ended, reason), count in ways.items()]

    def left_out(self) -> list[str]:
        """What of its requests does not count, in sentences without a subject."""
        reasons = dict.fromkeys(why for cell in self.cells for why in cell.left_out)
        counts = {why: sum(cell.left_out.get(why, 0) for cell in self.cells) for why in reasons}
        return [f"{count} of {self.requests} {why}" for why, count in counts.items() if count]


def why_not(result: RunResult) -> str | None:
    """Why a run has no figures; null when it has."""
    if result.status in WITH_FIGURES:
        return None
    return f"its status is {result.status.replace('_', ' ')}: {_reason(result)}"


def _reason(result: RunResult) -> str:
    return one_line(result.reason or "no reason was recorded").removeprefix(f"{result.model.alias}: ")


def read(runs: Sequence[Path], *, together: bool = False) -> list[Candidate]:
    """Every candidate in the runs named, in their order; a run named twice, or nothing finished, is refused.

    The same cell in two runs is two candidates, unless they are taken `together`.
    """
    folders = [_cells(run) for run in runs]
    seen: set[Path] = set()
    for folder in itertools.chain(*folders):
        if folder.resolve() in seen:
            msg = f"{folder}: named twice; compare a run with another one."
            raise ConfigError(msg)
        seen.add(folder.resolve())
    cells = [gather(own) for own in folders]
    return grouped(*([list(itertools.chain(*cells))] if together else cells))


def grouped(*runs: Sequence[FinishedCell]) -> list[Candidate]:
    """The candidates that cells are; the same cell in two runs is two of them."""
    groups: dict[tuple[object, ...], list[CellFigures]] = {}
    for place, run in enumerate(runs):
        for cell, same in zip(run, measurements([cell.result for cell in run]), strict=True):
            groups.setdefault((place, *same), []).append(figures(cell))
    cells = [tuple(sorted(group, key=lambda cell: cell.result.started_at)) for group in groups.values()]
    return [_candidate(label, group) for label, group in zip(_labels(cells), cells, strict=True)]


def _candidate(label: str, runs: Sequence[CellFigures]) -> Candidate:
    able = tuple(run for run in runs if why_not(run.result) is None)
    if not able:
        return Candidate(label, tuple(runs))
    return Candidate(label, able, tuple(run for run in runs if why_not(run.result) is not None))


def absent(runs: Sequence[Path]) -> list[str]:
    """A sentence about each run of which planned cells have no result."""
    return [said for run in runs if (said := unfinished(run).sentence(run.name))]


def _cells(run: Path) -> list[Path]:
    cells = finished_cells(run)
    if not cells:
        way = sweep_plan.way_on(run)
        msg = f"{run}: no finished run in it; its records.jsonl files hold what was measured. {way}"
        raise ConfigError(msg)
    return cells


def distinct(results: Iterable[RunResult]) -> int:
    """How many candidates with figures these cells are, without reading their records."""
    return len(set(measurements([result for result in results if result.status in WITH_FIGURES])))


def measurements(results: Sequence[RunResult]) -> list[Measured]:
    """What repeats share, for each: settings, model, device and the model's files.

    One that does not say its files, since it was skipped or they were changed, is of those of the others.
    """
    alike = [(result.fingerprint, result.model.alias, result.accel) for result in results]
    digests = [result.model.files_digest for result in results]
    said = {same: digest for same, digest in zip(alike, digests, strict=True) if digest}
    return [(*same, digest or said.get(same)) for same, digest in zip(alike, digests, strict=True)]


_TELL_APART: tuple[Callable[[RunResult], str], ...] = (
    lambda result: result.accel,
    lambda result: f"streaming {'on' if result.streaming else 'off'}",
    lambda result: result.backend,
    lambda result: f"prompts {result.prompts.get('name')}",
)
"""What names every candidate beside its model, as far as it is needed."""


def _labels(groups: Sequence[tuple[CellFigures, ...]]) -> list[str]:
    results = [group[0].result for group in groups]
    parts: list[list[str]] = [[] for _ in results]
    for tell in _TELL_APART:
        if len(set(_names(results, parts))) < len(results):
            _add([one_line(tell(result)) for result in results], parts, range(len(results)))
    for said in ([_cell(group) for group in groups], [one_line(result.sweep_id) for result in results]):
        names = _names(results, parts)
        for name in dict.fromkeys(names):
            _add(said, parts, [place for place, other in enumerate(names) if other == name])
    names = _names(results, parts)
    return [name if names.count(name) == 1 else f"{name} #{place}" for place, name in enumerate(names, start=1)]


def _add(said: Sequence[str], parts: Sequence[list[str]], places: Sequence[int]) -> None:
    """Name what differs between the candidates at some places."""
    if len({said[place] for place in places}) > 1:
        for place in places:
            parts[place].append(said[place])


def _cell(group: Sequence[CellFigures]) -> str:
    """The cell's name; of several runs without the number of one of them."""
    result = group[0].result
    return one_line(result.cell if len(group) == 1 else result.cell.removesuffix(f"-r{result.repeat}"))


def _names(results: Iterable[RunResult], parts: Iterable[list[str]]) -> list[str]:
    return [
        one_line(result.model.alias) + (f" ({', '.join(own)})" if own else "")
        for result, own in zip(results, parts, strict=True)
    ]
