"""A config's model section, and the options of it → what a backend is asked to load."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from foundry_exp.errors import ConfigError
from foundry_exp.files import shipped_files
from foundry_exp.protocols import LoadedModel, ModelRequest
from foundry_exp.records.config_sections import Accel, Backend, Model
from foundry_exp.redact import holds_secret, without_secrets
from foundry_exp.runtime.models import folder

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def local_path(model: Model, where: str) -> Path | None:
    """The model's own folder, looked at; null when the catalogue has it. ConfigError names `where`."""
    if model.path:
        path = shipped_files.locate(model.path, f"{where}.path")
        folder.check(path, f"{where}.path")
        return path.resolve()
    if not model.alias and not model.variant:
        msg = f"{where}: neither alias, variant nor path is given, got null; name one, as in {where}.alias=phi-4-mini."
        raise ConfigError(msg)
    return None


def alias_of(model: Model, path: Path | None) -> str:
    """What tables call the model."""
    if model.alias:
        return model.alias
    return model.variant.partition(":")[0] if model.variant else (path or Path("model")).name


def request(model: Model, accel: Accel, path: Path | None, log_dir: Path, *, offline: bool) -> ModelRequest:
    """What the backend is asked to load."""
    return ModelRequest(
        alias=alias_of(model, path),
        variant=model.variant,
        path=path,
        accel=accel.name,
        device=accel.device,
        prefer=accel.prefer,
        log_dir=log_dir,
        offline=offline,
    )


def to_json(asked: ModelRequest) -> dict[str, Any]:
    """The request as it goes over a pipe to the process that loads the model."""
    return {**asdict(asked), "path": str(asked.path) if asked.path else None, "log_dir": str(asked.log_dir)}


def from_json(written: Mapping[str, Any]) -> ModelRequest:
    """What `to_json` made, at the other end."""
    paths = {"path": Path(written["path"]) if written["path"] else None, "log_dir": Path(written["log_dir"])}
    return ModelRequest(**{**written, **paths, "prefer": tuple(written["prefer"])})


def facts(loaded: LoadedModel) -> dict[str, Any]:
    """What was loaded, as it goes back."""
    return {**asdict(loaded), "path": str(loaded.path) if loaded.path else None}


def refuse_bad_address(backend: Backend, where: str) -> None:
    """Raise ConfigError when a backend's section wants an address and has none, or holds what must not be written."""
    if "base_url" not in backend.arguments:
        return
    if backend.base_url is None:
        msg = (
            f"{where}.base_url: not set, got null; give the service's address, as in "
            f"{where}.base_url=http://127.0.0.1:5273/v1, or set FOUNDRY_LOCAL_ENDPOINT."
        )
        raise ConfigError(msg)
    if holds_secret(backend.base_url):
        msg = (
            f"{where}.base_url: holds a user, a password or a query, and a run's config is written to disk; give "
            f"{without_secrets(backend.base_url)} and put the key in the variable that {where}.api_key_env names."
        )
        raise ConfigError(msg)
    if not _VARIABLE.fullmatch(str(backend.arguments.get("api_key_env") or "NONE")):
        msg = (
            f"{where}.api_key_env: must be the name of an environment variable, such as FOUNDRY_API_KEY; "
            "a key itself is never written into a config."
        )
        raise ConfigError(msg)


def options() -> dict[str, dict[str, Any]]:
    """What each option of `model` says, shipped or not; one that cannot be read is told when it is composed."""
    import yaml

    from foundry_exp.files import yaml_text

    contents = {}
    for name, path in _option_files().items():
        try:
            option = yaml_text.parse(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError):
            continue
        if isinstance(option, dict):
            contents[name] = option
    return contents


def option_sizes_mb() -> dict[str, float]:
    """The size that each option of `model` states; those that state none are left out."""
    sizes = {name: option.get("size_mb") for name, option in options().items()}
    return {name: float(size) for name, size in sizes.items() if isinstance(size, int | float) and size > 0}


def _option_files() -> dict[str, Path]:
    folders = [Path.cwd() / "conf" / "model", shipped_files.shipped("conf") / "model"]
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.yaml"))}
