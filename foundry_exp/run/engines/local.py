"""Measuring on the machine that this runs on, in a child process: the engine `local`, and what a node of `ray` does."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from foundry_exp.runtime.worker import OnStep

if TYPE_CHECKING:
    from foundry_exp.measure.attempts import Attempt
    from foundry_exp.measure.cell import Cell
    from foundry_exp.measure.outcome import Outcome

NAME = "local"


class LocalEngine:
    """The machine that the command is typed on."""

    def check(self, cells: "Sequence[Cell]") -> None:
        """Any cell can be tried here."""

    def measure(self, cell: "Cell", attempt: "Attempt", on_step: OnStep) -> "Outcome":
        """Measure one cell in a fresh process."""
        from foundry_exp.runtime.machine import environment

        return measure(cell, attempt, on_step, {"engine": NAME, **environment.source()})


def measure(cell: "Cell", attempt: "Attempt", on_step: OnStep, source: Mapping[str, Any]) -> "Outcome":
    """Write down this machine, engine and commit, and what is not as it was in an earlier attempt; then measure."""
    from foundry_exp.measure import child  # numpy and pydantic: not for --cfg or a bad option
    from foundry_exp.runtime.machine import environment
    from foundry_exp.runtime.meters import power

    state = {"power_source": power.power_source(), "cpu_governor": power.governor()}
    machine = {**environment.describe(), **source, **state}
    before = environment.read(cell.folder)
    changed = environment.changes(before, machine)
    if changed or before.get(environment.CHANGED):
        machine[environment.CHANGED] = [*before.get(environment.CHANGED, ()), *changed]
    environment.write(cell.folder, machine)
    return child.measure(cell, attempt, on_step)
