"""What is made of a task that was ended: a person's stop is no lost node."""

from typing import Any

import pytest

from foundry_exp.engines.task import Placing, _Follower

ray = pytest.importorskip("ray")


@pytest.mark.parametrize("stops", [0, 1, 2])
def test_a_task_that_a_person_ended_by_force_is_interrupted(monkeypatch: pytest.MonkeyPatch, stops: int) -> None:
    def crash(_: Any) -> None:
        raise ray.exceptions.WorkerCrashedError

    monkeypatch.setattr(ray, "get", crash)
    order: Any = None
    follower = _Follower(order, Placing({"cell": 1.0}, 1, 60.0), lambda _: None)
    follower._heeded = stops
    follower._hosts = {0: "one", 1: "two"}
    outcome = follower._received(None).outcome
    assert outcome.ending == ("interrupted" if stops else "failed")
    if not stops:
        assert "lost with the node that measured it, two" in (outcome.reason or "")
