"""`models pull` through the real runtime: progress, breaks, resuming, stalls, a full disk, Ctrl-C, `kill -9`."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.conftest import demo_model
from tests.runtime.models.conftest import MIB, Tool, interrupt, until

pytestmark = pytest.mark.real

HEAVY_BYTES = 26 * MIB
"""24 MiB of weights and a demonstration model, rounded up."""


def test_a_model_comes_whole_and_verify_says_so(tool: Tool) -> None:
    done = tool.run("models", "pull", "small", "accel=cpu")
    assert done.returncode == 0, done.stderr
    assert "small-generic-cpu:1: downloaded in" in done.stdout
    again = tool.run("models", "pull", "small-generic-cpu:1")
    assert "was here already" in again.stdout
    verified = tool.run("models", "verify")
    assert (verified.returncode, verified.stdout) == (0, "small-generic-cpu:1: complete, loads (1.2 MB)\n")


def test_one_failing_fails_alone(tool: Tool) -> None:
    done = tool.run("models", "pull", "huge", "speech", "gemma-2-2b", "mistral-7", "demo-small", "small", "accel=cpu")
    assert done.returncode == 1
    assert "huge-generic-cpu:1: needs 1100000000 MB" in done.stderr
    assert "speech: failed: speech-generic-cpu:1: it transcribes speech" in done.stderr
    assert "gemma-2-2b: failed: not in the Foundry catalogue, nor any of its family" in done.stderr
    assert "did you mean mistral-7b-v0.2?\n" in done.stderr, "the catalogue was reached, so that is all"
    assert "demo-small: ships with the tool" in done.stdout
    assert "small-generic-cpu:1: downloaded" in done.stdout


def test_programs_are_told_in_json_alone(tool: Tool) -> None:
    done = tool.run("models", "pull", "huge", "demo-small", "small", "accel=cpu", "--json")
    assert done.returncode == 1
    huge, shipped, small = json.loads(done.stdout)
    assert (huge["name"], huge["status"]) == ("huge", "failed")
    assert "needs 1100000000 MB" in huge["reason"]
    assert shipped == {"name": "demo-small", "status": "shipped"}
    assert (small["status"], small["variant"]) == ("downloaded", "small-generic-cpu:1")
    assert small["download_s"] > 0
    assert Path(small["path"]).is_dir()
    (again,) = json.loads(tool.run("models", "pull", "small-generic-cpu:1", "--json").stdout)
    assert (again["status"], again["download_s"]) == ("here", None)


def test_an_accelerator_without_a_variant_lists_what_there_is_and_what_is_missing(tool: Tool) -> None:
    done = tool.run("models", "pull", "small", "accel=gpu")
    assert done.returncode == 1
    assert "skipped: accel=gpu: small has no such variant here" in done.stderr
    assert "visible: small-generic-cpu:1, small-openvino-cpu:3" in done.stderr
    assert "missing execution providers: CUDAExecutionProvider" in done.stderr


def test_a_broken_connection_is_resumed_within_the_pull(heavy: Tool) -> None:
    heavy.catalogue.cut_after_bytes = MIB
    done = heavy.run("models", "pull", "heavy")
    assert done.returncode == 0, done.stderr
    assert heavy.catalogue.sent_bytes < 27 * MIB, "what had come was not asked for again"


def test_after_kill_9_what_was_written_down_is_not_fetched_again(heavy: Tool) -> None:
    process = _stopped_at(heavy, 20 * MIB)
    workers = psutil.Process(process.pid).children()
    process.kill()
    process.communicate()
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert not alive, "the worker must end with its parent"
    verified = heavy.run("models", "verify")
    assert verified.returncode == 1
    assert "heavy-generic-cpu:1: its download was begun and not finished" in verified.stdout
    kept = _written_down_bytes(heavy)  # every 16 MiB, so a kill at an unlucky moment finds nothing
    assert _sent_by_another_pull(heavy) <= HEAVY_BYTES - kept


def test_ctrl_c_leaves_what_came_and_the_next_pull_resumes(heavy: Tool) -> None:
    process = _stopped_at(heavy, 21 * MIB)
    interrupt(process)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "heavy: interrupted; what came is kept" in errors
    kept = _written_down_bytes(heavy)
    assert _sent_by_another_pull(heavy) <= HEAVY_BYTES - kept


def _stopped_at(tool: Tool, sent_bytes: int) -> "subprocess.Popen[str]":
    """A pull of `heavy` of which as much was sent, and which is slow from there on."""
    tool.catalogue.slow_after_bytes = sent_bytes
    process = tool.start("models", "pull", "heavy")
    until(lambda: tool.catalogue.sent_bytes > sent_bytes)
    return process


def _written_down_bytes(tool: Tool) -> int:
    """What the runtime's state file says has come: after 45 bytes of head, a bit for each piece of 2 MiB (2.2.1)."""
    states = [path.read_bytes() for path in tool.cache.rglob("weights.bin.dlstate")]
    return sum(byte.bit_count() for state in states for byte in state[45:]) * 2 * MIB


def _sent_by_another_pull(tool: Tool) -> int:
    tool.catalogue.slow_after_bytes, tool.catalogue.sent_bytes = None, 0
    done = tool.run("models", "pull", "heavy")
    assert done.returncode == 0, done.stderr
    return tool.catalogue.sent_bytes


