"""What a sweep comes to, for its report: what is more than chance, and which model to take."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from foundry_exp.decide.compare import compare
from foundry_exp.decide.recommend import recommend
from foundry_exp.errors import FoundryExpError
from foundry_exp.files.disk import write_whole
from foundry_exp.files.escape import sentence
from foundry_exp.records.decision import Decision
from foundry_exp.report import effect, recommendation_pages
from foundry_exp.results import candidates, comparable
from foundry_exp.results.candidates import Candidate
from foundry_exp.results.cell import FinishedCell

RECOMMENDATION_FILE = "recommendation.md"
MOST_COMPARED = 12
"""Candidates of which a page compares every pair."""


@dataclass(frozen=True, slots=True)
class Conclusions:
    """Sentences, each whole; empty where nothing was asked or nothing can be said."""

    pick: str = ""
    """`default-summarizer: take phi-4-mini (cpu)`"""
    reasons: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    """What is more than chance, a sentence a pair."""
    basis: str = ""
    """How that was tested, or why it was not."""
    quality: tuple[str, ...] = ()
    """How far the best answers are ahead of the others, by the same tests."""


NONE = Conclusions()


def conclusions(folder: Path, cells: Sequence[FinishedCell]) -> Conclusions:
    """Of a run's or sweep's finished cells; what hinders a comparison or a recommendation is said in its place."""
    decision = cells[0].config.decision
    if not decision and len(cells) == 1:
        return NONE
    many = candidates.distinct(cell.result for cell in cells)
    if not decision and many > MOST_COMPARED:
        return Conclusions(basis=_too_many(many))
    read = candidates.grouped(cells)
    compared = _compared(read)
    pick, reasons = _pick(folder, read, decision) if decision else ("", ())
    return replace(compared, pick=pick, reasons=reasons)


def quality_differences(cells: Sequence[FinishedCell]) -> tuple[str, ...]:
    """How far the best answers are ahead of the others, of cells that nothing else is concluded from."""
    many = candidates.distinct(cell.result for cell in cells)
    return _compared(candidates.grouped(cells)).quality if many <= MOST_COMPARED else ()


def _compared(read: Sequence[Candidate]) -> Conclusions:
    able = [one for one in read if one.why_not is None]
    if len(able) < 2:  # noqa: PLR2004 - a comparison has two sides
        return NONE
    if len(able) > MOST_COMPARED:
        return Conclusions(basis=_too_many(len(able)))
    try:
        comparable.refuse(comparable.mismatches(able))
        comparison = compare(read)
    except FoundryExpError as error:
        return Conclusions(basis=f"Not compared: {sentence(str(error))}")
    return Conclusions(
        differences=tuple(effect.headline(pair, comparison.expected.tokens) for pair in comparison.pairs),
        basis=effect.summary(comparison),
        quality=tuple(effect.quality(comparison)),
    )


def _too_many(candidates_there: int) -> str:
    return f"{candidates_there} candidates make too many pairs for a page: python -m foundry_exp compare tests them."


def _pick(folder: Path, read: Sequence[Candidate], decision: Decision) -> tuple[str, tuple[str, ...]]:
    try:
        comparable.refuse(comparable.mismatches([one for one in read if one.why_not is None]))
        recommendation = recommend(read, decision)
    except FoundryExpError as error:
        return f"{decision.name}: no recommendation", (sentence(str(error)),)
    recommendation = replace(recommendation, remarks=(*recommendation.remarks, *candidates.absent([folder])))
    write_whole(folder / RECOMMENDATION_FILE, recommendation_pages.page(recommendation))
    return recommendation_pages.title(recommendation), tuple(recommendation_pages.reasons(recommendation))
