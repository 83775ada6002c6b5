"""The CPU that what stands in for Hydra saves: python -m tests.benchmarks.hydra_cost [--sizes 1 10 60 1000].

Each sweep is composed with and without `hydra_internals.ReadOnce`, brought to a launcher by `hydra_internals.Planned`
and by Hydra's own config loader, then recalled by `remembered`, as resuming does. Asserts nothing.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig

from foundry_exp.config import compose, hydra_internals, remembered
from foundry_exp.config.cells import plan_all
from foundry_exp.records.config_json import plain
from tests.benchmarks.sweep_cost import sweep_overrides

T = TypeVar("T")


def main() -> None:
    """Print milliseconds a job at each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 10, 60, 1000])
    _compose(sweep_overrides(2))  # whatever is imported late is by now
    print("  jobs   composed  each file read anew   launched  composed again   recalled    (ms of CPU a job)")
    for size in parser.parse_args().sizes:
        _print(size, sweep_overrides(size) if size > 1 else sweep_overrides(2)[:-2])


def _print(size: int, overrides: list[str]) -> None:
    every_job, composed_ms = timed(size, lambda: _compose(overrides))
    with patch.object(hydra_internals, "read_once"):
        _, anew_ms = timed(size, lambda: _compose(overrides))
    launched_ms, again_ms = _brought_to_a_launcher(every_job, overrides)
    print(f"{size:>6}{composed_ms:>11.1f}{anew_ms:>21.1f}{launched_ms:>11.1f}{again_ms:>16.1f}", end="")
    print(f"{_recalled(every_job, overrides):>11.2f}", flush=True)


def timed(jobs: int, step: Callable[[], T]) -> tuple[T, float]:
    """What a step returns, and the CPU that it took, in ms a job."""
    start_s = time.process_time()
    result = step()
    return result, 1000 * (time.process_time() - start_s) / jobs


def _compose(overrides: list[str]) -> list[compose.Job]:
    every_job, _ = compose.jobs(overrides, multirun=any("," in text or "range(" in text for text in overrides))
    for job in every_job:
        assert job.plain
    return every_job


def _brought_to_a_launcher(every_job: list[compose.Job], overrides: list[str]) -> tuple[float, float]:
    """By the planned configs, and by composing each of them again."""
    first = every_job[0].config
    assert isinstance(first, DictConfig)
    cells = {cell.overrides: plain(cell.config) for cell in plan_all(every_job)}

    def brought_ms(loader: Any) -> float:
        return timed(len(cells), lambda: [loader.load_sweep_config(first, list(job)) for job in cells])[1]

    with compose.ready(overrides):
        return brought_ms(hydra_internals.Planned(cells)), brought_ms(GlobalHydra.instance().config_loader())


def _recalled(every_job: list[compose.Job], overrides: list[str]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        remembered.keep(Path(folder), overrides, {tuple(job.overrides): job.plain for job in every_job})
        jobs, recalled_ms = timed(len(every_job), lambda: remembered.recall(Path(folder), overrides))
    assert len(jobs) == len(every_job)
    return recalled_ms


if __name__ == "__main__":
    main()
