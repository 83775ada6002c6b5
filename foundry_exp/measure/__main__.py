"""The child process that holds the model: one cell is loaded, warmed, measured and unloaded in it.

How it is told what to do and says where it is: `runtime.worker_side`.
"""

import sys
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from foundry_exp import target
from foundry_exp.errors import BackendError
from foundry_exp.measure import arrivals, memory_fit, one_request
from foundry_exp.protocols import Backend, ChatRequest, OwnProcess, streams
from foundry_exp.records import config_json, record_log
from foundry_exp.records.config import Config
from foundry_exp.records.record import Message, Record, Sample
from foundry_exp.runtime import worker_side
from foundry_exp.runtime.machine import device_lock
from foundry_exp.runtime.models import request
from foundry_exp.runtime.worker_side import Parent

# Python hands the interpreter from thread to thread every 5 ms by default; a stamp of an event that another
# thread delivers would be late by as much. 0.1 ms halves the mean lag at 0.5 ms a token.
_SWITCH_INTERVAL_S = 1e-4
_ASK_AGAIN_S = 1.0
"""Between two looks at a device that another process holds."""


def work(parent: Parent) -> None:
    """Load, warm up, measure, unload: what a timing is made of, and nothing else."""
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    job = parent.job
    config = config_json.build(Config, job["config"])
    backend: Backend = target.build(job["config"]["backend"], "backend")
    lock = device_lock.held(
        config.device_lock, config.backend, config.accel, job["owner"], lambda holder: _wait(parent, holder)
    )
    with lock as is_mine:
        if is_mine:
            _run_alone(backend, config, job, parent)


def _wait(parent: Parent, holder: str) -> bool:
    parent.say("waiting", holder=holder)
    return not parent.stopped.wait(_ASK_AGAIN_S)


def _run_alone(backend: Backend, config: Config, job: dict[str, Any], parent: Parent) -> None:
    folder = Path(job["folder"])
    memory_fit.check(config, job)
    parent.rest("ready")
    if parent.stopped.is_set():
        return
    start_s = time.perf_counter()
    loaded = backend.load(request.from_json(job["model"]))
    load_s = loaded.load_s or time.perf_counter() - start_s - (loaded.download_s or 0.0)
    try:
        parent.rest(
            "loaded", load_s=load_s, facts=request.facts(loaded), clock_zero_ns=time.time_ns() - one_request.clock()
        )
        _measure(backend, config, job, record_log.RecordLog(folder), parent)
    except Exception as error:
        parent.say("unloading", because=worker_side.sentence(error))
        with suppress(BackendError):  # what ended the cell is told, not what came of it
            backend.unload()
        raise
    parent.say("unloading")
    backend.unload()


def _measure(backend: Backend, config: Config, job: dict[str, Any], log: record_log.RecordLog, parent: Parent) -> None:
    """Warm up until steady, then make every measured request in the shape asked for; each record is on disk at once."""
    workload = config.workload
    samples = [_sample(entry) for entry in job["samples"]]
    retries = one_request.Retries(
        workload.retries, workload.retry_backoff_s, workload.total_timeout_s, parent.stopped.wait
    )
    done = {(sample_id, round_) for sample_id, round_ in job["done"]}
    every_request = arrivals.measured_requests(samples, workload.rounds, workload.seed)
    requests = [planned for planned in every_request if (planned.sample.sample_id, planned.round) not in done]

    def ask(planned: one_request.PlannedRequest, due_ns: int | None) -> Record | None:
        chat = _chat(planned.sample, config, can_stream=streams(backend))
        return one_request.ask_patiently(
            lambda: one_request.ask(backend, planned, chat, job["attempt"], due_ns), retries
        )

    def keep(record: Record, number: int, of: int) -> None:
        log.append(record)
        parent.say("answer", phase=record.phase, number=number, of=of, sample_id=record.sample_id, usage=_usage(record))
        if record.error:
            _refuse_without_server(backend)

    stopped = parent.stopped.is_set
    most = workload.warmup_limit
    parent.say("warming", of=most)
    for number, record in enumerate(arrivals.warm_up(samples, workload.warmup, most, ask, stopped), start=1):
        keep(record, number, most)
    parent.rest("measuring", of=len(requests))
    shape = arrivals.Shape(workload.concurrency, workload.rate_per_s, workload.arrivals, workload.seed)
    for number, record in enumerate(arrivals.drive(requests, shape, ask, one_request.clock, stopped), start=1):
        keep(record, number, len(requests))


def _sample(entry: dict[str, Any]) -> Sample:
    return Sample(**{**entry, "messages": tuple(Message(**message) for message in entry["messages"])})


def _refuse_without_server(backend: Backend) -> None:
    """End the cell when the process that the backend started for the model is gone: no later request can succeed."""
    if isinstance(backend, OwnProcess) and (code := backend.exit_code) is not None:
        raise BackendError("service", "the service that held the model died while it was asked", exit_code=code)


def _usage(record: Record) -> dict[str, int | None] | None:
    return asdict(record.usage) if record.usage else None


def _chat(sample: Sample, config: Config, *, can_stream: bool) -> ChatRequest:
    generation, workload = config.generation, config.workload
    return ChatRequest(
        messages=sample.messages,
        streaming=config.streaming.enabled and can_stream,
        temperature=generation.temperature,
        top_p=generation.top_p,
        top_k=generation.top_k,
        seed=generation.seed,
        max_tokens=sample.max_tokens or generation.max_tokens,
        first_token_timeout_s=workload.first_token_timeout_s,
        idle_timeout_s=workload.idle_timeout_s,
        total_timeout_s=workload.total_timeout_s,
    )


if __name__ == "__main__":
    worker_side.run(work)
