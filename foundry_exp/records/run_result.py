"""run.json: what one cell came to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from foundry_exp.records.distribution import Interval
from foundry_exp.records.score import Scored

SCHEMA_VERSION = 3
"""Of a run folder: 1 had fingerprints of another making; 2 neither the model's files of an attempt nor `wait_ms`."""
FileStat = tuple[int, int, int, int, int]
"""Device, inode, size in bytes, and the times of the last change of content and of anything (mtime, ctime), ns."""
Status = Literal["ok", "partial", "skipped", "failed", "device_mismatch", "interrupted"]
FAILED: tuple[Status, ...] = ("failed", "device_mismatch")
WITH_FIGURES: tuple[Status, ...] = ("ok", "partial")
"""Of a cell whose figures can be read and compared."""


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
class ModelFiles:
    """The files that a model was loaded from, as the machine that measured saw them."""

    path: str
    host: str
    size_mb: float
    """On disk, in 10⁶ bytes."""
    stats: dict[str, FileStat]
    """Each file's stat just before loading, by its path in the folder."""
    digest: str | None = None
    """Of their names and contents, once nothing is timed; null where they are no longer what was loaded."""


@dataclass(frozen=True, slots=True)
class StandStill:
    """Something that a measurement needs stood still for a while, as seen from beat to beat."""

    what: str
    """In words: `the machine slept`."""
    from_ns: int
    """By the clock of the attempt's records, and so is `to_ns`."""
    to_ns: int
    lasted_s: float


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
    """Null when the process that watched was killed too, and so are the next four."""
    vram_peak_mb: float | None = None
    energy_j: float | None = None
    """Of its measured window, as its meter or the heuristic had it at the end."""
    energy_source: Literal["rapl", "nvml", "heuristic"] | None = None
    energy_window_s: float | None = None
    measured: int = 0
    """Requests of the measured phase that it made."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the backend said of the model that it loaded."""
    files: ModelFiles | None = None
    """Null when it loaded none that this machine can see."""
    stood_still: tuple[StandStill, ...] | None = None
    """What stood still while it warmed up and measured; null when nobody watched."""
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
    prompts: dict[str, object]
    """Name, digest and size of the prompt set."""
    generation: dict[str, object]
    metrics: dict[str, Any]
    """Metric name to a number, a distribution, or null."""
    missing: dict[str, str]
    """Metric name to the reason why it is null."""
    per_prompt: dict[str, Any]
    """Sample id to its own distributions of the latency metrics."""
    scores: dict[str, Scored]
    environment: dict[str, object]
    fingerprint: str
    """Identity of the measurement: what would have to be equal for a rerun to be pointless."""
    warnings: tuple[str, ...] = ()
    intervals: dict[str, Interval] = field(default_factory=dict)
    """95 % intervals of metrics that are shares; a distribution carries its own."""
    warmup: dict[str, object] = field(default_factory=dict)
    """How many warm-up requests there were, and whether they had become steady."""
    energy_source: str | None = None
    """Where `energy_j` comes from: rapl, nvml or heuristic; null when it is null."""
    currency: str | None = None
    quality_source: str | None = None
    """The scorer that `quality` is from; null when it is null."""
    repeat: int = 1
    """Which of the sweep's repeats of the same cell it is, from 1."""
    attempts: tuple[AttemptFacts, ...] = ()
    """Load, cold start and memory of each process that worked on it. The metrics hold the last one's, and of peaks and
    energy what all of them came to."""
    skip_rule: str | None = None
    """The rule of the sweep that skipped it, `on_failure` or `memory`; a resumed sweep runs it after all."""
    out_of_memory: bool = False

    @property
    def shown_metrics(self) -> Mapping[str, Any]:
        """Its metrics as tables show them: none that are of a device that was not asked for, which the file keeps."""
        return {} if self.status == "device_mismatch" else self.metrics
