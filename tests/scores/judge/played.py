"""A backend that plays a judge: perfect, biased, or one that says everything but a score. Its requests are counted."""

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
from foundry_exp.scores.judge import calibration_set
from foundry_exp.scores.judge.prompt import neutral

UNKNOWN = 4
"""What the perfect judge gives an answer that is in no calibration set."""
DIES_AT = "dies_at.txt"
"""Beside the log: the number of the request at which the judge's process ends, or 0."""


class PlayedJudge:
    """Answers as its role says, and writes each load and request down in a file."""

    def __init__(self, role: str, log: str) -> None:
        self._role = role
        self._log = Path(log)
        self._dies_at = 0
        self._agreed: dict[tuple[str, str], int] = {}

    def load(self, model: ModelRequest) -> LoadedModel:
        self._note("load")
        self._dies_at = int(self._log.with_name(DIES_AT).read_text(encoding="utf-8"))
        if self._role == "unavailable":
            raise BackendError("not_cached", "phi-9 is not downloaded; run: python -m foundry_exp models pull phi-9")
        agreed = calibration_set.load(shipped_files.shipped("prompts") / "calibration" / "summary.json")
        by = {criterion.name: criterion for criterion in rubric.load(rubric.find("summary", "")).criteria}
        self._agreed = {
            (neutral(answer.text), by[name].question): points
            for answer in agreed.answers
            for name, points in answer.agreed.items()
        }
        return LoadedModel(variant=f"played-{self._role}:1", device="CPU")

    def stream(self, request: ChatRequest, clock: Clock) -> Iterator[Event]:
        self._note("ask" if len(request.messages) == 1 else "repair")
        if self._dies_at and self._asked() >= self._dies_at:
            os._exit(139)
        if self._role == "refuses":
            raise BackendError("http_500", "the service stopped with: no")
        if self._role == "hangs":
            time.sleep(1e6)
        said = ROLES[self._role](self, request)
        yield Event("text", said)
        yield Event("end", finish_reason="length" if self._role == "cut" else "stop")

    def unload(self) -> None:
        self._note("unload")

    def agreed(self, request: ChatRequest) -> int:
        asked = request.messages[0].content
        question = re.search(r"^Criterion: (.*)$", asked, re.MULTILINE)
        assert question is not None
        return self._agreed.get((self.answer(request), question.group(1)), UNKNOWN)

    def answer(self, request: ChatRequest) -> str:
        answers = re.findall(r"<<<ANSWER>>>\n(.*?)\n<<<END ANSWER>>>", request.messages[0].content, re.DOTALL)
        assert len(answers) == 1, "an answer must not break out of its marks"
        return str(answers[0])

    def _note(self, what: str) -> None:
        with self._log.open("a", encoding="utf-8") as log:
            log.write(what + "\n")

    def _asked(self) -> int:
        return self._log.read_text(encoding="utf-8").split().count("ask")


def verdict(score: object) -> str:
    return json.dumps({"reason": "It says so.", "score": score})


def _by_length(judge: PlayedJudge, request: ChatRequest) -> str:
    return verdict(min(5, 1 + len(judge.answer(request)) // 50))


def _by_order(judge: PlayedJudge, request: ChatRequest) -> str:
    """Whatever points are listed last."""
    listed = re.findall(r"^([1-5]) of 5:", request.messages[0].content, re.MULTILINE)
    return verdict(int(listed[-1]))


def _after_a_repair(judge: PlayedJudge, request: ChatRequest) -> str:
    return verdict(judge.agreed(request)) if len(request.messages) > 1 else "I would give it a good score."


def _always(text: str) -> Callable[[PlayedJudge, ChatRequest], str]:
    return lambda _judge, _request: text


ROLES: dict[str, Callable[[PlayedJudge, ChatRequest], str]] = {
    "perfect": lambda judge, request: verdict(judge.agreed(request)),
    "fenced": lambda judge, request: f"```json\n{verdict(judge.agreed(request))}\n```",
    "after_a_repair": _after_a_repair,
    "constant": _always(verdict(4)),
    "long": _by_length,
    "order": _by_order,
    "cut": _always('{"reason": "It is'),
    "prose": _always("This answer is quite good, so it gets 4 of 5 points."),
    "half": _always('{"reason": "It is good", "sco'),
    "seven": _always(verdict(7)),
    "half_point": _always(verdict(4.5)),
    "nothing": _always(""),
    "two": _always(verdict(4) + verdict(2)),
}
