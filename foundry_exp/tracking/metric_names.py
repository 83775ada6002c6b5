"""Which metrics MLflow gets and what they are called there: about thirty, because every one is a chart and a column."""

import math
import re
from collections.abc import Iterator, Mapping

from foundry_exp.metrics import catalogue
from foundry_exp.records.score import Scored

MAX_METRICS = 40
"""Rows, not runs, are what makes MLflow's search slow."""

_ILLEGAL = re.compile(r"[^A-Za-z0-9_\-./ ]")


def logged_metrics(metrics: Mapping[str, object]) -> dict[str, float]:
    """MLflow's name and value of every metric that has one; a null is left out, never a zero."""
    # The part before `/` is a section of MLflow's chart page, in alphabetical order: `latency` has to stay first.
    # The first metric logged is the headline.
    every = ((name, number(metrics.get(figure.name), of)) for name, (figure, of) in catalogue.logged().items())
    named = {name: value for name, value in every if value is not None}
    for name, value in _quality(metrics):
        if len(named) < MAX_METRICS:
            named.setdefault(name, value)
    return named


def _quality(metrics: Mapping[str, object]) -> Iterator[tuple[str, float]]:
    """Scores of facets and scorers, `quality/<name>`, with the letters that MLflow takes."""
    for name, entry in metrics.items():
        value = number(entry, "value")
        if name.startswith("quality/") and value is not None:
            yield _ILLEGAL.sub("_", name), value


def of_repeats(scores: Mapping[str, Scored]) -> dict[str, float | None]:
    """How far each scorer's points hold when they are asked for again, named like its quality."""
    shares = {f"quality/{name}_repeats_identical": scored.repeats_identical for name, scored in scores.items()}
    return shares | {f"quality/{name}_repeats_range": scored.repeats_range for name, scored in scores.items()}


def number(entry: object, of: str) -> float | None:
    """A finite number out of a number or a distribution, of which the mean unless told otherwise."""
    if isinstance(entry, Mapping):
        entry = entry.get("mean" if of == "value" else of)
    elif of != "value":
        return None
    if isinstance(entry, bool) or not isinstance(entry, int | float) or not math.isfinite(entry):
        return None
    return float(entry)
