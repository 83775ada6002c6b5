"""A cell's process seen from outside: each step within its time, memory and energy beside it, and how it ended."""

import time
from dataclasses import replace
from typing import Any

from foundry_exp import target
from foundry_exp.measure import attempts, failure_cause
from foundry_exp.measure.cell import Cell
from foundry_exp.measure.outcome import Outcome
from foundry_exp.records import run_folder
from foundry_exp.records.config_json import plain
from foundry_exp.records.run_result import AttemptFacts
from foundry_exp.runtime import worker_side
from foundry_exp.runtime.meters import memory, power, vram
from foundry_exp.runtime.meters.energy import EnergyMeter
from foundry_exp.runtime.meters.stillness import StillnessWatch
from foundry_exp.runtime.models import provision
from foundry_exp.runtime.models.identity import FilesWatch
from foundry_exp.runtime.worker import REQUEST_GRACE_S, START_TIMEOUT_S, Interrupts, OnStep, Step, Worker

UNLOADING = "unloading the model"
UNLOAD_TIMEOUT_S = 60.0

LONGEST_GAP = 20.0
"""Of a Poisson schedule, in mean gaps: a longer one comes once in 5 · 10⁸."""

WORDS = {"waiting": "waiting for the device", "warming": "warm-up"}


class Watcher:
    """Follows one child step by step, with a time limit on each."""

    def __init__(
        self,
        process: Worker,
        cell: Cell,
        on_step: OnStep,
        attempt: AttemptFacts,
        provided: provision.Provided | None,
        files: FilesWatch,
    ) -> None:
        """Keep what is watched; `attempt` is what is known of it so far, `provided` the variant that it is to load."""
        self._process = process
        self._cell = cell
        self._provided = provided
        self._on_step = on_step
        self._attempt = attempt
        self._model_pid: int | None = process.pid
        self._peak = memory.PeakWatch(process.pid)
        self._vram_peak = vram.PeakWatch(process.pid)
        self._meter: EnergyMeter = target.build(plain(cell.config.energy), "energy")
        self._files = files
        self._refused: str | None = None
        self._still: StillnessWatch | None = None
        self._outcome = Outcome()
        self._interrupts = Interrupts()
        self._heeded = 0
        self._limit_s = START_TIMEOUT_S
        self._doing = "starting"
        self._measuring_since: tuple[float, float] | None = None
        self._window_open = False

    def watch(self) -> Outcome:
        """Follow it to its end."""
        try:
            self._interrupts.listen()
            while (step := self._next_step()) is not None:
                self._on_step(step)
                self._take(step)
        finally:
            self._interrupts.forget()
            self._peak.stop()
            if self._still:
                self._still.stop()
            self._note(vram_peak=self._vram_peak.stop())
            if self._window_open:
                self._meter.stop()  # the child died in it, so what it used is of no known work
        seen_mb = (self._peak.peak_mb, self._outcome.rss_loaded_mb)
        self._note(rss_peak_mb=max(filter(None, seen_mb), default=None))
        self._identify()
        self._keep_attempt()
        return self._outcome

    def _next_step(self) -> Step | None:
        """The next step; null when the child has ended or was ended."""
        try:
            step = self._process.next_step(self._limit_s, self._heed_interrupts)
        except TimeoutError:
            self._process.kill()
            self._note_hang()
            return None
        if step is None:
            self._explain_end()
        return step

    def _note_hang(self) -> None:
        """What hangs once everything was measured, or once it is known what ended the cell, changes neither."""
        hung = f"hung: nothing happened within {self._limit_s:g} s of {self._doing}; see {run_folder.RUNTIME_LOG}."
        if self._doing != UNLOADING:
            self._note(ending="failed", reason=hung)
        elif self._outcome.reason is None:
            ending = "interrupted" if self._heeded else "done"
            self._note(ending=ending, warnings=(*self._outcome.warnings, f"after everything was measured it {hung}"))

    def _heed_interrupts(self) -> bool:
        """Once: the request under way ends and everything is saved. Twice: the child ends at once."""
        if self._interrupts.count > self._heeded:
            self._heeded = self._interrupts.count
            if self._heeded > 1:
                self._process.kill()
            self._process.send(worker_side.STOP)
        return False

    def _take(self, step: Step) -> None:
        match step["step"]:
            case "ready":
                self._note(rss_baseline_mb=self._rss_mb(), vram_baseline=vram.read_mb(self._process.pid))
                self._peak.start()
                self._vram_peak.start()
                self._expect("loading the model", self._cell.config.workload.load_timeout_s)
                self._go_on(self._files.before_load())
            case "loaded":
                self._look_at(step["facts"])
                self._attempt = replace(self._attempt, clock_zero_ns=step["clock_zero_ns"])
                self._note(rss_loaded_mb=self._rss_mb(), load_s=step["load_s"], facts=step["facts"])
                self._note(vram_loaded=vram.read_mb(self._process.pid))
                refused = self._files.after_load(step["facts"])
                self._note(files=self._files.files)
                self._keep_attempt()
                self._watch_stillness()
                self._go_on(refused)
            case "waiting" | "warming" as phase:
                self._expect(WORDS[phase], self._answer_limit_s())
            case "measuring":
                self._expect("measuring", self._answer_limit_s())
                self._open_window()
                self._process.send("go")
            case "answer":
                self._count_answer(step)
            case "unloading":
                self._close_window()
                self._note(reason=step.get("because"))
                self._expect(UNLOADING, UNLOAD_TIMEOUT_S)
            case worker_side.ERROR:
                ending = "skipped" if step["error"] == worker_side.SKIP else "failed"
                self._note(ending=ending, reason=failure_cause.explained(step, self._cell, self._provided))
                self._note(error_class=step["error"], exit_code=step.get("exit_code"))
            case worker_side.DONE:
                self._note(ending="interrupted" if self._heeded else "done")

    def _count_answer(self, step: Step) -> None:
        what = "warm-up request" if step["phase"] == "warmup" else "request"
        self._expect(f"{what} {step['number'] + 1} of {step['of']}", self._answer_limit_s())
        if self._still and len(self._still.seen) > len(self._attempt.stood_still or ()):
            self._keep_attempt()  # a kill must not hide it

    def _go_on(self, refused: str | None) -> None:
        """Let it load or measure, unless what is there is not the model that it must be."""
        self._refused = refused
        self._process.send(worker_side.STOP if refused else "go")

    def _identify(self) -> None:
        """Say which files the model was loaded from; a cell of others than it began with has failed."""
        files, changed = self._files.identified()
        reason = self._refused or changed
        self._note(files=replace(files, digest=None) if files and reason else files)
        if reason and self._outcome.ending in ("done", "interrupted"):
            self._note(ending="failed", reason=reason)

    def _explain_end(self) -> None:
        """Say why the child ended, if it did not say so itself."""
        code = self._process.end()
        self._note(exit_code=self._outcome.exit_code or code)
        if self._heeded and self._outcome.reason is None:
            self._note(ending="interrupted")
        elif self._outcome.ending == "failed" and self._outcome.reason is None:
            cause = failure_cause.cause(code, self._cell, self._provided)
            self._note(reason=f"the process that held the model died while {self._doing} ({cause}).")

    def _answer_limit_s(self) -> float:
        """The longest that no answer may come: every try to its limit, the pauses between, and the schedule's gaps."""
        workload = self._cell.config.workload
        tries_s = (workload.retries + 1) * workload.total_timeout_s
        asked_s = workload.retries * workload.total_timeout_s  # by a server's Retry-After; more is not waited for
        pauses_s = asked_s + workload.retry_backoff_s * 2.0**workload.retries
        gaps_s = LONGEST_GAP / workload.rate_per_s if workload.rate_per_s else 0.0
        return float(tries_s + pauses_s + gaps_s + REQUEST_GRACE_S)

    def _expect(self, doing: str, limit_s: float) -> None:
        self._doing, self._limit_s = doing, limit_s

    def _note(self, **seen: Any) -> None:
        self._outcome = replace(self._outcome, **seen)

    def _open_window(self) -> None:
        """The child waits meanwhile, so no request is disturbed."""
        self._note(power_start=power.read())
        facts = self._outcome.facts
        self._meter.start(facts["device"], facts["pid"] or self._process.pid)
        self._measuring_since = self._cpu_clock()
        self._window_open = True

    def _close_window(self) -> None:
        if self._window_open:
            self._window_open = False
            self._note(energy=self._meter.stop(), cpu_percent=self._cpu_percent(), power_end=power.read())

    def _keep_attempt(self) -> None:
        """Write down what is known of this attempt; nothing before it is loaded, since it may have no records."""
        seen = self._outcome
        if self._still:
            self._attempt = replace(self._attempt, stood_still=tuple(self._still.seen))
        if seen.facts:
            attempts.keep(
                self._cell.folder,
                replace(
                    self._attempt,
                    load_s=seen.load_s,
                    rss_baseline_mb=seen.rss_baseline_mb,
                    rss_loaded_mb=seen.rss_loaded_mb,
                    rss_peak_mb=seen.rss_peak_mb,
                    vram_peak_mb=seen.vram_peak.value_mb,
                    energy_j=seen.energy.joules,
                    energy_source=seen.energy.source,
                    energy_window_s=seen.energy.window_s,
                    facts=seen.facts,
                    files=seen.files,
                ),
            )

    def _look_at(self, facts: dict[str, Any]) -> None:
        """Watch the process that really runs the model: a service's, or none when it is on another machine."""
        self._model_pid = facts["pid"]
        if self._model_pid != self._process.pid:
            self._peak.stop()
            self._peak = memory.PeakWatch(self._model_pid)
            self._peak.start()
            self._note(rss_baseline_mb=facts["rss_baseline_mb"])

    def _watch_stillness(self) -> None:
        """Of its own process, and of the one that runs the model where that is another one of this machine."""
        pids = {"the process that runs the model was stopped": self._model_pid} if self._model_pid else {}
        own = (
            {} if self._model_pid == self._process.pid else {"the process that measures was stopped": self._process.pid}
        )
        self._still = StillnessWatch((pids | own).items())
        self._still.start()

    def _rss_mb(self) -> float | None:
        reading = memory.read(self._model_pid)
        return reading.rss_mb if reading else None

    def _cpu_clock(self) -> tuple[float, float] | None:
        reading = memory.read(self._model_pid)
        return (time.monotonic(), reading.cpu_s) if reading else None

    def _cpu_percent(self) -> float | None:
        """CPU use while measuring, where 100 is one core kept busy."""
        now, since = self._cpu_clock(), self._measuring_since
        if now is None or since is None or now[0] - since[0] < memory.SAMPLE_EVERY_S:
            return None
        return 100 * (now[1] - since[1]) / (now[0] - since[0])
