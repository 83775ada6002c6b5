"""Part of a sweep, for machines that share one: `sweep.shard=2/5` is every fifth cell from the second."""

from collections.abc import Sequence
from typing import Any, TypeVar

from foundry_exp.errors import ConfigError

Item = TypeVar("Item")


def part(items: Sequence[Item], shard: str | None) -> list[Item]:
    """Those of a sweep's cells, in its order, that belong to a shard; all of them without one."""
    number, of = (int(text) for text in (shard or "1/1").split("/"))
    return list(items[number - 1 :: of])


def of_sweep(cells: Sequence[Item], settings: dict[str, Any]) -> list[Item]:
    """What this command is to measure; raises ConfigError for a shard that cannot be one of this sweep."""
    shard = settings["shard"]
    if shard is None:
        return list(cells)
    if not settings["name"] or not settings["resume"]:
        msg = f"sweep.shard: {shard} is of a sweep that others measure too; add its sweep.name=… and sweep.resume=true."
        raise ConfigError(msg)
    number, of = (int(text) for text in shard.split("/"))
    if not number <= of <= len(cells):
        msg = f"sweep.shard: got {shard} of {len(cells)} cells; use 1/N to N/N, with N at most {len(cells)}."
        raise ConfigError(msg)
    return part(cells, shard)
