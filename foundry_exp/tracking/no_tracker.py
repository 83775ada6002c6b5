"""`tracker=none`: the run folder is all that is kept."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from foundry_exp.results.cell import FinishedCell


class NoTracker:
    """A tracker that publishes nothing."""

    def check(self) -> str | None:
        """Nothing is published, so nothing can be wrong."""
        return None

    def publish(self, cell: "FinishedCell") -> str:  # noqa: ARG002 - the protocol's argument
        """Leave the run folder where it is."""
        return "not published"

    def conclude(self, folder: Path, cells: Sequence["FinishedCell"]) -> None:
        """The reports are in the run folders already."""
