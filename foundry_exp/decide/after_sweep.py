"""The recommendation that a recipe asks for when its sweep is over."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from foundry_exp.decide import candidates, comparable, recommendation_pages
from foundry_exp.decide.recommend import recommend
from foundry_exp.errors import FoundryExpError
from foundry_exp.store import write_whole

FILE = "recommendation.md"


def recommendation(folder: Path, cells: Sequence[Path], decision: Mapping[str, Any]) -> str:
    """What to print: the recommendation, also written into the sweep's folder, or why there is none."""
    try:
        read = candidates.read(cells, together=True)
        comparable.refuse(comparable.mismatches([one for one in read if one.why_not is None]))
        found = recommend(read, decision)
        write_whole(folder / FILE, recommendation_pages.page(found))
    except FoundryExpError as error:
        return f"No recommendation: {error}\n"
    return recommendation_pages.console(found)
