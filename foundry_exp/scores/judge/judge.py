"""A judge at work: one thing asked for, its reply read, repaired once, and otherwise unusable with the reason."""

from dataclasses import dataclass
from typing import Any

from foundry_exp.errors import BackendError
from foundry_exp.prompts.rubric import Criterion, Rubric
from foundry_exp.protocols import ChatRequest
from foundry_exp.records.record import Message, Sample
from foundry_exp.scores.judge import prompt, verdict
from foundry_exp.scores.judge.chat_process import GONE, ChatProcess, Reply
from foundry_exp.scores.judge.verdict import SCORE, Form, Parsed, Unusable, Verdict

MOST_FAILURES_IN_A_ROW = 3
"""Requests that fail for another reason than what they hold: then the rest would, too."""

OVERFLOW = "context_overflow"


@dataclass(frozen=True, slots=True)
class Settings:
    """How every request is made; the temperature is 0."""

    seed: int
    max_tokens: int
    first_token_timeout_s: float
    idle_timeout_s: float
    total_timeout_s: float


class Judge:
    """One loaded judge."""

    def __init__(self, chat: ChatProcess, settings: Settings) -> None:
        """Take a process whose model is loaded."""
        self._chat = chat
        self._settings = settings
        self._failures = 0

    def score(
        self, rubric: Rubric, criterion: Criterion, sample: Sample, answer: str, repeat: int
    ) -> Verdict | Unusable:
        """One score of one answer; raises BackendError when the judge can be asked nothing more."""
        return self.ask(prompt.question(rubric, criterion, sample, answer, repeat), SCORE, repeat)

    def ask(self, messages: tuple[Message, ...], form: Form[Parsed], repeat: int = 0) -> Parsed | Unusable:
        """What the judge says, in the form wanted; raises BackendError when it can be asked nothing more."""
        reply = self._reply(messages, form, repeat)
        parsed = _read(reply, form)
        if isinstance(reply, Unusable) or not isinstance(parsed, Unusable) or not parsed.retry:
            return parsed
        repaired = self._reply(prompt.repair(messages, reply.text, parsed, form), form, repeat)
        parsed = _read(repaired, form)
        return Unusable(f"{parsed.problem} (asked twice)", retry=False) if isinstance(parsed, Unusable) else parsed

    def _reply(self, messages: tuple[Message, ...], form: Form[Any], repeat: int) -> Reply | Unusable:
        try:
            reply = self._chat.ask(self._request(messages, form, repeat))
        except BackendError as error:
            if error.error_class in GONE:
                raise
            self._failures += error.error_class != OVERFLOW
            if self._failures == MOST_FAILURES_IN_A_ROW:
                msg = f"{self._failures} requests in a row failed, the last with {error.error_class}: {error}"
                raise BackendError("stopped", msg) from error
            return Unusable(f"{error.error_class}: {error}", retry=False)
        self._failures = 0
        return reply

    def _request(self, messages: tuple[Message, ...], form: Form[Any], repeat: int) -> ChatRequest:
        settings = self._settings
        return ChatRequest(
            messages=messages,
            streaming=True,  # so that the first token and silence have limits of their own
            temperature=0.0,
            top_p=1.0,
            top_k=1,
            seed=settings.seed + repeat,
            max_tokens=settings.max_tokens,
            first_token_timeout_s=settings.first_token_timeout_s,
            idle_timeout_s=settings.idle_timeout_s,
            total_timeout_s=settings.total_timeout_s,
            response_schema=form.schema,
        )


def _read(reply: Reply | Unusable, form: Form[Parsed]) -> Parsed | Unusable:
    if isinstance(reply, Unusable):
        return reply
    return verdict.read(reply.text, reply.finish_reason, form)
