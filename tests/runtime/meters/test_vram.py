"""GPU memory of a process: what is summed, and every way of not knowing it."""

import importlib.util
import os
import subprocess
import sys

import pytest

from foundry_exp.runtime.meters import vram
from tests.runtime.meters.conftest import Nvml

ME = os.getpid()


@pytest.mark.real
def test_it_is_summed_over_gpus_and_over_the_processes_that_it_started(nvml: Nvml) -> None:
    wait = [sys.executable, "-c", "input()"]
    with subprocess.Popen(wait, stdin=subprocess.PIPE) as child:
        stranger = {1: 9_000_000_000}
        nvml({"compute": {ME: 1_500_000_000, **stranger}}, {"compute": {child.pid: 250_000_000}})
        assert vram.read_mb(ME) == vram.Reading(1750.0)
        child.communicate(b"\n")


def test_a_process_that_computes_and_draws_is_counted_once(nvml: Nvml) -> None:
    nvml({"compute": {ME: 300_000_000}, "graphics": {ME: 300_000_000}})
    assert vram.read_mb(ME).value_mb == 300.0


def test_a_driver_that_does_not_tell_per_process_gives_null(nvml: Nvml) -> None:
    nvml({"compute": {ME: None}})
    assert vram.read_mb(ME) == vram.Reading(None, "the driver does not tell per process")


def test_half_an_answer_is_no_answer(nvml: Nvml) -> None:
    nvml({"compute": {ME: 300_000_000}}, {"compute": {ME: None}})
    assert vram.read_mb(ME).value_mb is None


def test_an_unlisted_process_is_null_and_not_zero(nvml: Nvml) -> None:
    nvml({"compute": {1: 5}})
    assert vram.read_mb(ME) == vram.Reading(None, "the driver lists no GPU memory of this process")


def test_a_library_without_a_gpu_or_without_a_driver(nvml: Nvml) -> None:
    nvml()
    assert vram.read_mb(ME) == vram.Reading(None, "no NVIDIA GPU")
    nvml(no_driver="Driver Not Loaded")
    assert vram.read_mb(ME) == vram.Reading(None, "no NVML library here: Driver Not Loaded")


@pytest.mark.skipif(importlib.util.find_spec("pynvml") is not None, reason="nvidia-ml-py is installed here")
def test_without_the_package_it_is_null_with_a_reason() -> None:
    reason = "no NVML library here: the package nvidia-ml-py is not installed"
    assert vram.read_mb(ME) == vram.Reading(None, reason)
    watch = vram.PeakWatch(ME)
    watch.start()
    assert watch.stop() == vram.Reading(None, reason)


def test_the_peak_is_the_largest_seen_and_the_library_is_given_back(nvml: Nvml) -> None:
    gpu = {"compute": {ME: 100_000_000}}
    library = nvml(gpu)
    used = library.GPUS[0]["compute"]
    watch = vram.PeakWatch(ME)
    watch.start()
    used[ME] = 700_000_000
    assert watch.stop() == vram.Reading(700.0)
    assert library.OPEN == 0


def test_a_peak_stays_when_the_process_is_gone(nvml: Nvml) -> None:
    library = nvml({"compute": {ME: 100_000_000}})
    watch = vram.PeakWatch(ME)
    watch.start()
    library.GPUS[0]["compute"].clear()
    assert watch.stop() == vram.Reading(100.0)


def test_a_watch_that_was_never_started_saw_nothing() -> None:
    assert vram.PeakWatch(ME).stop() == vram.Reading(None, vram.NOT_SEEN)
