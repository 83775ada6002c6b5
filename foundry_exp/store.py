"""A run's folder: records and scores appended as they are made, run.json last and atomically, and all read back."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from foundry_exp import planned
from foundry_exp.errors import StoreError, meant
from foundry_exp.planned import Unfinished
from foundry_exp.records import Preference, Record, RunResult, Sample, Score

CONFIG_FILE = "config.yaml"
ENVIRONMENT_FILE = "environment.json"
RECORDS_FILE = "records.jsonl"
RESULT_FILE = "run.json"
RUNTIME_LOG = "runtime.log"
PROMPTS_FILE = "prompts.json"
SCORES_FILE = "scores.jsonl"


@cache
def adapter(kind: type[Any]) -> TypeAdapter[Any]:
    """The reader and writer of one record type, built once."""
    return TypeAdapter(kind)


def to_json(value: Any) -> bytes:
    """A record as one line of JSON; half a surrogate pair, which a model may write and no file holds, is U+FFFD."""
    try:
        return adapter(value.__class__).dump_json(value, by_alias=True)
    except PydanticSerializationError:
        text = json.dumps(adapter(value.__class__).dump_python(value, by_alias=True), ensure_ascii=False)
        # by way of UTF-16, so that a pair whose halves came in two events is whole again
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def plain(value: Any) -> Any:
    """A record as lists, mappings and plain values."""
    return json.loads(to_json(value))


class RecordLog:
    """records.jsonl, open for appending: a line is on disk before the next request starts."""

    def __init__(self, folder: Path) -> None:
        """Name the file; it is opened by the first line."""
        self._path = folder / RECORDS_FILE

    def append(self, record: Record) -> None:
        """Write one line and hand it to the disk."""
        _append(self._path, record)


def append_score(folder: Path, score: Score) -> None:
    """Add one score to a run folder; it is on disk before the next one is made.

    Raises ValueError for one that could not be read back, which the scorer of a user's own may make.
    """
    try:
        adapter(Score).validate_json(to_json(score))
    except ValidationError as error:
        wrong = error.errors()[0]
        msg = f"not a score that can be kept ({'.'.join(map(str, wrong['loc']))}: {wrong['msg']}); correct the scorer"
        raise ValueError(msg) from error
    _append(folder / SCORES_FILE, score)


def append_preference(path: Path, preference: Preference) -> None:
    """Add one verdict on two answers; it is on disk before the next one is asked for."""
    _append(path, preference)


def _append(path: Path, value: Any) -> None:
    try:
        is_new = not path.exists()
        with path.open("ab") as file:
            file.write(to_json(value) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            sync_folder(path.parent)
    except OSError as error:
        msg = f"{path}: cannot be added to ({error.strerror}); free some disk space, then run again."
        raise StoreError(msg) from error


def cut_torn_line(path: Path) -> None:
    """Cut off a last line that a kill left half written, so that the next one starts a line of its own."""
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole == len(content):
        return
    with path.open("r+b") as file:
        file.truncate(whole)
        file.flush()
        os.fsync(file.fileno())


def read_bytes(path: Path) -> bytes:
    """A file of a run folder; FileNotFoundError is left to the caller, who knows what its absence means."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}); check its rights."
        raise StoreError(msg) from error


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


def read_samples(folder: Path) -> list[Sample]:
    """The prompts of a run folder, as the runner wrote them down."""
    path = folder / PROMPTS_FILE
    try:
        return list(adapter(list[Sample]).validate_json(read_bytes(path)))
    except FileNotFoundError as error:
        msg = (
            f"{folder}: no {PROMPTS_FILE}, so its answers cannot be matched with their prompts; measure the cell again."
        )
        raise StoreError(msg) from error
    except ValidationError as error:
        msg = f"{path}: not a list of prompts ({error.errors()[0]['msg']}); measure the cell again."
        raise StoreError(msg) from error


def read_config(folder: Path) -> dict[str, Any]:
    """The config that a run was measured with, resolved."""
    import yaml

    from foundry_exp import yaml_text

    path = folder / CONFIG_FILE
    try:
        config = yaml_text.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        msg = f"{folder}: no {CONFIG_FILE}, so what it was measured with is not known; measure the cell again."
        raise StoreError(msg) from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        msg = f"{path}: not readable as YAML ({str(error).splitlines()[0]}); mend it, or measure the cell again."
        raise StoreError(msg) from error
    return config if isinstance(config, dict) else {}


