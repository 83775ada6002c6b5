"""What a judge of pairs prefers, as lines for a terminal, as a section of the Markdown page, and as data."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from foundry_exp.decide.preferences import PairPreference, Preferences
from foundry_exp.files.escape import counted, markdown, one_line, sentence
from foundry_exp.metrics.formats import NOTHING, share
from foundry_exp.metrics.stats.preference import EVEN

UNCALIBRATED = "uncalibrated"


def console(preferences: Preferences) -> str:
    """What is printed below the comparison."""
    lines: list[str] = []
    for pair in preferences.pairs:
        lines += [
            one_line(headline(pair, preferences)),
            *(f"  {one_line(remark)}" for remark in _about(pair, preferences.most_flips)),
        ]
    return "\n".join([*lines, "", *(sentence(remark) for remark in _remarks(preferences))]) + "\n"


def page(preferences: Preferences) -> str:
    """The section of the Markdown page."""
    head = f"## Pairwise, by {markdown(preferences.judge or 'nobody')}"
    table = [
        "| | better | worse | tied | unjudged | flips | win rate | 95 % interval | p (Holm) |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_row(pair) for pair in preferences.pairs),
    ]
    lines = [
        remark
        for pair in preferences.pairs
        for remark in (headline(pair, preferences), *_about(pair, preferences.most_flips))
    ]
    listed = [f"- {markdown(sentence(remark))}" for remark in (*lines, *_remarks(preferences))]
    return "\n".join([head, "", *table, "", *listed]) + "\n"


def document(preferences: Preferences) -> dict[str, Any]:
    """The same as data; the win rate is the second's, ties half."""
    standing = preferences.standing
    return {
        "judge": preferences.judge,
        "trusted": standing.trusted if standing else None,
        "reason": standing.reason if standing else None,
        "figures": standing.figures if standing else {},
        "stopped": preferences.stopped,
        "pairs": [_pair(pair, preferences) for pair in preferences.pairs],
        "notes": list(preferences.notes),
    }


def headline(pair: PairPreference, preferences: Preferences) -> str:
    """Who is preferred, or that it cannot be told, with the counts that say so."""
    first, second = pair.first.label, pair.second.label
    label = f" ({UNCALIBRATED})" if preferences.standing and not preferences.standing.trusted else ""
    if pair.rate is None:
        return f"{second} and {first}{label}: no pair of answers was judged"
    tail = f"better on {pair.counts['second']}, worse on {pair.counts['first']}, tied on {pair.counts['tie']} of "
    tail += f"{counted(pair.rate.n, 'prompt')}; win rate {_rate(pair)}"
    if not pair.beyond_chance:
        return f"{second}, against {first}{label}: cannot tell which is better: {tail}"
    return f"{second}, against {first}{label}, is judged {'better' if pair.rate.rate > EVEN else 'worse'}: {tail}"


def _about(pair: PairPreference, most_flips: float) -> Iterator[str]:
    if pair.flips:
        yield _flips(pair, most_flips)
    if unjudged := pair.counts["unjudged"]:
        reasons = Counter(one.reason for one in pair.outcomes.values() if one.result == "unjudged")
        (reason, _), *others = reasons.most_common()
        yield f"{counted(unjudged, 'prompt')} unjudged: {reason}" + (
            f"; {counted(len(others), 'other reason')}" if others else ""
        )
    if alike := sum(not one.asked for one in pair.outcomes.values()):
        yield f"{counted(alike, 'prompt')} answered alike: a tie without asking"
    if pair.apart:
        yield f"{counted(pair.apart, 'prompt')} left out, since not both have an answer"


def _flips(pair: PairPreference, most: float) -> str:
    (place, often), *_ = Counter(one.place for one in pair.flips).most_common()
    flips, asked = len(pair.flips), len(pair.asked)
    text = f"when the answers changed places, the judge changed its mind on {flips} of {counted(asked, 'prompt')}"
    if flips / asked > most:
        text += f" ({share(flips / asked)}), {often} times for what stood {place}: position bias"
    return f"{text}; a flip is a tie"


def _remarks(preferences: Preferences) -> Iterator[str]:
    if preferences.standing and preferences.standing.reason:
        yield f"{preferences.judge}: {preferences.standing.reason}"
    elif preferences.standing:
        yield from map(_tried, _trials(preferences.standing.figures))
    if preferences.stopped:
        yield f"The judge stopped ({preferences.stopped}); the same command asks for what is missing"
    yield from preferences.notes
    yield (
        f"Judged by {preferences.judge or 'nobody, since all answers are alike'}, each pair in both orders; a win is "
        "the same verdict in both. The win rate counts a tie half; 95 % intervals over prompts; one is called better "
        f"when that is more than chance over {counted(len(preferences.pairs), 'pair')} together (sign test, Holm, 5 %)"
    )


def _trials(figures: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Of each rubric that the judge was tried on."""
    return [figures] if "agreement" in figures else [one for one in figures.values() if "agreement" in one]


def _tried(figures: Mapping[str, Any]) -> str:
    return (
        f"Tried before: it named the better answer in {share(figures['agreement'])} of {figures['pairs']} known pairs, "
        f"and preferred one place in {share(figures['flips'])}"
    )


def _rate(pair: PairPreference) -> str:
    if pair.rate is None:
        return NOTHING
    interval = pair.rate.interval
    around = f" ({share(interval.low).removesuffix(' %')}–{share(interval.high)})" if interval else ""
    return share(pair.rate.rate) + around


def _row(pair: PairPreference) -> str:
    name = f"{markdown(pair.second.label)} against {markdown(pair.first.label)}"
    counts = [str(pair.counts[result]) for result in ("second", "first", "tie", "unjudged")]
    interval = pair.rate.interval if pair.rate else None
    around = f"{share(interval.low)} – {share(interval.high)}" if interval else NOTHING
    rate = share(pair.rate.rate) if pair.rate else NOTHING
    rate = f"**{rate}**" if pair.beyond_chance else rate
    p = f"{pair.adjusted_p:.3f}" if pair.rate else NOTHING
    return f"| {' | '.join([name, *counts, share(pair.flip_share), rate, around, p])} |"


def _pair(pair: PairPreference, preferences: Preferences) -> dict[str, Any]:
    rate = pair.rate
    interval = rate.interval if rate else None
    return {
        "first": pair.first.label,
        "second": pair.second.label,
        "sentence": headline(pair, preferences),
        "wins": pair.counts["second"],
        "ties": pair.counts["tie"],
        "losses": pair.counts["first"],
        "unjudged": pair.counts["unjudged"],
        "alike": sum(not one.asked for one in pair.outcomes.values()),
        "without_answer": pair.apart,
        "flips": len(pair.flips),
        "flip_share": pair.flip_share,
        "preferred_places": dict(Counter(one.place for one in pair.flips)),
        "win_rate": rate.rate if rate else None,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "method": interval.method if interval else None,
        "p": rate.p_value if rate else None,
        "p_holm": pair.adjusted_p if rate else None,
        "found": pair.beyond_chance,
        "n": rate.n if rate else 0,
        "prompts": {name: {"result": one.result, "reason": one.reason} for name, one in pair.outcomes.items()},
    }
