"""A finished cell, read once and passed on to whatever reports, decides or publishes; and the names of several."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from foundry_exp.errors import StoreError
from foundry_exp.metrics.quality import current
from foundry_exp.records import run_folder
from foundry_exp.records.config import WrittenConfig
from foundry_exp.records.record import Record, Sample
from foundry_exp.records.run_result import RunResult
from foundry_exp.records.score import Score
from foundry_exp.results.requests import Request, request
from foundry_exp.results.row import Row, row, scalar

NO_CONFIG = WrittenConfig()
DEMO_PREFIX = "demo-"
DEMO_NOTICE = "Demonstration models are for trying the tool: their figures say nothing about a model worth choosing."
SCRIPTED = "scripted"
SCRIPTED_NOTICE = "The scripted backend plays back made-up answers at made-up speeds: its figures are of no model."


@dataclass(frozen=True, slots=True)
class FinishedCell:
    """Everything that lies in the folder of a finished cell, its requests without the times of their events."""

    folder: Path
    result: RunResult
    row: Row
    config: WrittenConfig
    """Empty where the folder has none, or none that can be read."""
    samples: tuple[Sample, ...]
    """What was asked; empty where the folder does not say."""
    warmup: tuple[Request, ...]
    measured: tuple[Request, ...]
    scores: tuple[Score, ...]
    """Those that count, of every scorer."""

    @property
    def prompts(self) -> dict[str, str]:
        """What the user asked, by sample id."""
        return {sample.sample_id: sample.messages[-1].content for sample in self.samples if sample.messages}

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
class CellWithRecords:
    """A finished cell at the hand of whoever scores it, with its records whole and every score that it was given."""

    cell: FinishedCell
    records: tuple[Record, ...]
    given: tuple[Score, ...] = ()


@dataclass(frozen=True, slots=True)
class Axis:
    """A column that tells cells apart: its header and each cell's value."""

    header: str
    values: tuple[str, ...]


def finished(
    folder: Path,
    result: RunResult,
    config: WrittenConfig,
    samples: Iterable[Sample],
    records: Iterable[Record],
    given: Iterable[Score] = (),
) -> FinishedCell:
    """A cell out of what is known of it, without its folder being read."""
    every = [request(record) for record in records]
    if result.status == "device_mismatch":  # their times are of another device
        every = [replace(one, figures=(None,) * len(one.figures)) for one in every]
    warmup = tuple(one for one in every if one.phase == "warmup")
    measured = tuple(one for one in every if one.phase == "measure")
    summary = _counted(row(result), measured)
    return FinishedCell(folder, result, summary, config, tuple(samples), warmup, measured, tuple(current(given)))


def with_scores(cell: FinishedCell, result: RunResult, given: Iterable[Score]) -> FinishedCell:
    """The same cell after it was scored."""
    return replace(cell, result=result, row=_counted(row(result), cell.measured), scores=tuple(current(given)))


def gather(folders: Sequence[Path], at_hand: Mapping[Path, FinishedCell] | None = None) -> list[FinishedCell]:
    """Read finished run folders, but for those at hand; what is alike in a cell and the one before is kept once."""
    cells: list[FinishedCell] = []
    for folder in folders:
        cell = (at_hand or {}).get(folder) or _read(folder, _config_if_readable(folder))
        cells.append(_shared(cell, cells[-1]) if cells else cell)
    return cells


def read(folder: Path) -> FinishedCell:
    """Read a finished run folder; a config that cannot be read is refused here."""
    return _read(folder, _config(folder))


def _read(folder: Path, config: WrittenConfig) -> FinishedCell:
    return finished(
        folder,
        run_folder.read_result(folder),
        config,
        run_folder.read_samples_if_kept(folder),
        run_folder.each_record(folder),
        run_folder.read_scores(folder),
    )


def read_with_records(folder: Path) -> CellWithRecords:
    """Read it for scoring."""
    result, samples = run_folder.read_result(folder), run_folder.read_samples_if_kept(folder)
    records, given = run_folder.read_records(folder), run_folder.read_scores(folder)
    cell = finished(folder, result, _config(folder), samples, records, given)
    return CellWithRecords(cell, tuple(records), tuple(given))


def _config(folder: Path) -> WrittenConfig:
    """The resolved config, or nothing where a cell ended before it was written."""
    return run_folder.read_written_config(folder) if (folder / run_folder.CONFIG_FILE).exists() else NO_CONFIG


def _config_if_readable(folder: Path) -> WrittenConfig:
    try:
        return _config(folder)
    except StoreError:
        return NO_CONFIG


def _shared(cell: FinishedCell, before: FinishedCell) -> FinishedCell:
    alike = {
        each.name: getattr(before.config, each.name)
        for each in fields(WrittenConfig)
        if getattr(cell.config, each.name) == getattr(before.config, each.name)
    }
    return replace(
        cell,
        config=replace(cell.config, **alike),
        samples=before.samples if before.samples == cell.samples else cell.samples,
    )


def _counted(summary: Row, measured: Sequence[Request]) -> Row:
    """The row with its requests counted from the records, where the summary has no count."""
    if summary["requests"] is not None or not measured or summary.status == "device_mismatch":
        return summary
    return replace(summary, figures=summary.figures | {"requests": len(measured)})


def axes(cells: Sequence[FinishedCell]) -> list[Axis]:
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


def labels(cells: Sequence[FinishedCell]) -> list[str]:
    """A name for each cell in a sentence: `demo-small (cpu, streaming off)`."""
    model, *others = axes(cells)
    return [_label(name, [_part(axis, index) for axis in others]) for index, name in enumerate(model.values)]


def _part(axis: Axis, index: int) -> str:
    value = axis.values[index]
    return f"streaming {value}" if axis.header == "Streaming" else value


def _label(model: str, parts: Sequence[str]) -> str:
    return f"{model} ({', '.join(parts)})" if parts else model


def notices(cells: Sequence[FinishedCell]) -> list[str]:
    """What every page has to say of models that are not there to be chosen."""
    said = {
        DEMO_NOTICE: any(cell.row.model.startswith(DEMO_PREFIX) for cell in cells),
        SCRIPTED_NOTICE: any(cell.row.backend == SCRIPTED for cell in cells),
    }
    return [*(notice for notice, applies in said.items() if applies), *_unread(cells)]


def _unread(cells: Sequence[FinishedCell]) -> Iterator[str]:
    """What of the configs this release does not understand: pages say nothing that would follow from it."""
    whys = {(name, why): None for cell in cells for name, why in cell.config.unread.items()}
    for name, why in whys:
        which = [cell.result.cell for cell in cells if cell.config.unread.get(name) == why]
        yield f"{', '.join(which)}: {name} of config.yaml is not read, since {why}; what follows from it is left out."
