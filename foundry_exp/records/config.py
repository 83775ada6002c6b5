"""What one cell is run from, after Hydra has composed it: one type a section, from which its JSON Schema is made.

A field with a default may be left out. `config_json` makes a config out of plain data and back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from foundry_exp.records.config_rules import Address, Arguments, Count, Positive, Share, Text, rule
from foundry_exp.records.config_sections import (
    Accel,
    Backend,
    DeviceLock,
    Energy,
    Engine,
    Generation,
    Model,
    Prompts,
    Provision,
    Streaming,
    Sweep,
    Tracker,
    Workload,
)
from foundry_exp.records.decision import Decision, Gate


@dataclass(frozen=True, slots=True)
class PairThresholds:
    """What a judge must reach to be believed when it compares two answers."""

    agreement: Share
    """At least: share of pairs of which it names the better answer in both orders."""
    flips: Share
    """At most: share of pairs where it prefers one place, whichever answer stands there."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a judge must reach to be believed."""

    kappa: Annotated[float, rule(minimum=-1, maximum=1)]
    """At least: quadratic weighted kappa of its quality and the agreed one."""
    self_consistency: Share
    """At least: share of scores that are the same when asked for again."""
    unparseable: Share
    """At most: share of replies, or of pairs, that are no verdict, even after a repair."""
    length_correlation: Annotated[float, rule(minimum=0, maximum=2)]
    """At most, of either sign: rank correlation of score and length, beyond that of the agreed scores."""
    pairs: PairThresholds


@dataclass(frozen=True, slots=True)
class Judge:
    """A second model that gives points."""

    _target_: Literal["foundry_exp.scores.judge.scorer.JudgeScorer"]
    model: Model
    backend: Backend
    accel: Accel
    rubric: str | None
    calibration: str | None
    repeats: Annotated[int, rule(minimum=1, maximum=100)]
    seed: Annotated[int, rule(minimum=0, maximum=2**31 - 101, description="Of the first repeat, of 100 at most.")]
    max_tokens: Count
    thresholds: Thresholds
    load_timeout_s: Positive
    first_token_timeout_s: Positive
    idle_timeout_s: Positive
    total_timeout_s: Positive
    provision: Provision
    offline: bool
    output_dir: Text
    device_lock: DeviceLock


@dataclass(frozen=True, slots=True)
class Scorer:
    """Who gives points to the answers."""

    _target_: Address
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class Config:
    """What one cell is run from, after Hydra has composed it."""

    model: Model
    accel: Accel
    streaming: Streaming
    backend: Backend
    prompts: Prompts
    generation: Generation
    workload: Workload
    energy: Energy
    engine: Engine
    tracker: Tracker
    scorer: Annotated[
        Mapping[str, Judge | Scorer],
        rule(
            description="Who gives points to the answers, by name; their keys are checked against their constructors."
        ),
    ]
    max_error_rate: Share
    output_dir: Text
    slo: Annotated[
        Mapping[str, Positive | None],
        rule(description="What a good answer keeps to: latencies at most, rates at least. Null is no limit."),
    ]
    models_file: Annotated[
        Text | None, rule(description="A models.json, which experiment=from-models-json sweeps over.")
    ]
    fit: Annotated[
        Literal["check", "ignore"],
        rule(description="Whether a model that does not fit into free memory is skipped."),
    ]
    show_usage: Annotated[bool, rule(description="Print the token counts of each answer.")]
    draw_plots: Annotated[
        bool,
        rule(
            description=(
                "Draw the pictures of the report when everything is measured; otherwise the verb report draws them."
            )
        ),
    ]
    provision: Provision
    offline: Annotated[bool, rule(description="true: no catalogue is asked and nothing is downloaded.")]
    sweep: Sweep
    device_lock: DeviceLock
    decision: Decision | None = None
    gate: Gate | None = None


@dataclass(frozen=True, slots=True)
class WrittenConfig:
    """What is read again of the config that a cell was measured with, by whatever release.

    A key that was not written has its default. Null is a section that its release did not write, or not as this one
    knows it.
    """

    prompts: Prompts | None = None
    workload: Workload | None = None
    decision: Decision | None = None
    scorer: Mapping[str, Scorer] | None = None
    tracker: Tracker | None = None
    unread: Mapping[str, str] = field(default_factory=dict)
    """Section that is there and null here → why."""
