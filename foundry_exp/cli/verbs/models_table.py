"""What is known of models as a table for people and as JSON for programs."""

from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from foundry_exp.runtime.models.facts import Listing, VariantFacts, disagreements

_PLAIN_WIDTH = 160
_UNKNOWN = "–"
_STATES = {
    "stored": "The catalogue cannot be reached: this is what an earlier look at it stored.",
    "absent": "The catalogue cannot be reached and none is stored here: only your own models are listed.",
    "offline": "offline=true: the catalogue was not asked; this is what is stored here.",
}
_FACTS = {"context_length": "context", "licence": "licence"}


def show(listing: Listing, console: Console | None = None) -> None:
    """Print a line for each variant, and what they disagree about."""
    out = console or Console()
    if not out.is_terminal:
        out = Console(width=_PLAIN_WIDTH)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in ("model", "variant", "runs on", "size", "licence", "context", "can", "here"):
        table.add_column(header, overflow="fold", justify="right" if header in ("size", "context") else "left")
    ordered = sorted(listing.variants, key=lambda variant: (variant.alias, variant.id))
    for alias, group in groupby(ordered, key=lambda variant: variant.alias):
        for number, variant in enumerate(group):
            cells = (alias if number == 0 else "", *_cells(variant))
            table.add_row(*(Text(cell) for cell in cells), style="dim" if variant.not_measurable else "")
    out.print(table)
    for line in _notes(listing):
        out.print(Text(line), soft_wrap=not out.is_terminal)


def as_json(listing: Listing) -> dict[str, Any]:
    """Everything, with the disagreements."""
    variants = [{**asdict(variant), "capabilities": variant.capabilities} for variant in listing.variants]
    differing = [asdict(entry) for entry in disagreements(listing.variants)]
    return {**asdict(listing), "variants": variants, "disagreements": differing}


def _cells(variant: VariantFacts) -> tuple[str, ...]:
    where = "/".join(
        filter(None, (variant.device, (variant.execution_provider or "").removesuffix("ExecutionProvider")))
    )
    licence = f"{variant.licence} ({variant.sources['licence']})" if variant.licence else _UNKNOWN
    here = ", ".join(word for word, there in (("cached", variant.cached), ("loaded", variant.loaded)) if there)
    return (
        variant.id,
        where or _UNKNOWN,
        _size(variant.size_mb) if variant.size_mb else _UNKNOWN,
        licence,
        str(variant.context_length or _UNKNOWN),
        "not measured" if variant.not_measurable else ", ".join(variant.capabilities) or _UNKNOWN,
        here or "no",
    )


def _size(size_mb: float) -> str:
    in_gb = 1000
    return f"{size_mb / in_gb:.2f} GB" if size_mb >= in_gb else f"{size_mb:.1f} MB"


def _notes(listing: Listing) -> Iterator[str]:
    if listing.catalogue in _STATES:
        yield _STATES[listing.catalogue]
    for entry in disagreements(listing.variants):
        stated = "; ".join(f"{value} ({', '.join(ids)})" for value, ids in entry.values.items())
        yield f"{entry.alias}: its variants disagree about {_FACTS.get(entry.fact, entry.fact)}: {stated}"
    for reason in sorted({variant.not_measurable for variant in listing.variants if variant.not_measurable}):
        ids = ", ".join(variant.id for variant in listing.variants if variant.not_measurable == reason)
        yield f"not measured: {ids}: {reason}"
    if listing.missing:
        yield f"execution providers not registered here: {', '.join(listing.missing)}"
    for variant in listing.variants:
        if variant.path:
            yield f"{variant.id}: {variant.path}"
