"""`models`: what the catalogue, the cache and the runtime have; and its commands, a module each."""

import json
import os
import sys
import urllib.request
from collections.abc import Sequence
from dataclasses import replace
from http.client import HTTPException
from typing import TYPE_CHECKING

from foundry_exp import terminal
from foundry_exp.cli import verb_arguments
from foundry_exp.cli.verb_arguments import Options
from foundry_exp.errors import BackendError, ConfigError
from foundry_exp.redact import without_secrets

if TYPE_CHECKING:
    from foundry_exp.records.config import Config
    from foundry_exp.runtime.models.facts import Listing

ENDPOINT_VARIABLE = "FOUNDRY_LOCAL_ENDPOINT"
_SERVICE_LIMIT_S = 2.0
HELP = """\
usage: python -m foundry_exp models [--json] [key=value …]
       python -m foundry_exp models pull NAME… [accel=…] [--json]
       python -m foundry_exp models verify [NAME…] [--json]
       python -m foundry_exp models add PATH [--alias ALIAS] [--variant NAME:VERSION]
       python -m foundry_exp models export FILE
       python -m foundry_exp models import FILE

Without a word: every variant of the Foundry catalogue and of your own, with what is known of it,
and from where (--json). A dash is unknown, which is not “no”.

  pull    download what is not here yet: checks the disk first, resumes, tries again; Ctrl-C
          keeps what came
  verify  look whether what is here is complete, of the size stated, and loads; says how to
          repair what is not
  add     register an ONNX Runtime GenAI folder where it is; a variant named X-generic-cpu,
          X-cuda-gpu … belongs to X
  export  write what was found as models.json: {alias: {capabilities, size_mb, …}}
  import  make an option of the group model, in ./conf/model, of each alias of a models.json

NAME is an alias, an option of the group model, or an exact NAME:VERSION. Settings are those of
an experiment:
  accel=auto|cpu|gpu|npu|webgpu  offline=true  backend.cache_dir=DIR  backend.catalogue_url=URL
  provision.retries=3  provision.stall_timeout_s=60
  --json                 of the list, of pull and of verify: as JSON
  --alias ALIAS          what the folder is called (default: as it is)
  --variant NAME:VERSION  of which variant it is (default: ALIAS-generic-cpu:1)
  -h, --help             this text

examples:
  python -m foundry_exp models pull qwen2.5-0.5b phi-4-mini accel=cpu
  python -m foundry_exp models add /models/mine --alias mine
"""
COMMANDS = {
    "pull": "models_cache.pull",
    "verify": "models_cache.verify",
    "add": "models_add.main",
    "export": "models_file.export",
    "import": "models_file.import_",
}


def main(arguments: list[str]) -> int:
    """List, or do the command that comes first: 0 when all went well, 1 when something failed."""
    if not arguments or "=" in arguments[0] or arguments[0].startswith("-"):
        return _list(arguments)
    return verb_arguments.command("models", arguments[0], COMMANDS)(arguments[1:])


def parsed(command: str, arguments: Sequence[str]) -> Options:
    """Names, settings (`key=value`) and options; a wrong one is a ConfigError."""
    given = verb_arguments.parsed("models", command, HELP, arguments)
    given.settings = [setting for setting in given.names if "=" in setting]
    given.names = [name for name in given.names if "=" not in name]
    return given


def composed(settings: Sequence[str]) -> "Config":
    """The config that an experiment with these settings would have."""
    from foundry_exp.config import compose, door

    every_job, multirun = compose.jobs(["model=custom", "model.alias=any", *settings], multirun=False)
    if multirun:
        msg = "models: experiment= names a sweep; leave it out."
        raise ConfigError(msg)
    config = door.checked(every_job[0].plain)
    if not config.backend.keeps_models:
        msg = f"models: backend={config.backend.name} keeps no models here; use backend=native or service."
        raise ConfigError(msg)
    return config


def _with_loaded(listing: "Listing", address: str | None) -> "Listing":
    """The same, with what the service at that address says that it has loaded."""
    if not address:
        return listing
    root = address.rstrip("/").removesuffix("/v1")
    try:
        with urllib.request.urlopen(f"{root}/models/loaded", timeout=_SERVICE_LIMIT_S) as response:
            there = set(json.load(response))
    except (OSError, ValueError, TypeError, HTTPException):
        print(f"{ENDPOINT_VARIABLE}: {without_secrets(address)} does not say what it has loaded.", file=sys.stderr)
        return listing
    return replace(listing, variants=tuple(replace(one, loaded=one.id in there) for one in listing.variants))


def _list(arguments: Sequence[str]) -> int:
    from foundry_exp.cli.verbs.models_table import as_json, show
    from foundry_exp.runtime.models import provision

    options = parsed("", arguments)
    if options.names:
        msg = f"models: {options.names[0]} is no command and no setting; see python -m foundry_exp models --help."
        raise ConfigError(msg)
    config = composed(options.settings)
    place = provision.Place.named_by(config.backend, offline=config.offline)
    listing = _with_loaded(provision.look(place, config.accel.name), os.environ.get(ENDPOINT_VARIABLE))
    if options.json:
        terminal.print_json(as_json(listing))
    else:
        show(listing)
    if listing.catalogue == "absent" and not listing.variants:
        msg = "models: the Foundry catalogue cannot be reached and none is stored here; try again with a connection."
        raise BackendError("no_catalogue", msg)
    return 0
