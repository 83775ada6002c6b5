"""Config files read once for all the jobs of a command: Hydra reads and parses some thirty again for every job."""

import copy
from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType


@dataclass(slots=True)
class _Files:
    """What was read of one search path."""

    repository: Any
    configs: dict[str, Any] = field(default_factory=dict)
    groups: dict[str, bool] = field(default_factory=dict)


class ReadOnce:
    """In the place of the repository of Hydra's config loader, which makes a copy of it for every job."""

    def __init__(self, first: _Files, others: dict[str, _Files]) -> None:
        """Keep what was read; a copy begins with the search path of the command, as Hydra expects."""
        self._first = self._files = first
        self._others = others

    def __deepcopy__(self, memo: dict[int, Any]) -> "ReadOnce":
        return ReadOnce(self._first, self._others)

    def initialize_sources(self, config_search_path: ConfigSearchPath) -> None:
        """Go on with another search path, which a job's `hydra.searchpath` makes."""
        key = repr([(each.provider, each.path) for each in config_search_path.get_path()])
        if key not in self._others:
            repository = copy.deepcopy(self._first.repository)
            repository.initialize_sources(config_search_path)
            self._others[key] = _Files(repository)
        self._files = self._others[key]

    def load_config(self, config_path: str) -> Any:
        """A copy, since Hydra writes into what it loads."""
        known = self._files.configs
        if config_path not in known:
            known[config_path] = self._files.repository.load_config(config_path)
        return copy.deepcopy(known[config_path])

    def group_exists(self, config_path: str) -> bool:
        """Whether a folder of options is there."""
        known = self._files.groups
        if config_path not in known:
            known[config_path] = self._files.repository.group_exists(config_path)
        return known[config_path]

    def config_exists(self, config_path: str) -> bool:
        """Whether an option is there."""
        return bool(self._files.repository.config_exists(config_path))

    def get_group_options(self, group_name: str, results_filter: ObjectType | None = ObjectType.CONFIG) -> list[str]:
        """The options of a group."""
        return list(self._files.repository.get_group_options(group_name, results_filter))

    def get_schema_source(self) -> Any:
        """Hydra's own structured configs."""
        return self._files.repository.get_schema_source()

    def get_sources(self) -> Any:
        """The places of the search path."""
        return self._files.repository.get_sources()


def install(loader: Any) -> None:
    """Let a config loader of Hydra keep what it has read."""
    loader.repository = ReadOnce(_Files(loader.repository), {})
