"""What becomes of the cells that come after a failed one: rules that the config chooses, each a row with its reason."""

from collections.abc import Sequence
from pathlib import Path

from foundry_exp.errors import StoreError
from foundry_exp.measure.cell import Cell
from foundry_exp.measure.outcome import Outcome
from foundry_exp.records import run_folder
from foundry_exp.records.config import Config
from foundry_exp.records.record import Sample
from foundry_exp.run.sweep_counts import SweepCounts

ON_FAILURE = "on_failure"
MEMORY = "memory"
_RESUME = "resume the sweep to measure it all the same"


def verdict(cell: Cell, counts: SweepCounts) -> Outcome | None:
    """Why a cell is not measured; null when it is."""
    rule, failures = cell.config.sweep.on_failure, counts.failures()
    failed = len(failures.folders)
    if rule.policy == "stop" and failed:
        reason = f"sweep.on_failure.policy=stop, and {failures.folders[0].name} failed before this one; {_RESUME}."
        return Outcome(ending="skipped", reason=reason, skip_rule=ON_FAILURE)
    if rule.policy == "share" and failed > rule.share * failures.planned:
        reason = (
            f"sweep.on_failure.policy=share, and {failed} of {failures.planned} cells have failed, "
            f"more than {rule.share:.0%}; {_RESUME}."
        )
        return Outcome(ending="skipped", reason=reason, skip_rule=ON_FAILURE)
    return next((_too_large(folder) for folder in failures.out_of_memory if _asks_more(cell, folder)), None)


def _too_large(smaller: Path) -> Outcome:
    reason = (
        f"the same model ran out of memory in {smaller.name}, which asked for less; free some memory, then {_RESUME}."
    )
    return Outcome(ending="skipped", reason=reason, skip_rule=MEMORY)


def _asks_more(cell: Cell, other: Path) -> bool:
    """Whether a cell runs the other's model, needs no less memory in any respect, and more in one."""
    try:
        config, samples = run_folder.read_whole_config(other), run_folder.read_samples(other)
    except StoreError:
        return False
    mine = cell.config
    if (config.model, config.accel, config.backend) != (mine.model, mine.accel, mine.backend):
        return False
    own, theirs = _demand(mine, cell.prompts.samples), _demand(config, samples)
    return own != theirs and all(one >= its for one, its in zip(own, theirs, strict=True))


def _demand(config: Config, samples: Sequence[Sample]) -> tuple[int, int, int]:
    """What a model's memory grows with: the longest prompt, the longest answer, and how many at once."""
    longest = max(sum(len(message.content) for message in sample.messages) for sample in samples)
    return longest, config.generation.max_tokens, config.workload.concurrency
