"""A models.json out of a recommendation: who can what, how large, how fast, how good, for automated routing."""

from pathlib import Path
from typing import Any

from foundry_exp.config import models_json
from foundry_exp.decide.choice import Choice
from foundry_exp.decide.recommend import Recommendation
from foundry_exp.files.escape import one_line

_MEASURED = ("quality", "typical_answer_ms", "e2e_p95_ms", "decode_tok_per_s", "load_s", "disk_mb", "rss_peak_mb",
             "vram_peak_mb", "energy_j_per_token", "error_rate")  # fmt: skip


def write(path: Path, recommendation: Recommendation) -> list[str]:
    """Write one entry an alias, of its best option; return the aliases."""
    entries: dict[str, dict[str, Any]] = {}
    for one in recommendation.ranked:
        entries.setdefault(_alias(one.choice), _entry(one.choice, recommendation, one.score))
    for rejected in recommendation.rejected:
        entries.setdefault(_alias(rejected.choice), _entry(rejected.choice, recommendation, None))
    models_json.write(path, entries)
    return list(entries)


def _alias(choice: Choice) -> str:
    return choice.candidate.result.model.alias


def _entry(choice: Choice, recommendation: Recommendation, score: float | None) -> dict[str, Any]:
    result = choice.candidate.result
    is_pick = recommendation.pick is not None and choice is recommendation.pick.choice
    against = next((one for one in recommendation.rejected if one.choice is choice), None)
    reason = "; ".join(each.sentence for each in against.broken) if against else recommendation.decision.name
    return {
        "capabilities": list(result.model.capabilities),
        "size_mb": result.model.disk_mb,
        "context_length": result.model.context_length,
        "licence": result.model.licence,
        "licence_source": result.model.licence_source,
        "variant": result.model.variant,
        "default": is_pick,
        "qualifies": against is None,
        "reason": one_line(reason if not is_pick else f"the pick of {reason}"),
        "run": f"{result.sweep_id}/{result.cell}",
        "accel": result.accel,
        "score": score,
        "ttft_ms": choice.figures["ttft_p50_ms"],
        "e2e_ms": choice.figures["e2e_p50_ms"],
        **{name: choice.figures[name] for name in _MEASURED},
    }
