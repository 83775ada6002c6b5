"""What models are chosen by, and what a gate allows: sections of a config whose figures the catalogue names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypedDict

from foundry_exp.records.config_rules import Count, NotNegative, Positive, Text, rule


class Words(TypedDict, total=False):
    """Constraints that are no limit of a figure: what is allowed, and what is needed."""

    licences: tuple[Text, ...]
    capabilities: tuple[Text, ...]


Constraint = float | tuple[str, ...] | None
"""A limit of a figure, or what is allowed of a word."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """The laptops that the choice is for, and how they are used."""

    laptops: Count | None
    requests_per_day: NotNegative
    loads_per_day: NotNegative
    days_per_month: Annotated[float, rule(minimum=0, maximum=31)]
    price_per_kwh: NotNegative
    currency: Text


@dataclass(frozen=True, slots=True)
class Decision:
    """What a model must keep to, and what counts how much among those that do."""

    name: Text
    constraints: Mapping[str, Constraint]
    weights: Mapping[str, NotNegative]
    cheapest_by: Text
    expected_tokens: Annotated[
        Positive | None, rule(description="Of a typical answer; null: as the prompt set expects.")
    ] = None
    fleet: Fleet | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """How much worse than its baseline a candidate may be."""

    name: Text
    repeats: Annotated[
        int,
        rule(
            minimum=4,
            description="Runs a side. Three a side can be told apart in 20 ways, which is too few for 5 %",
        ),
    ]
    false_alarm: Annotated[float, rule(exclusiveMinimum=0, maximum=0.5)]
    statistic: Literal["fastest", "median"]
    outputs: Literal["ignore", "warn", "fail"]
    tolerances: Mapping[str, NotNegative | None]
