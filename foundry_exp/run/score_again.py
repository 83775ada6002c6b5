"""Scoring again: finished runs get scores by scorers, or by people, without being measured again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from foundry_exp import target
from foundry_exp.errors import BackendError, ConfigError, StoreError
from foundry_exp.files import shipped_files
from foundry_exp.protocols import Scorer, Tracker
from foundry_exp.records import record_json, run_folder, runs
from foundry_exp.records.run_result import RunResult
from foundry_exp.report import write
from foundry_exp.report.conclude import conclusions
from foundry_exp.results.cell import gather
from foundry_exp.scores import score
from foundry_exp.scores.check import HANDED_DOWN, check
from foundry_exp.scores.facets import kinds

Say = Callable[[str], None]
"""ProbeResult what did not go as wished, a sentence at a time."""


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run and what it is to be scored by and published to."""

    folder: Path
    config: dict[str, Any]
    """Its own config, as it was measured."""
    scorers: dict[str, dict[str, Any]]
    tracker: dict[str, Any]


def planned(folder: Path, composed: dict[str, Any], chosen: frozenset[str]) -> Run:
    """A run with the scorers and tracker that were chosen, or with its own, or with the default ones."""
    own = run_folder.read_config(folder)
    scorers = composed["scorer"] if "scorer" in chosen else own.get("scorer") or composed["scorer"]
    scorers = {name: _handed(spec, composed, chosen) for name, spec in scorers.items()}
    tracker = composed["tracker"] if "tracker" in chosen else own.get("tracker") or composed["tracker"]
    for name, spec in scorers.items():
        check(name, spec, ())
    target.check(tracker, "tracker", Tracker)
    return Run(folder, own, scorers, tracker)


def _handed(spec: dict[str, Any], composed: dict[str, Any], chosen: frozenset[str]) -> dict[str, Any]:
    """A scorer's section with what was chosen for the whole config, and it takes from there."""
    return {**spec, **{key: composed[key] for key in HANDED_DOWN if key in chosen and key in spec}}


def refresh(run: Run, say: Say) -> None:
    """Bring what is expected of the answers up to date with the prompt set's file, if it still asks the same.

    Raises ConfigError when the file is there and wrong, and StoreError when the run has no prompts.
    """
    kept = run_folder.read_samples(run.folder)
    asked = run.config.get("prompts") or {}
    if not asked.get("path"):
        return
    try:
        path = shipped_files.locate(asked["path"], "prompts.path")
    except ConfigError as error:
        say(f"{run.folder.name}: {error} The facets kept with the run are used.")
        return
    now = kinds.load(path, asked["name"]).samples
    if [(sample.sample_id, sample.digest) for sample in now] != [(sample.sample_id, sample.digest) for sample in kept]:
        say(f"{run.folder.name}: {path} asks other things than this run was asked; the facets kept with it are used.")
    elif list(now) != kept:
        run_folder.write_samples(run.folder, now)


def rescore(runs: Sequence[Run], say: Say) -> bool:
    """Score every run and bring reports and tracker up to date; whether all went well. What is scored is kept."""
    went_well = True
    shared = score.by_scorer((run.folder, run.scorers) for run in runs)
    for name, spec, folders in sorted(shared, key=lambda entry: _waits(entry[1])):  # rules first
        scorer: Scorer = target.build(spec, f"scorer.{name}")
        try:
            score.score(folders, name, scorer)
        except (BackendError, ConfigError, StoreError) as error:
            say(f"not scored by {name}: {error} What was scored is kept.")
            went_well = False
    _write_again([run.folder for run in runs])
    for run in runs:
        tracker: Tracker = target.build(run.tracker, "tracker")
        try:
            tracker.publish(run.folder)
        except StoreError as error:
            say(f"not published: {error} Send it later with: python -m foundry_exp publish {run.folder}")
            went_well = False
    return went_well


def _waits(spec: dict[str, Any]) -> bool:
    return bool(target.resolve(spec["_target_"], "scorer._target_").waits)


def catch_up(folders: Sequence[Path], console: Console) -> None:
    """Make run.json, the reports and the tracker say what scores.jsonl says; a tracker that fails is told."""
    for folder in folders:
        score.summarised(folder, {})
    _write_again(folders)
    wholes = {_sweep_of(folder) or folder: folder for folder in reversed(folders)}
    try:
        for folder in folders:
            if tracker := _tracker(folder):
                tracker.publish(folder)
        for whole, first in wholes.items():
            if tracker := _tracker(first):
                tracker.conclude(whole, runs.finished_cells(whole))
    except (ConfigError, StoreError) as error:
        again = " ".join(str(whole) for whole in wholes)
        console.print(f"not published: {error}", style="yellow", markup=False)
        console.print(f"  Send it later with: python -m foundry_exp publish {again}", markup=False, soft_wrap=True)


def _tracker(folder: Path) -> Tracker | None:
    """The one that the run's own config names; raises ConfigError when nothing could be published to it."""
    spec = run_folder.read_config(folder).get("tracker")
    if not spec:
        return None
    tracker: Tracker = target.build(spec, "tracker")
    tracker.check()
    return tracker


def _write_again(folders: Sequence[Path]) -> None:
    """Write the reports of runs, and of the sweeps that they are part of; and the pages that are there."""
    for folder in folders:
        write.write_reports(folder, [folder])
    for folder in dict.fromkeys(_sweep_of(folder) or folder for folder in folders):
        read = gather(runs.finished_cells(folder))
        found = conclusions(folder, read)
        write.write_texts(folder, read, found)
        if (folder / write.HTML_FILE).exists():
            write.write_pages(folder, read, found, drawn=False)


def _sweep_of(folder: Path) -> Path | None:
    """The sweep that a run is part of, if it was reported on."""
    return folder.parent if (folder.parent / write.MARKDOWN_FILE).exists() else None


def quality_of(folder: Path) -> dict[str, Any]:
    """What scoring a run came to, for programs."""
    result: RunResult = run_folder.read_result(folder)
    values = {name: value for name, value in result.metrics.items() if name.startswith("quality")}
    reasons = {name: why for name, why in result.missing.items() if name.startswith("quality")}
    return {
        "folder": str(folder),
        "cell": result.cell,
        "model": result.model.alias,
        "status": result.status,
        "quality_source": result.quality_source,
        "metrics": values,
        "missing": reasons,
        "scores": record_json.plain(result)["scores"],
    }
