"""How a cell's process ended, and what was seen of it from outside."""

from dataclasses import dataclass, field
from typing import Any, Literal

from foundry_exp.records.run_result import ModelFiles
from foundry_exp.runtime.meters import power, vram
from foundry_exp.runtime.meters.energy import Energy

Ending = Literal["done", "skipped", "failed", "interrupted"]

_UNSEEN = vram.Reading(None, vram.NOT_SEEN)
_NO_WINDOW = Energy(None, reason="the measured window did not begin, or did not end")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the child ended, and what was seen of it from outside. Null is unknown."""

    ending: Ending = "failed"
    reason: str | None = None
    error_class: str | None = None
    """Of what ended it, where the child could still say."""
    out_of_memory: bool = False
    skip_rule: str | None = None
    """The rule of the sweep that skipped it."""
    unseen: str = "the model runs in a process that cannot be seen from here"
    """Why its memory is not known, where it is not."""
    exit_code: int | None = None
    """Of the process that held the model; null when it was ended from here."""
    load_s: float | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    rss_baseline_mb: float | None = None
    rss_loaded_mb: float | None = None
    rss_peak_mb: float | None = None
    cpu_percent: float | None = None
    vram_baseline: vram.Reading = _UNSEEN
    vram_loaded: vram.Reading = _UNSEEN
    vram_peak: vram.Reading = _UNSEEN
    energy: Energy = _NO_WINDOW
    power_start: power.PowerState | None = None
    """After warming up, so that frequency and heat are those of a busy machine, as at the end."""
    power_end: power.PowerState | None = None
    files: ModelFiles | None = None
    """What its model was loaded from; null when no folder here holds it."""
    warnings: tuple[str, ...] = ()
    """About where and how it was measured."""
