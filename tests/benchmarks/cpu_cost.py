"""`python -m tests.benchmarks.cpu_cost`: CPU-seconds of the whole command and of timing alone. Asserts nothing.

Targets: the whole command with 30 requests of 32 tokens, imports and publishing to an existing MLflow store
included, at most 5 CPU-seconds (GuideLLM takes 9-14, AIPerf 11-21); timing them costs at most 0.5 beyond start-up in
one client process. User and system time of a process and its children, as the kernel counts it.

The whole command is also run in parts: with its stages timed from inside, and beside the imports it rests on.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from foundry_exp.measure import one_request
from foundry_exp.protocols import Backend, ModelRequest
from foundry_exp.records import record_log
from tests.conftest import clean_environment, command
from tests.runtime.backends.contract import PROMPT, request
from tests.timed_server.service import Behaviour, Service, timed_server

REQUESTS, TOKENS = 30, 32
_ANSWER = " ".join(["word"] * TOKENS)
_TTFT_MS, _GAP_MS = 100.0, 10.0
_WARM_UP = 3
_STAGED, _MARK = "--staged", "stages: "
_EXPERIMENT = (
    "backend=scripted", f"backend.answer='{_ANSWER}'", "model=custom", "model.alias=scripted",
    "prompts=deterministic", f"generation.max_tokens={TOKENS}", "workload.warmup=0",
)  # fmt: skip
_MLFLOW = "mlflow.store.tracking.sqlalchemy_store"
_LEAVING = f"import {_MLFLOW}, os; os._exit(0)"
_IMPORTS = (
    "pass",
    "import hydra",
    "import numpy",
    "import pydantic",
    "import rich.progress",
    f"import {_MLFLOW}",
    _LEAVING,
)


def cpu_s(arguments: list[str], folder: Path) -> tuple[float, str]:
    """CPU-seconds of a process and its children, and what it printed."""
    before = os.times()
    done = subprocess.run(arguments, cwd=folder, env=clean_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return _of_children_s(os.times()) - _of_children_s(before), done.stdout


def _of_children_s(times: os.times_result) -> float:
    """CPU-seconds of the children that have ended; Windows does not say."""
    return times.children_user + times.children_system


def staged(arguments: list[str]) -> None:
    """Run the command in this process and print what each stage cost, its child apart."""
    from foundry_exp.cli import main
    from foundry_exp.measure import child, summary
    from foundry_exp.report import write
    from foundry_exp.run import one_cell
    from foundry_exp.runtime.machine import environment
    from foundry_exp.tracking import mlflow_store

    spent: dict[str, float] = {"python and our imports": time.process_time()}
    for owner, name in (
        (environment, "describe"), (child, "measure"), (summary, "result"), (write, "write_texts"),
        (mlflow_store, "import_mlflow"), (one_cell, "publish"),
    ):  # fmt: skip
        setattr(owner, name, _timed(getattr(owner, name), name, spent))
    code = main.main(arguments)
    spent["publish"] -= spent["import_mlflow"]
    spent["compose, Hydra, table, the rest"] = time.process_time() - sum(spent.values())
    spent["the measuring child"] = _of_children_s(os.times())
    print(_MARK + json.dumps(spent))
    sys.exit(code)


def _timed(call: Callable[..., Any], name: str, spent: dict[str, float]) -> Callable[..., Any]:
    def timed(*args: Any, **named: Any) -> Any:
        start_s = time.process_time()
        try:
            return call(*args, **named)
        finally:
            spent[name] = spent.get(name, 0.0) + time.process_time() - start_s

    return timed


def timing_cpu_s(base_url: str | None) -> float:
    """What asking and keeping the records costs one client process, by HTTP or scripted in it; start-up left out."""
    backend: Backend
    if base_url:
        from foundry_exp.runtime.http.endpoint import EndpointBackend

        backend = EndpointBackend(base_url, "", connect_timeout_s=10.0, load_timeout_s=10.0, quick_ack=True)
    else:
        from foundry_exp.runtime.backends.scripted import ScriptedBackend

        backend = ScriptedBackend(_ANSWER, _TTFT_MS, _GAP_MS, 1, 0.0, realtime=True, fault=None, fault_every=1)
    backend.load(ModelRequest("m", None, None, "auto", None, (), Path()))
    start_s = 0.0
    with tempfile.TemporaryDirectory() as folder:
        log = record_log.RecordLog(Path(folder))
        for number in range(_WARM_UP + REQUESTS):
            if number == _WARM_UP:
                start_s = time.process_time()
            log.append(
                one_request.ask(
                    backend, one_request.PlannedRequest(PROMPT, 0, "measure"), request(max_tokens=TOKENS), 0
                )
            )
        spent_s = time.process_time() - start_s
    backend.unload()
    return spent_s


def main() -> None:
    """Print the whole command, its parts, and timing alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    print(f"{REQUESTS} requests of {TOKENS} tokens, {repeats} repeats, load {psutil.getloadavg()[0]:.2f}")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        _whole(Path(folder), repeats)
        for code in _IMPORTS:
            _line(f"  -c '{code}'", [cpu_s([sys.executable, "-c", code], Path(folder))[0] for _ in range(3)])
    with timed_server(Service({"m": Behaviour(ttft_ms=_TTFT_MS, gap_ms=_GAP_MS, tokens=TOKENS)})) as server:
        _line("timing alone, over HTTP", [_in_fresh_process(server.base_url) for _ in range(repeats)], "≤ 0.5")
    _line("timing alone, scripted", [_in_fresh_process(None) for _ in range(repeats)], "≤ 0.5")


def _whole(folder: Path, repeats: int) -> None:
    asked = [*_EXPERIMENT, f"workload.rounds={REQUESTS // 3}"]  # the prompt set has three
    cpu_s(command(asked), folder)  # makes the store
    _line("the whole command", [cpu_s(command(asked), folder)[0] for _ in range(repeats)], "≤ 5")
    _line("the same, tracker=none", [cpu_s(command([*asked, "tracker=none"]), folder)[0] for _ in range(repeats)])
    own = [sys.executable, str(Path(__file__).resolve()), _STAGED, *asked]
    runs = [cpu_s(own, folder) for _ in range(repeats)]
    stages = [json.loads(printed.rpartition(_MARK)[2]) for _, printed in runs]
    for (total_s, _), seen in zip(runs, stages, strict=True):
        seen["leaving the interpreter"] = total_s - sum(seen.values())
    for name in stages[0]:
        _line(f"  {name.strip('_')}", [one[name] for one in stages])


def _in_fresh_process(base_url: str | None) -> float:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(timing_cpu_s, base_url).result()


def _line(name: str, values: list[float], target: str = "") -> None:
    print(f"{name:<70} {median(values):6.2f} CPU-s  [{min(values):.2f}, {max(values):.2f}]  {target}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == [_STAGED]:
        staged(sys.argv[2:])
    main()
