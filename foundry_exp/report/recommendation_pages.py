"""A recommendation in sentences, as Markdown, and as data."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from foundry_exp.decide import fleet
from foundry_exp.decide.choice import Choice
from foundry_exp.decide.constraints import kept, limits, with_unit
from foundry_exp.decide.recommend import Recommendation, Rejected, Sensitivity
from foundry_exp.decide.weighing import Weighed, weighed_by
from foundry_exp.files.escape import listed, markdown, one_line, sentence
from foundry_exp.metrics import catalogue
from foundry_exp.metrics.formats import number
from foundry_exp.metrics.stats.intervals import MINIMUM_N
from foundry_exp.records.config_json import plain

_CLOSE = 0.01
"""A criterion that moves the score by less is no reason."""


def console(recommendation: Recommendation) -> str:
    """What is printed."""
    return "\n".join(one_line(line) if line else "" for line in _lines(recommendation)) + "\n"


def page(recommendation: Recommendation) -> str:
    """The Markdown file."""
    head, *rest = [line for line in _lines(recommendation) if line]
    parts = [f"# {markdown(head)}", "\n".join(f"- {markdown(line)}" for line in rest)]
    if recommendation.ranked:
        parts.append(_table(recommendation))
    return "\n\n".join(parts) + "\n"


def document(recommendation: Recommendation) -> dict[str, Any]:
    """The same as data."""
    return {
        "decision": plain(recommendation.decision),
        "expected_tokens": recommendation.expected.tokens,
        "pick": recommendation.pick.choice.label if recommendation.pick else None,
        "ranked": [
            {"label": one.choice.label, "score": one.score, "parts": one.parts, "figures": one.choice.figures}
            for one in recommendation.ranked
        ],
        "tied": [one.choice.label for one in recommendation.tied],
        "cheapest": recommendation.cheapest.label if recommendation.cheapest else None,
        "rejected": [
            {"label": one.choice.label, "figures": one.choice.figures, "broken": [each.sentence for each in one.broken]}
            for one in recommendation.rejected
        ],
        "unmeasured": dict(recommendation.unmeasured),
        "broken_runs": {
            one.label: broken
            for one in [*_choices(recommendation.ranked), *_choices(recommendation.rejected)]
            if (broken := one.candidate.broken())
        },
        "pareto": {"of": list(recommendation.objectives), "options": list(recommendation.front)},
        "sensitivity": [
            {
                "criterion": one.criterion,
                "weight": one.weight,
                "pick_at_half": one.at_half,
                "pick_at_twice": one.at_twice,
                "flips": [{"at": at, "to": to} for at, to in one.flips],
            }
            for one in recommendation.sensitivity
        ],
        "fleet": [asdict(one) for one in recommendation.fleet],
        "remarks": list(recommendation.remarks),
    }


def title(recommendation: Recommendation) -> str:
    """`default-summarizer: take phi-4-mini (cpu)`."""
    return f"{recommendation.decision.name}: " + (
        f"take {recommendation.pick.choice.label}" if recommendation.pick else "no model qualifies"
    )


def _lines(recommendation: Recommendation) -> Iterator[str]:
    yield title(recommendation)
    yield ""
    yield from reasons(recommendation)


def reasons(recommendation: Recommendation) -> Iterator[str]:
    """Why, a sentence at a time."""
    if recommendation.pick:
        yield from _why(recommendation, recommendation.pick)
    else:
        yield from _nothing(recommendation)
    yield from (
        f"{one.choice.label} is out: {'; '.join(each.sentence for each in one.broken)}."
        for one in recommendation.rejected
    )
    yield from (f"{label} is out: {sentence(_briefly(why))}" for label, why in recommendation.unmeasured)
    yield from _broken_runs(recommendation)
    if recommendation.front and recommendation.objectives:
        names = ", ".join(catalogue.words(figure) for figure in recommendation.objectives)
        yield f"Nothing measured is better in every way than {listed(recommendation.front, 'or')} ({names})."
    yield from (_moved(one, recommendation) for one in recommendation.sensitivity if one.flips)
    fixed = [one.criterion for one in recommendation.sensitivity if not one.flips]
    if fixed:
        yield f"No weight of {listed(fixed, 'or')} changes the pick."
    yield from (sentence(text) for text in recommendation.remarks)


def _broken_runs(recommendation: Recommendation) -> Iterator[str]:
    """Runs without figures of options that nothing above says it of."""
    said_above = [one for one in recommendation.rejected if any(each.constraint == "error_rate" for each in one.broken)]
    others = [
        *_choices(recommendation.ranked[1:]),
        *_choices([one for one in recommendation.rejected if one not in said_above]),
    ]
    yield from (sentence(f"{one.label}: {what}") for one in others for what in one.candidate.broken())


def _choices(among: Sequence[Weighed | Rejected]) -> list[Choice]:
    return [one.choice for one in among]


def _briefly(why: str) -> str:
    """Without what is in brackets, and what to do about it: the tables say it whole."""
    return why.partition(" (")[0].partition(";")[0]


def _why(recommendation: Recommendation, pick: Weighed) -> Iterator[str]:
    allowed = limits(recommendation.decision.constraints)
    facts = [kept(name, pick.choice.figures.get(name), limit) for name, limit in allowed.items()]
    licence = pick.choice.candidate.result.model.licence
    facts += [f"licence {licence}"] if licence else []
    yield "It keeps to every constraint" + (f": {'; '.join(facts)}." if facts else ".")
    broken = pick.choice.candidate.broken()
    if broken:
        yield sentence(f"But not every run of it came to figures: {listed(broken)}")
    if allowed.get("e2e_p95_ms") and pick.choice.answers < MINIMUM_N["p95"]:
        yield f"Its p95 is of {pick.choice.answers} answers, too few for an interval: it is one of the slowest seen."
    if len(recommendation.ranked) > 1:
        yield from _runner_up(recommendation, pick, recommendation.ranked[1])
    if recommendation.tied:
        labels = ", ".join(one.choice.label for one in recommendation.tied)
        yield f"Not to be told apart from it by these prompts: {labels}. {_least(recommendation)}"
    if recommendation.decision.fleet and recommendation.fleet:
        yield from fleet.sentences(recommendation.fleet, recommendation.decision.fleet)


def _least(recommendation: Recommendation) -> str:
    """Which of the pick and the tied ones needs least."""
    figure = recommendation.decision.cheapest_by
    if recommendation.cheapest is None:
        return f"Which of them and it needs least is not known ({catalogue.words(figure)})."
    size = with_unit(figure, recommendation.cheapest.figures.get(figure))
    return f"Of them and it, {recommendation.cheapest.label} needs least ({catalogue.words(figure)} {size})."


def _runner_up(recommendation: Recommendation, pick: Weighed, other: Weighed) -> Iterator[str]:
    weights = recommendation.decision.weights
    moves = {name: weights[name] * (pick.parts[name] - other.parts[name]) for name in pick.parts}
    total = sum(weights[name] for name in pick.parts)
    ahead = [name for name, move in moves.items() if move / total > _CLOSE]
    behind = [name for name, move in moves.items() if move / total < -_CLOSE]
    text = f"Runner-up: {other.choice.label}, with a score of {other.score:.2f} against {pick.score:.2f}."
    if ahead:
        text += f" {pick.choice.label} is ahead in {_against(ahead, pick.choice, other.choice)}"
        text += f", and behind in {_against(behind, pick.choice, other.choice)}." if behind else "."
    yield text


def _against(criteria: Sequence[str], one: Choice, other: Choice) -> str:
    parts = []
    for figure in map(weighed_by, criteria):
        mine, theirs = (with_unit(figure, choice.figures.get(figure)) for choice in (one, other))
        parts.append(f"{catalogue.words(figure)} ({mine} against {theirs})")
    return ", ".join(parts)


def _nothing(recommendation: Recommendation) -> Iterator[str]:
    if recommendation.closest:
        worst = max(recommendation.closest.broken, key=lambda one: one.excess)
        yield f"The closest is {recommendation.closest.choice.label}: {worst.sentence}, {worst.by}."
    else:
        yield "None misses by a matter of degree: each lacks a figure, a licence or a capability, or failed in a run."


def _moved(one: Sensitivity, recommendation: Recommendation) -> str:
    pick = recommendation.pick.choice.label if recommendation.pick else ""
    changed = {"half": one.at_half, "twice": one.at_twice}
    moved = [
        f"{to} with {by} of it" if by == "half" else f"{to} with {by} that" for by, to in changed.items() if to != pick
    ]
    head = f"Weight of {one.criterion} ({number(one.weight)}): the pick "
    said_now = f"becomes {' and '.join(moved)}" if moved else "stays with half and with twice of it"
    flips = ", ".join(f"{to} at {number(at)}" for at, to in one.flips)
    return f"{head}{said_now}; it flips to {flips}."


def _table(recommendation: Recommendation) -> str:
    figures = list(dict.fromkeys(map(weighed_by, recommendation.ranked[0].parts)))
    head = " | ".join(["Option", "score", *(catalogue.words(figure) for figure in figures)])
    rule = "|".join(["---"] * (len(figures) + 2))
    rows = [
        " | ".join(
            [
                markdown(one.choice.label),
                f"{one.score:.2f}",
                *(with_unit(figure, one.choice.figures.get(figure)) for figure in figures),
            ]
        )
        for one in recommendation.ranked
    ]
    return "\n".join(f"| {row} |" for row in (head, *rows)).replace("\n", f"\n|{rule}|\n", 1)
