"""A folder name for each cell of a sweep, from what its jobs do not have in common."""

import re
from collections.abc import Sequence

from foundry_exp.config.compose import Job

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|\Z)", re.IGNORECASE)
"""Device names, which Windows opens instead of a file."""


def of(every_job: Sequence[Job]) -> list[str]:
    """A folder name a cell, from what differs between the jobs; or the model's option when there is one job."""
    first = every_job[0].config
    if len(every_job) == 1 and not isinstance(first, dict):
        return [folder_name(str(first.hydra.runtime.choices["model"]))]
    pairs = [dict(text.split("=", 1) for text in job.overrides if "=" in text) for job in every_job]
    keys = dict.fromkeys(key for pair in pairs for key in pair)
    swept = [key for key in keys if len({pair.get(key) for pair in pairs}) > 1]
    names = [folder_name("-".join(_part(key, pair[key]) for key in swept if key in pair)) for pair in pairs]
    if len({name.casefold() for name in names}) < len(names):  # to most file systems but Linux's, A is a
        return [f"{number:03d}-{name}" for number, name in enumerate(names)]
    return names


def folder_name(text: str) -> str:
    """A name that any file system takes, made from what the user chose; never holds `=` or a separator."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.")[:80].rstrip("-.") or "cell"
    return f"cell-{name}" if _RESERVED.match(name) else name


def _part(key: str, value: str) -> str:
    """`demo-small` for a model, `streaming-on` for what needs its name, `judge-model-phi-4-mini` for a part's part."""
    if key in ("model", "model.alias", "prompts"):
        return value
    place = key.lstrip("+").rpartition("@")[2].split(".")
    return f"{'-'.join(place[-2:] if '@' in key else place[-1:])}-{value}"
