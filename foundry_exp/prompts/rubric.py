"""Rubrics: a versioned YAML file that says what is judged, by which criteria, and what each of 1 to 5 points means."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foundry_exp.errors import ConfigError, offer
from foundry_exp.files import json_schema, shipped_files, user_text
from foundry_exp.files.digest import digest_of

POINTS = (1, 2, 3, 4, 5)
FOLDER = "rubrics"
MAX_FILE_BYTES = 1_000_000
UNNAMED = "answer"
"""The rubric of prompts that name none."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One question that is asked of an answer."""

    name: str
    question: str
    weight: float
    """More than 0. Only the ratio of weights counts; they need not come to any sum."""
    anchors: tuple[str, str, str, str, str]
    """What an answer of 1, 2, 3, 4 and 5 points is like."""


@dataclass(frozen=True, slots=True)
class Rubric:
    """What answers are judged by."""

    name: str
    version: int
    judged: str
    """What is judged, in one sentence."""
    criteria: tuple[Criterion, ...]
    digest: str
    """SHA-256 of the content, first 16 hex digits; layout and comments of the file do not count."""

    @property
    def identity(self) -> str:
        """What scores by this rubric are known by: `name:digest`."""
        return f"{self.name}:{self.digest}"


def find(name: str, where: str) -> Path:
    """The file of a shipped rubric by its name, or of any other by its path; ConfigError names `where`."""
    if Path(name).suffix in (".yaml", ".yml"):
        return shipped_files.locate(name, where)
    folder = shipped_files.shipped("prompts") / FOLDER
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    if name not in known:
        msg = (
            f"{where}: no rubric is named {name!r}; {offer(name, known)} One of your own is named by its path, x.yaml."
        )
        raise ConfigError(msg)
    return folder / f"{name}.yaml"


def load(path: Path) -> Rubric:
    """Read a rubric, or raise ConfigError saying which key of the file is wrong and how."""
    content = _with_text_keys(_parsed(path))
    json_schema.check(content, "rubric", str(path))
    criteria = tuple(_criterion(fields) for fields in content["criteria"])
    _refuse_bad_weights(criteria, path)
    _refuse_twins([criterion.name for criterion in criteria], path)
    return Rubric(content["name"], content["version"], content["judged"].strip(), criteria, digest_of(content))


def _parsed(path: Path) -> Any:
    import yaml

    from foundry_exp.files import yaml_text

    too_large = ", which no rubric is; name another file."
    text = user_text.read(path, most_bytes=MAX_FILE_BYTES, too_large=too_large, kind="YAML")
    try:
        content = yaml_text.parse(text)
        _refuse_repeated_keys(yaml.compose(text, yaml.SafeLoader), path)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        msg = f"{path}{line}: not YAML ({yaml_text.reason(error)}); correct the file."
        raise ConfigError(msg) from error
    return content


def _refuse_repeated_keys(document: Any, path: Path) -> None:
    """YAML's reader takes the last of two keys and says nothing, so that half of what was written would not count."""
    import yaml

    left, known = [document], set()
    while left:
        node = left.pop(0)
        if id(node) in known:  # an alias, which may even stand within what it stands for
            continue
        known.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            left += node.value
        elif isinstance(node, yaml.MappingNode):
            _refuse_repeated([key for key, _ in node.value], path)
            left += [value for _, value in node.value]


def _refuse_repeated(keys: Sequence[Any], path: Path) -> None:
    seen: set[str] = set()
    for key in keys:
        if str(key.value) in seen:
            msg = f"{path}:{key.start_mark.line + 1}: the key {key.value!r} is there twice; keep one."
            raise ConfigError(msg)
        seen.add(str(key.value))


def _with_text_keys(value: Any) -> Any:
    """YAML reads the 1 of an anchor as a number, and JSON Schema knows keys of text alone."""
    if isinstance(value, Mapping):
        return {str(key): _with_text_keys(entry) for key, entry in value.items()}
    return [_with_text_keys(entry) for entry in value] if isinstance(value, list) else value


def _criterion(fields: Mapping[str, Any]) -> Criterion:
    one, two, three, four, five = (fields["anchors"][str(points)].strip() for points in POINTS)
    weight = float(fields["weight"])
    return Criterion(fields["name"], fields["question"].strip(), weight, (one, two, three, four, five))


def _refuse_bad_weights(criteria: tuple[Criterion, ...], path: Path) -> None:
    for number, criterion in enumerate(criteria):
        if not math.isfinite(criterion.weight):  # .nan and .inf are YAML, and pass a schema's limits
            msg = (
                f"{path}: criteria.{number}.weight: must be a number above 0, got {criterion.weight}; change the value."
            )
            raise ConfigError(msg)


def _refuse_twins(names: list[str], path: Path) -> None:
    for number, name in enumerate(names):
        if name in names[:number]:
            msg = f"{path}: criteria.{number}.name: {name!r} is taken by another criterion; give each its own."
            raise ConfigError(msg)
