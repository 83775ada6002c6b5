"""`python -m tests.benchmarks.gate_rates FOLDER`: how often the gate is wrong. Asserts nothing.

Targets, over every gated figure together, at the defaults of `experiment=regression` and `gate=default`: sides that do
not differ fail in at most 5 %, and answers made 10 % slower fail in at least 90 %. FOLDER is what `gate_cells` filled.

A window is five threes of cells that followed each other, fifteen in all. Its plain cells against its other ones are a
pair without a difference, one way round and the other; its slow cells against either are a pair with one. Windows
start at every three, so neighbouring ones share cells: how many share none is said too, and so is the rate at which
sides measured apart fail, first five plain cells against the next five, as a baseline in git meets them.
A slow-down counts as caught only if a time or a rate failed, since the delay needs memory of its own.
"""

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from foundry_exp.config import compose
from foundry_exp.decide import gate_side
from foundry_exp.decide.gate import GateResult, gate
from foundry_exp.decide.gate_side import GateSide
from foundry_exp.metrics import catalogue
from foundry_exp.metrics.stats.intervals import wilson_interval
from foundry_exp.records import run_folder
from foundry_exp.records.decision import Gate
from foundry_exp.results import candidates
from tests.benchmarks.gate_cells import KINDS, SLOW_FACTOR

REPEATS = 5


def main() -> None:
    """Form the pairs and print the rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    threes = _threes(options.folder)
    rules = compose.section(Gate, "default", [])
    starts = range(len(threes) - REPEATS + 1)
    alike = [
        _pair(threes, start, *kinds, rules) for start in starts for kinds in (("plain", "other"), ("other", "plain"))
    ]
    slowed = [_pair(threes, start, kind, "slow", rules) for start in starts for kind in ("plain", "other")]
    apart = [_apart(threes, start, rules) for start in range(0, len(threes) - 2 * REPEATS + 1)]
    print(f"{len(threes) * len(KINDS)} cells, {_noise(threes)}, {_loads(options.folder)}")
    print(
        f"the slow cells' answers took {_slower(threes):.1%} longer (a delay of {SLOW_FACTOR - 1:.0%} and its own cost)"
    )
    _say("no difference, in turns", [one.verdict == "failed" for one in alike], "at most 5 %", len(threes) // REPEATS)
    _say("no difference, apart", [one.verdict == "failed" for one in apart], "none", len(threes) // (2 * REPEATS))
    _say("10 % slower", [_caught(one) for one in slowed], "at least 90 %", len(threes) // REPEATS)
    for metric in rules.tolerances:
        counts = [sum(_failed(one, metric) for one in pairs) for pairs in (alike, slowed)]
        if any(counts):
            print(f"    {metric}: {counts[0]} of {len(alike)} alike, {counts[1]} of {len(slowed)} slower")


def _threes(folder: Path) -> list[dict[str, GateSide]]:
    """Every complete three, in order, each cell as a side of one run."""
    found: dict[int, dict[str, GateSide]] = {}
    for run in sorted((folder / "runs" / "cells").glob("*/" + run_folder.RESULT_FILE)):
        number, kind, *again = run.parent.name.split("-")
        if not again:
            found.setdefault(int(number) // len(KINDS), {})[kind] = gate_side.side(
                candidates.read([run.parent], together=True), run.parent.name, "fastest"
            )
    return [found[place] for place in sorted(found) if len(found[place]) == len(KINDS)]


def _joined(sides: Sequence[GateSide]) -> GateSide:
    figures = {name: tuple(one.figures[name][0] for one in sides) for name in sides[0].figures}
    return replace(sides[0], figures=figures)


def _pair(threes: list[dict[str, GateSide]], start: int, first: str, second: str, rules: Gate) -> GateResult:
    window = threes[start : start + REPEATS]
    return gate(_joined([one[first] for one in window]), _joined([one[second] for one in window]), rules)


def _apart(threes: list[dict[str, GateSide]], start: int, rules: Gate) -> GateResult:
    before, after = threes[start : start + REPEATS], threes[start + REPEATS : start + 2 * REPEATS]
    return gate(_joined([one["plain"] for one in before]), _joined([one["plain"] for one in after]), rules)


def _caught(outcome: GateResult) -> bool:
    return any(_failed(outcome, one.name) for one in catalogue.FIGURES if one.is_gated and one.kind == "requests")


def _failed(outcome: GateResult, metric: str) -> bool:
    return any(check.metric == metric and check.verdict == "failed" for check in outcome.checks)


def _say(what: str, failed: Sequence[bool], wanted: str, disjoint: int) -> None:
    interval = wilson_interval(sum(failed), len(failed))
    rate = f"{sum(failed) / len(failed):.1%}" if failed else "–"
    spread = f"{interval.low:.1%} to {interval.high:.1%} if pairs were independent" if interval else ""
    print(f"{what}: failed {sum(failed)} of {len(failed)} = {rate} (wanted: {wanted}; {spread})")
    print(f"    {disjoint} windows share no cell")


def _log_times(threes: list[dict[str, GateSide]], kind: str) -> list[float]:
    return [math.log(one[kind].figures["e2e_ms"][0] or math.nan) for one in threes]


def _slower(threes: list[dict[str, GateSide]]) -> float:
    changes = zip(_log_times(threes, "slow"), _log_times(threes, "plain"), strict=True)
    return math.expm1(median(slow - plain for slow, plain in changes))


def _noise(threes: list[dict[str, GateSide]]) -> str:
    values = sorted(_log_times(threes, "plain"))
    middle = (values[len(values) // 4], values[3 * len(values) // 4])
    return f"e2e_ms of the middle half of the plain cells spread over {math.expm1(middle[1] - middle[0]):.1%}"


def _loads(folder: Path) -> str:
    lines = (folder / "collected.jsonl").read_text(encoding="utf-8").splitlines()
    loads = sorted(json.loads(line)["load_1m"] for line in lines)
    return f"load of the machine {loads[0]:.1f} to {loads[-1]:.1f}, median {median(loads):.1f}"


if __name__ == "__main__":
    main()
