"""`models pull NAME…`: download each model that is not here, one after the other; one failing fails alone."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from foundry_exp.errors import ConfigError, FoundryExpError, SkipCellError
from foundry_exp.verbs.models import composed, parsed

INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """0 when every model is here, 1 when one is not, 130 when stopped."""
    options = parsed(arguments)
    if not options.names:
        msg = "models pull: no model is named; give one or more, as in python -m foundry_exp models pull phi-4-mini"
        raise ConfigError(msg)
    config = composed(options.settings)
    failed = []
    for name in dict.fromkeys(options.names):
        try:
            _pull(name, config)
        except FoundryExpError as error:
            failed.append(name)
            what = "skipped" if isinstance(error, SkipCellError) else "failed"
            print(f"{name}: {what}: {str(error).removeprefix(f'{name}: ')}", file=sys.stderr)
        except KeyboardInterrupt:
            print(f"{name}: interrupted; what came is kept, run it again to resume.", file=sys.stderr)
            return INTERRUPTED
    return 1 if failed else 0


def _pull(name: str, config: dict[str, Any]) -> None:
    from foundry_exp.models import provision
    from foundry_exp.models.bar import shown
    from foundry_exp.protocols import ModelRequest

    option = _option(name)
    if option.get("path") and option["path"] != "???":
        print(f"{name}: ships with the tool, nothing to download.")
        return
    asked = name if option.get("alias") is None else str(option["alias"])
    accel = config["accel"]
    request = ModelRequest(
        alias=asked.partition(":")[0],
        variant=asked if ":" in asked else option.get("variant"),
        path=None,
        accel=accel["name"],
        device=accel["device"],
        prefer=tuple(accel["prefer"]),
        log_dir=Path(),
    )
    place = provision.Place.of(config["backend"], offline=config["offline"])
    patience = {key: config["provision"][key] for key in ("stall_timeout_s", "retries")}
    with shown(name) as show:
        there = provision.provide(place, request, provision.Limits(download=True, **patience), show)
    how = "was here already" if there.download_s is None else f"downloaded in {there.download_s:.1f} s"
    print(f"{there.id}: {how}, in {there.path}")


def _option(name: str) -> dict[str, Any]:
    """The model's option file, if the name is one: `mistral-7b` means the alias that it holds."""
    from foundry_exp.models import options

    return options.contents().get(name, {})
