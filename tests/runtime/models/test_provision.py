"""A run whose model is not here fetches it first, outside every timing, and says how long that took."""

from typing import Any

import psutil
import pytest

from tests.conftest import demo_model
from tests.loopback_catalogue import Variant
from tests.runtime.models.conftest import MIB, RUN, Tool, results
from tests.test_faults import when

pytestmark = pytest.mark.real


def result(tool: Tool) -> dict[str, Any]:
    (only,) = results(tool)
    return only


def test_a_model_that_is_not_here_is_fetched_and_then_measured(tool: Tool) -> None:
    done = tool.run(*RUN, "model.alias=small", "accel=cpu")
    assert done.returncode == 0, done.stdout + done.stderr
    cell = result(tool)
    assert cell["model"]["variant"] == "small-generic-cpu:1"
    assert cell["model"]["accel_evidence"] == "log"
    assert cell["environment"]["download_s"] > 0
    assert tool.catalogue.asked("/store/small-generic-cpu/model.onnx")


def test_the_process_that_measures_asks_no_network(tool: Tool) -> None:
    assert tool.run("models", "pull", "small", "accel=cpu").returncode == 0
    tool.catalogue.requests.clear()
    assert tool.run(*RUN, "model.alias=small", "accel=cpu", "offline=true").returncode == 0
    assert tool.catalogue.requests == []
    assert result(tool)["environment"]["download_s"] is None


def test_without_leave_to_download_the_cell_fails_and_says_how_to_get_it(tool: Tool) -> None:
    done = tool.run(*RUN, "model.alias=small", "accel=cpu", "provision.download=false")
    assert done.returncode == 1
    assert result(tool)["status"] == "failed"
    assert "python -m foundry_exp models pull small-generic-cpu:1" in result(tool)["reason"]


def test_a_stalled_download_fails_its_cell_after_its_retries(tool: Tool) -> None:
    tool.catalogue.hold.set()
    patience = ("provision.stall_timeout_s=1", "provision.retries=1", "workload.load_timeout_s=1")
    assert tool.run(*RUN, "model.alias=small", "accel=cpu", *patience).returncode == 1
    assert "download failed after 2 tries: nothing came for 1 s" in result(tool)["reason"]


def test_a_model_that_cannot_fit_is_skipped_before_a_byte_of_it_comes(tool: Tool) -> None:
    tool.catalogue.variants.append(Variant("huge-openvino-cpu", "huge", size_bytes=9 * MIB, version=2))
    assert tool.run(*RUN, "model.alias=huge", "accel=cpu").returncode == 1
    cell = result(tool)
    assert cell["status"] == "skipped"
    assert "does not fit: needs about 12" in cell["reason"]
    assert "of memory are free, so it was not downloaded" in cell["reason"]
    assert "take a smaller model (huge-openvino-cpu:2 (9 MB), " in cell["reason"]
    assert not tool.catalogue.asked("/store/")


def test_fit_ignore_tries_it_and_the_disk_is_looked_at_before_it_comes(tool: Tool) -> None:
    assert tool.run(*RUN, "model.alias=huge", "accel=cpu", "fit=ignore").returncode == 1
    assert result(tool)["status"] == "failed"
    assert "huge-generic-cpu:1: needs 1100000000 MB" in result(tool)["reason"]
    assert not tool.catalogue.asked("/store/")


def test_a_catalogue_model_killed_for_memory_offers_what_is_smaller_and_visible(tool: Tool) -> None:
    held_files = tool.catalogue.variants[0].files
    tool.catalogue.variants[:2] = [
        Variant("small-generic-cpu", "small", files=held_files, size_bytes=2 * MIB),
        Variant("small-openvino-cpu", "small", size_bytes=MIB),
    ]
    process = tool.start(*RUN, "model.alias=small", "accel=cpu", "workload.rounds=5000")
    when(tool.folder, "mlruns/runs/*/*/records.jsonl", lines=2)
    (held,) = psutil.Process(process.pid).children()
    held.kill()
    process.communicate(timeout=60)
    cell = result(tool)
    assert (process.returncode, cell["status"]) == (1, "failed")
    assert "want of memory: close other programs, take a smaller model (small-openvino-cpu:1 (1 MB)" in cell["reason"]


