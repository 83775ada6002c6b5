"""Measuring on this machine, in a child process."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

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
        from foundry_exp.run.engines.here import measure  # numpy and pydantic: not for --cfg or a bad option
        from foundry_exp.runtime.machine import environment

        return measure(cell, attempt, on_step, {"engine": NAME, **environment.source()})
