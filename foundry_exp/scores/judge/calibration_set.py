"""Answers with agreed scores, which a judge is tried on before it judges."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foundry_exp.errors import ConfigError
from foundry_exp.files import json_schema, user_text
from foundry_exp.files.digest import digest_of
from foundry_exp.prompts.rubric import Rubric
from foundry_exp.records.record import Message, Sample
from foundry_exp.records.version import Format

CALIBRATION_SET_FORMAT = Format("a calibration set", 1, error=ConfigError)
MAX_FILE_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Item:
    """One answer, and what it deserves."""

    sample: Sample
    answer: str
    agreed: dict[str, int]
    """Criterion to points."""


@dataclass(frozen=True, slots=True)
class CalibrationSet:
    """Good, middling and bad answers to some prompts."""

    name: str
    rubric: str
    """Name of the rubric that the scores were agreed by."""
    items: tuple[Item, ...]
    digest: str
    """SHA-256 of the content, first 16 hex digits."""

    def unfit(self, rubric: Rubric) -> str | None:
        """Why it says nothing about scores by this rubric; null when it does."""
        if self.rubric != rubric.name:
            return f"the calibration set {self.name} is for the rubric {self.rubric}, not {rubric.name}"
        unknown = {criterion.name for criterion in rubric.criteria} - set(self.items[0].agreed)
        return f"the calibration set {self.name} has no agreed {', '.join(sorted(unknown))}" if unknown else None


def load(path: Path) -> CalibrationSet:
    """Read a calibration set, or raise ConfigError saying which entry of the file is wrong and how."""
    too_large = "; a judge would need days for it."
    content = user_text.read_json(path, most_bytes=MAX_FILE_BYTES, too_large=too_large)
    content = CALIBRATION_SET_FORMAT.of_people(content, path)
    json_schema.check(content, "calibration", str(path))
    items = tuple(_items(content["prompts"]))
    _refuse_other_criteria(items, path)
    return CalibrationSet(path.stem, content["rubric"], items, digest_of(content))


def _items(prompts: Sequence[dict[str, Any]]) -> list[Item]:
    found = []
    for entry in prompts:
        messages = (Message("user", entry["prompt"]),)
        digest = digest_of([["user", entry["prompt"]]])
        for number, given in enumerate(entry["answers"], start=1):
            sample = Sample(f"{entry['id']}/{number}", messages, digest, reference=entry.get("reference"))
            found.append(Item(sample, given["answer"], given["agreed"]))
    return found


def _refuse_other_criteria(items: Sequence[Item], path: Path) -> None:
    expected = set(items[0].agreed)
    for item in items:
        if set(item.agreed) != expected:
            msg = (
                f"{path}: {item.sample.sample_id}: agreed: has {', '.join(sorted(item.agreed))}, but the first answer "
                f"has {', '.join(sorted(expected))}; score every answer by the same criteria."
            )
            raise ConfigError(msg)
