"""Measuring a cell on the machine that this runs on, whatever engine it runs for."""

from collections.abc import Mapping
from typing import Any

from foundry_exp.measure import child
from foundry_exp.measure.attempts import Attempt
from foundry_exp.measure.cell import Cell
from foundry_exp.measure.outcome import Outcome
from foundry_exp.runtime.machine import environment
from foundry_exp.runtime.meters import power
from foundry_exp.runtime.worker import OnStep


def measure(cell: Cell, attempt: Attempt, on_step: OnStep, known: Mapping[str, Any]) -> Outcome:
    """Write down this machine, and what of it is not as it was in an earlier attempt; then measure."""
    state = {"power_source": power.power_source(), "cpu_governor": power.governor()}
    machine = {**environment.describe(), **known, **state}
    before = environment.read(cell.folder)
    changed = environment.changes(before, machine)
    if changed or before.get(environment.CHANGED):
        machine[environment.CHANGED] = [*before.get(environment.CHANGED, ()), *changed]
    environment.write(cell.folder, machine)
    return child.measure(cell, attempt, on_step)
