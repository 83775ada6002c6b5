"""A variant for a GPU is held against the VRAM that is free: on a machine that a module file describes."""

from typing import Any

import pytest

from foundry_exp.config import compose
from foundry_exp.config.plan import plan
from foundry_exp.errors import SkipCellError
from foundry_exp.measure import memory_fit
from foundry_exp.measure.cell import Cell
from tests.runtime.meters.conftest import Nvml

# As Foundry's catalogue of July 2026 states Phi-4-mini-instruct-cuda-gpu:5 and its neighbours.
PHI: dict[str, Any] = {
    "id": "Phi-4-mini-instruct-cuda-gpu:5",
    "device": "GPU",
    "size_mb": 3870.0,
    "context_length": 131072,
    "cached": False,
    "visible": {"variants": {"phi-4-mini-instruct-openvino-gpu:2": 2310.0}, "cached": {}},
}


def cell(*overrides: str) -> Cell:
    composed = compose.jobs(["model=phi-4-mini", *overrides], multirun=False)[0][0]
    return plan(compose.plain(composed.config), "cell", "sweep")


@pytest.mark.slow
def test_a_gpu_variant_is_held_against_the_largest_free_vram(nvml: Nvml) -> None:
    nvml({"free": 4_000_000_000}, {"free": 2_000_000_000})
    with pytest.raises(SkipCellError) as caught:
        memory_fit.check_stated(cell("accel=auto"), PHI)
    said = str(caught.value)
    assert "3870 MB of files × 1.2 + about " in said
    assert "4000 MB of VRAM are free, so it was not downloaded" in said
    assert "phi-4-mini-instruct-openvino-gpu:2 (2310 MB)" in said


@pytest.mark.slow
def test_one_that_fits_and_one_that_is_tried_all_the_same_are_let_pass(nvml: Nvml) -> None:
    nvml({"free": 8_000_000_000})
    memory_fit.check_stated(cell("accel=gpu"), PHI)
    nvml({"free": 1_000_000})
    memory_fit.check_stated(cell("accel=gpu", "fit=ignore"), PHI)


@pytest.mark.slow
def test_what_the_catalogue_does_not_state_is_taken_from_the_option(nvml: Nvml) -> None:
    nvml({"free": 4_000_000_000})
    with pytest.raises(SkipCellError, match="5154 MB of files"):
        memory_fit.check_stated(cell(), {**PHI, "size_mb": None})


@pytest.mark.slow
def test_a_cpu_variant_is_held_against_memory(nvml: Nvml) -> None:
    nvml({"free": 10**18})
    with pytest.raises(SkipCellError, match="MB of memory are free"):
        memory_fit.check_stated(cell(), {**PHI, "device": "CPU", "size_mb": 10**9})
