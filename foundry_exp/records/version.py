"""Files of ours that outlive a release carry a version: a newer one is refused, an older one is brought up to date.

What carries none is read beside one that does: the files of a run folder beside its run.json and its sweep's plan,
filled annotations beside their key. models.json has no place for one (it is aliases at the top), nor has a prompt set.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.files.plain import is_mapping

Step = Callable[[dict[str, Any], Path], dict[str, Any]]
"""From what one version of a file holds to what the next one does; of the file at the path."""
WAY_OUT = "upgrade the tool (python -m pip install --upgrade foundry-exp)."


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file, and how an older one of it is read."""

    what: str
    """With its article, as a sentence has it."""
    version: int
    """That this release writes; a file that says none is of version 1."""
    key: str = "schema_version"
    steps: Mapping[int, Step] = field(default_factory=dict)
    """By the version that each starts from; a version without one reads as the next."""
    error: type[StoreError | ConfigError] = StoreError

    def refuse_newer(self, content: object, path: Path) -> int | None:
        """Raise the format's error for what a later release wrote; null where the content says no version."""
        version = content.get(self.key, 1) if is_mapping(content) else None
        if not isinstance(version, int):
            return None  # whoever reads the rest says what is wrong with it
        if version > self.version:
            msg = (
                f"{path}: {self.what} in version {version}, and this foundry_exp reads up to version {self.version}; "
                f"{WAY_OUT}"
            )
            raise self.error(msg)
        return version

    def current(self, content: object, path: Path) -> object:
        """What a file holds, as this release would have written it."""
        version = self.refuse_newer(content, path)
        if not is_mapping(content) or version is None or version == self.version:
            return content
        brought_up = dict(content)
        for number in range(version, self.version):
            step = self.steps.get(number)
            brought_up = step(brought_up, path) if step else brought_up
        return {**brought_up, self.key: self.version} if self.key in brought_up else brought_up

    def of_people(self, content: object, path: Path) -> Any:
        """The same of a file that people write, without the version: what it is known by is a digest of the rest."""
        content = self.current(content, path)
        return {key: content[key] for key in content if key != self.key} if is_mapping(content) else content

    def current_json(self, text: bytes, path: Path) -> bytes:
        """The same of a JSON file's text; what is no JSON is left to whoever reads it."""
        try:
            content: object = json.loads(text)
        except (ValueError, RecursionError):
            return text
        brought_up = self.current(content, path)
        return text if brought_up is content else json.dumps(brought_up).encode()
