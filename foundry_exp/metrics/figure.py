"""What a figure of run.json is, and each number of it that a table, a file or a decision names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from foundry_exp.metrics.formats import MS, POINTS, Unit

Kind = Literal["requests", "run", "points"]
"""A distribution over requests, one number a run, or a distribution of points over prompts."""
Need = Literal["streaming", "tokens", "meter"]
Number = Literal["value", "mean", "p50", "p95", "p99"]
"""Which number of a distribution; `value` where the figure is one number."""
Place = Literal["main", "details", "page", "terminal", "wide terminal", "between repeats", "card", "contest", "note"]
"""The tables of report.md, that of report.html, the printed one, those columns of it that 80 characters have no room
for, the runs of one cell, the cards and the contests of a report, and the note of an MLflow run."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """One number of a figure: what it is called, and where it is shown."""

    of: Number = "value"
    key: str = ""
    """Its name in report.csv, report.json and decision files; empty where it is in none."""
    head: str = ""
    """Of its column, without the unit."""
    short: str = ""
    """The same in the terminal, on one or two lines."""
    words: str = ""
    """In a sentence."""
    basis: str = ""
    """What it is, where the figure's title alone stands before it: `median`, `over the measured window`."""
    places: Mapping[Place, int] = field(default_factory=dict)
    """Where it is shown, and its rank among the columns there."""
    count: str = ""
    """The key of how many values are behind it."""
    bounds: tuple[str, str] | None = None
    """The keys of the ends of its 95 % interval, where those are columns of report.csv."""
    beside: str = ""
    """A fact of the run that stands beside it in report.csv."""
    logged: str = ""
    """Its name in MLflow; the part before `/` is a section of MLflow's chart page."""
    is_limit: bool = False
    """Whether a decision may limit it."""
    weight: str = ""
    """What a decision calls the weight that it gives it."""
    contest: str = ""
    """The title under which cells are ordered by it."""
    ahead: str = ""
    """How the first of them stands to another one."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of run.json: its definition, its unit, and the words for it."""

    name: str
    meaning: str
    """Its definition, in Markdown; figures of one meaning share a line of README's table."""
    unit: Unit
    better: Literal["less", "more"] | None = None
    kind: Kind = "run"
    title: str = ""
    """Of its card on a report's page."""
    elsewhere: str = ""
    """What other tools call it."""
    needs: tuple[Need, ...] = ()
    otherwise: str = "no answer has a second content event to time"
    """Why it is null, where what it needs is there."""
    statistics: tuple[Statistic, ...] = ()
    """The headline first."""
    is_written: bool = True
    """In run.json; else only decisions make it."""
    more: str = ""
    """What the second of two candidates does when its figure is the larger; empty where none are compared by it."""
    less: str = ""
    noun: str = ""
    """Its subject in `the first token: no difference`."""
    is_amount: bool = False
    """A fall is said as what is saved; else as speed: half the time is twice as fast."""
    by_prompt: bool = False
    """Compared prompt by prompt, although run.json holds one number."""
    is_gated: bool = False
    worst_counts: bool = False
    """Of repeated runs a decision takes the largest; else the median."""

    @property
    def is_distribution(self) -> bool:
        """Whether run.json holds a distribution."""
        return self.kind != "run"

    @property
    def is_paired(self) -> bool:
        """Whether candidates are compared by it prompt by prompt; else run by run."""
        return self.is_distribution or self.by_prompt

    @property
    def is_ratio(self) -> bool:
        """Whether two of its values differ by a ratio; points and shares differ by a difference."""
        return self.unit != POINTS and not self.unit.is_share

    @property
    def from_tokens(self) -> bool:
        """Whether it cannot be ranked where tokens were estimated."""
        return "tokens" in self.needs

    @property
    def is_time(self) -> bool:
        """Whether its column may be in seconds."""
        return self.unit == MS