def test_a_stall_is_tried_again_and_then_said(tool: Tool) -> None:
    tool.catalogue.hold.set()
    done = tool.run("models", "pull", "small", "accel=cpu", "provision.stall_timeout_s=1", "provision.retries=1")
    assert done.returncode == 1
    assert "small: nothing came for 1 s; again in 1 s (1 left)" in done.stderr
    assert "download failed after 2 tries: nothing came for 1 s (provision.stall_timeout_s)" in done.stderr
    tool.catalogue.hold.clear()
    assert tool.run("models", "pull", "small", "accel=cpu").returncode == 0


def test_a_registry_that_fails_is_tried_as_often_as_asked(tool: Tool) -> None:
    tool.catalogue.registry_status = 500
    done = tool.run("models", "pull", "small", "accel=cpu", "provision.retries=1")
    assert done.returncode == 1
    assert "HTTP 500" in done.stderr
    assert len(tool.catalogue.asked("CONNECT centralus.")) == 2, "one try, and one again"


def test_a_model_that_was_damaged_is_found_and_its_repair_named(tool: Tool) -> None:
    assert tool.run("models", "pull", "small", "accel=cpu").returncode == 0
    folder = tool.cache / "Loopback" / "small-generic-cpu-1"
    (folder / "model.onnx").write_bytes(b"not a model")
    done = tool.run("models", "verify", "small")
    assert done.returncode == 1
    assert "small-generic-cpu:1: holds 0.1 MB where the catalogue states" in done.stdout
    assert f"remove {folder} and run python -m foundry_exp models pull small-generic-cpu:1" in done.stdout


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_verify_says_each_name_that_is_not_here(tool: Tool, as_json: list[str]) -> None:
    assert tool.run("models", "add", str(demo_model("demo-small")), "--alias", "mine").returncode == 0
    done = tool.run("models", "verify", "mine", "nosuch", "mine-generic-cpu:2", *as_json)
    assert done.returncode == 1
    assert "mine-generic-cpu:1" in done.stdout
    assert done.stderr.splitlines() == [
        f"nosuch: not in {tool.cache}; choose from mine, mine-generic-cpu:1",
        f"mine-generic-cpu:2: not in {tool.cache}; did you mean mine-generic-cpu:1?",
    ]
    assert tool.run("models", "verify", "mine").returncode == 0


@pytest.fixture(params=[8])
def tiny_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB, or of as many as the test says."""
    folder = tmp_path / "cache"
    folder.mkdir()
    mounted = sys.platform != "win32" and os.geteuid() == 0 and _mount(folder, request.param)
    if not mounted:
        pytest.skip("only root can mount a tmpfs")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def _mount(folder: Path, size_mib: int) -> bool:
    asked = ["mount", "-t", "tmpfs", "-o", f"size={size_mib}m", "tmpfs", str(folder)]
    return subprocess.run(asked, check=False, capture_output=True).returncode == 0


@pytest.mark.usefixtures("tiny_disk")
def test_a_disk_without_room_is_told_before_anything_is_fetched(heavy: Tool) -> None:
    done = heavy.run("models", "pull", "heavy")
    assert done.returncode == 1
    assert "heavy-generic-cpu:1: needs 29 MB" in done.stderr
    assert not heavy.catalogue.asked("/store/")


@pytest.mark.usefixtures("tiny_disk")
def test_a_disk_that_fills_while_fetching_is_named(heavy: Tool) -> None:
    understated = [
        type(one)(**{**vars(one), "size_bytes": MIB}) if one.alias == "heavy" else one
        for one in heavy.catalogue.variants
    ]
    heavy.catalogue.variants[:] = understated
    done = heavy.run("models", "pull", "heavy", "provision.retries=0")
    assert done.returncode == 1
    assert "heavy-generic-cpu:1: the disk of" in done.stderr
    assert "free some and run it again: what came is kept" in done.stderr


@pytest.mark.parametrize("tiny_disk", [40], indirect=True)
def test_a_begun_download_is_resumed_where_only_the_rest_has_room(heavy: Tool, tiny_disk: Path) -> None:
    """29 MB are asked for a whole `heavy`; with more than half of them here, fewer are free than that."""
    _begun(heavy, tiny_disk)
    assert shutil.disk_usage(tiny_disk).free < HEAVY_BYTES
    assert _sent_by_another_pull(heavy) < HEAVY_BYTES


@pytest.mark.parametrize("tiny_disk", [40], indirect=True)
def test_what_came_is_named_when_the_rest_has_no_room(heavy: Tool, tiny_disk: Path) -> None:
    _begun(heavy, tiny_disk)
    (tiny_disk / "other").write_bytes(bytes(shutil.disk_usage(tiny_disk).free - MIB))
    done = heavy.run("models", "pull", "heavy")
    assert done.returncode == 1
    assert re.search(r" MB more, beside the [12]\d MB", done.stderr)


def _begun(tool: Tool, disk: Path) -> None:
    """Stop a pull of `heavy` once more than half of it is on the disk: what was sent may not be there yet."""
    process = _stopped_at(tool, 20 * MIB)
    until(lambda: shutil.disk_usage(disk).used > 15 * MIB)
    interrupt(process)
    process.communicate(timeout=30)
