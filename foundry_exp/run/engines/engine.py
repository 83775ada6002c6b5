"""What the experiment asks of the place that measures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from foundry_exp.runtime.worker import OnStep

if TYPE_CHECKING:
    from foundry_exp.measure.attempts import Attempt
    from foundry_exp.measure.cell import Cell
    from foundry_exp.measure.outcome import Outcome


class Engine(Protocol):
    """A place where cells are measured."""

    def check(self, cells: "Sequence[Cell]") -> None:
        """Raise ConfigError when a cell could never be measured here; done before the first one starts."""
        ...

    def measure(self, cell: "Cell", attempt: "Attempt", on_step: OnStep) -> "Outcome":
        """Measure one cell into its folder, with an environment.json of the machine that measured.

        Never raises for what the cell does.
        """
        ...
