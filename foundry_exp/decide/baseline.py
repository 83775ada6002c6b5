"""A baseline that git keeps: one JSON file of figures and greedy answers, small and readable as a diff."""

import json
import re
from pathlib import Path

from foundry_exp.decide.gate_side import SCHEMA_VERSION, GateSide
from foundry_exp.errors import ConfigError
from foundry_exp.files.disk import write_whole
from foundry_exp.records.record_json import NotTheRecordError, from_json, to_json
from foundry_exp.records.version import Format

SUFFIX = ".json"
BASELINE_FORMAT = Format("a baseline", SCHEMA_VERSION, error=ConfigError)
_NUMBERS = re.compile(r"\[\n\s*((?:[-+.\de]+|null)(?:,\n\s*(?:[-+.\de]+|null))*)\n\s*\]")


def is_baseline(name: str) -> bool:
    """Whether what a user named as a baseline is a file of this kind."""
    return Path(name).is_file() and name.endswith(SUFFIX)


def save(path: Path, side: GateSide) -> None:
    """Write it, whole or not at all."""
    text = json.dumps(json.loads(to_json(side)), indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(path, _on_one_line(text) + "\n")


def load(path: Path) -> GateSide:
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
