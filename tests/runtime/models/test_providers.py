"""Which execution providers are registered for what, what may be downloaded for it, and whose time that is."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from foundry_exp.protocols import ModelRequest
from foundry_exp.runtime.backends.native import NativeBackend
from foundry_exp.runtime.models import resolve, runtime, tasks
from foundry_exp.runtime.models.variants import CUDA, WEBGPU

QNN = "QNNExecutionProvider"


@dataclass
class StandIn:
    """A manager that offers providers, as 2.2.1 does on a machine with a GPU and an NPU, and one model in a folder."""

    folder: Path
    takes_s: float = 0.0
    asked: list[str] = field(default_factory=list)

    def discover_eps(self) -> list[Any]:
        return [SimpleNamespace(name=name, is_registered=name in self.asked) for name in (CUDA, WEBGPU, QNN)]

    def download_and_register_eps(self, names: list[str]) -> None:
        time.sleep(self.takes_s)
        self.asked += names

    def get_catalog(self, _: object = None) -> "StandIn":
        return self

    def list_models(self) -> list[Any]:
        return []

    def get_model_variant(self, name: str) -> Any:
        info = SimpleNamespace(runtime=None, context_length=512, license=None, task="chat-completion")
        said = {"id": name, "info": info, "is_cached": True}
        return SimpleNamespace(**said, get_path=lambda: str(self.folder), load=lambda: None, unload=lambda: None)


def asked_for(
    tmp_path: Path, *, alias: str = "m", variant: str | None = None, own: bool = False, accel: str = "auto"
) -> ModelRequest:
    device = None if accel == "auto" else accel.upper()
    return ModelRequest(alias, variant, tmp_path if own else None, accel, device, (), tmp_path)


def registered(tmp_path: Path, model: ModelRequest, *, closed: bool = False) -> list[str]:
    manager: Any = StandIn(tmp_path)
    resolve.providers(manager, model, tmp_path if closed else None)
    return list(manager.asked)


@pytest.mark.parametrize("accel", ["auto", "gpu"])
def test_what_runs_on_the_cpu_has_no_provider_fetched(tmp_path: Path, accel: str) -> None:
    assert registered(tmp_path, asked_for(tmp_path, own=True, accel=accel)) == []
    assert registered(tmp_path, asked_for(tmp_path, variant="m-generic-cpu:4", accel=accel)) == []


def test_what_an_accelerator_would_need_is_named_though_nothing_is_fetched(tmp_path: Path) -> None:
    manager: Any = StandIn(tmp_path)
    there = resolve.providers(manager, asked_for(tmp_path, own=True, accel="npu"), None)
    assert QNN in there.missing
    assert CUDA not in there.missing
    assert manager.asked == []


@pytest.mark.parametrize(
    ("variant", "names"),
    [
        ("m-cuda-gpu:1", [CUDA]),
        ("m-qnn-npu:1", [QNN]),
        ("m-generic-gpu:1", [CUDA, WEBGPU]),
        (None, [CUDA, WEBGPU, QNN]),
    ],
)
def test_with_auto_a_known_variant_has_its_own_alone(tmp_path: Path, variant: str | None, names: list[str]) -> None:
    assert registered(tmp_path, asked_for(tmp_path, variant=variant)) == names


@pytest.mark.parametrize("model", [{}, {"accel": "gpu"}, {"variant": "m-cuda-gpu:1"}], ids=["auto", "gpu", "pinned"])
def test_without_a_network_only_what_is_here_is_registered(
    tmp_path: Path, model: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asked_for(tmp_path, **model)  # type: ignore[arg-type]
    assert registered(tmp_path, asked, closed=True) == []
    bundle = tmp_path / "ep" / "cuda-ep" / "bundle"
    bundle.mkdir(parents=True)
    (bundle / "download.zip").touch()
    assert registered(tmp_path, asked, closed=True) == [], "half a download is none"
    (bundle / "libonnxruntime_providers_cuda.so").touch()
    assert registered(tmp_path, asked, closed=True) == [CUDA]
    (bundle / "libonnxruntime_providers_cuda.so").unlink()
    monkeypatch.setenv("FOUNDRY_LOCAL_CUDA_EP_LIBRARY", "/opt/libcuda_provider.so")
    assert registered(tmp_path, asked, closed=True) == [CUDA]


@pytest.mark.parametrize(("cache_only", "names"), [(True, []), (False, [CUDA, WEBGPU, QNN])])
def test_offline_listing_fetches_no_provider_either(tmp_path: Path, cache_only: bool, names: list[str]) -> None:
    manager, job = StandIn(tmp_path), SimpleNamespace(job={"accel": "auto"})
    task = {"cache_dir": str(tmp_path), "data_dir": str(tmp_path), "cache_only": cache_only, "offline": cache_only}
    tasks.listing(tasks.Runtime(manager, {**task, "log_dir": str(tmp_path)}), job)  # type: ignore[arg-type]
    assert manager.asked == names


def test_a_provider_that_windows_keeps_is_tried_when_it_is_wanted_by_name(tmp_path: Path) -> None:
    assert registered(tmp_path, asked_for(tmp_path, accel="npu"), closed=True) == [QNN]


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """In the place of the runtime: a manager that takes its time to register."""
    manager = StandIn(tmp_path, takes_s=0.5)

    @contextmanager
    def opened(*_: object) -> Iterator[StandIn]:
        yield manager

    monkeypatch.setattr(runtime, "opened", opened)
    return manager


@pytest.mark.parametrize(("offline", "names"), [(False, [CUDA]), (True, [])])
def test_the_process_that_measures_fetches_a_provider_only_with_a_network(
    slow: StandIn, tmp_path: Path, offline: bool, names: list[str]
) -> None:
    asked = replace(asked_for(tmp_path, variant="m-cuda-gpu:1"), offline=offline)
    NativeBackend(str(tmp_path), str(tmp_path), cache_only=True).load(asked)
    assert slow.asked == names


def test_the_time_of_registering_is_not_of_loading(slow: StandIn, tmp_path: Path) -> None:
    loaded = NativeBackend(str(tmp_path), str(tmp_path)).load(asked_for(tmp_path, variant="m-cuda-gpu:1"))
    assert slow.asked == [CUDA]
    assert loaded.load_s is not None
    assert loaded.load_s < 0.4
