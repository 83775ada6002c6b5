"""Every type that is written to disk: what was asked of a model, what happened, and what it came to."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

SCHEMA_VERSION = 1

Role = Literal["system", "user", "assistant"]
Phase = Literal["warmup", "measure"]
Status = Literal["ok", "partial", "skipped", "failed", "device_mismatch", "interrupted"]
EventKind = Literal["role", "reasoning", "text", "tool", "end"]
TokenSource = Literal["usage", "tokenizer", "events"]
Preferred = Literal["first", "second", "tie"]

WITH_FIGURES: tuple[Status, ...] = ("ok", "partial")
"""Of a cell whose figures can be read and compared."""
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
    t_scheduled_ns: int | None = None
    """When the request was due, or first tried; latencies count from here, so that waiting is not left out."""


@dataclass(frozen=True, slots=True)
class Score:
    """One line of scores.jsonl: what one judge of one kind thinks of one answer, by one criterion."""

    sample_id: str
    output_hash: str
    """Which answer: rounds that answered alike share their scores."""
    scorer: str
    """`facets`, `judge` or `annotation`."""
    criterion: str
    value: float | None
    """1 (worst) to 5 (best); null is unscored, which is not a low score."""
    reason: str | None
    """Why this value; of an unscored answer, why there is none."""
    weight: float
    """Of the criterion in the answer's quality."""
    scored_by: str
    """`rules`, the judge's exact variant and a digest of all that it judged with, or a person's name."""
    scored_at: str
    """UTC, ISO 8601."""
    rubric: str
    """What it was scored by: `name:digest`."""
    repeat: int = 0


@dataclass(frozen=True, slots=True)
class Preference:
    """One line of judges/pairs-….jsonl: which of two answers a judge found better, shown in one order."""

    question: str
    """Digest of all that the judge was shown: what is equal is not asked again."""
    sample_id: str
    first: str
    """The answer shown first: its output hash, or of a calibration answer its id."""
    second: str
    preferred: Preferred | None
    """Null is unjudged, which is not a tie."""
    reason: str
    judged_by: str
    judged_at: str
    rubric: str
    """These are as in a score."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval and how it was made."""

    low: float
    high: float
    method: str


@dataclass(frozen=True, slots=True)
class Distribution:
    """A metric over requests. Percentiles are linear (numpy's default)."""

    n: int
    missing: int
    """Requests that should have a value and have none."""
    mean: float | None
    sd: float | None
    min: float | None
    max: float | None
    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None
    intervals: dict[str, Interval | None] = field(default_factory=dict)
    """95 % intervals of mean, p50, p90, p95 and p99; null when n is too small for one, or a mean is of equal values."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What was asked for and what was loaded."""

    alias: str
    variant: str | None
    """The exact `name:version` that ran."""
    device: str | None
    execution_provider: str | None
    accel_evidence: str | None
    """How the provider is known: `log` (the runtime's own log), `id_only`, or null."""
    path: str | None
    files_digest: str | None
    disk_mb: float | None
    context_length: int | None
    licence: str | None
    licence_source: str | None
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a scorer's scores can be believed."""

    trusted: bool
    reason: str | None
    """Why not, in one sentence with the way out."""
    figures: dict[str, Any] = field(default_factory=dict)
    """What that was decided from: agreement, self-consistency, share unparseable …"""


@dataclass(frozen=True, slots=True)
class Scored:
    """What one scorer's scores of a cell came to."""

    rubric: str
    scored_by: tuple[str, ...]
    scored: int
    """Measured requests whose answer has a score by every criterion."""
    unscored: int
    """Measured requests whose answer has not, failed requests among them."""
    quality: Distribution | None
    """Over prompts: of each, the mean of its answers' weighted means."""
    criteria: dict[str, Distribution | None]
    standing: Standing | None = None
    """Null: there is nothing to doubt."""
    repeats_identical: float | None = None
    """Share of the scores given more than once (`repeats`) that were the same each time; null: none was."""
    repeats_range: float | None = None
    """Mean distance of the highest from the lowest of the same scores, in points; null: none was given again."""


@dataclass(frozen=True, slots=True)
class AttemptFacts:
    """One process that worked on a cell: a cell continued after a kill has several. Null is unknown."""

    attempt: int
    """As its records carry it, from 0."""
    started_at: str
    duration_s: float | None = None
    """Of one that was killed: until it last wrote a line."""
    load_s: float | None = None
    cold_ttft_ms: float | None = None
    rss_baseline_mb: float | None = None
    rss_loaded_mb: float | None = None
    rss_peak_mb: float | None = None
    """Null when the process that watched was killed too."""
    measured: int = 0
    """Requests of the measured phase that it made."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the backend said of the model that it loaded."""
    clock_zero_ns: int | None = None
    """Unix time at which its records' clock stood at zero, so a stamp plus this is when it was by the wall clock."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """run.json: the summary of one cell, written last, so that its presence means finished."""

    schema_version: int
    run_id: str
    cell: str
    sweep_id: str
    status: Status
    reason: str | None
    """Why the status is not `ok`, in one sentence with the way out."""
    started_at: str
    """When the first attempt started: UTC, ISO 8601."""
    duration_s: float
    """Of all attempts together, without the time between them."""
    model: ModelFacts
    accel: str
    backend: str
    streaming: bool
    prompts: dict[str, Any]
    """Name, digest and size of the prompt set."""
    generation: dict[str, Any]
    metrics: dict[str, Any]
    """Metric name to a number, a distribution, or null."""
    missing: dict[str, str]
    """Metric name to the reason why it is null."""
    per_prompt: dict[str, Any]
    """Sample id to its own distributions of the latency metrics."""
    scores: dict[str, Scored]
    environment: dict[str, Any]
    fingerprint: str
    """Identity of the measurement: what would have to be equal for a rerun to be pointless."""
    warnings: tuple[str, ...] = ()
    intervals: dict[str, Interval] = field(default_factory=dict)
    """95 % intervals of metrics that are shares; a distribution carries its own."""
    warmup: dict[str, Any] = field(default_factory=dict)
    """How many warm-up requests there were, and whether they had become steady."""
    energy_source: str | None = None
    """Where `energy_j` comes from: rapl, nvml or heuristic; null when it is null."""
    currency: str | None = None
    quality_source: str | None = None
    """The scorer that `quality` is from; null when it is null."""
    repeat: int = 1
    """Which of the sweep's repeats of the same cell it is, from 1."""
    attempts: tuple[AttemptFacts, ...] = ()
    """Load, cold start and memory of each process that worked on it; the metrics hold the last one's."""
    skip_rule: str | None = None
    """The rule of the sweep that skipped it, `on_failure` or `memory`; a resumed sweep runs it after all."""
    out_of_memory: bool = False
