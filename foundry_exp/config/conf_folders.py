"""The folders of options: the shipped one, and a user's own in the working directory, which adds to it."""

from pathlib import Path

from foundry_exp.errors import ConfigError
from foundry_exp.files import shipped_files


def user_conf() -> Path | None:
    """A `conf/` in the working directory that is not the shipped one."""
    folder = Path.cwd() / "conf"
    return folder if folder.is_dir() and folder.resolve() != shipped_files.shipped("conf").resolve() else None


def every() -> list[Path]:
    """The shipped folder, then the user's."""
    return [shipped_files.shipped("conf"), *filter(None, [user_conf()])]


def search_path_override(folder: Path | None) -> list[str]:
    """The override that adds a user's own options behind the shipped ones."""
    return [f"hydra.searchpath=['file://{folder}']"] if folder else []


def refuse_shadowed(folder: Path) -> None:
    """Raise ConfigError when a user's option has a shipped one's name: Hydra would silently ignore the user's."""
    shipped = shipped_files.shipped("conf")
    for path in sorted(folder.rglob("*.yaml")):
        twin = shipped / path.relative_to(folder)
        if twin.exists() and path.relative_to(folder) != Path("config.yaml"):
            msg = f"{path}: an option of this name ships with the tool ({twin}); rename yours."
            raise ConfigError(msg)


def options(group: str) -> list[str]:
    """The options of a group, which Hydra does not tell for one of a list."""
    return [path.stem for folder in every() for path in (folder / group).glob("*.yaml")]


def groups() -> list[str]:
    """Every group but Hydra's own."""
    return sorted({path.name for folder in every() for path in folder.iterdir() if path.is_dir()} - {"hydra"})
