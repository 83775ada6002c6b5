"""Does a model fit: what it needs, by a stated rule, against the memory that is free.

The rule is coarse: it does not know what a provider allocates besides. A model that it refuses may run after all,
so `fit=ignore` tries; one that it lets pass may still be killed, which is then said.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foundry_exp.errors import SkipCellError

if TYPE_CHECKING:
    from foundry_exp.runtime.models.facts import VariantFacts

WORKING_ROOM = 1.2
"""Weights in memory, with the runtime's buffers, over weights on disk."""
KV_BYTES = 4
"""Of one number in the KV cache: CPU exports keep 32-bit floats; where they are 16-bit, this is too much."""
KV_SHARE_PER_TOKEN = 5e-5
"""KV cache of one token over the files' size, where only that size is known: the median of seven models of the
catalogue, by the layers, KV heads and head size that their makers publish (0.17e-4 to 3.7e-4)."""
CHARACTERS_PER_TOKEN = 3
"""Of a prompt, from the careful side: English has about four."""
_OFFERED = 3


@dataclass(frozen=True, slots=True)
class Need:
    """What a model takes while it answers, MB (10⁶ bytes)."""

    files_mb: float
    kv_mb: float | None
    """Null when the folder does not say how large the cache of a token is."""
    tokens: int
    """Of prompt and answer, that the cache is made for."""
    stated: bool = False
    """Whether only the catalogue's word is known of it, before it was downloaded."""

    @property
    def total_mb(self) -> float:
        """Files × 1.2 + KV cache."""
        return self.files_mb * WORKING_ROOM + (self.kv_mb or 0.0)


@dataclass(frozen=True, slots=True)
class Visible:
    """What could be taken instead of a variant, MB by id."""

    variants: Mapping[str, float]
    """Others of the same model."""
    cached: Mapping[str, float]
    """Other models that are here."""


NOTHING_VISIBLE = Visible({}, {})


def need(files_mb: float, genai_config: Mapping[str, Any] | None, tokens: int, at_once: int = 1) -> Need:
    """What a model of this size takes for `at_once` answers of `tokens`, no more than its context each."""
    model = (genai_config or {}).get("model", {})
    context = model.get("context_length")
    held = min(tokens, context) if isinstance(context, int) and context > 0 else tokens
    per_token = _kv_bytes(model.get("decoder", {}))
    return Need(files_mb, per_token * held * at_once / 1e6 if per_token else None, held)


def stated_need(files_mb: float, context: int | None, tokens: int, at_once: int = 1) -> Need:
    """The same by what the catalogue states; the cache of a token is then a share of the files' size."""
    held = min(tokens, context) if context else tokens
    return Need(files_mb, files_mb * KV_SHARE_PER_TOKEN * held * at_once, held, stated=True)


def refuse(
    needed: Need,
    free_mb: float,
    where: str,
    sizes: Callable[[], Mapping[str, float]],
    seen: Visible = NOTHING_VISIBLE,
) -> None:
    """Raise SkipCellError with the numbers when `needed` is more than what is free `where` (memory, VRAM)."""
    if needed.total_mb <= free_mb:
        return
    about = "about " if needed.stated else ""
    cache = (
        f" + {about}{needed.kv_mb:.0f} MB of KV cache for {needed.tokens} tokens" if needed.kv_mb is not None else ""
    )
    unloaded = ", so it was not downloaded" if needed.stated else ""
    below_mb = min(needed.files_mb, free_mb / WORKING_ROOM)
    msg = (
        f"does not fit: needs about {needed.total_mb:.0f} MB ({needed.files_mb:.0f} MB of files × {WORKING_ROOM:g}"
        f"{cache}), {free_mb:.0f} MB of {where} are free{unloaded}; close other programs"
        f"{offer(below_mb, sizes(), seen)}, or try it all the same with fit=ignore."
    )
    raise SkipCellError(msg)


def visible(variants: "Sequence[VariantFacts]", chosen: "VariantFacts") -> Visible:
    """What a look at the runtime showed, besides the variant chosen."""
    others = [one for one in variants if one.not_measurable is None and one.id != chosen.id]
    of_model = {one.id: one.size_mb for one in others if one.alias == chosen.alias and one.size_mb is not None}
    cached = {one.id: one.size_mb for one in others if one.cached and one.size_mb is not None}
    return Visible(of_model, {name: size for name, size in cached.items() if name not in of_model})


def offer(below_mb: float | None, sizes: Mapping[str, float], seen: Visible = NOTHING_VISIBLE) -> str:
    """A clause that names what is smaller: variants of the same model, then models that are here and options.

    The largest come first; where it is not known how small it must be, the smallest.
    """
    named = [*_smaller(below_mb, seen.variants), *_smaller(below_mb, {**sizes, **seen.cached})][:_OFFERED]
    listed = ", ".join(f"{name} ({size:.0f} MB)" for size, name in named)
    return f", take a smaller model ({listed})" if listed else ", take a smaller model"


def _smaller(below_mb: float | None, sizes: Mapping[str, float]) -> list[tuple[float, str]]:
    smaller = [(size, name) for name, size in sizes.items() if below_mb is None or size < below_mb]
    return sorted(smaller, reverse=below_mb is not None)


def _kv_bytes(decoder: Mapping[str, Any]) -> int | None:
    """Bytes of keys and values that one token adds; null when the config lacks a number for it."""
    numbers = [decoder.get(name) for name in ("num_hidden_layers", "num_key_value_heads", "head_size")]
    if not all(isinstance(number, int) and number > 0 for number in numbers):
        return None
    layers, heads, size = (int(number) for number in numbers if number is not None)
    return 2 * layers * heads * size * KV_BYTES
