"""What an option must keep to, and by how much it does not."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from foundry_exp.decide.choice import NAMES, UNITS, Option, why_unknown
from foundry_exp.metrics.formats import number, share

AT_LEAST = ("quality", "decode_tok_per_s", "determinism_rate")
SHARES = ("error_rate", "flagged_rate", "determinism_rate")


@dataclass(frozen=True, slots=True)
class Broken:
    """A constraint that an option does not keep."""

    constraint: str
    sentence: str
    """What it is, and what is allowed."""
    excess: float
    """How far beyond, as a factor; infinite for what is unknown or no matter of degree."""


def broken(option: Option, constraints: Mapping[str, Any]) -> list[Broken]:
    """Every constraint that an option breaks; what is not known cannot be said to be kept."""
    limits = {name: limit for name, limit in constraints.items() if name in NAMES and limit is not None}
    found = [one for name, limit in limits.items() if (one := _of_figure(option, name, limit))]
    return [*found, *_of_words(option, constraints)]


def with_unit(figure: str, value: float | None) -> str:
    """A figure with its unit."""
    if value is None:
        return "unknown"
    if figure in SHARES:
        return share(value)
    unit = UNITS.get(figure) or ("ms" if figure.endswith("_ms") else "MB" if figure.endswith("_mb") else "")
    return f"{number(value)} {unit}"


def kept(figure: str, value: float | None, limit: float) -> str:
    """`p95 answer 230 ms (at most 2,000 ms)`."""
    return f"{NAMES[figure]} {with_unit(figure, value)} ({_bound(figure, limit)})"


def _bound(figure: str, limit: float) -> str:
    return f"{'at least' if figure in AT_LEAST else 'at most'} {with_unit(figure, limit)}"


def _of_figure(option: Option, name: str, limit: float) -> Broken | None:
    if name == "error_rate" and option.candidate.failed and limit < 1:
        runs = "; ".join(option.candidate.broken()).rstrip(".")
        return Broken(name, f"{NAMES[name]} {_bound(name, limit)}, but {runs}", math.inf)
    value = option.figures.get(name)
    if value is None:
        text = f"{NAMES[name]} is not known: {why_unknown(option, name)}"
        return Broken(name, text, math.inf)
    low, high = (value, limit) if name in AT_LEAST else (limit, value)
    if low >= high:
        return None
    return Broken(name, kept(name, value, limit), high / low if low > 0 else math.inf)


def _of_words(option: Option, constraints: Mapping[str, Any]) -> Iterator[Broken]:
    model = option.candidate.result.model
    licences = constraints.get("licences") or []
    if licences and (model.licence or "").casefold() not in {name.casefold() for name in licences}:
        got = f"licence {model.licence}" if model.licence else "licence is not known"
        yield Broken("licences", f"{got} (one of {', '.join(licences)})", math.inf)
    lacking = [name for name in constraints.get("capabilities") or [] if name not in model.capabilities]
    if lacking:
        yield Broken("capabilities", f"lacks {', '.join(lacking)}", math.inf)
