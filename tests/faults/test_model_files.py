"""Models that are not whole, not what they were, or too large; through the real runtime."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from foundry_exp.records import run_folder, runs
from foundry_exp.records.run_result import RunResult
from tests.conftest import Run, absent, clean_environment, command, demo_model, native

pytestmark = pytest.mark.real

QUICK = ("tracker=none", "draw_plots=false", "workload.rounds=1", "workload.warmup=0", "generation.max_tokens=4")


def result_of(folder: Path, name: str) -> RunResult:
    (cell,) = runs.finished_cells(folder / "mlruns" / "runs" / name)
    return run_folder.read_result(cell)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A model folder that may be damaged."""
    return Path(shutil.copytree(demo_model("demo-small"), tmp_path / "mine"))


def test_a_truncated_model_is_a_failed_row_that_names_the_file(run: Run, tmp_path: Path, mine: Path) -> None:
    weights = mine / "model.onnx"
    weights.write_bytes(weights.read_bytes()[:-1000])
    done = run("model=custom", f"model.path={mine}", *native(tmp_path), *QUICK, "sweep.name=cut")
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    result = result_of(tmp_path, "cut")
    assert result.status == "failed"
    assert str(weights) in str(result.reason)
    assert "damaged or cut off" in str(result.reason)


def test_swapped_weights_are_another_digest_in_the_same_place(run: Run, tmp_path: Path, mine: Path) -> None:
    asked = ("model=custom", f"model.path={mine}", *native(tmp_path), *QUICK)
    assert run(*asked, "sweep.name=before").returncode == 0
    shutil.copytree(demo_model("demo-large"), mine, dirs_exist_ok=True)
    assert run(*asked, "sweep.name=after").returncode == 0
    before, after = result_of(tmp_path, "before"), result_of(tmp_path, "after")
    assert before.model.path == after.model.path
    assert before.model.files_digest != after.model.files_digest


def test_a_missing_chat_template_is_told_before_anything_runs(run: Run, tmp_path: Path, mine: Path) -> None:
    (mine / "chat_template.jinja").unlink()
    done = run("model=custom", f"model.path={mine}", *native(tmp_path), *QUICK)
    assert done.returncode == 2
    assert "it lacks a chat template" in done.stderr
    assert not (tmp_path / "mlruns").exists()


def test_a_missing_runtime_library_is_a_failed_row_with_its_name(tmp_path: Path) -> None:
    """The SDK's package is hidden from every process, as in an environment where it was never installed."""
    (tmp_path / "hide").mkdir()
    (tmp_path / "hide" / "foundry_local_sdk.py").write_text(
        "raise ImportError('libonnxruntime.so: cannot open shared object file')\n", encoding="utf-8"
    )
    path = os.pathsep.join([str(tmp_path / "hide"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command(["model=demo-small", *native(tmp_path), *QUICK, "sweep.name=bare"]), cwd=tmp_path,
        env={**clean_environment(), "PYTHONPATH": path}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert "libonnxruntime.so" in str(result_of(tmp_path, "bare").reason)


@pytest.mark.skipif(sys.platform != "linux", reason="another process's limits are Linux's")
def test_a_process_without_memory_is_a_failed_row(tmp_path: Path) -> None:
    process = subprocess.Popen(
        command(["model=demo-large", *native(tmp_path), *QUICK, "sweep.name=full"]), cwd=tmp_path,
        env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    _limit_child(process)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert said.count("Traceback") == 0
    result = result_of(tmp_path, "full")
    assert (result.status, result.metrics.get("ttft_ms")) == ("failed", None)
    assert result.reason


def _limit_child(process: "subprocess.Popen[str]") -> None:
    """Leave the process that will hold the model 20 MB to grow by, as soon as it is there."""
    if sys.platform != "linux":
        absent("another process's limits are Linux's")
    import resource

    while process.poll() is None:
        for child in psutil.Process(process.pid).children():
            if "foundry_exp.measure" in _command_line(child):
                room = child.memory_info().vms + 20_000_000
                try:
                    resource.prlimit(child.pid, resource.RLIMIT_AS, (room, room))
                except PermissionError:
                    process.kill()
                    absent("a process may not be limited here")
                return
        time.sleep(0.005)


def _command_line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # it has just ended, as the one that looked for the model does
        return ""


def test_a_folder_is_not_called_what_an_option_calls_another_model(run: Run, tmp_path: Path) -> None:
    mine = Path(shutil.copytree(demo_model("demo-small"), tmp_path / "Mein Modell ß"))
    (tmp_path / "notes.json").write_text('["Hello"]', encoding="utf-8")
    said = ("model=phi-4-mini", f"model.path='{mine}'", "model.size_mb=5154", "prompts.path=notes.json")
    done = run(*said, *native(tmp_path), *QUICK, "sweep.name=mine")
    assert done.returncode == 0, done.stderr
    result = result_of(tmp_path, "mine")
    assert (result.model.alias, result.model.variant) == ("Mein Modell ß", "Mein-Modell--generic-cpu:1")
    assert (result.model.licence, result.model.capabilities, result.model.context_length) == (None, (), 2048)
    assert (result.prompts["name"], result.prompts["expected_tokens"]) == ("notes", None)
    (warning,) = (one for one in result.warnings if "size_mb" in one)
    assert warning.startswith(f"model.size_mb says 5154 MB and {mine} holds 1.2 MB: another variant")
