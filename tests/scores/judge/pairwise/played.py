"""A backend that plays a judge of pairs: one that sees which is better, one that sees only places, one in prose."""

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from foundry_exp.errors import BackendError
from foundry_exp.files import shipped_files
from foundry_exp.prompts import rubric
from foundry_exp.protocols import ChatRequest, Clock, Event, LoadedModel, ModelRequest
from foundry_exp.scores.judge import calibration, calibration_set
from foundry_exp.scores.judge.prompt import neutral

ENDS_AT, HANGS_AT = "ends_at.txt", "hangs_at.txt"
"""Beside the log: the number of the request at which the judge's process ends, or never answers."""


class PlayedJudge:
    """Answers as its role says, and writes each load and request down in a file."""

    def __init__(self, role: str, log: str) -> None:
        self._role = role
        self._log = Path(log)
        self._agreed: dict[str, float] = {}

    def load(self, model: ModelRequest) -> LoadedModel:
        self._note("load")
        if self._role == "unavailable":
            raise BackendError("not_cached", "phi-9 is not downloaded; run: python -m foundry_exp models pull phi-9")
        agreed = calibration_set.load(shipped_files.shipped("prompts") / "calibration" / "summary.json")
        by = rubric.load(rubric.find("summary", ""))
        self._agreed = {neutral(answer.text): calibration.quality(by, answer.agreed) for answer in agreed.answers}
        return LoadedModel(variant=f"played-{self._role}:1", device="CPU")

    def stream(self, request: ChatRequest, clock: Clock) -> Iterator[Event]:
        self._note("ask" if len(request.messages) == 1 else "repair")
        if self._is_due(ENDS_AT):
            os._exit(139)
        if self._is_due(HANGS_AT):
            time.sleep(1e6)
        yield Event("text", ROLES[self._role](self, *shown(request.messages[0].content)))
        yield Event("end", finish_reason="stop")

    def unload(self) -> None:
        self._note("unload")

    def worth(self, answer: str) -> float:
        """Of a calibration answer what was agreed; of any other, how often it says that it is good."""
        return self._agreed.get(answer, answer.count("good"))

    def _is_due(self, name: str) -> bool:
        path = self._log.with_name(name)
        asked = self._log.read_text(encoding="utf-8").split().count("ask")
        return path.exists() and asked >= int(path.read_text(encoding="utf-8"))

    def _note(self, what: str) -> None:
        with self._log.open("a", encoding="utf-8") as log:
            log.write(what + "\n")


def shown(asked: str) -> tuple[str, str]:
    """The two answers, in the order in which the judge sees them."""
    answers = re.findall(r"<<<ANSWER (A|B)>>>\n(.*?)\n<<<END ANSWER \1>>>", asked, re.DOTALL)
    assert [place for place, _ in answers] == ["A", "B"], "an answer must not break out of its marks"
    return answers[0][1], answers[1][1]


def verdict(better: str) -> str:
    return json.dumps({"reason": "It says so.", "better": better})


def _better(judge: PlayedJudge, first: str, second: str) -> str:
    ahead = judge.worth(first) - judge.worth(second)
    return verdict("A" if ahead > 0 else "B" if ahead < 0 else "tie")


ROLES: dict[str, Callable[[PlayedJudge, str, str], str]] = {
    "better": _better,
    "first": lambda *_: verdict("A"),
    "tie_when_better_is_first": lambda judge, first, second: (
        verdict("tie") if judge.worth(first) > judge.worth(second) else verdict("B")
    ),
    "prose": lambda *_: "Answer A is better, I think.",
}
