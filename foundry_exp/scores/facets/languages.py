"""Languages: what rules must know of each, and the rule that an answer is in one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from foundry_exp.scores.facets.check_result import CheckResult, met_or_missed

SURE = 0.4
"""From this probability on a language counts as told; single words of a real language stay below."""


@dataclass(frozen=True, slots=True)
class Language:
    """What a language has of its own; texts are parted by spaces."""

    varieties: str = ""
    """Codes of close relatives that the identifier tells apart and nobody who asks for the language means."""
    titles: str = ""
    """Short forms that something follows, without their last full stop."""
    short_forms: str = ""
    """Short forms that may end a sentence."""
    months: str = ""
    """Where a day before them is written with a full stop (“on 3. Juni”)."""


LANGUAGES: Mapping[str, Language] = {
    "en": Language(
        varieties="pcm",
        titles="mr mrs ms dr prof st vs fig e.g i.e",
        short_forms="etc inc ltd ca approx jan feb mar apr jun jul aug sep sept oct nov dec a.m p.m",
    ),
    "de": Language(
        titles="dr prof st nr bzw vgl hr z.b d.h",
        short_forms="etc usw ca",
        months="Januar Jänner Februar März April Mai Juni Juli August September Oktober November Dezember",
    ),
    "fr": Language(titles="mme mlle"),
    "es": Language(titles="sr sra p.ej"),
    "zh": Language(varieties="wuu yue"),
    "no": Language(varieties="nn"),
}
"""By the code of ISO 639. The identifier knows more; of these something must be known beside its model."""


def every(texts: str) -> frozenset[str]:
    """What all languages have of one kind: which one an answer is in is not asked before its sentences are counted."""
    return frozenset(text for language in LANGUAGES.values() for text in getattr(language, texts).split())


def is_in_language(answer: str, options: Mapping[str, object]) -> CheckResult:
    """The likeliest language is the one wanted; a text too short to tell is unscored."""
    wanted = str(options["code"])
    probabilities: dict[str, float] = {}
    for code, probability in _identifier().rank(answer):
        probabilities[_main(code)] = probabilities.get(_main(code), 0.0) + probability
    likeliest = max(probabilities, key=lambda code: probabilities[code])
    share = f"{probabilities[likeliest]:.0%}"
    if probabilities[likeliest] < SURE:
        return CheckResult(None, f"too short to tell its language (likeliest {likeliest}, {share})")
    return met_or_missed(likeliest == _main(wanted), f"is in {likeliest} ({share}), wanted {wanted}")


def _main(code: str) -> str:
    """The language that a variety is taken for."""
    return next((name for name, language in LANGUAGES.items() if code in language.varieties.split()), code)


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
