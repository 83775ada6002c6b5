"""Sections of a config, a type each; what a value is bound to stands beside its type."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypedDict

from foundry_exp.records.config_rules import (
    Address,
    Arguments,
    ClusterAddress,
    Count,
    Device,
    DeviceName,
    NotNegative,
    Positive,
    Seed,
    Shard,
    Share,
    SweepName,
    Text,
    Variant,
    Whole,
    rule,
)


@dataclass(frozen=True, slots=True)
class Model:
    """Which model, and what is known of it."""

    alias: str | None = None
    variant: Variant | None = None
    path: str | None = None
    context_length: Count | None = None
    size_mb: Positive | None = None
    licence: str | None = None
    licence_source: str | None = None
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Accel:
    """What the model shall run on."""

    name: Text
    device: Device | None
    prefer: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Streaming:
    """Whether answers arrive event by event."""

    enabled: bool


@dataclass(frozen=True, slots=True)
class Backend:
    """What runs the model; its other keys are checked against its constructor."""

    _target_: Address
    name: Text
    arguments: Arguments

    @property
    def keeps_models(self) -> bool:
        """Whether the runtime finds models in a folder of this machine."""
        return "cache_dir" in self.arguments

    @property
    def weights(self) -> Path | None:
        """What a backend loads that is told where its weights lie, instead of the model's own folder."""
        named = self.arguments.get("weights_path")
        return Path(str(named)).expanduser().absolute() if named else None

    @property
    def base_url(self) -> str | None:
        """Where the service of somebody else is."""
        address = self.arguments.get("base_url")
        return str(address) if address else None


@dataclass(frozen=True, slots=True)
class Prompts:
    """What is asked."""

    name: Text
    path: Text | None = None
    expected_tokens: Count | None = None
    text: Text | None = None


@dataclass(frozen=True, slots=True)
class Generation:
    """How tokens are chosen."""

    temperature: Annotated[float, rule(minimum=0, maximum=2)]
    top_p: Annotated[float, rule(exclusiveMinimum=0, maximum=1)]
    top_k: Whole
    seed: Seed
    max_tokens: Count


@dataclass(frozen=True, slots=True)
class Workload:
    """How much is asked, and how long to wait."""

    rounds: Count
    warmup: Whole
    seed: Whole
    load_timeout_s: Positive
    first_token_timeout_s: Positive
    idle_timeout_s: Positive
    total_timeout_s: Positive
    warmup_limit: Whole
    concurrency: Annotated[int, rule(minimum=1, maximum=256)]
    rate_per_s: Positive | None
    arrivals: Literal["constant", "poisson"]
    retries: Annotated[int, rule(minimum=0, maximum=20)]
    retry_backoff_s: NotNegative
    cooldown_s: NotNegative


class Watts(TypedDict, total=False):
    """What each device draws under load, W."""

    CPU: Positive
    GPU: Positive
    NPU: Positive


class EnergyArguments(TypedDict, total=False):
    """Of our meters; others have others."""

    watts_by_device: Watts
    powercap: Text


@dataclass(frozen=True, slots=True)
class Energy:
    """Where joules come from, and what they cost; its other keys are checked against its constructor."""

    _target_: Address
    price_per_kwh: NotNegative
    currency: Text
    arguments: EnergyArguments


class EngineArguments(TypedDict, total=False):
    """Of our engines; others have others."""

    address: ClusterAddress | None
    resources: Annotated[Mapping[str, Positive], rule(minProperties=1)]
    resources_by_accel: Annotated[
        Mapping[str, Mapping[str, Positive]],
        rule(description="What a cell takes of its node besides, by the name of its accel."),
    ]
    max_retries: Whole
    cell_timeout_s: Positive
    node_timeout_s: Positive
    folder_limit_mb: Positive


@dataclass(frozen=True, slots=True)
class Engine:
    """Where cells are measured; its other keys are checked against its constructor."""

    _target_: Address
    name: Text
    arguments: EngineArguments


@dataclass(frozen=True, slots=True)
class Tracker:
    """Where runs are published; its other keys are checked against its constructor."""

    _target_: Address
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class Provision:
    """How a model that is not on this disk comes there, before anything is timed."""

    download: Annotated[bool, rule(description="false: a model that is not here fails its cell.")]
    stall_timeout_s: Annotated[Positive, rule(description="No byte for as long is a stall.")]
    retries: Whole


@dataclass(frozen=True, slots=True)
class OnFailure:
    """What becomes of the rest of a sweep after a failure: it goes on, stops, or stops past a share of failed cells."""

    policy: Literal["go_on", "stop", "share"]
    share: Share


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a sweep is called, in which order its cells run, and what becomes of it after a failure or a kill."""

    name: SweepName | None
    resume: bool
    retry_failed: bool
    repeats: Annotated[int, rule(minimum=1, maximum=1000)]
    repeat: Annotated[Count, rule(description="Set by the sweep.")]
    order: Literal["planned", "shuffled"]
    seed: Whole
    shard: Shard | None
    on_failure: OnFailure
    cell: Annotated[str | None, rule(description="Set by the sweep.")]
    combinations: Annotated[
        tuple[Text, ...] | None,
        rule(
            minItems=1,
            description="Overrides of each cell, as on a command line; a grid on the command multiplies them.",
        ),
    ]


@dataclass(frozen=True, slots=True)
class DeviceLock:
    """One measured cell at a time per device."""

    mode: Literal["wait", "fail"]
    timeout_s: Positive
    device: DeviceName | None
    folder: Text | None
