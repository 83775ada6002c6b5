"""One answer a cell, to the same prompt in all of them where one prompt was answered by all."""

from collections.abc import Sequence

from foundry_exp.files.escape import sample
from foundry_exp.results.cell import CellReport
from foundry_exp.results.requests import Request


def shared_prompt(cells: Sequence[CellReport]) -> str | None:
    """The first prompt that every cell with answers has answered; null when there is none."""
    answered = [{record.sample_id for record in cell.answers} for cell in cells if cell.answers]
    common = set.intersection(*answered) if answered else set()
    return next((name for cell in cells for name in cell.prompts if name in common), min(common, default=None))


def first_answer(cell: CellReport, sample_id: str | None = None) -> Request | None:
    """The earliest answer, to one prompt if named; in the order of the prompt set, as rounds are shuffled."""
    place = {name: number for number, name in enumerate(cell.prompts)}
    found = [record for record in cell.answers if sample_id in (None, record.sample_id)]
    return min(found, key=lambda record: (record.round, place.get(record.sample_id, len(place))), default=None)


def sample_of(cell: CellReport, sample_id: str | None = None) -> str | None:
    """The first answer of a cell: 160 characters, on one line."""
    record = first_answer(cell, sample_id)
    return sample(record.text) if record else None
