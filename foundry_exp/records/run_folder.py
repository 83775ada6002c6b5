"""A run's folder: records and scores added as they are made, run.json last, and all of it read back."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from foundry_exp import target
from foundry_exp.errors import StoreError
from foundry_exp.files import disk
from foundry_exp.records import config_json, fingerprint
from foundry_exp.records.config import Config, WrittenConfig
from foundry_exp.records.fingerprint import Measurement
from foundry_exp.records.record import Record, Sample
from foundry_exp.records.record_json import NotTheRecordError, from_json, plain, to_json
from foundry_exp.records.record_log import RECORDS_FILE
from foundry_exp.records.run_result import SCHEMA_VERSION, RunResult
from foundry_exp.records.score import Preference, Score
from foundry_exp.records.version import Format

CONFIG_FILE = "config.yaml"
ENVIRONMENT_FILE = "environment.json"
RESULT_FILE = "run.json"
RUNTIME_LOG = "runtime.log"
PROMPTS_FILE = "prompts.json"
SCORES_FILE = "scores.jsonl"
WITHOUT_PROMPTS = (
    f"{{folder}}: no {PROMPTS_FILE}, so its answers cannot be matched with their prompts; measure the cell again."
)


def append_score(folder: Path, score: Score) -> Score:
    """Add one score to a run folder; it is on disk before the next one is made. As whoever reads it gets it.

    Raises ValueError for one that could not be read back, which the scorer of a user's own may make.
    """
    try:
        line = to_json(score)
        written: Score = from_json(Score, line)
    except (NotTheRecordError, TypeError) as error:
        msg = f"not a score that can be kept ({error}); correct the scorer"
        raise ValueError(msg) from error
    disk.append_line(folder / SCORES_FILE, line)
    return written


def append_preference(path: Path, preference: Preference) -> None:
    """Add one verdict on two answers; it is on disk before the next one is asked for."""
    disk.append_line(path, to_json(preference))


def write_samples(folder: Path, samples: Iterable[Sample]) -> None:
    """Write down the prompts of a run, with what is expected of their answers."""
    prompts = [plain(sample) for sample in samples]
    disk.write_whole(folder / PROMPTS_FILE, json.dumps(prompts, indent=2, ensure_ascii=False) + "\n")


def write_result(folder: Path, result: RunResult) -> RunResult:
    """Write run.json by rename, so that it is either whole or absent; as whoever reads it gets it."""
    text = json.dumps(plain(result), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    disk.write_whole(folder / RESULT_FILE, text)
    written: RunResult = from_json(RunResult, text.encode())
    return written


def read_records(folder: Path) -> list[Record]:
    """Every whole record of a run folder; a last line cut off by a kill is left out."""
    return list(each_record(folder))


def each_record(folder: Path) -> Iterator[Record]:
    """The same one by one, for whoever need not hold them all."""
    yield from _lines(folder / RECORDS_FILE, Record)


def read_scores(folder: Path) -> list[Score]:
    """Every whole score of a run folder, in the order they were made."""
    return list(_lines(folder / SCORES_FILE, Score))


def read_preferences(path: Path) -> list[Preference]:
    """Every whole verdict of a file, in the order they were made; none where there is no file."""
    return list(_lines(path, Preference))


def _lines(path: Path, kind: Any) -> Iterator[Any]:
    if not path.exists():
        return
    lines = disk.read_bytes(path).split(b"\n")
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            yield from_json(kind, line)
        except NotTheRecordError as error:
            if number == len(lines):
                return
            what = kind.__name__.lower()
            msg = f"{path}:{number}: not a {what} ({error}); remove the line to read the rest."
            raise StoreError(msg) from error


def read_samples(folder: Path) -> list[Sample]:
    """The prompts of a run folder, as the runner wrote them down."""
    try:
        return _samples(folder / PROMPTS_FILE)
    except FileNotFoundError as error:
        raise StoreError(WITHOUT_PROMPTS.format(folder=folder)) from error


def read_samples_if_kept(folder: Path) -> list[Sample]:
    """The same for whoever can do without: none where the folder has no list of them."""
    try:
        return _samples(folder / PROMPTS_FILE)
    except FileNotFoundError:
        return []


def _samples(path: Path) -> list[Sample]:
    try:
        return list(from_json(list[Sample], disk.read_bytes(path)))
    except NotTheRecordError as error:
        msg = f"{path}: not a list of prompts ({error}); measure the cell again, or remove the file to see the rest."
        raise StoreError(msg) from error


def read_config(folder: Path) -> dict[str, Any]:
    """The config that a run was measured with, resolved; parts of ours by the addresses that they have now."""
    import yaml

    from foundry_exp.files import yaml_text

    path = folder / CONFIG_FILE
    try:
        config = yaml_text.parse(path.read_text(encoding="utf-8"), quick=True)
    except FileNotFoundError as error:
        msg = f"{folder}: no {CONFIG_FILE}, so what it was measured with is not known; measure the cell again."
        raise StoreError(msg) from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        msg = f"{path}: not readable as YAML ({str(error).splitlines()[0]}); mend it, or measure the cell again."
        raise StoreError(msg) from error
    return target.with_current(config) if isinstance(config, dict) else {}


def read_written_config(folder: Path) -> WrittenConfig:
    """What of it this release can read."""
    return config_json.readable(read_config(folder))


def read_whole_config(folder: Path) -> Config:
    """The same with every section of its type; StoreError where one is not there."""
    try:
        return config_json.build(Config, read_config(folder))
    except (TypeError, KeyError, AttributeError) as error:
        msg = f"{folder / CONFIG_FILE}: no whole config ({error}); measure the cell again."
        raise StoreError(msg) from error


def measurement(folder: Path, packages: Mapping[str, str | None]) -> Measurement:
    """What a run folder was measured with, on a machine with these packages; StoreError where its files do not say."""
    config, samples = read_config(folder), read_samples(folder)
    try:
        return fingerprint.measurement(config, samples, packages.get(fingerprint.SDK))
    except (TypeError, ValueError, AttributeError) as error:
        msg = f"{folder}: its {CONFIG_FILE} holds what no config does ({error}); measure the cell again."
        raise StoreError(msg) from error


def _with_fingerprint_of_settings(content: dict[str, Any], path: Path) -> dict[str, Any]:
    """Version 1 made it also of the tool's own version and the backend's address, which a release changes."""
    try:
        made_of = measurement(path.parent, content["environment"]["packages"])
    except (StoreError, KeyError, TypeError):
        return content  # its config is gone: it is alike with nothing, as far as anybody can tell
    return {**content, "fingerprint": made_of.fingerprint}


RUN_FORMAT = Format("the summary of a run", SCHEMA_VERSION, steps={1: _with_fingerprint_of_settings})


def read_result(folder: Path) -> RunResult:
    """The summary of a finished run."""
    path = folder / RESULT_FILE
    try:
        result: RunResult = from_json(RunResult, RUN_FORMAT.current_json(disk.read_bytes(path), path))
    except FileNotFoundError as error:
        msg = f"{folder}: no {RESULT_FILE}, so the run did not finish; its {RECORDS_FILE} holds what was measured."
        raise StoreError(msg) from error
    except NotTheRecordError as error:
        msg = f"{path}: not a run summary ({error}); measure the cell again."
        raise StoreError(msg) from error
    return result
