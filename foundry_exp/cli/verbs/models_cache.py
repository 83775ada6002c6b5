"""`models pull NAME…` and `models verify [NAME…]`: what is missing comes into the cache, what lies in it is sound."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foundry_exp import terminal
from foundry_exp.cli.verbs.models import composed, parsed
from foundry_exp.errors import ConfigError, FoundryExpError, SkipCellError
from foundry_exp.exit_codes import INTERRUPTED

if TYPE_CHECKING:
    from foundry_exp.records.config import Config

_LOAD_LIMIT_S = 600.0


def pull(arguments: Sequence[str]) -> int:
    """Download each model that is not here, one by one: 0 when all are then, 1 when one is not, 130 when stopped."""
    options = parsed("pull", arguments)
    if not options.names:
        msg = "models pull: no model is named; give one or more, as in python -m foundry_exp models pull phi-4-mini"
        raise ConfigError(msg)
    config = composed(options.settings)
    results = []
    for name in dict.fromkeys(options.names):
        results.append(_pulled(name, config))
        if not options.json:
            _print_result(results[-1])
        if results[-1]["status"] == "interrupted":
            break
    if options.json:
        terminal.print_json(results)
    statuses = {result["status"] for result in results}
    return INTERRUPTED if "interrupted" in statuses else int(not statuses <= {"downloaded", "here", "shipped"})


def verify(arguments: Sequence[str]) -> int:
    """Whether what lies here is complete and loads: 0 when all of it, 1 when something is not or a name is not here."""
    from foundry_exp.runtime.models import provision

    options = parsed("verify", arguments)
    config = composed(options.settings)
    place = provision.Place.named_by(config.backend, offline=config.offline)
    answer = provision.verify(place, options.names, _LOAD_LIMIT_S, lambda _: None)
    models, unmatched = answer["models"], answer["unmatched"]
    if options.json:
        terminal.print_json(models)
    for entry in [] if options.json else models:
        size = f" ({entry['size_mb']:.1f} MB)" if entry["size_mb"] is not None else ""
        print(f"{entry['id']}: {entry['problem'] or 'complete, loads'}{size}")
        if entry["repair"]:
            print(f"  {entry['repair']}")
    if not models and not options.names:
        print(f"no model: not in {place.cache_dir}; python -m foundry_exp models shows what there is.", file=sys.stderr)
    for sentence in unmatched:
        print(sentence, file=sys.stderr)
    return 1 if unmatched or any(entry["problem"] for entry in models) else 0


def _pulled(name: str, config: "Config") -> dict[str, Any]:
    """What came of one name, as `--json` has it."""
    try:
        return {"name": name, **_pull(name, config)}
    except FoundryExpError as error:
        what = "skipped" if isinstance(error, SkipCellError) else "failed"
        return {"name": name, "status": what, "reason": str(error).removeprefix(f"{name}: ")}
    except KeyboardInterrupt:
        return {"name": name, "status": "interrupted", "reason": "what came is kept, run it again to resume."}


def _print_result(entry: dict[str, Any]) -> None:
    name, status = entry["name"], entry["status"]
    if status == "shipped":
        print(f"{name}: ships with the tool, nothing to download.")
    elif status == "interrupted":
        print(f"{name}: interrupted; {entry['reason']}", file=sys.stderr)
    elif "reason" in entry:
        print(f"{name}: {status}: {entry['reason']}", file=sys.stderr)
    else:
        how = "was here already" if status == "here" else f"downloaded in {entry['download_s']:.1f} s"
        print(f"{entry['variant']}: {how}, in {entry['path']}")


def _pull(name: str, config: "Config") -> dict[str, Any]:
    from foundry_exp.protocols import ModelRequest
    from foundry_exp.runtime.models import provision
    from foundry_exp.runtime.models.progress_bar import shown

    option = _option(name)
    if option.get("path") and option["path"] != "???":
        return {"status": "shipped"}
    asked = name if option.get("alias") is None else str(option["alias"])
    accel = config.accel
    request = ModelRequest(
        alias=asked.partition(":")[0],
        variant=asked if ":" in asked else option.get("variant"),
        path=None,
        accel=accel.name,
        device=accel.device,
        prefer=accel.prefer,
        log_dir=Path(),
    )
    place = provision.Place.named_by(config.backend, offline=config.offline)
    with shown(name) as show:
        there = provision.provide(place, request, replace(config.provision, download=True), show)
    status = "here" if there.download_s is None else "downloaded"
    return {"status": status, "variant": there.id, "path": str(there.path), "download_s": there.download_s}


def _option(name: str) -> dict[str, Any]:
    """The model's option file, if the name is one: `mistral-7b` means the alias that it holds."""
    from foundry_exp.runtime.models import request

    return request.options().get(name, {})
