"""Ask every engine that a sweep names whether it could measure its cells."""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from foundry_exp import target
from foundry_exp.run.engines.engine import Engine

if TYPE_CHECKING:
    from foundry_exp.measure.cell import Cell


def check_engines(cells: "Sequence[Cell]") -> None:
    """Raise ConfigError when a cell could never be measured; each engine is asked once."""
    cells_of: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        cells_of[json.dumps(cell.config["engine"], sort_keys=True)].append(cell)
    for group in cells_of.values():
        target.check(group[0].config["engine"], "engine", Engine)
        engine: Engine = target.build(group[0].config["engine"], "engine")
        engine.check(group)
