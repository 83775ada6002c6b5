"""One side of a gate: the figures of each repeated run, what it answered, and what must be equal on both sides."""

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from foundry_exp.errors import ConfigError
from foundry_exp.files.disk import write_whole
from foundry_exp.metrics import catalogue
from foundry_exp.metrics.figure import Figure
from foundry_exp.records.record_json import NotTheRecordError, from_json, to_json
from foundry_exp.records.version import Format
from foundry_exp.results import candidates, comparable
from foundry_exp.results.candidates import Candidate
from foundry_exp.results.figures import ANY_E2E, CellFigures

STATISTICS: dict[str, Callable[[Sequence[float]], float]] = {"fastest": min, "median": median}

SCHEMA_VERSION = 1
"""Of a baseline file."""
DIGITS = 5
"""That count, of a figure that it keeps: enough for a change of a tenth of a percent, and readable as a diff."""
SUFFIX = ".json"
"""Of a baseline that git keeps: one file of figures and greedy answers, small and readable as a diff."""
BASELINE_FORMAT = Format("a baseline", SCHEMA_VERSION, error=ConfigError)
_NUMBERS = re.compile(r"\[\n\s*((?:[-+.\de]+|null)(?:,\n\s*(?:[-+.\de]+|null))*)\n\s*\]")


@dataclass(frozen=True, slots=True)
class Output:
    """What a prompt was answered with at temperature 0."""

    prompt: str
    """The digest of the prompt."""
    texts: tuple[str, ...]
    """Every different answer over rounds and runs; more than one is not deterministic."""


@dataclass(frozen=True, slots=True)
class GateSide:
    """Repeated runs of one cell, reduced to what a gate needs; what a baseline file holds."""

    schema_version: int
    label: str
    run: str
    """The run or sweep that it is from."""
    statistic: str
    facts: dict[str, str]
    """What it ran with and on; unknown is left out."""
    figures: dict[str, tuple[float | None, ...]]
    """Figure → one value a run; null where a run has none."""
    outputs: dict[str, Output]
    """By sample id; empty unless decoding is greedy."""
    broken: tuple[str, ...] = ()
    """Why further runs have no figures."""

    @property
    def runs(self) -> int:
        """Runs that were measured."""
        return max((len(values) for values in self.figures.values()), default=0)


def side(read: Sequence[Candidate], run: str, statistic: str) -> GateSide:
    """The one candidate with figures that a run holds; raise ConfigError when it holds several."""
    able = [one for one in read if one.why_not is None]
    every = [cell for one in read for cell in (*one.cells, *one.without)]
    broken = tuple(f"{cell.folder.name}: {why}" for cell in every if (why := candidates.why_not(cell.result)))
    if len(able) > 1:
        names = ", ".join(one.label for one in able)
        msg = f"gate: a side is one cell, repeated; got {len(able)} ({names}): name the run folders of one of them."
        raise ConfigError(msg)
    if not able:
        return GateSide(SCHEMA_VERSION, read[0].label, run, statistic, {}, {}, {}, broken)
    return _side(able[0], run, statistic, broken)


def _side(candidate: Candidate, run: str, statistic: str, broken: tuple[str, ...]) -> GateSide:
    return GateSide(
        schema_version=SCHEMA_VERSION,
        label=candidate.result.model.alias,
        run=run,
        statistic=statistic,
        facts=facts(candidate),
        figures={name: _figure(candidate.cells, name, STATISTICS[statistic]) for name in catalogue.gated()},
        outputs=_outputs(candidate),
        broken=broken,
    )


def facts(candidate: Candidate) -> dict[str, str]:
    """What a side ran with and on, as text."""
    cell = candidate.cells[0]
    values = {name: fact(cell.cell) for name, fact in comparable.FACTS.items()} | {
        "model": cell.result.model.alias,
        "variant": cell.result.model.variant,
        "accel": cell.result.accel,
        "streaming": "on" if cell.result.streaming else "off",
        "backend": cell.result.backend,
        "workload": _workload(cell),
        "energy": comparable.energy_source(cell.cell),
    }
    return {name: value for name, value in values.items() if value}


def _workload(cell: CellFigures) -> str | None:
    """Rounds and concurrency: the fastest of more rounds is faster."""
    return comparable.workload(cell.cell, ("rounds", "concurrency", "rate_per_s"))


def _figure(
    cells: Sequence[CellFigures], name: str, statistic: Callable[[Sequence[float]], float]
) -> tuple[float | None, ...]:
    return tuple(_rounded(_of_cell(cell, name, statistic)) for cell in cells)


def _of_cell(cell: CellFigures, name: str, statistic: Callable[[Sequence[float]], float]) -> float | None:
    figure = catalogue.figure(name)
    if figure.kind == "points":
        points = cell.by_prompt(name)
        return fmean(points.values()) if points else None
    if figure.is_distribution:
        return _typical(cell, figure, statistic)
    return cell.positive_of_run(name) if figure.is_ratio else cell.of_run(name)


def _typical(cell: CellFigures, figure: Figure, statistic: Callable[[Sequence[float]], float]) -> float | None:
    """The geometric mean over prompts; null when a prompt has no value, since the rest would be another figure."""
    by_prompt = cell.values.get(ANY_E2E if figure.name == "e2e_ms" else figure.name, {})
    if not by_prompt or len(by_prompt) < cell.prompts:
        return None
    if figure.better == "more":  # the fastest is the largest rate
        return 1 / math.exp(fmean(math.log(statistic([1 / rate for rate in rates])) for rates in by_prompt.values()))
    return math.exp(fmean(math.log(statistic(values)) for values in by_prompt.values()))


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")


def _outputs(candidate: Candidate) -> dict[str, Output]:
    if candidate.result.generation.get("temperature") != 0:
        return {}
    digests: dict[str, str] = {}
    texts: dict[str, dict[str, None]] = {}
    for cell in candidate.cells:
        for request in cell.cell.measured:
            if request.error is None:
                digests[request.sample_id] = request.prompt_digest
                texts.setdefault(request.sample_id, {})[request.text] = None
    return {name: Output(digests[name], tuple(texts[name])) for name in sorted(texts)}


def is_baseline(name: str) -> bool:
    """Whether what a user named as a baseline is a file of this kind."""
    return Path(name).is_file() and name.endswith(SUFFIX)


def save_baseline(path: Path, side: GateSide) -> None:
    """Write it, whole or not at all."""
    text = json.dumps(json.loads(to_json(side)), indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(path, _on_one_line(text) + "\n")


def load_baseline(path: Path) -> GateSide:
    """Read it; raise ConfigError when it is no baseline."""
    try:
        side: GateSide = from_json(GateSide, BASELINE_FORMAT.current_json(path.read_bytes(), path))
    except (OSError, NotTheRecordError) as error:
        msg = f"{path}: not a baseline ({error}); write one with: python -m foundry_exp gate --save {path} RUN"
        raise ConfigError(msg) from error
    return side


def _on_one_line(text: str) -> str:
    """Lists of numbers on one line each: a figure of five runs is one line of a diff. Strings hold no line breaks."""
    return _NUMBERS.sub(lambda match: f"[{' '.join(match.group(1).split())}]", text)
