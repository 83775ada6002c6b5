"""What a drawn picture is, for those that do not draw."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture and the words around it."""

    name: str
    """Its file in `plots/`, without the ending."""
    title: str
    reading: str
    """How to read it, and what it leaves out."""
    svg: str
    is_wide: bool = False
