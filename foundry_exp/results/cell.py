"""The cells of a report as read from their folders, and the names that tell them apart."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from foundry_exp.metrics.quality import current
from foundry_exp.records.run_folder import each_record, read_result, read_samples_if_kept, read_scores
from foundry_exp.records.run_result import RunResult
from foundry_exp.records.score import Score
from foundry_exp.results.requests import Request, request
from foundry_exp.results.row import Row, row, scalar

DEMO_PREFIX = "demo-"
DEMO_NOTICE = "Demonstration models are for trying the tool: their figures say nothing about a model worth choosing."
SCRIPTED = "scripted"
SCRIPTED_NOTICE = "The scripted backend plays back made-up answers at made-up speeds: its figures are of no model."


@dataclass(frozen=True, slots=True)
class CellReport:
    """A finished cell: its folder, its summary, its row, and its requests."""

    folder: Path
    result: RunResult
    row: Row
    warmup: tuple[Request, ...]
    measured: tuple[Request, ...]
    prompts: dict[str, str]
    """What the user asked, by sample id; empty where the run folder does not say."""
    scores: tuple[Score, ...]
    """Those that count, of every scorer."""

    @property
    def answers(self) -> list[Request]:
        """Measured requests that were answered, in the order of the rounds."""
        return sorted((record for record in self.measured if record.error is None), key=lambda record: record.round)

    @property
    def token_sources(self) -> list[str]:
        """Where the token counts of the answers come from."""
        return sorted({record.token_source for record in self.answers if record.token_source})

    @property
    def tokens_estimated(self) -> bool:
        """Whether some token count is not the runtime's own, so that rates cannot be ranked."""
        counted = all(source == "usage" for source in self.token_sources)
        return not counted or bool(scalar(self.result, "estimated_rate"))


@dataclass(frozen=True, slots=True)
class Axis:
    """A column that tells cells apart: its header and each cell's value."""

    header: str
    values: tuple[str, ...]


def gather(cells: Sequence[Path]) -> list[CellReport]:
    """Read finished run folders, in the order given."""
    return [_read(folder) for folder in cells]


def _read(folder: Path) -> CellReport:
    result = read_result(folder)
    every = [request(record) for record in each_record(folder)]
    if result.status == "device_mismatch":  # their times are of another device
        every = [replace(one, ttft_ms=None, e2e_ms=None) for one in every]
    warmup = tuple(one for one in every if one.phase == "warmup")
    measured = tuple(one for one in every if one.phase == "measure")
    scores = tuple(current(read_scores(folder)))
    return CellReport(folder, result, _counted(row(result), measured), warmup, measured, _prompts(folder), scores)


def _prompts(folder: Path) -> dict[str, str]:
    return {sample.sample_id: sample.messages[-1].content for sample in read_samples_if_kept(folder) if sample.messages}


def _counted(summary: Row, measured: Sequence[Request]) -> Row:
    """The row with its requests counted from the records, where the summary has no count."""
    if summary["requests"] is not None or not measured or summary.status == "device_mismatch":
        return summary
    return replace(summary, figures=summary.figures | {"requests": len(measured)})


def axes(cells: Sequence[CellReport]) -> list[Axis]:
    """The model, and whatever else differs between the cells."""
    rows = [cell.row for cell in cells]
    candidates = (
        Axis("Accel", tuple(each.accel for each in rows)),
        Axis("Streaming", tuple("on" if each.streaming else "off" for each in rows)),
        Axis("Backend", tuple(each.backend for each in rows)),
    )
    chosen = [Axis("Model", tuple(each.model for each in rows))]
    chosen += [axis for axis in candidates if len(set(axis.values)) > 1]
    if len(set(zip(*(axis.values for axis in chosen), strict=True))) < len(cells):
        chosen.append(Axis("Cell", tuple(cell.result.cell for cell in cells)))
    return chosen


def labels(cells: Sequence[CellReport]) -> list[str]:
    """A name for each cell in a sentence: `demo-small (cpu, streaming off)`."""
    model, *others = axes(cells)
    return [_label(name, [_part(axis, index) for axis in others]) for index, name in enumerate(model.values)]


def _part(axis: Axis, index: int) -> str:
    value = axis.values[index]
    return f"streaming {value}" if axis.header == "Streaming" else value


def _label(model: str, parts: Sequence[str]) -> str:
    return f"{model} ({', '.join(parts)})" if parts else model


def notices(cells: Sequence[CellReport]) -> list[str]:
    """What every page has to say of models that are not there to be chosen."""
    said = {
        DEMO_NOTICE: any(cell.row.model.startswith(DEMO_PREFIX) for cell in cells),
        SCRIPTED_NOTICE: any(cell.row.backend == SCRIPTED for cell in cells),
    }
    return [notice for notice, applies in said.items() if applies]
