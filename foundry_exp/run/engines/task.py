"""One task on the cluster, followed from the machine of the command until its folder is back."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from foundry_exp.measure.outcome import Outcome
from foundry_exp.run.engines import cluster, mailbox
from foundry_exp.run.engines.parcel import Delivery, Order
from foundry_exp.runtime.worker import Interrupts, OnStep, Step

LOOK_UP_EVERY_S = 0.2
COUNT_NODES_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Placing:
    """Where a task may run, and what is done when its node dies."""

    need: Mapping[str, float]
    max_retries: int
    node_timeout_s: float
    """How long no node may offer what the task needs."""


def follow(order: Order, placing: Placing, on_step: OnStep) -> Delivery:
    """Submit the task and wait for it; how it ended is in the delivery, whatever became of node, task or person."""
    return _Follower(order, placing, on_step).follow()


class _Follower:
    """Watches one task: its steps, its end, the nodes that could run it, and the person at the keyboard."""

    def __init__(self, order: Order, placing: Placing, on_step: OnStep) -> None:
        self._order = order
        self._placing = placing
        self._on_step = on_step
        self._hosts: dict[int, str] = {}
        self._interrupts = Interrupts()
        self._heeded = 0
        self._offered_s = self._counted_s = time.monotonic()
        self._given_up = False

    def follow(self) -> Delivery:
        """Submit, watch, and say how it ended."""
        reference = _submit(self._order, self._placing)
        self._on_step({"step": "queued"})
        try:
            self._interrupts.listen()
            self._watch(reference)
        finally:
            self._interrupts.forget()
        delivery = self._received(reference)
        return replace(delivery, outcome=self._with_what_was_lost(delivery.outcome))

    def _watch(self, reference: object) -> None:
        import ray

        done: list[object] = []
        while not done:
            done, _ = ray.wait([reference], timeout=LOOK_UP_EVERY_S)
            for step in mailbox.collect(self._order.mailbox):
                self._take(step)
            self._heed_interrupts(reference)
            self._give_up_without_nodes(reference)

    def _take(self, step: Step) -> None:
        if step["step"] == "placed":
            self._hosts[step["attempt"]] = step["host"]
        self._on_step(step)

    def _heed_interrupts(self, reference: object) -> None:
        """Once: the request under way ends and the folder comes back. Twice: the task ends at once."""
        import ray

        if self._interrupts.count > self._heeded:
            self._heeded = self._interrupts.count
            ray.cancel(reference, force=self._heeded > 1)

    def _give_up_without_nodes(self, reference: object) -> None:
        """Ray lets a task wait for ever for a node that will not come back."""
        import ray

        now_s = time.monotonic()
        if now_s - self._counted_s < COUNT_NODES_EVERY_S:
            return
        self._counted_s = now_s
        if any(node.offers(self._placing.need) for node in cluster.nodes()):
            self._offered_s = now_s
        elif now_s - self._offered_s > self._placing.node_timeout_s and not self._given_up:
            self._given_up = True
            ray.cancel(reference, force=True)

    def _received(self, reference: object) -> Delivery:
        import ray
        from ray import exceptions

        try:
            delivery: Delivery = ray.get(reference)
        except exceptions.TaskCancelledError:
            return Delivery(self._cancelled(), {})
        except exceptions.RayTaskError as error:
            reason = f"the task failed on {self._host()}: {str(error.cause or error).strip().splitlines()[-1]}"
        except exceptions.RayError as error:
            if self._heeded or self._given_up:  # what is cancelled by force looks like a worker that crashed
                return Delivery(self._cancelled(), {})
            reason = self._lost(error)
        else:
            return delivery
        return Delivery(Outcome(reason=reason), {})

    def _cancelled(self) -> Outcome:
        if self._given_up:
            wanted = ", ".join(f"{name} {amount:g}" for name, amount in self._placing.need.items())
            limit = f"engine.node_timeout_s={self._placing.node_timeout_s:g}"
            return Outcome(reason=f"no node has offered {wanted} for {limit}; start one, then run the cell again.")
        return Outcome(ending="interrupted")

    def _lost(self, error: Exception) -> str:
        """Why nothing came back; `NodeDiedError` and its like say it in a page."""
        tries = self._placing.max_retries + 1
        kind = type(error).__name__
        return (
            f"lost with the node that measured it, {self._host()} ({kind}), at the last of {tries} tries "
            "(engine.max_retries); see whether the machine is up, then run the cell again."
        )

    def _host(self) -> str:
        return self._hosts[max(self._hosts)] if self._hosts else "a node unknown"

    def _with_what_was_lost(self, outcome: Outcome) -> Outcome:
        """Add a warning for each attempt that ended with its node."""
        warnings = [
            f"attempt {attempt} ended with its node {self._hosts[attempt]}, and what it had measured is lost; "
            f"the cell started again."
            for attempt in sorted(self._hosts)[:-1]
        ]
        return replace(outcome, warnings=(*outcome.warnings, *warnings))


def _submit(order: Order, placing: Placing) -> object:
    import ray

    from foundry_exp.run.engines import node

    task = ray.remote(node.run).options(
        name=f"{order.cell.sweep_id}/{order.cell.name}",
        num_cpus=0,  # the resource `cell` keeps others away; a CPU would only cap OpenMP's threads
        resources=dict(placing.need),
        max_retries=placing.max_retries,
        retry_exceptions=False,
    )
    return task.remote(order)
