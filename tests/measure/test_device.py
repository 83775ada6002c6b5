"""What a cell's status and warnings say of the device that it ran on, by lines of the runtime's log (2.2.1)."""

from pathlib import Path

import pytest
import yaml

from foundry_exp.config import compose
from foundry_exp.config.plan import plan
from foundry_exp.files import shipped_files
from foundry_exp.measure import summary
from foundry_exp.measure.device import ran_elsewhere
from foundry_exp.measure.outcome import Outcome
from foundry_exp.records import config_json
from foundry_exp.records.config_sections import Accel
from foundry_exp.records.run_folder import RUNTIME_LOG
from foundry_exp.runtime.models import runtime
from tests.conftest import native
from tests.run_folders import PROMPTS, Cell, make_records

_LINE = (
    "[debug] [Telemetry] Model AppName=foundry_exp Operation=Inference ModelId=m:1 EP={} Stream=true Direct=true "
    "TimeToFirstTokenMs=-1 TotalTimeMs=40 TotalTokens=64 InputTokenCount=32\n"
)


def accel(name: str) -> Accel:
    option = yaml.safe_load((shipped_files.shipped("conf") / "accel" / f"{name}.yaml").read_text("utf-8"))
    return config_json.build(Accel, option)


def logged(*providers: str) -> str:
    log = "".join(_LINE.format(name) for name in providers)
    return ", ".join(sorted(set(runtime.providers(log.encode()))))


@pytest.mark.parametrize(
    ("asked", "ran"),
    [
        ("gpu", ["CPUExecutionProvider"]),
        ("npu", ["CPUExecutionProvider"]),
        ("gpu", ["cpuexecutionprovider"]),
        ("gpu", ["CPUExecutionProvider", "CUDAExecutionProvider"]),
        ("gpu", ["QNNExecutionProvider"]),
        ("npu", ["CUDAExecutionProvider"]),
        ("cpu", ["CUDAExecutionProvider"]),
        ("cpu", ["CPUExecutionProvider", "CUDAExecutionProvider"]),
        ("webgpu", ["CUDAExecutionProvider"]),
    ],
)
def test_one_request_on_a_provider_that_does_not_fit_is_a_mismatch(asked: str, ran: list[str]) -> None:
    reason = ran_elsewhere(accel(asked), logged(*ran))
    assert reason is not None
    assert f"accel={asked} asked for " in reason
    assert ran[0].casefold() in reason.casefold()


@pytest.mark.parametrize(
    ("asked", "ran", "offered"), [("cpu", "CUDA", "gpu"), ("gpu", "QNN", "npu"), ("npu", "CPU", "cpu")]
)
def test_a_mismatch_names_the_accelerator_that_it_was(asked: str, ran: str, offered: str) -> None:
    assert f"measure with accel={offered}." in str(ran_elsewhere(accel(asked), logged(f"{ran}ExecutionProvider")))


@pytest.mark.parametrize(
    ("asked", "ran"),
    [
        ("cpu", ["CPUExecutionProvider"]),
        ("cpu", ["cpuexecutionprovider"]),
        ("gpu", ["CUDAExecutionProvider", "NvTensorRTRTXExecutionProvider"]),
        ("webgpu", ["WebGPUExecutionProvider"]),
        ("gpu", ["WebGpuExecutionProvider"]),
        ("npu", ["VitisAIExecutionProvider"]),
        *((name, ["OpenVINOExecutionProvider"]) for name in ("cpu", "gpu", "npu")),
        *(("auto", [f"{name}ExecutionProvider"]) for name in ("CPU", "CUDA", "Unheard")),
        *((name, []) for name in ("auto", "cpu", "gpu", "npu", "webgpu")),
    ],
)  # fmt: skip
def test_what_ran_as_asked_or_is_not_known_is_none(asked: str, ran: list[str]) -> None:
    assert ran_elsewhere(accel(asked), logged(*ran)) is None


def test_the_words_of_another_runtime_are_not_judged() -> None:
    assert ran_elsewhere(accel("cpu"), "scripted") is None


def test_an_accelerator_of_ones_own_is_judged_by_its_device() -> None:
    assert ran_elsewhere(Accel("mine", "GPU", ()), "CPUExecutionProvider")
    assert ran_elsewhere(Accel("mine", "GPU", ()), "CUDAExecutionProvider") is None


def warnings_of(folder: Path, *overrides: str, log: str, errors: tuple[str, ...] = ()) -> list[str]:
    """What run.json would say of where a cell ran, whose runtime wrote this log."""
    asked = ["model=demo-small", f"output_dir={folder}", *overrides]
    cell = plan(compose.plain(compose.jobs(asked, multirun=False)[0][0].config), "cell", "sweep")
    cell.folder.mkdir(parents=True)
    (cell.folder / RUNTIME_LOG).write_text(log, encoding="utf-8")
    outcome = Outcome(ending="done", facts={"variant": "m:1"})
    result = summary.result(cell, {}, outcome, make_records(Cell(errors=errors)), "2026-12-01T12:00:00+00:00", 1.0)
    return [text for text in result.warnings if "nothing proves that the model ran there" in text]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("overrides", "log", "count"),
    [
        (["accel=gpu"], "", 1),
        (["accel=npu", "backend=service"], "", 1),
        (["accel=gpu"], _LINE.format("CUDAExecutionProvider"), 0),
        (["accel=cpu"], "", 0),
        (["accel=auto"], "", 0),
        (["accel=gpu", "backend=endpoint", "backend.base_url=http://127.0.0.1:1/v1"], "", 0),
    ],
)
def test_a_missing_proof_is_warned_of(tmp_path: Path, overrides: list[str], log: str, count: int) -> None:
    where = native(tmp_path) if "backend=endpoint" not in overrides else []
    assert len(warnings_of(tmp_path, *overrides, *where, log=log)) == count


@pytest.mark.slow
def test_where_nothing_was_answered_there_is_nothing_to_prove(tmp_path: Path) -> None:
    assert warnings_of(tmp_path, "accel=gpu", *native(tmp_path), log="", errors=tuple(PROMPTS)) == []
