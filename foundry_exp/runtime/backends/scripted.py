"""Exact text at exact times, without a model: every stamp is the scripted one, whatever the machine does."""

import itertools
import os
import time
from collections.abc import Iterator

from foundry_exp import __version__
from foundry_exp.errors import BackendError
from foundry_exp.protocols import ChatRequest, Clock, Event, LoadedModel, ModelRequest
from foundry_exp.records.record import Usage

_NS_PER_MS = 1_000_000
OUTSIDE_REQUESTS = ("load_hang", "unload_hang")


class ScriptedBackend:
    """Answers every prompt with the same words, one token each, on schedule."""

    def __init__(
        self,
        answer: str,
        ttft_ms: float,
        gap_ms: float,
        tokens_per_event: int,
        load_ms: float,
        realtime: bool,
        fault: str | None,
        fault_every: int,
    ) -> None:
        """Keep the script."""
        self._words = answer.split()
        self._ttft_ns = round(ttft_ms * _NS_PER_MS)
        self._gap_ns = round(gap_ms * _NS_PER_MS)
        self._tokens_per_event = tokens_per_event
        self._load_ms = load_ms
        self._realtime = realtime
        self._fault = fault
        self._fault_every = fault_every
        self._requests = itertools.count(1)

    def load(self, model: ModelRequest) -> LoadedModel:
        """Take as long as the script says."""
        if self._fault == "load":
            raise BackendError("load", "the script says that loading fails; set backend.fault=null.")
        if self._fault == "out_of_memory":
            raise BackendError("out_of_memory", "the script says that there is no memory left; set backend.fault=null.")
        time.sleep(1e9 if self._fault == "load_hang" else self._load_ms / 1000)
        return LoadedModel(
            variant=model.variant or f"{model.alias}-scripted:1",
            device="CPU",
            execution_provider="scripted",
            context_length=4096,
            pid=os.getpid(),
            runtime={"foundry_exp": __version__},
        )

    def stream(self, request: ChatRequest, clock: Clock) -> Iterator[Event]:
        """Hand over the answer's words at their scripted times."""
        is_due = next(self._requests) % self._fault_every == 0
        faulty = is_due and self._fault is not None and self._fault not in OUTSIDE_REQUESTS
        start_ns = clock()
        if faulty:
            yield from self._fail(start_ns)
            return
        words = self._words[: request.max_tokens]
        size = self._tokens_per_event if request.streaming else max(1, len(words))
        groups = [words[at : at + size] for at in range(0, len(words), size)]
        last_ns = start_ns + self._ttft_ns + (len(groups) - 1) * self._gap_ns
        if not request.streaming:
            last_ns = start_ns + self._ttft_ns + (len(words) - 1) * self._gap_ns
        for number, group in enumerate(groups):
            due_ns = start_ns + self._ttft_ns + number * self._gap_ns if request.streaming else last_ns
            self._wait_until(due_ns)
            text = " ".join(group) + ("" if number == len(groups) - 1 else " ")
            yield Event("text", text, t_ns=due_ns, tokens=len(group), request_start_ns=start_ns)
        finish = "length" if len(words) < len(self._words) else "stop"
        prompt_tokens = sum(len(message.content.split()) for message in request.messages)
        usage = Usage(prompt_tokens=prompt_tokens, completion_tokens=len(words))
        yield Event("end", t_ns=last_ns, usage=usage, finish_reason=finish, request_start_ns=start_ns)

    def unload(self) -> None:
        """Nothing to give back."""
        time.sleep(1e9 if self._fault == "unload_hang" else 0)

    def _wait_until(self, due_ns: int) -> None:
        if self._realtime:
            time.sleep(max(0, due_ns - time.perf_counter_ns()) / 1e9)

    def _fail(self, start_ns: int) -> Iterator[Event]:
        if self._fault == "crash":
            os._exit(139)
        if self._fault == "hang":
            time.sleep(1e9)
        if self._fault == "empty":
            yield Event("end", t_ns=start_ns, usage=Usage(1, 0), finish_reason="stop", request_start_ns=start_ns)
            return
        yield Event("text", "half an ", t_ns=start_ns + self._ttft_ns, tokens=2, request_start_ns=start_ns)
        raise BackendError(self._fault or "request", "the script says that this request fails; set backend.fault=null.")
