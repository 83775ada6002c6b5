"""Answers with agreed scores, which a judge is tried on before it judges."""

from collections.abc import Iterator, Sequence
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
class CalibrationAnswer:
    """One answer, and what it deserves."""

    sample: Sample
    text: str
    agreed: dict[str, int]
    """Criterion to points."""


@dataclass(frozen=True, slots=True)
class CalibrationSet:
    """Good, middling and bad answers to some prompts."""

    name: str
    rubric: str
    """Name of the rubric that the scores were agreed by."""
    answers: tuple[CalibrationAnswer, ...]
    digest: str
    """SHA-256 of the content, first 16 hex digits."""

    @property
    def identity(self) -> str:
        """What figures that come of it are known by: `name:digest`."""
        return f"{self.name}:{self.digest}"

    def unfit(self, rubric: Rubric) -> str | None:
        """Why it says nothing about scores by this rubric; null when it does."""
        if self.rubric != rubric.name:
            return f"the calibration set {self.name} is for the rubric {self.rubric}, not {rubric.name}"
        unknown = {criterion.name for criterion in rubric.criteria} - set(self.answers[0].agreed)
        return f"the calibration set {self.name} has no agreed {', '.join(sorted(unknown))}" if unknown else None


def load(path: Path) -> CalibrationSet:
    """Read a calibration set, or raise ConfigError saying which entry of the file is wrong and how."""
    too_large = "; a judge would need days for it."
    content = user_text.read_json(path, most_bytes=MAX_FILE_BYTES, too_large=too_large)
    content = CALIBRATION_SET_FORMAT.of_people(content, path)
    json_schema.check(content, "calibration", str(path))
    answers = tuple(_answers(content["prompts"]))
    _refuse_other_criteria(answers, path)
    return CalibrationSet(path.stem, content["rubric"], answers, digest_of(content))


def _answers(prompts: Sequence[dict[str, Any]]) -> Iterator[CalibrationAnswer]:
    for entry in prompts:
        messages = (Message("user", entry["prompt"]),)
        digest = digest_of([["user", entry["prompt"]]])
        for number, given in enumerate(entry["answers"], start=1):
            sample = Sample(f"{entry['id']}/{number}", messages, digest, reference=entry.get("reference"))
            yield CalibrationAnswer(sample, given["answer"], given["agreed"])


def _refuse_other_criteria(answers: Sequence[CalibrationAnswer], path: Path) -> None:
    expected = set(answers[0].agreed)
    for answer in answers:
        if set(answer.agreed) != expected:
            mine = ", ".join(sorted(answer.agreed))
            msg = (
                f"{path}: {answer.sample.sample_id}: agreed: has {mine}, but the first answer "
                f"has {', '.join(sorted(expected))}; score every answer by the same criteria."
            )
            raise ConfigError(msg)
