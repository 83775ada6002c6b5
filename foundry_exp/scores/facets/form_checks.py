"""Rules about the form of an answer: how long, how many sentences or list items."""

import re
from collections.abc import Iterator

from foundry_exp.scores.facets.check_result import CheckResult, graded, met_or_missed
from foundry_exp.scores.facets.languages import every
from foundry_exp.scores.facets.options import Options, number

_ITEM = re.compile(r"^([^\S\n]*)(?:[-*•‣◦–]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s+\S", re.MULTILINE)
_INLINE_ITEM = re.compile(r"(?:^|\s)\(?(\d{1,3})[.)]\s+\S")
_BLOCK = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*•‣◦–]|\(?\d{1,3}[.)])\s)")
_MARKER = re.compile(r"^\s*(?:[-*•‣◦–]|\(?\d{1,3}[.)]|\(?[a-zA-Z]\))\s+")
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’»)\]]*(?=\s|$)|[。！？]+")
_TITLES, _SHORT_FORMS = every("titles"), every("short_forms")
_MONTH = re.compile(rf"({'|'.join(sorted(every('months')))})\b")


def length(answer: str, options: Options) -> CheckResult:
    """Words or characters within bounds; outside, points fall in step until twice the most, or none at all."""
    counts = {"words": len(answer.split()), "characters": len(answer)}
    shares = [
        (_fit(counts[unit], number(options, f"min_{unit}"), number(options, f"max_{unit}")), unit)
        for unit in counts
        if f"min_{unit}" in options or f"max_{unit}" in options
    ]
    share = min(share for share, _ in shares)
    reason = " and ".join(f"{unit}: {counts[unit]}, wanted {_bounds(options, unit)}" for _, unit in shares)
    return graded(share, reason)


def _fit(count: int, low: float | None, high: float | None) -> float:
    if low is not None and count < low:
        return count / low
    if high is not None and count > high:
        return 1 - (count - high) / high if high else 0.0
    return 1.0


def _bounds(options: Options, unit: str) -> str:
    low, high = number(options, f"min_{unit}"), number(options, f"max_{unit}")
    if low is not None and high is not None:
        return f"{low} to {high}"
    return f"at most {high}" if low is None else f"at least {low}"


def sentences(answer: str, options: Options) -> CheckResult:
    """As many sentences as wanted."""
    return _counted(count_sentences(answer), "sentences", options)


def items(answer: str, options: Options) -> CheckResult:
    """As many list items as wanted."""
    return _counted(count_items(answer), "list items", options)


def _counted(count: int, what: str, options: Options) -> CheckResult:
    exact = options.get("count")
    low, high = number({"min": exact, **options}, "min"), number({"max": exact, **options}, "max")
    is_met = (low is None or count >= low) and (high is None or count <= high)
    wanted = f"{low}" if low == high else _bounds({"min_x": low, "max_x": high}, "x")
    return met_or_missed(is_met, f"{what}: {count}, wanted {wanted}")


def count_items(text: str) -> int:
    """Lines that begin with a bullet, a number or a letter, the outermost of a nested list; or 1. 2. 3. in a line."""
    indents = [len(match.group(1).expandtabs()) for match in _ITEM.finditer(text)]
    if len(indents) > 1:
        outermost = min(indents)
        return indents.count(outermost)
    numbers = [int(match.group(1)) for match in _INLINE_ITEM.finditer(text)]
    in_order = numbers == list(range(1, len(numbers) + 1))
    return max(len(numbers) if in_order else 0, len(indents))


def count_sentences(text: str) -> int:
    """Ends of sentences, and what stands after the last one; a list item or paragraph is at least one sentence."""
    pieces = (sentence for block in _BLOCK.split(text) for sentence in _sentences(block))
    return sum(any(character.isalnum() for character in sentence) for sentence in pieces)


def _sentences(block: str) -> Iterator[str]:
    rest = _MARKER.sub("", block).strip()
    start = 0
    for end in _END.finditer(rest):
        if not _goes_on(rest[start : end.start()], end.group(), rest[end.end() :].lstrip()):
            yield rest[start : end.end()]
            start = end.end()
    yield rest[start:]


def _goes_on(before: str, mark: str, after: str) -> bool:
    """Whether a full stop is part of an abbreviation, an initial or a day (“on 3. Juni”)."""
    words = before.split()
    if mark != "." or not words or not after:
        return False
    last = words[-1].strip("(\"'„“”»«").lower()
    small_follows = after[0].islower()
    is_day = re.fullmatch(r"\d{1,2}", last) and (small_follows or _MONTH.match(after))
    is_initial = len(last) == 1 and last.isalpha() and words[-1] not in ("I", "a")
    is_short = last in _TITLES or (last in _SHORT_FORMS and small_follows)
    return bool(is_day or is_initial or is_short)


def bound_complaints(entry: Options) -> Iterator[str]:
    """Bounds that no answer can keep."""
    for low, high in (("min", "max"), ("min_words", "max_words"), ("min_characters", "max_characters")):
        least, most = number(entry, low), number(entry, high)
        if least is not None and most is not None and least > most:
            yield f".{low}: {least} is more than {high}, {most}; no answer can have both."
