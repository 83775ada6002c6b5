"""The identity of a measurement: what would have to be equal for measuring again to be pointless.

It is made of settings by their own names, so a release of ours, or a class that moves, changes none.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from foundry_exp.files.digest import digest_of
from foundry_exp.files.plain import is_list, is_mapping
from foundry_exp.records.record import Sample

SDK = "foundry-local-sdk"
SECTIONS = ("model", "accel", "streaming", "backend", "generation", "workload")
"""The parts of a config that a timing depends on, besides the prompts."""
NO_TIMING = frozenset({
    # Said of a model, for pages and for the checks before it is loaded.
    "model.capabilities", "model.context_length", "model.licence", "model.licence_source", "model.size_mb",
    # How a class is found; the backend goes by its option's name.
    "backend._target_",
    # Which variable holds a key, and how long a load may last before it is given up: what was measured stays as it is.
    "backend.api_key_env", "backend.load_timeout_s", "workload.load_timeout_s",
})  # fmt: skip
"""Keys of these sections that may change without the measurement being another one."""
ADDED_LATER: dict[str, object] = {}
"""A key that came with a later release → the value with which the tool does what it did before there was the key.

While a key holds that value it is no part of an identity, so that a sweep begun before the release goes on after it.
"""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a timing depends on."""

    settings: Mapping[str, object]
    """Dotted key to its resolved value."""
    prompts: str
    """Digest of what is asked."""
    limits: Mapping[str, int]
    """Sample id to its own `max_tokens`, where it has one."""
    sdk: str | None
    """Version of the Foundry Local SDK; null where it is not installed."""

    @property
    def fingerprint(self) -> str:
        """16 hex digits, the same for what is equal."""
        return digest_of([self.settings, self.prompts, *([self.limits] if self.limits else []), {SDK: self.sdk}])

    def changes(self, now: "Measurement") -> Iterator[str]:
        """What differs from another one, which is later: `key: before → now`."""
        for key in sorted(self.settings.keys() | now.settings.keys()):
            before, after = self.settings.get(key), now.settings.get(key)
            if before != after:
                yield f"{key}: {before} → {after}"
        if self.sdk != now.sdk:
            yield f"{SDK}: {self.sdk} → {now.sdk}"
        if (self.prompts, self.limits) != (now.prompts, now.limits):
            yield "the prompts"


def measurement(config: Mapping[str, object], samples: Sequence[Sample], sdk: str | None) -> Measurement:
    """The one that a config, resolved, asks for."""
    sections = {name: config.get(name) for name in SECTIONS}
    settings = {key: _canonical(value) for key, value in _flat(sections) if not _is_left_out(key, value)}
    limits = {sample.sample_id: sample.max_tokens for sample in samples if sample.max_tokens is not None}
    return Measurement(settings, digest_of_prompts(samples), limits, sdk)


def digest_of_prompts(samples: Sequence[Sample]) -> str:
    """SHA-256 over what is asked, first 16 hex digits; what is expected of the answers is no part of it."""
    return digest_of([sample.digest + sample.sample_id for sample in samples])


def _is_left_out(key: str, value: object) -> bool:
    return key in NO_TIMING or (key in ADDED_LATER and value == ADDED_LATER[key])


def _flat(node: object, above: str = "") -> Iterator[tuple[str, object]]:
    if is_mapping(node):
        for key, value in node.items():
            yield from _flat(value, f"{above}.{key}" if above else str(key))
    else:
        yield above, node


def _canonical(value: object) -> object:
    """300.0 and 300 are one number, whichever of them a file holds."""
    if is_list(value):
        return [_canonical(entry) for entry in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
