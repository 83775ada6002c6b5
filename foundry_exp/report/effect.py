"""A difference in words that a person would use."""

import math
from collections.abc import Sequence

from foundry_exp.decide.compare import Comparison, Effect, Pair
from foundry_exp.metrics.formats import share, times
from foundry_exp.results.figures import QUALITY
from foundry_exp.results.typical import TYPICAL

MOST_DIFFERENCES = 5
"""In points, of which a page tells."""
_SHOWN_POINTS = 0.005
"""Less is nought with two decimals."""
MANY_TIMES = 1.5
"""From this ratio on, `1.8 times`; below it a percentage."""


def headline(pair: Pair, tokens: float | None) -> str:
    """One sentence about what is more than chance, or that nothing is."""
    differences = [
        phrase(effect, tokens) for effect in pair.effects if effect.beyond_chance and not _repeats(effect, pair)
    ]
    if not pair.effects:
        return f"{pair.second.label} and {pair.first.label}: nothing could be compared: {pair.unpaired}."
    if not differences:
        alone = [phrase(effect, tokens) for effect in pair.effects if _only_alone(effect)]
        rest = f" once all comparisons are counted; alone, {pair.second.label} {alone[0]}" if alone else ""
        return f"{pair.second.label} and {pair.first.label}: no difference found{rest}."
    return f"{pair.second.label}, against {pair.first.label}, {_listed(differences)}."


def _repeats(effect: Effect, pair: Pair) -> bool:
    """Whether a typical answer says no more than the whole one: both models write answers of one length."""
    whole = next((one for one in pair.effects if one.figure.name == "e2e_ms" and one.beyond_chance), None)
    return effect.figure.name == TYPICAL and whole is not None and much(effect) == much(whole)


def _only_alone(effect: Effect) -> bool:
    """Whether it would be a difference if nothing else were compared."""
    sure_of_sign = effect.difference.low > 0 or effect.difference.high < 0
    return not effect.beyond_chance and effect.difference.has_spread and sure_of_sign


def not_found(pair: Pair, tokens: float | None) -> list[str]:
    """What showed no difference, and what it would have shown."""
    return [no_difference(effect, tokens) for effect in pair.effects if not effect.beyond_chance]


def phrase(effect: Effect, tokens: float | None) -> str:
    """`answers 1.8 times slower (1.7–1.9)`, or without any spread `(in all 40 prompts)`."""
    larger = effect.difference.effect > 0
    words = effect.figure.more if larger else effect.figure.less
    return words.format(much=much(effect), tokens=length(tokens)) + f" ({spread(effect)})"


def no_difference(effect: Effect, tokens: float | None) -> str:
    """`the first token: no difference that 40 prompts could show; they would show 9 %`."""
    noun = effect.figure.noun.format(tokens=length(tokens))
    what = counted(effect)
    if not effect.difference.has_spread:
        size = f"{much(effect)} apart" if effect.difference.effect else "alike"
        return f"{noun}: {size} in all {effect.difference.n} {what}; without any spread they show no more than that"
    would = _would_show(effect)
    rest = ", once the number of comparisons is counted" if _only_alone(effect) else ""
    return f"{noun}: no difference that {effect.difference.n} {what} could show{rest}; they would show {would}"


def length(tokens: float | None) -> str:
    """Of a typical answer, in the words of a contrast; those of others do not speak of it."""
    return f"{tokens or 0:.0f}"


def counted(effect: Effect) -> str:
    """What `n` counts."""
    return "prompts" if "prompt" in effect.difference.method else "runs a side"


def much(effect: Effect) -> str:
    """How large the effect is, without its direction."""
    value = effect.difference.effect
    if not effect.figure.is_ratio:
        return f"{_points(abs(value))} points"
    if _is_many_times(effect):
        return times(math.exp(abs(value)))
    return share(_fraction(effect, value))


def spread(effect: Effect) -> str:
    """The interval, in the same direction and the same unit as the effect."""
    if not effect.difference.has_spread:
        return f"in all {effect.difference.n} {counted(effect)}"
    ends = sorted((effect.difference.low, effect.difference.high), reverse=effect.difference.effect < 0)
    if not effect.figure.is_ratio:
        sign = -1 if effect.difference.effect < 0 else 1
        return "–".join(_points(sign * end) for end in ends)
    if _is_many_times(effect):
        sign = -1 if effect.difference.effect < 0 else 1
        ratios = [math.exp(sign * end) for end in ends]
        ends_of_it = [times(ratio).removesuffix(" times") for ratio in ratios]
        return "–".join(ends_of_it if len(set(ends_of_it)) > 1 else [f"{ratio:.2f}" for ratio in ratios])
    return "–".join(share(_fraction(effect, end)).removesuffix(" %") for end in ends) + " %"


