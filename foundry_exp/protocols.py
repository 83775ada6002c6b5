"""The behaviours that a part can bring, a model runtime, a scorer or a tracker, and what passes between them and us."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from foundry_exp.records.record import EventKind, Message, Record, Sample, Usage

if TYPE_CHECKING:  # not for the process that holds a model, which scores and publishes nothing
    from foundry_exp.records.score import Score, Standing
    from foundry_exp.results.cell import FinishedCell

Clock = Callable[[], int]
"""Nanoseconds of `time.perf_counter_ns()`, or of a test's own making."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a model runtime handed over while it answered."""

    kind: EventKind
    text: str = ""
    t_ns: int | None = None
    """When it arrived; null means: stamp it on receipt."""
    tokens: int | None = None
    """Tokens it carries, if the runtime says so."""
    usage: Usage | None = None
    finish_reason: str | None = None
    request_start_ns: int | None = None
    """The request's true start, where the backend knows it better than its caller (HTTP)."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One request to a loaded model, with every setting explicit."""

    messages: tuple[Message, ...]
    streaming: bool
    temperature: float
    top_p: float
    top_k: int
    seed: int
    max_tokens: int
    first_token_timeout_s: float
    idle_timeout_s: float
    total_timeout_s: float
    response_schema: dict[str, Any] | None = None
    """JSON Schema that the answer is held to while it is written, by backends that can; others let it be."""


def one_token(limit_s: float) -> ChatRequest:
    """The smallest chat, which shows whether the model answers at all."""
    return ChatRequest(
        messages=(Message("user", "Hello"),),
        streaming=False,
        temperature=0.0,
        top_p=1.0,
        top_k=1,
        seed=0,
        max_tokens=1,
        first_token_timeout_s=limit_s,
        idle_timeout_s=limit_s,
        total_timeout_s=limit_s,
    )


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """Which model to load, and on what."""

    alias: str
    variant: str | None
    path: Path | None
    accel: str
    device: str | None
    prefer: tuple[str, ...]
    """What a variant's name ends with, best first."""
    log_dir: Path
    """Where the runtime may write its own log."""
    offline: bool = False
    """Nothing may be fetched for it, not even an execution provider."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """What a backend really loaded. Null is unknown."""

    variant: str | None
    device: str | None = None
    execution_provider: str | None = None
    path: Path | None = None
    context_length: int | None = None
    licence: str | None = None
    runtime: dict[str, str] = field(default_factory=dict)
    """Versions of what ran the model."""
    download_s: float | None = None
    """Seconds spent fetching the model first; never part of a timing."""
    load_s: float | None = None
    """Seconds of loading alone, where the backend knows them better than its caller."""
    pid: int | None = None
    """The process that runs the model; null when it is not one that this machine can look at."""
    rss_baseline_mb: float | None = None
    """That process's memory before loading, where only the backend could look; otherwise null."""


class Backend(Protocol):
    """A runtime that loads one model and answers chats."""

    def load(self, model: ModelRequest) -> LoadedModel:
        """Load the model, or raise BackendError or SkipCellError."""
        ...

    def stream(self, request: ChatRequest, clock: Clock) -> Iterator[Event]:
        """Yield events as they arrive, the last one of kind `end`; raise BackendError on failure."""
        ...

    def unload(self) -> None:
        """Give the model back; safe to call when nothing is loaded."""
        ...


@runtime_checkable
class SaysIfItStreams(Protocol):
    """What a backend may bring besides: without it, answers are taken to come piece by piece where asked for."""

    streams: bool
    """False: answers are handed over whole, whatever `streaming` asks for, and their records say so."""


@runtime_checkable
class OwnProcess(Protocol):
    """What a backend may bring besides that starts a process for the model: the cell ends when that has died."""

    @property
    def model_pid(self) -> int | None:
        """The process, as soon as it is started; null before and after."""
        ...

    @property
    def exit_code(self) -> int | None:
        """What it ended with; null while it runs, and before it was started."""
        ...


def streams(backend: Backend) -> bool:
    """Whether answers can come piece by piece."""
    return not isinstance(backend, SaysIfItStreams) or backend.streams


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to be scored, with the prompt that it is to."""

    folder: Path
    """The run that it is from."""
    sample: Sample
    record: Record
    asked: Sequence[Sample] = field(default=(), compare=False, repr=False)
    """Every prompt of that run."""
    given: "Sequence[Score]" = field(default=(), compare=False, repr=False)
    """What scorers gave in that run before, in the order in which they did."""


class Scorer(Protocol):
    """Something that gives answers points."""

    waits: bool
    """Whether it loads a model, and so must wait until every cell is measured."""

    def check(self, samples: Sequence[Sample]) -> None:
        """Raise ConfigError when answers to these prompts could not be scored; cheap, and done before anything runs."""
        ...

    def score(self, answers: Sequence[Answer]) -> "Iterator[tuple[Answer, Score]]":
        """Yield each score as it is made; raise BackendError when no more can be."""
        ...

    def standing(self) -> "Standing | None":
        """After scoring: whether its scores can be believed; null when there is nothing to doubt."""
        ...


class Tracker(Protocol):
    """A place that finished cells are published to."""

    def check(self) -> str | None:
        """Raise ConfigError when nothing could ever be published; a sentence when nothing can be at the moment.

        Cheap, and done before a model is loaded.
        """
        ...

    def publish(self, cell: "FinishedCell") -> str:
        """Send one cell with the files of its folder, replacing what was sent of it before; return where it is."""
        ...

    def conclude(self, folder: Path, cells: Sequence["FinishedCell"]) -> None:
        """Show the reports of a run or sweep beside its published cells."""
        ...
