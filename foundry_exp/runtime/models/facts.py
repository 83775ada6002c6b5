"""What is known of each variant, from where, and where variants of one model disagree. Null is unknown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

CHAT_TASKS = ("chat-completion", "coding", "vision-language-chat")
_COMPARED = ("licence", "context_length", "tools", "reasoning", "vision")


@dataclass(frozen=True, slots=True)
class VariantFacts:
    """One variant as the catalogue, the cache and the runtime have it."""

    id: str
    alias: str
    catalogue: str
    """`public`, or `local` for your own."""
    device: str | None
    execution_provider: str | None
    size_mb: float | None
    """On disk, in 10⁶ bytes."""
    licence: str | None
    context_length: int | None
    task: str | None
    tools: bool | None
    reasoning: bool | None
    vision: bool | None
    cached: bool
    loaded: bool | None
    """In the service that FOUNDRY_LOCAL_ENDPOINT names; null when there is none: each run loads its own model."""
    path: str | None
    not_measurable: str | None
    """Why the runner refuses it; null when it does not."""
    sources: dict[str, str] = field(default_factory=dict)
    """Where each fact that is known comes from."""

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What it is known to do."""
        named = (("tools", self.tools), ("reasoning", self.reasoning), ("vision", self.vision))
        chat = ("chat",) if self.task in CHAT_TASKS else ()
        return (*chat, *(name for name, there in named if there))


@dataclass(frozen=True, slots=True)
class Listing:
    """Everything that one look at the runtime brought."""

    variants: tuple[VariantFacts, ...]
    catalogue: str
    """`reached`, `stored` (unreachable, but a snapshot is here), `absent` (neither), or `offline` (not asked)."""
    registered: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def aliases(self) -> list[str]:
        """Every model's short name."""
        return sorted({variant.alias for variant in self.variants})


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A fact that differs between the variants of one model."""

    alias: str
    fact: str
    values: dict[str, tuple[str, ...]]
    """Each value, with the ids that state it."""


def disagreements(variants: Sequence[VariantFacts]) -> list[Disagreement]:
    """Where variants of one alias state different things. Unknown is no statement."""
    differing = []
    for alias in sorted({variant.alias for variant in variants}):
        of_alias = sorted((variant for variant in variants if variant.alias == alias), key=lambda variant: variant.id)
        for fact in _COMPARED:
            stated = _stated(of_alias, fact)
            if len(stated) > 1:
                differing.append(Disagreement(alias, fact, stated))
    return differing


def _stated(variants: Iterable[VariantFacts], fact: str) -> dict[str, tuple[str, ...]]:
    values: dict[str, tuple[str, ...]] = {}
    for variant in variants:
        value = getattr(variant, fact)
        if value is not None:
            values[str(value)] = (*values.get(str(value), ()), variant.id)
    return values


def not_measurable(task: str | None) -> str | None:
    """Why a model of this task cannot be measured here; null when it can be, or may be."""
    if task is None or task in CHAT_TASKS:
        return None
    kinds = {"embeddings": "an embedding model gives vectors", "automatic-speech-recognition": "it transcribes speech"}
    return f"{kinds.get(task, f'its task is {task}')}, and only answers to chats are measured"


def vision_of(task: str | None, input_modalities: str | None) -> bool | None:
    """Whether images can be shown to it: by its task, or by the inputs that it states."""
    if task == "vision-language-chat":
        return True
    return "image" in input_modalities if input_modalities else None


def tools_of(supports: bool | None, capabilities: str | None) -> bool | None:
    """Whether it calls tools; a list of capabilities without it does not say no."""
    return True if supports is None and "tool-calling" in (capabilities or "") else supports


def from_json(answer: dict[str, Any]) -> Listing:
    """What the worker sent."""
    variants = tuple(VariantFacts(**entry) for entry in answer["variants"])
    return Listing(variants, answer["catalogue"], tuple(answer["registered"]), tuple(answer["missing"]))
