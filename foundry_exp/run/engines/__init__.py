"""Where cells are measured: what the experiment asks of such a place, and whether it could measure what is planned."""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from foundry_exp import target
from foundry_exp.records.config_json import plain

if TYPE_CHECKING:
    from foundry_exp.measure.attempts import Attempt
    from foundry_exp.measure.cell import Cell
    from foundry_exp.measure.outcome import Outcome
    from foundry_exp.runtime.worker import OnStep


class Engine(Protocol):
    """A place where cells are measured."""

    def check(self, cells: "Sequence[Cell]") -> None:
        """Raise ConfigError when a cell could never be measured here; done before the first one starts."""
        ...

    def measure(self, cell: "Cell", attempt: "Attempt", on_step: "OnStep") -> "Outcome":
        """Measure one cell into its folder, with an environment.json of the machine that measured.

        Never raises for what the cell does.
        """
        ...


def check_engines(cells: "Sequence[Cell]") -> None:
    """Raise ConfigError when a cell could never be measured; each engine that a sweep names is asked once."""
    cells_of: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        cells_of[json.dumps(plain(cell.config.engine), sort_keys=True)].append(cell)
    for group in cells_of.values():
        target.check(plain(group[0].config.engine), "engine", Engine)
        engine: Engine = target.build(plain(group[0].config.engine), "engine")
        engine.check(group)
