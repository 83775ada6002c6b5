"""Rules about what an answer says: a text, a pattern, a number, a reference."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from foundry_exp.scores.facets.kinds import compiled
from foundry_exp.scores.facets.points import Points, between, met

PATTERN_TIMEOUT_S = 1.0

CHRF_WORST, CHRF_BEST = 20.0, 70.0
"""Unrelated sentences of one language come to about 20, a close paraphrase to 60 and more."""

_NUMBER = re.compile(r"(?<![\w.,])[-−]?\d(?:[\d.,'’\u00a0\u202f]|\s(?=\d{3}(?!\d)))*(?:[kKmM]\b)?")
_SCALES = {"k": 1e3, "m": 1e6}


def contains(answer: str, options: Mapping[str, Any]) -> Points:
    """The text is there."""
    found = _has(answer, options["text"], options)
    return met(found, f"{'has' if found else 'lacks'} “{options['text']}”")


def not_contains(answer: str, options: Mapping[str, Any]) -> Points:
    """The text is not there."""
    found = _has(answer, options["text"], options)
    return met(not found, f"{'has' if found else 'is free of'} “{options['text']}”")


def any_of(answer: str, options: Mapping[str, Any]) -> Points:
    """One of the texts is there."""
    found = next((text for text in options["texts"] if _has(answer, text, options)), None)
    wanted = " / ".join(f"“{text}”" for text in options["texts"])
    return met(found is not None, f"lacks {wanted}" if found is None else f"has “{found}”")


def pattern(answer: str, options: Mapping[str, Any]) -> Points:
    """A pattern is found; a search that takes too long is given up, and the facet is unscored."""
    search = compiled(options["pattern"], ignore_case=options.get("ignore_case", False))
    try:
        found = search.search(answer, timeout=PATTERN_TIMEOUT_S)
    except TimeoutError:
        return Points(None, f"gave up looking for /{options['pattern']}/ after {PATTERN_TIMEOUT_S:g} s")
    return met(found is not None, f"{'matches' if found else 'does not match'} /{options['pattern']}/")


def number_equals(answer: str, options: Mapping[str, Any]) -> Points:
    """A number in figures is the one wanted, in any reading: 1.850 may be 1850 or 1.85."""
    wanted, tolerance = options["value"], options.get("tolerance", 0)
    written = [found.group().strip() for found in _NUMBER.finditer(answer)]
    for text in written:
        if any(abs(reading - wanted) <= tolerance + 1e-9 * abs(wanted) for reading in readings(text)):
            return met(True, f"has {wanted:g} (“{text}”)")
    return met(False, f"lacks the number {wanted:g}; has {', '.join(written[:10]) or 'no number'}")


def similarity(answer: str, reference: str) -> Points:
    """The chrF of the answer to the reference (sacrebleu's defaults), from 20 (1 point) to 70 (5 points)."""
    from sacrebleu.metrics.chrf import CHRF

    score = CHRF().sentence_score(answer, [reference]).score
    share = (score - CHRF_WORST) / (CHRF_BEST - CHRF_WORST)
    return Points(round(between(share), 2), f"chrF to the reference is {score:.0f} of 100")


def readings(text: str) -> Iterator[float]:
    """Every number that figures may mean, as commas and points separate thousands or decimals."""
    sign = -1.0 if text[0] in "-−" else 1.0
    scale = _SCALES.get(text[-1].lower(), 1.0)
    body = re.sub(r"[\s'’\u00a0\u202f]", "", text.strip("-−kKmM")).strip(".,")
    shapes = ((r"\d{1,3}(,\d{3})+(\.\d+)?|\d+(\.\d+)?", ","), (r"\d{1,3}(\.\d{3})+(,\d+)?|\d+(,\d+)?", "."))
    for shape, thousands in shapes:
        if re.fullmatch(shape, body):
            yield sign * scale * float(body.replace(thousands, "").replace(",", "."))


def _has(answer: str, wanted: str, options: Mapping[str, Any]) -> bool:
    text, part = _comparable(answer), _comparable(wanted)
    if options.get("ignore_case", True):
        text, part = text.casefold(), part.casefold()
    if not options.get("whole_words", True):
        return part in text
    before = r"(?<!\w)" if part[0].isalnum() else ""
    after = r"(?!\w)" if part[-1].isalnum() else ""
    return re.search(before + re.escape(part) + after, text) is not None


def _comparable(text: str) -> str:
    """One spelling of what looks alike: composed letters, plain apostrophes, single spaces."""
    plain = unicodedata.normalize("NFC", text).replace("’", "'").replace("‘", "'").replace("‑", "-")
    return " ".join(plain.split())
