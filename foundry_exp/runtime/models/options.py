"""The options of `model`, shipped and the user's own, as far as they can be read without composing."""

from pathlib import Path
from typing import Any

from foundry_exp.files import shipped_files


def contents() -> dict[str, dict[str, Any]]:
    """What each option's file says, by its name; one that cannot be read is told when it is composed."""
    import yaml

    from foundry_exp.files import yaml_text

    options = {}
    for name, path in _files().items():
        try:
            option = yaml_text.parse(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError):
            continue
        if isinstance(option, dict):
            options[name] = option
    return options


def sizes_mb() -> dict[str, float]:
    """The size that each option states; those that state none are left out."""
    sizes = {name: option.get("size_mb") for name, option in contents().items()}
    return {name: float(size) for name, size in sizes.items() if isinstance(size, int | float) and size > 0}


def _files() -> dict[str, Path]:
    folders = [Path.cwd() / "conf" / "model", shipped_files.shipped("conf") / "model"]
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.yaml"))}
