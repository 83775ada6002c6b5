"""Rules about what an answer says: a text, a pattern, a number, a reference."""

import math
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any

from foundry_exp.files.plain import texts
from foundry_exp.scores.facets.check_result import CheckResult, graded, met_or_missed
from foundry_exp.scores.facets.options import Options, flag, number, text

PATTERN_TIMEOUT_S = 1.0

MAX_REPEATS = 1_000_000
"""Of counted repeats in a pattern, multiplied: ten times as many take seconds to compile, nested ones for ever."""

CHRF_WORST, CHRF_BEST = 20.0, 70.0
"""Unrelated sentences of one language come to about 20, a close paraphrase to 60 and more."""

_NUMBER = re.compile(r"(?<![\w.,])[-−]?\d(?:[\d.,'’\u00a0\u202f]|\s(?=\d{3}(?!\d)))*(?:[kKmM]\b)?")
_SCALES = {"k": 1e3, "m": 1e6}


def contains(answer: str, options: Options) -> CheckResult:
    """The text is there."""
    wanted = text(options, "text")
    has = _has(answer, wanted, options)
    return met_or_missed(has, f"{'has' if has else 'lacks'} “{wanted}”")


def not_contains(answer: str, options: Options) -> CheckResult:
    """The text is not there."""
    wanted = text(options, "text")
    has = _has(answer, wanted, options)
    return met_or_missed(not has, f"{'has' if has else 'is free of'} “{wanted}”")


def any_of(answer: str, options: Options) -> CheckResult:
    """One of the texts is there."""
    any_of_these = texts(options["texts"])
    there = next((one for one in any_of_these if _has(answer, one, options)), None)
    wanted = " / ".join(f"“{one}”" for one in any_of_these)
    return met_or_missed(there is not None, f"lacks {wanted}" if there is None else f"has “{there}”")


def pattern(answer: str, options: Options) -> CheckResult:
    """A pattern matches; a search that takes too long is given up, and the facet is unscored."""
    wanted = text(options, "pattern")
    search = compiled(wanted, ignore_case=flag(options, "ignore_case", default=False))
    try:
        match = search.search(answer, timeout=PATTERN_TIMEOUT_S)
    except TimeoutError:
        return CheckResult(None, f"gave up looking for /{wanted}/ after {PATTERN_TIMEOUT_S:g} s")
    return met_or_missed(match is not None, f"{'matches' if match else 'does not match'} /{wanted}/")


def number_equals(answer: str, options: Options) -> CheckResult:
    """A number in figures is the one wanted, in any reading: 1.850 may be 1850 or 1.85."""
    wanted, tolerance = number(options, "value") or 0, number(options, "tolerance") or 0
    written = [match.group().strip() for match in _NUMBER.finditer(answer)]
    for figures in written:
        if any(abs(reading - wanted) <= tolerance + 1e-9 * abs(wanted) for reading in readings(figures)):
            return met_or_missed(True, f"has {wanted:g} (“{figures}”)")
    return met_or_missed(False, f"lacks the number {wanted:g}; has {', '.join(written[:10]) or 'no number'}")


def similarity(answer: str, options: Options) -> CheckResult:
    """The chrF of the answer to the reference (sacrebleu's defaults), from 20 (1 point) to 70 (5 points)."""
    from sacrebleu.metrics.chrf import CHRF

    score = CHRF().sentence_score(answer, [text(options, "reference")]).score
    share = (score - CHRF_WORST) / (CHRF_BEST - CHRF_WORST)
    return graded(share, f"chrF to the reference is {score:.0f} of 100")


def readings(text: str) -> Iterator[float]:
    """Every number that figures may mean, as commas and points separate thousands or decimals."""
    sign = -1.0 if text[0] in "-−" else 1.0
    scale = _SCALES.get(text[-1].lower(), 1.0)
    body = re.sub(r"[\s'’\u00a0\u202f]", "", text.strip("-−kKmM")).strip(".,")
    shapes = ((r"\d{1,3}(,\d{3})+(\.\d+)?|\d+(\.\d+)?", ","), (r"\d{1,3}(\.\d{3})+(,\d+)?|\d+(,\d+)?", "."))
    for shape, thousands in shapes:
        if re.fullmatch(shape, body):
            yield sign * scale * float(body.replace(thousands, "").replace(",", "."))


def _has(answer: str, wanted: str, options: Options) -> bool:
    whole, part = _comparable(answer), _comparable(wanted)
    if flag(options, "ignore_case", default=True):
        whole, part = whole.casefold(), part.casefold()
    if not flag(options, "whole_words", default=True):
        return part in whole
    before = r"(?<!\w)" if part[0].isalnum() else ""
    after = r"(?!\w)" if part[-1].isalnum() else ""
    return re.search(before + re.escape(part) + after, whole) is not None


def _comparable(text: str) -> str:
    """One spelling of what looks alike: composed letters, plain apostrophes, single spaces."""
    plain = unicodedata.normalize("NFC", text).replace("’", "'").replace("‘", "'").replace("‑", "-")
    return " ".join(plain.split())


def pattern_complaints(entry: Options) -> Iterator[str]:
    """A pattern that is none, or would take too long to compile."""
    import regex

    written = text(entry, "pattern")
    counts: list[str] = regex.findall(r"\{(?:\d*,)?(\d+)\}", written)
    repeats = math.prod(int(count) for count in counts if int(count))
    if repeats > MAX_REPEATS:
        yield f".pattern: repeats {repeats} times in all, at most {MAX_REPEATS}, got {written!r}; write a smaller one."
        return
    try:
        compiled(written, ignore_case=False)
    except (regex.error, RecursionError, OverflowError) as error:
        yield f".pattern: not a pattern ({error}), got {written!r}; correct it."


@cache
def compiled(pattern: str, *, ignore_case: bool) -> Any:
    """A pattern of the `regex` package, which can give up a search after a time."""
    import regex

    return regex.compile(pattern, regex.IGNORECASE if ignore_case else 0)


def number_complaints(entry: Options) -> Iterator[str]:
    """Infinite numbers, which a schema's limits let pass."""
    for key in ("value", "tolerance"):
        value = number(entry, key)
        if value is not None and not math.isfinite(value):
            yield f".{key}: must be a finite number, got {value}; change the value."
