"""What an option must keep to, and by how much it does not."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from foundry_exp.decide.choice import Choice, why_unknown
from foundry_exp.metrics import catalogue
from foundry_exp.metrics.formats import beyond
from foundry_exp.records.decision import Constraint


@dataclass(frozen=True, slots=True)
class Broken:
    """A constraint that an option does not keep."""

    constraint: str
    sentence: str
    """What it is, and what is allowed."""
    excess: float
    """How far beyond, as a factor; infinite for what is unknown or no matter of degree."""
    by: str = ""
    """The same in words, where it is a matter of degree."""


def broken(choice: Choice, constraints: Mapping[str, Constraint]) -> list[Broken]:
    """Every constraint that an option breaks; what is not known cannot be said to be kept."""
    measured = [one for name, limit in limits(constraints).items() if (one := _of_figure(choice, name, limit))]
    return [*measured, *_of_words(choice, constraints)]


def limits(constraints: Mapping[str, Constraint]) -> dict[str, float]:
    """The constraints that are limits of figures, as far as there is a limit."""
    numbers = {name: limit for name, limit in constraints.items() if isinstance(limit, int | float)}
    return {name: limit for name, limit in numbers.items() if name in catalogue.limits()}


def with_unit(figure: str, value: float | None) -> str:
    """A figure with its unit."""
    return "unknown" if value is None else catalogue.figure(figure).unit.say(value)


def kept(figure: str, value: float | None, limit: float) -> str:
    """`p95 answer 230 ms (at most 2,000 ms)`."""
    return f"{catalogue.words(figure)} {with_unit(figure, value)} ({_bound(figure, limit)})"


def _bound(figure: str, limit: float) -> str:
    return f"{'at least' if _is_least(figure) else 'at most'} {with_unit(figure, limit)}"


def _is_least(figure: str) -> bool:
    return catalogue.figure(figure).better == "more"


def _of_figure(choice: Choice, name: str, limit: float) -> Broken | None:
    if name == "error_rate" and choice.candidate.failed and limit < 1:
        runs = "; ".join(choice.candidate.broken()).rstrip(".")
        return Broken(name, f"{catalogue.words(name)} {_bound(name, limit)}, but {runs}", math.inf)
    value = choice.figures.get(name)
    if value is None:
        text = f"{catalogue.words(name)} is not known: {why_unknown(choice, name)}"
        return Broken(name, text, math.inf)
    low, high = (value, limit) if _is_least(name) else (limit, value)
    if low >= high:
        return None
    if low <= 0:
        return Broken(name, kept(name, value, limit), math.inf)
    return Broken(name, kept(name, value, limit), high / low, beyond(catalogue.figure(name).unit, value, limit))


def _of_words(choice: Choice, constraints: Mapping[str, Constraint]) -> Iterator[Broken]:
    model = choice.candidate.result.model
    allowed = {name: words for name, words in constraints.items() if isinstance(words, tuple)}
    licences = allowed.get("licences", ())
    if licences and (model.licence or "").casefold() not in {name.casefold() for name in licences}:
        got = f"licence {model.licence}" if model.licence else "licence is not known"
        yield Broken("licences", f"{got} (one of {', '.join(licences)})", math.inf)
    lacking = [name for name in allowed.get("capabilities", ()) if name not in model.capabilities]
    if lacking:
        yield Broken("capabilities", f"lacks {', '.join(lacking)}", math.inf)