def test_an_accelerator_without_a_variant_is_skipped(tool: Tool) -> None:
    done = tool.run("-m", *RUN, "model.alias=small", "accel=cpu,gpu")
    assert done.returncode == 0, done.stdout + done.stderr
    by_accel = {one["accel"]: one for one in results(tool)}
    assert by_accel["cpu"]["status"] == "ok"
    assert by_accel["gpu"]["status"] == "skipped"
    assert "missing execution providers: CUDAExecutionProvider" in by_accel["gpu"]["reason"]


def test_a_model_of_your_own_is_found_by_its_alias(tool: Tool) -> None:
    path = str(demo_model("demo-small"))
    assert tool.run("models", "add", path, "--variant", "mine-generic-gpu:1").returncode == 0
    assert tool.run("models", "add", path, "--alias", "mine").returncode == 0
    done = tool.run("-m", *RUN, "model.alias=mine", "accel=cpu,gpu")
    by_accel = {one["accel"]: one for one in results(tool)}
    assert {name: one["status"] for name, one in by_accel.items()} == {"cpu": "ok", "gpu": "device_mismatch"}
    assert done.returncode == 1
    assert by_accel["gpu"]["model"]["variant"] == "mine-generic-gpu:1"


@pytest.mark.parametrize("backend", ["native", "service"])
def test_a_variant_whose_provider_is_missing_is_skipped_with_its_name(tool: Tool, backend: str) -> None:
    path = str(demo_model("demo-small"))
    assert tool.run("models", "add", path, "--variant", "mine-cuda-gpu:1").returncode == 0
    assert tool.run(*RUN, f"backend={backend}", "model.variant=mine-cuda-gpu:1", "accel=auto").returncode == 1
    cell = result(tool)
    assert cell["status"] == "skipped"
    assert cell["reason"].startswith("mine-cuda-gpu:1: needs CUDAExecutionProvider, which is not registered here; ")
    verified = tool.run("models", "verify", "mine-cuda-gpu:1")
    assert verified.returncode == 1
    assert "mine-cuda-gpu:1: complete, not loaded: needs CUDAExecutionProvider" in verified.stdout
    assert "mend the folder" not in verified.stdout
    assert "fl::" not in verified.stdout + cell["reason"]


def test_a_pinned_variant_for_another_device_is_not_told_to_be_pinned(tool: Tool) -> None:
    path = str(demo_model("demo-small"))
    assert tool.run("models", "add", path, "--variant", "mine-generic-gpu:1").returncode == 0
    assert tool.run(*RUN, "model.variant=mine-generic-gpu:1", "accel=cpu").returncode == 1
    cell = result(tool)
    assert cell["status"] == "skipped"
    assert "model.variant=mine-generic-gpu:1 is for GPU; choose accel=gpu or auto" in cell["reason"]


def test_of_your_own_variants_one_is_chosen_that_can_run_here(tool: Tool) -> None:
    path = str(demo_model("demo-small"))
    for variant in ("mine-cuda-gpu:1", "mine-generic-cpu:1", "mine-generic-cpu:2"):
        assert tool.run("models", "add", path, "--variant", variant).returncode == 0
    tool.run("-m", *RUN, "model.alias=mine", "accel=auto,cpu,gpu")
    by_accel = {one["accel"]: one for one in results(tool)}
    for accel in ("auto", "cpu"):
        assert by_accel[accel]["status"] == "ok", by_accel[accel]["reason"]
        assert by_accel[accel]["model"]["variant"] == "mine-generic-cpu:2"
    assert by_accel["gpu"]["status"] == "skipped"
    assert "missing execution providers: CUDAExecutionProvider" in by_accel["gpu"]["reason"]


def test_a_variant_is_not_measured_under_another_model_s_name(tool: Tool) -> None:
    tool.catalogue.variants.append(Variant("other-generic-cpu", "other"))
    pinned = ("model.variant=other-generic-cpu:1", "accel=cpu")
    assert tool.run(*RUN, "model.alias=small", *pinned).returncode == 1
    assert "other-generic-cpu:1 is of other, and would be shown as small" in result(tool)["reason"]
    assert not tool.catalogue.asked("/store/other-generic-cpu/model.onnx")
