"""What a person wrote into a score's place → points, nothing, or why it is neither."""

import math
import re
from typing import Any

from foundry_exp.records.score import BEST, POINTS, SCALE, WORST

_DATE = re.compile(
    r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}[./ -][A-Za-zÀ-ÿ]{3,9}\.?([./ -]\d{2,4})?|[A-Za-zÀ-ÿ]{3,9}\.?[./ -]\d{1,4}"
)
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d{1,4})?")
_NOTHING = frozenset({"", "-", "–", "—"})
_SHOWN_CHARACTERS = 40


def points(written: Any) -> float | None:
    """The points that a cell holds; null of an empty one; ValueError says what else it is."""
    if written is None:
        return None
    if isinstance(written, str):
        return _from_text(written)
    if isinstance(written, int | float) and not isinstance(written, bool):
        return _checked(float(written) if abs(written) <= BEST else math.inf, written)
    msg = f"must be a whole number from {SCALE}, got {_shown(written)}; change it."
    raise ValueError(msg)


def _from_text(written: str) -> float | None:
    text = written.replace("\u00a0", " ").strip().removeprefix("'").strip()
    if text in _NOTHING:
        return None
    if _NUMBER.fullmatch(text):
        return _checked(float(text.replace(",", ".")), written)
    if _DATE.fullmatch(text):
        msg = f"{_shown(written)} is a date, which a spreadsheet makes of some numbers; type the score again."
        raise ValueError(msg)
    msg = f"must be a whole number from {SCALE}, got {_shown(written)}; change it."
    raise ValueError(msg)


def _checked(value: float, written: Any) -> float:
    if not WORST <= value <= BEST:
        msg = f"must be from {SCALE}, got {_shown(written)}; change it."
        raise ValueError(msg)
    if value not in POINTS:
        msg = f"must be a whole number, got {_shown(written)}; choose the nearer one."
        raise ValueError(msg)
    return value


def _shown(written: Any) -> str:
    text = repr(written)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
