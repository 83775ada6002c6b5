"""A comparison as lines for a terminal, as Markdown for a pull request, and as data for programs."""

import math
from collections.abc import Callable, Iterator
from typing import Any

from foundry_exp.decide.compare import Comparison, Effect, Pair
from foundry_exp.files.escape import markdown, one_line, sentence
from foundry_exp.metrics.formats import NOTHING, number, share
from foundry_exp.report import effect as words

Shown = Callable[[str], str]


def console(comparison: Comparison) -> str:
    """What is printed."""
    return "\n".join(_lines(comparison, bullet="  ", shown=one_line)) + "\n"


def page(comparison: Comparison) -> str:
    """The Markdown file."""
    tokens = comparison.expected.tokens
    parts = ["# Comparison", "\n".join(f"- {markdown(words.headline(pair, tokens))}" for pair in comparison.pairs)]
    parts += [_section(pair, tokens) for pair in comparison.pairs]
    parts += ["\n".join(f"- {markdown(sentence(text))}" for text in _remarks(comparison))]
    return "\n\n".join(part for part in parts if part) + "\n"


def document(comparison: Comparison) -> dict[str, Any]:
    """The same as data: ratios are second over first, points second minus first."""
    return {
        "expected_tokens": comparison.expected.tokens,
        "tests": comparison.tests,
        "differs": {mismatch.what: mismatch.values for mismatch in comparison.forced},
        "left_out": list(comparison.left_out),
        "candidates": [
            {
                "label": one.label,
                "model": one.result.model.alias,
                "variant": one.result.model.variant,
                "accel": one.result.accel,
                "status": one.result.status,
                "typical_answer_ms": one.typical_answer_ms(comparison.expected.tokens),
                "runs": [str(cell.folder) for cell in one.cells],
                "runs_without_figures": [str(cell.folder) for cell in one.without],
            }
            for one in comparison.candidates
        ],
        "pairs": [
            {
                "first": pair.first.label,
                "second": pair.second.label,
                "sentence": words.headline(pair, comparison.expected.tokens),
                "effects": [_effect(one) for one in pair.effects],
                "notes": list(pair.notes),
            }
            for pair in comparison.pairs
        ],
    }


def _lines(comparison: Comparison, bullet: str, shown: Shown) -> Iterator[str]:
    for pair in comparison.pairs:
        yield shown(words.headline(pair, comparison.expected.tokens))
        yield from (f"{bullet}{shown(text)}" for text in words.not_found(pair, comparison.expected.tokens))
    remarks = list(_remarks(comparison))
    if remarks:
        yield ""
        yield from (shown(sentence(text)) for text in remarks)


def _remarks(comparison: Comparison) -> Iterator[str]:
    yield words.summary(comparison)
    yield from (f"compared all the same, although they differ in {one.sentence()}" for one in comparison.forced)
    yield from comparison.left_out
    yield from dict.fromkeys(note for pair in comparison.pairs for note in pair.notes)
    able = sum(one.why_not is None for one in comparison.candidates)
    if len(comparison.pairs) < able * (able - 1) // 2:
        yield f"{able} candidates make too many pairs, so each is compared with the first alone"


def _section(pair: Pair, tokens: float | None) -> str:
    if not pair.effects:
        return ""
    head = f"## {markdown(pair.second.label)} against {markdown(pair.first.label)}"
    table = ["| | difference | 95 % interval | p (Holm) | would show | n |", "|---|---|---|---|---|---|"]
    table += [_row(one, tokens) for one in pair.effects]
    return "\n".join([head, "", *table])


def _row(one: Effect, tokens: float | None) -> str:
    noun = one.figure.noun.format(tokens=words.length(tokens))
    difference = one.difference
    if one.figure.is_ratio:
        size = f"× {math.exp(difference.effect):.3g}"
        interval = f"{math.exp(difference.low):.3g}–{math.exp(difference.high):.3g}"
        would = share(math.expm1(difference.detectable)) if difference.has_spread else NOTHING
    else:
        size, interval = f"{difference.effect:+.2f} points", f"{difference.low:+.2f} to {difference.high:+.2f}"
        would = f"{number(difference.detectable)} points" if difference.has_spread else NOTHING
    interval = interval if difference.has_spread else NOTHING
    mark = "**" if one.beyond_chance else ""
    return f"| {noun} | {mark}{size}{mark} | {interval} | {_p(one.adjusted_p)} | {would} | {difference.n} |"


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"  # noqa: PLR2004 - three decimals are shown


def _effect(one: Effect) -> dict[str, Any]:
    difference = one.difference
    scale = math.exp if one.figure.is_ratio else float
    return {
        "metric": one.figure.name,
        "scale": "ratio" if one.figure.is_ratio else "difference",
        "value": scale(difference.effect),
        "low": scale(difference.low) if difference.has_spread else None,
        "high": scale(difference.high) if difference.has_spread else None,
        "p": difference.p_value,
        "p_holm": one.adjusted_p,
        "found": one.beyond_chance,
        "detectable": _detectable(one),
        "n": difference.n,
        "method": difference.method,
    }


def _detectable(one: Effect) -> float | None:
    difference = one.difference
    if not difference.has_spread:
        return None
    return math.expm1(difference.detectable) if one.figure.is_ratio else difference.detectable