def _is_many_times(effect: Effect) -> bool:
    return math.exp(abs(effect.difference.effect)) >= MANY_TIMES


def _fraction(effect: Effect, log_ratio: float) -> float:
    """A log-ratio as a share: of speed when a time or a rate falls, of what is saved when an amount does."""
    if effect.difference.effect > 0:
        return math.expm1(log_ratio)
    return -math.expm1(log_ratio) if effect.figure.is_amount else math.expm1(-log_ratio)


def _listed(parts: Sequence[str]) -> str:
    """`a, b, and c`: the parts have commas of their own."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}, and {parts[-1]}"


def quality(comparison: Comparison) -> list[str]:
    """How far the best candidate's points are ahead of each other one's, prompt by prompt."""
    every = [(pair, one) for pair in comparison.pairs for one in pair.effects if one.figure.name == QUALITY]
    able = {side.label: side for pair, _ in every for side in (pair.first, pair.second)}
    if not able:
        return []
    best = max(able.values(), key=lambda side: side.quality or 0.0).label
    own = [(pair, effect) for pair, effect in every if best in (pair.first.label, pair.second.label)]
    return [_ahead(best, pair, effect, comparison.tests) for pair, effect in own[:MOST_DIFFERENCES]]


def _ahead(best: str, pair: Pair, effect: Effect, tests: int) -> str:
    """`large is 0.48 points ahead of small, paired over 20 prompts (95 % interval 0.45 to 0.50; …)`."""
    is_second = pair.second.label == best
    other = pair.first.label if is_second else pair.second.label
    one, sign = effect.difference, 1 if is_second else -1
    is_level = abs(one.effect) < _SHOWN_POINTS
    if is_level and not one.has_spread:
        return f"{best} and {other} have the same points on each of {one.n} prompts."
    way = "ahead of" if sign * one.effect > 0 else "behind"
    how_far = (
        f"{best} and {other} show no difference in points"
        if is_level
        else f"{best} is {abs(one.effect):.2f} points {way} {other}"
    )
    chance = f"{'' if effect.beyond_chance else 'no '}more than chance over all {counted_tests(tests)} together"
    if not one.has_spread:
        return f"{how_far} on each of {one.n} prompts alike; {chance}."
    low, high = sorted((sign * one.low, sign * one.high))
    between = f"95 % interval {low:.2f} to {high:.2f}"
    power = f"as many such prompts show a difference of {one.detectable:.2f} four times in five"
    return f"{how_far}, paired over {one.n} prompts ({between}; {power}); {chance}."


def counted_tests(tests: int) -> str:
    """`12 comparisons`."""
    return f"{tests} comparison{'' if tests == 1 else 's'}"


def summary(comparison: Comparison) -> str:
    """How the comparison was made, in one paragraph."""
    if not comparison.tests:
        return "No comparison could be made."
    repeats = sorted({len(one.cells) for one in comparison.candidates if one.why_not is None})
    span = str(repeats[0]) if len(repeats) == 1 else f"{repeats[0]}–{repeats[-1]}"
    runs = "one run a side" if repeats == [1] else f"{span} runs a side"
    text = (
        f"Paired by prompt, {runs}, 95 % intervals; a difference is called one when it is more than chance over all "
        f"{comparison.tests} comparisons together (Holm, 5 %). {_ratios(comparison)}"
    ).strip()
    has_typical = any(one.figure.name == TYPICAL for pair in comparison.pairs for one in pair.effects)
    return f"{text} {comparison.expected.sentence()}".strip() if has_typical else text


def _ratios(comparison: Comparison) -> str:
    """Whose a ratio is, since pages show averages beside it."""
    ratios = [one for pair in comparison.pairs for one in pair.effects if one.figure.is_ratio]
    of = [f"over {what}" for what in ("prompts", "runs") if any(counted(one).startswith(what) for one in ratios)]
    return f"A ratio is the geometric mean {' or '.join(of)}, not that of the averages in a table." if of else ""


def _would_show(effect: Effect) -> str:
    value = effect.difference.detectable
    return share(math.expm1(value)) if effect.figure.is_ratio else f"{_points(value)} points"


def _points(value: float) -> str:
    return f"{value:.1f}" if abs(value) >= 0.1 else f"{value:.2g}"  # noqa: PLR2004 - below it one decimal is nought