def write_samples(folder: Path, samples: Iterable[Sample]) -> None:
    """Write down the prompts of a run, with what is expected of their answers."""
    prompts = [plain(sample) for sample in samples]
    write_whole(folder / PROMPTS_FILE, json.dumps(prompts, indent=2, ensure_ascii=False) + "\n")


def _lines(path: Path, kind: Any) -> Iterator[Any]:
    if not path.exists():
        return
    lines = read_bytes(path).split(b"\n")
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            yield adapter(kind).validate_json(line)
        except ValidationError as error:
            if number == len(lines):
                return
            what = kind.__name__.lower()
            msg = f"{path}:{number}: not a {what} ({error.errors()[0]['msg']}); remove the line to read the rest."
            raise StoreError(msg) from error


def write_result(folder: Path, result: RunResult) -> None:
    """Write run.json by rename, so that it is either whole or absent."""
    text = json.dumps(plain(result), indent=2, ensure_ascii=False, allow_nan=False)
    write_whole(folder / RESULT_FILE, text + "\n")


def write_whole(path: Path, text: str) -> None:
    """Replace a file so that a reader, or a power cut, sees the old one or the new one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):  # nothing can be removed from a read-only disk either
            draft.unlink(missing_ok=True)
        msg = f"{path}: cannot be written ({error.strerror}); free some disk space or check its rights."
        raise StoreError(msg) from error


def sync_folder(folder: Path) -> None:
    """Bring a new or renamed file's name to the disk: syncing the file alone does not. Windows needs no such step."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_result(folder: Path) -> RunResult:
    """The summary of a finished run."""
    path = folder / RESULT_FILE
    try:
        result: RunResult = adapter(RunResult).validate_json(read_bytes(path))
    except FileNotFoundError as error:
        msg = f"{folder}: no {RESULT_FILE}, so the run did not finish; its {RECORDS_FILE} holds what was measured."
        raise StoreError(msg) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        complaint = ": ".join(filter(None, (where, first["msg"])))  # what is no JSON at all is wrong nowhere
        msg = f"{path}: not a run summary ({complaint}); measure the cell again."
        raise StoreError(msg) from error
    return result


def finished_cells(folder: Path) -> list[Path]:
    """The finished run folders of a run or sweep, in the order of its plan, else by name; or the folder itself."""
    if (folder / RESULT_FILE).exists():
        return [folder]
    return planned.in_order(folder, [path.parent for path in folder.glob(f"*/{RESULT_FILE}")])


def unfinished(folder: Path) -> Unfinished:
    """What was planned or begun in a sweep and has no summary (yet)."""
    if (folder / RESULT_FILE).exists():
        return planned.NOTHING_LEFT
    begun, ended = (
        {path.parent.name for name in names for path in folder.glob(f"*/{name}")}
        for names in ((CONFIG_FILE, RECORDS_FILE), (RESULT_FILE,))
    )
    return planned.unfinished(folder, begun, ended)


def _begun_ns(folder: Path) -> int:
    """When the last cell in the folder was begun: a sweep's name need not be a time, and reports come later."""
    begun = [file.stat().st_mtime_ns for file in folder.glob(f"*/{CONFIG_FILE}")]
    return max(begun, default=folder.stat().st_mtime_ns)


def find_run(name: str, output_dir: Path) -> Path:
    """The folder that a user means by a path, a run or sweep id, or `last`."""
    runs = output_dir / "runs"
    if name == "last":
        known = [path for path in runs.glob("*") if path.is_dir()]
        if not known:
            msg = f"{runs}: no run yet; make one with: python -m foundry_exp"
            raise StoreError(msg)
        return max(known, key=lambda path: (_begun_ns(path), path.name))
    for folder in (Path(name), runs / name):
        if os.path.isdir(folder):  # noqa: PTH112 — Path's own raises for a name longer than a file system takes
            return folder
    ids = ["last", *(path.name for path in runs.glob("*"))]
    msg = f"{name}: no such run{meant(name, ids)}; give a run folder, an id under {runs}, or `last`."
    raise StoreError(msg)
