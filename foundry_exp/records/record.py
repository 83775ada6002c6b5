"""One request, whole: what was asked of a model, and what happened."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

Role = Literal["system", "user", "assistant"]
Phase = Literal["warmup", "measure"]
EventKind = Literal["role", "reasoning", "text", "tool", "end"]
TokenSource = Literal["usage", "tokenizer", "events"]
CONTENT_KINDS: frozenset[str] = frozenset({"reasoning", "text", "tool"})


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat prompt."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One prompt of a prompt set."""

    sample_id: str
    messages: tuple[Message, ...]
    digest: str
    """SHA-256 of the messages, first 16 hex digits."""
    tags: tuple[str, ...] = ()
    reference: str | None = None
    """An answer that a person would accept."""
    max_tokens: int | None = None
    """Overrides `generation.max_tokens` for this prompt."""
    facets: tuple[Any, ...] = ()
    """What a good answer has: a sentence each, for people and judges, or a mapping that rules check."""
    rubric: str | None = None
    """What a judge or a person judges the answer by: a shipped rubric's name or a file's path; null is their own."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts as the runtime reports them."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class RequestError:
    """Why a request failed."""

    # `class` is a keyword, so the file's key and the field's name differ.
    __pydantic_config__: ClassVar[dict[str, Any]] = {"alias_generator": lambda name: name.rstrip("_")}

    class_: str
    """A short word that tables group by: timeout, context_overflow, connect, http_500 …"""
    message: str
    retry_after_s: float | None = None
    """When a server that refused wants to be asked again, seconds."""


@dataclass(frozen=True, slots=True)
class Record:
    """One request, whole: every event's time, what was answered, and what went wrong."""

    sample_id: str
    prompt_digest: str
    round: int
    phase: Phase
    attempt: int
    streaming: bool
    t_start_ns: int
    """`time.perf_counter_ns()` at the request's start; over HTTP its last non-empty socket write."""
    event_ns: tuple[int, ...]
    """The time of every event, in the order of arrival."""
    event_kinds: tuple[EventKind, ...]
    """What each event carried, in step with `event_ns`."""
    t_end_ns: int
    """When the request was over, successful or not."""
    text: str
    reasoning: str
    usage: Usage | None
    token_source: TokenSource | None
    """Where `usage.completion_tokens` comes from; null when nothing was counted."""
    first_event_tokens: int | None
    """Tokens in the first content event, if the backend says so; otherwise null."""
    finish_reason: str | None
    output_hash: str
    """SHA-256 of reasoning and text, so that equal answers are found without comparing them."""
    error: RequestError | None = None
    retries: int = 0
    stood_still: str | None = None
    """What stood still while it was under way, by which its times are no model's; written once the attempt is over."""
    t_scheduled_ns: int | None = None
    """When the request was due, or first tried. Latencies count from here, so that waiting for a free thread is not
    left out; those of a request that was tried again from the start of the last try."""
