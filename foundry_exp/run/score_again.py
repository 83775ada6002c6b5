"""Scoring again: finished runs get scores by scorers, or by people, without being measured again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from foundry_exp import target
from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.files import shipped_files
from foundry_exp.protocols import Tracker
from foundry_exp.records import record_json, run_folder, runs
from foundry_exp.records.config import Config
from foundry_exp.records.config_json import plain
from foundry_exp.report import write
from foundry_exp.report.conclude import conclusions
from foundry_exp.results.cell import NO_CONFIG, CellWithRecords, FinishedCell, gather, read_with_records
from foundry_exp.scores import score
from foundry_exp.scores.check import HANDED_DOWN, check, made
from foundry_exp.scores.facets import kinds

Say = Callable[[str], None]
"""ProbeResult what did not go as wished, a sentence at a time."""


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run and what it is to be scored by and published to."""

    read: CellWithRecords
    scorers: dict[str, dict[str, Any]]
    tracker: dict[str, Any]

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.read.cell.folder


def planned(folder: Path, composed: Config, chosen: frozenset[str]) -> Run:
    """A run with the scorers and tracker that were chosen, or with its own, or with the default ones."""
    read = read_with_records(folder)
    own = read.cell.config
    if own == NO_CONFIG:
        run_folder.read_config(folder)  # which says why there is none
    for part in own.unread.keys() & {"scorer", "tracker"} - chosen:
        path = folder / run_folder.CONFIG_FILE
        msg = f"{path}: {part} is not read, since {own.unread[part]}; choose one with {part}=…"
        raise StoreError(msg)
    chosen_scorers = composed.scorer if "scorer" in chosen else own.scorer or composed.scorer
    scorers = {name: _handed(plain(one), composed, chosen) for name, one in chosen_scorers.items()}
    tracker = plain(composed.tracker if "tracker" in chosen else own.tracker or composed.tracker)
    for name, spec in scorers.items():
        check(name, spec, ())
    target.check(tracker, "tracker", Tracker)
    return Run(read, scorers, tracker)


def _handed(spec: dict[str, Any], composed: Config, chosen: frozenset[str]) -> dict[str, Any]:
    """A scorer's section with what was chosen for the whole config, and it takes from there."""
    return {**spec, **{key: plain(getattr(composed, key)) for key in HANDED_DOWN if key in chosen and key in spec}}


def refreshed(run: Run, say: Say) -> Run:
    """A run that expects of the answers what the prompt set's file does now, if that still asks the same.

    Raises ConfigError when the file is there and wrong, and StoreError when the run has no prompts.
    """
    kept = run.read.cell.samples or tuple(run_folder.read_samples(run.folder))  # which says what that means
    asked = run.read.cell.config.prompts
    if asked is None or not asked.path:
        return run
    try:
        path = shipped_files.locate(asked.path, "prompts.path")
    except ConfigError as error:
        say(f"{run.folder.name}: {error} The facets kept with the run are used.")
        return run
    now = kinds.load(path, asked.name).samples
    if [(sample.sample_id, sample.digest) for sample in now] != [(sample.sample_id, sample.digest) for sample in kept]:
        say(f"{run.folder.name}: {path} asks other things than this run was asked; the facets kept with it are used.")
    elif now != kept:
        run_folder.write_samples(run.folder, now)
        return replace(run, read=replace(run.read, cell=replace(run.read.cell, samples=now)))
    return run


def rescore(runs: Sequence[Run], say: Say) -> tuple[bool, list[FinishedCell]]:
    """Score every run and bring reports and tracker up to date. What is scored is kept.

    Whether all went well, and the runs as they are now.
    """
    went_well = True
    scored = {run.folder: run.read for run in runs}
    shared = score.by_scorer((run.folder, run.scorers) for run in runs)
    for name, spec, folders in sorted(shared, key=lambda entry: _waits(entry[1])):  # rules first
        scoring = score.score([scored[folder] for folder in folders], name, made(name, spec))
        scored |= {run.cell.folder: run for run in scoring.runs}
        if scoring.trouble:
            say(f"not scored by {name}: {scoring.trouble} What was scored is kept.")
            went_well = False
    cells = {folder: run.cell for folder, run in scored.items()}
    _write_again(cells)
    for run in runs:
        tracker: Tracker = target.build(run.tracker, "tracker")
        try:
            tracker.publish(cells[run.folder])
        except StoreError as error:
            say(f"not published: {error} Send it later with: python -m foundry_exp publish {run.folder}")
            went_well = False
    return went_well, list(cells.values())


def _waits(spec: dict[str, Any]) -> bool:
    return bool(target.resolve(spec["_target_"], "scorer._target_").waits)


def catch_up(folders: Sequence[Path], console: Console) -> None:
    """Make run.json, the reports and the tracker say what scores.jsonl says; a tracker that fails is told."""
    cells = {folder: score.summarised(read_with_records(folder), {}).cell for folder in folders}
    wholes = _write_again(cells)
    try:
        for cell in cells.values():
            if tracker := _tracker(cell):
                tracker.publish(cell)
        for whole, read in wholes.items():
            if tracker := _tracker(next(cell for cell in cells.values() if cell in read)):
                tracker.conclude(whole, read)
    except (ConfigError, StoreError) as error:
        again = " ".join(str(whole) for whole in wholes)
        console.print(f"not published: {error}", style="yellow", markup=False)
        console.print(f"  Send it later with: python -m foundry_exp publish {again}", markup=False, soft_wrap=True)


def _tracker(cell: FinishedCell) -> Tracker | None:
    """The one that the run's own config names; raises ConfigError when nothing could be published to it."""
    if cell.config.tracker is None:
        return None
    tracker: Tracker = target.build(plain(cell.config.tracker), "tracker")
    tracker.check()
    return tracker


def _write_again(cells: Mapping[Path, FinishedCell]) -> dict[Path, list[FinishedCell]]:
    """Write the reports of runs, and of the sweeps that they are part of, and the pages that are there.

    Gives each sweep, or run that is no part of one, with all its cells.
    """
    wholes = {}
    for folder, cell in cells.items():
        write.write_texts(folder, [cell])
    for folder in dict.fromkeys(_sweep_of(folder) or folder for folder in cells):
        wholes[folder] = read = gather(runs.finished_cells(folder), cells)
        concluded = conclusions(folder, read)
        write.write_texts(folder, read, concluded)
        if (folder / write.HTML_FILE).exists():
            write.write_pages(folder, read, concluded, drawn=False)
    return wholes


def _sweep_of(folder: Path) -> Path | None:
    """The sweep that a run is part of, if it was reported on."""
    return folder.parent if (folder.parent / write.MARKDOWN_FILE).exists() else None


def quality_of(cell: FinishedCell) -> dict[str, Any]:
    """What scoring a run came to, for programs."""
    result = cell.result
    values = {name: value for name, value in result.metrics.items() if name.startswith("quality")}
    reasons = {name: why for name, why in result.missing.items() if name.startswith("quality")}
    return {
        "folder": str(cell.folder),
        "cell": result.cell,
        "model": result.model.alias,
        "status": result.status,
        "quality_source": result.quality_source,
        "metrics": values,
        "missing": reasons,
        "scores": record_json.plain(result)["scores"],
    }
