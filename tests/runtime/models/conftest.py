"""A catalogue on 127.0.0.1, and the tool started as a user does, with its runtime's files in the test's folder."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import clean_environment, command, demo_model
from tests.loopback_catalogue import LoopbackCatalogue, Variant, model_files, serving

MIB = 2**20
RUN = (
    "model=custom",
    "tracker=none",
    "draw_plots=false",
    "workload.rounds=1",
    "workload.warmup=1",
    "generation.max_tokens=8",
)
"""A run of a few requests; the model is to be named."""


@dataclass
class Tool:
    """The command line against one catalogue and one cache."""

    folder: Path
    catalogue: LoopbackCatalogue

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    @property
    def settings(self) -> list[str]:
        where = [f"backend.data_dir={self.folder / 'data'}", f"backend.cache_dir={self.cache}"]
        return [*where, f"backend.catalogue_url={self.catalogue.url}"]

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            command([*arguments, *self.settings]),
            cwd=self.folder,
            env={**clean_environment(), **self.catalogue.environment(), "COLUMNS": "200", "TMPDIR": str(self.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(self, *arguments: str, timeout_s: float = 120) -> "subprocess.CompletedProcess[str]":
        process = self.start(*arguments)
        out, errors = process.communicate(timeout=timeout_s)
        return subprocess.CompletedProcess(arguments, process.returncode, out, errors)


def until(true: Callable[[], object], limit_s: float = 30) -> None:
    """Wait for something that another process does."""
    deadline_s = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < deadline_s, "it did not happen"
        time.sleep(0.02)


def results(tool: Tool) -> list[dict[str, Any]]:
    """What was written of each cell of every run."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in tool.folder.glob("mlruns/runs/*/*/run.json")]


def interrupt(process: "subprocess.Popen[str]") -> None:
    os.kill(process.pid, signal.SIGINT)


@pytest.fixture(scope="session")
def demo_files() -> dict[str, bytes]:
    return model_files(demo_model("demo-small"))


@pytest.fixture
def tool(tmp_path: Path, demo_files: dict[str, bytes]) -> Iterator[Tool]:
    """`small` can be downloaded, in two variants that disagree; `speech` and `vectors` are no chat models."""
    variants = [
        Variant("small-generic-cpu", "small", files=demo_files),
        Variant("small-openvino-cpu", "small", licence="apache-2.0", context=4224, tools=True, version=3),
        Variant("small-generic-gpu", "small", device="gpu", provider="WebGpuExecutionProvider"),
        Variant("mistral-7b-v0.2-generic-cpu", "mistral-7b-v0.2"),
        Variant("vectors-generic-cpu", "vectors", task="embeddings", context=None, licence=None),
        Variant("speech-generic-cpu", "speech", task="automatic-speech-recognition", reasoning=False),
        Variant("huge-generic-cpu", "huge", size_bytes=10**15),
    ]
    (tmp_path / "server").mkdir()
    with serving(variants, tmp_path / "server") as catalogue:
        yield Tool(tmp_path, catalogue)


@pytest.fixture
def heavy(tool: Tool, demo_files: dict[str, bytes]) -> Tool:
    """Also `heavy`: a chat model with a file of 24 MiB beside it, which comes in twelve pieces."""
    files = demo_files | {"weights.bin": bytes(24 * MIB)}
    tool.catalogue.variants.append(Variant("heavy-generic-cpu", "heavy", files=files, size_bytes=25 * MIB))
    return tool
