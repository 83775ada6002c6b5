"""Rubrics: a versioned YAML file that says what is judged, by which criteria, and what each number of points means."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from foundry_exp.errors import ConfigError, offer
from foundry_exp.files import json_schema, shipped_files, user_text
from foundry_exp.files.digest import digest_of
from foundry_exp.files.plain import is_list, is_mapping
from foundry_exp.records.record import Sample
from foundry_exp.records.score import POINTS
from foundry_exp.records.version import Format

if TYPE_CHECKING:
    from yaml import Node

RUBRIC_FORMAT = Format("a rubric", 1, error=ConfigError)
FOLDER = "rubrics"
MAX_FILE_BYTES = 1_000_000
UNNAMED = "answer"
"""The rubric of prompts that name none."""


class _WrittenCriterion(TypedDict):
    name: str
    question: str
    weight: float
    anchors: Mapping[str, str]


class _Written(TypedDict):
    """As schemas/rubric.schema.json has it."""

    name: str
    version: int
    judged: str
    criteria: list[_WrittenCriterion]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One question that is asked of an answer."""

    name: str
    question: str
    weight: float
    """More than 0. Only the ratio of weights counts; they need not come to any sum."""
    anchors: tuple[str, ...]
    """What an answer of each number of points is like, from the fewest to the most."""


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


@dataclass(frozen=True, slots=True)
class RubricChoice:
    """Which rubric answers are scored by."""

    chosen: str | None
    """For all prompts; null: each by the one that it names."""
    where: str
    """The option that chooses it, as complaints say it."""

    def for_sample(self, sample: Sample) -> Rubric:
        """The rubric of one prompt; raises ConfigError when it cannot be read."""
        name = self.chosen or sample.rubric or UNNAMED
        return load(find(name, self.where if self.chosen else f"prompts: {sample.sample_id}: rubric"))

    def for_all(self, samples: Iterable[Sample]) -> Rubric:
        """The one rubric of all prompts; raises ConfigError when they name several."""
        if self.chosen:
            return load(find(self.chosen, self.where))
        named = sorted({sample.rubric or UNNAMED for sample in samples}) or [UNNAMED]
        if len(named) > 1:
            msg = (
                f"{self.where}: these prompts name the rubrics {', '.join(named)}, and people score by one; choose it."
            )
            raise ConfigError(msg)
        return load(find(named[0], self.where))

    def identity(self, samples: Iterable[Sample]) -> str:
        """What a run's scores are known by: `name:digest`, of several rubrics together when it has several."""
        rubrics = sorted({(rubric.name, rubric.identity) for rubric in map(self.for_sample, samples)})
        if len(rubrics) == 1:
            return rubrics[0][1]
        return f"{'+'.join(name for name, _ in rubrics)}:{digest_of([identity for _, identity in rubrics])}"


def find(name: str, where: str) -> Path:
    """The file of a shipped rubric by its name, or of any other by its path; ConfigError names `where`."""
    if Path(name).suffix in (".yaml", ".yml"):
        return shipped_files.locate(name, where)
    folder = shipped_files.shipped("prompts") / FOLDER
    shipped = sorted(path.stem for path in folder.glob("*.yaml"))
    if name not in shipped:
        near = offer(name, shipped)
        msg = f"{where}: no rubric is named {name!r}; {near} One of your own is named by its path, x.yaml."
        raise ConfigError(msg)
    return folder / f"{name}.yaml"


def load(path: Path) -> Rubric:
    """Read a rubric, or raise ConfigError saying which key of the file is wrong and how."""
    content: _Written = RUBRIC_FORMAT.of_people(_with_text_keys(_parsed(path)), path)
    json_schema.check(content, "rubric", str(path))
    criteria = tuple(_criterion(fields) for fields in content["criteria"])
    _refuse_bad_weights(criteria, path)
    _refuse_twins([criterion.name for criterion in criteria], path)
    return Rubric(content["name"], content["version"], content["judged"].strip(), criteria, digest_of(content))


def _parsed(path: Path) -> object:
    import yaml

    from foundry_exp.files import yaml_text

    too_large = ", which no rubric is; name another file."
    text = user_text.read(path, most_bytes=MAX_FILE_BYTES, too_large=too_large, kind="YAML")
    try:
        content: object = yaml_text.parse(text)
        _refuse_repeated_keys(yaml.compose(text, yaml.SafeLoader), path)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        msg = f"{path}{line}: not YAML ({yaml_text.reason(error)}); correct the file."
        raise ConfigError(msg) from error
    return content


def _refuse_repeated_keys(document: "Node | None", path: Path) -> None:
    """YAML's reader takes the last of two keys and says nothing, so that half of what was written would not count."""
    import yaml

    left: list[Node | None] = [document]
    seen: set[int] = set()
    while left:
        node = left.pop(0)
        if id(node) in seen:  # an alias, which may even stand within what it stands for
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            left += node.value
        elif isinstance(node, yaml.MappingNode):
            _refuse_repeated([key for key, _ in node.value], path)
            left += [value for _, value in node.value]


def _refuse_repeated(keys: "Sequence[Node]", path: Path) -> None:
    seen: set[str] = set()
    for key in keys:
        if str(key.value) in seen:
            msg = f"{path}:{key.start_mark.line + 1}: the key {key.value!r} is there twice; keep one."
            raise ConfigError(msg)
        seen.add(str(key.value))


def _with_text_keys(value: object) -> object:
    """YAML reads the 1 of an anchor as a number, and JSON Schema knows keys of text alone."""
    if is_mapping(value):
        return {str(key): _with_text_keys(entry) for key, entry in value.items()}
    return [_with_text_keys(entry) for entry in value] if is_list(value) else value


def _criterion(fields: _WrittenCriterion) -> Criterion:
    anchors = tuple(fields["anchors"][str(points)].strip() for points in POINTS)
    return Criterion(fields["name"], fields["question"].strip(), float(fields["weight"]), anchors)


def _refuse_bad_weights(criteria: tuple[Criterion, ...], path: Path) -> None:
    for number, criterion in enumerate(criteria):
        if not math.isfinite(criterion.weight):  # .nan and .inf are YAML, and pass a schema's limits
            where = f"{path}: criteria.{number}.weight"
            msg = f"{where}: must be a number above 0, got {criterion.weight}; change the value."
            raise ConfigError(msg)


def _refuse_twins(names: list[str], path: Path) -> None:
    for number, name in enumerate(names):
        if name in names[:number]:
            msg = f"{path}: criteria.{number}.name: {name!r} is taken by another criterion; give each its own."
            raise ConfigError(msg)
