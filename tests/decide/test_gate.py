"""The gate on planted differences, on sides that are no pair, and its promise about false alarms."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from foundry_exp.config import compose
from foundry_exp.decide import gate_side
from foundry_exp.decide.gate import GateResult, gate
from foundry_exp.decide.gate_side import GateSide
from foundry_exp.errors import ConfigError
from foundry_exp.metrics.stats.multiple_comparisons import max_t
from foundry_exp.records.decision import Gate
from foundry_exp.report import gate_pages
from foundry_exp.results import candidates
from tests.decide.planted import fail, plant, repeats
from tests.report.hostile import HOSTILE


def rules(**changes: Any) -> Gate:
    chosen = compose.section(Gate, "default", [])
    return replace(chosen, **changes)


def side_of(runs: list[Path], statistic: str) -> GateSide:
    return gate_side.side(candidates.read(runs, together=True), runs[0].name, statistic)


def sides(folder: Path, count: int = 5, **candidate: Any) -> tuple[GateSide, GateSide]:
    """A baseline, and a candidate that differs in what is said, over as many runs a side."""
    chosen = {"name": "cell", "prompts": 4, "rounds": 10, "process_noise": 0.005}
    before = repeats(folder, count, sweep_id="before", seed=1, **chosen)
    after = repeats(folder, count, sweep_id="after", seed=2, **(chosen | candidate))
    return side_of([before], "fastest"), side_of([after], "fastest")


def judged(folder: Path, **candidate: Any) -> GateResult:
    return gate(*sides(folder, **candidate), rules())


def verdicts(outcome: GateResult) -> dict[str, str]:
    return {check.metric: check.verdict for check in outcome.checks}


@pytest.mark.slow
@pytest.mark.parametrize(("slower", "verdict"), [(1.0, "passed"), (1.05, "failed"), (1.1, "failed"), (1.3, "failed")])
def test_planted_slow_downs(tmp_path: Path, slower: float, verdict: str) -> None:
    outcome = judged(tmp_path, slower=slower)
    assert outcome.verdict == verdict
    found = {check.metric: check for check in outcome.checks}
    assert found["e2e_ms"].worse == pytest.approx(slower - 1, abs=0.02)
    assert verdicts(outcome)["rss_peak_mb"] == "passed"


@pytest.mark.slow
def test_what_became_faster_passes(tmp_path: Path) -> None:
    outcome = judged(tmp_path, slower=0.7)
    assert outcome.verdict == "passed"
    assert "30 % better" in gate_pages.console(outcome)


@pytest.mark.slow
def test_a_change_within_the_tolerance_passes(tmp_path: Path) -> None:
    wide = rules(tolerances={"e2e_ms": 0.2})
    assert gate(*sides(tmp_path, slower=1.1), wide).verdict == "passed"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "metric"), [({"points": 2.5}, "quality"), ({"metrics": {"rss_peak_mb": 240}}, "rss_peak_mb")]
)
def test_other_figures_are_gated_too(tmp_path: Path, changes: dict[str, Any], metric: str) -> None:
    before = repeats(tmp_path, 5, sweep_id="before", name="cell", prompts=12, points=4.0, seed=1)
    after = repeats(tmp_path, 5, sweep_id="after", name="cell", prompts=12, seed=2, **({"points": 4.0} | changes))
    outcome = gate(side_of([before], "fastest"), side_of([after], "fastest"), rules())
    assert outcome.verdict == "failed"
    assert {name for name, verdict in verdicts(outcome).items() if verdict == "failed"} == {metric}


@pytest.mark.slow
def test_every_figure_has_its_unit(tmp_path: Path) -> None:
    metered = {"points": 4.0, "metrics": {"energy_j_per_token": 0.5}}
    before = repeats(tmp_path, 5, sweep_id="before", name="cell", seed=1, **metered)
    after = repeats(tmp_path, 5, sweep_id="after", name="cell", seed=2, **metered)
    tolerances = {**rules().tolerances, "energy_j_per_token": 0.1, "load_s": 0.1}
    first, second = (side_of([one], "fastest") for one in (before, after))
    outcome = gate(first, second, rules(tolerances=tolerances))
    rows = {line.split(" | ")[0].strip("| "): line for line in gate_pages.page(outcome).splitlines() if "| " in line}
    units = {
        "e2e_ms": " ms |", "decode_tok_per_s": " tok/s |", "rss_peak_mb": " MB |", "load_s": " s |",
        "quality": " of 5 |", "energy_j_per_token": " J/token |", "error_rate": "| 0 % |",
    }  # fmt: skip
    for metric, unit in units.items():
        assert unit in rows[metric], rows[metric]


@pytest.mark.slow
def test_a_change_is_that_of_the_two_figures_beside_it_or_says_of_what_it_is(tmp_path: Path) -> None:
    said = gate_pages.console(judged(tmp_path, slower=1.234))
    pattern = r"e2e_ms ([\d.]+) ms, was ([\d.]+) ms: ([\d.]+) % worse \("
    after, before, worse = map(float, next(iter(re.findall(pattern, said))))
    assert worse == pytest.approx(100 * (after / before - 1), abs=0.5)
    pattern = r"decode_tok_per_s ([\d.]+) tok/s, was ([\d.]+) tok/s: ([\d.]+) % worse in time \("
    after, before, worse = map(float, next(iter(re.findall(pattern, said))))
    assert worse == pytest.approx(100 * (before / after - 1), abs=0.5)


@pytest.mark.slow
def test_too_few_repeats_are_inconclusive_however_alike(tmp_path: Path) -> None:
    outcome = gate(*sides(tmp_path, count=4), rules())
    assert outcome.verdict == "inconclusive"
    assert "sweep.repeats=5" in outcome.notes[0]
    assert ET.fromstring(gate_pages.junit(outcome)).get("errors") == "1"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("count", "repeats", "false_alarm", "way_out"),
    [
        (5, 5, 0.003, "sweep.repeats=6, or allow false_alarm=0.008."),
        (4, 4, 0.01, "sweep.repeats=5, or allow false_alarm=0.029."),
        (5, 5, 1e-9, "; allow false_alarm=0.008."),
    ],
)
def test_a_level_at_which_nothing_can_fail_is_inconclusive(
    tmp_path: Path, count: int, repeats: int, false_alarm: float, way_out: str
) -> None:
    outcome = gate(
        *sides(tmp_path, count=count, slower=1.5, process_noise=0.0),
        rules(repeats=repeats, false_alarm=false_alarm),
    )
    assert outcome.verdict == "inconclusive"
    assert outcome.notes[0].endswith(way_out)
    json.dumps(gate_pages.document(outcome), allow_nan=False)


@pytest.mark.slow
def test_the_smallest_level_that_can_fail_does_beside_a_figure_without_spread(tmp_path: Path) -> None:
    before, after = sides(tmp_path, slower=1.5)
    assert gate(before, after, rules(false_alarm=2 / 252)).verdict == "failed"
    assert gate(before, after, rules(false_alarm=1.5 / 252)).verdict == "inconclusive"


@pytest.mark.slow
def test_an_interval_without_an_end_is_inconclusive_and_json() -> None:
    """Figures of two values each are told apart perfectly by as many exchanges as may be by chance."""

    def made(e2e: float, errors: str, points: str, peak: float) -> GateSide:
        times = tuple(e2e * (1 + 0.01 * number) for number in range(5))
        figures: dict[str, tuple[float | None, ...]] = {
            "e2e_ms": times, "rss_peak_mb": (peak,) * 5, "quality": tuple(map(float, points)),
            "error_rate": tuple(map(float, errors)),
        }  # fmt: skip
        return GateSide(1, "demo-small", "run", "fastest", {}, figures, {})

    before, after = made(100, "00011", "34343", 200), made(150, "11100", "43434", 200)
    tolerances = {"e2e_ms": 0.02, "rss_peak_mb": 0.05, "quality": 0.0, "error_rate": 0.0}
    outcome = gate(before, after, rules(false_alarm=2 / 252, tolerances=tolerances))
    assert outcome.verdict == "inconclusive"
    assert "50 % worse (no interval), 2 % worse is accepted; at this false_alarm" in gate_pages.console(outcome)
    json.dumps(gate_pages.document(outcome), allow_nan=False)


@pytest.mark.slow
def test_a_figure_that_only_the_baseline_has_is_inconclusive(tmp_path: Path) -> None:
    before = repeats(tmp_path, 5, sweep_id="before", name="cell", points=4.0, seed=1)
    after = repeats(tmp_path, 5, sweep_id="after", name="cell", seed=2)
    outcome = gate(side_of([before], "fastest"), side_of([after], "fastest"), rules())
    assert outcome.verdict == "inconclusive"
    assert verdicts(outcome)["quality"] == "inconclusive"


@pytest.mark.slow
def test_a_prompt_that_always_fails_leaves_no_time_to_compare(tmp_path: Path) -> None:
    """The rest of the prompts would be another figure: without its slowest prompt a side looks quicker."""
    before, _ = sides(tmp_path)
    for number in range(5):
        fail(tmp_path / "after" / (f"cell-r{number}" if number else "cell"), {"p003"}, rounds=set(range(10)))
    after = side_of([tmp_path / "after"], "fastest")
    assert after.figures["e2e_ms"] == (None,) * 5
    assert verdicts(gate(before, after, rules()))["e2e_ms"] == "inconclusive"


@pytest.mark.slow
def test_what_the_baseline_lacks_is_said_to_be_ungated(tmp_path: Path) -> None:
    said = " ".join(judged(tmp_path).notes)
    assert "not gated, since not every run of the baseline has them: quality" in said


@pytest.mark.slow
def test_energies_from_different_sources_are_not_gated(tmp_path: Path) -> None:
    joules = {"name": "cell", "metrics": {"energy_j_per_token": 0.1}}
    before = repeats(tmp_path, 5, sweep_id="before", seed=1, changes={"energy_source": "rapl"}, **joules)
    after = repeats(tmp_path, 5, sweep_id="after", seed=2, changes={"energy_source": "heuristic"}, **joules)
    metered, guessed = (side_of([folder], "fastest") for folder in (before, after))
    outcome = gate(metered, guessed, rules(tolerances={"energy_j_per_token": 0.1}))
    assert verdicts(outcome) == {"energy_j_per_token": "inconclusive"}
    assert outcome.checks[0].reason == "the baseline's is from rapl and the candidate's from heuristic"


@pytest.mark.slow
def test_a_candidate_run_that_failed_fails_the_gate(tmp_path: Path) -> None:
    before, _ = sides(tmp_path)
    plant(tmp_path, name="cell", sweep_id="after", repeat=9, status="failed", reason="demo-small: crashed")
    outcome = gate(before, side_of([tmp_path / "after"], "fastest"), rules())
    assert outcome.verdict == "failed"
    assert "cell-r9: its status is failed: crashed" in " ".join(outcome.notes)
    assert ET.fromstring(gate_pages.junit(outcome)).get("failures") == "1"


@pytest.mark.slow
def test_sides_that_differ_where_they_must_not_are_refused(tmp_path: Path) -> None:
    before, after = sides(tmp_path, changes={"generation": {"temperature": 0.0, "max_tokens": 9}})
    with pytest.raises(ConfigError, match=r"generation: .*baseline.*max_tokens 9, temperature 0 \(candidate\)"):
        gate(before, after, rules())
    assert "compared all the same" in " ".join(gate(before, after, rules(), force=True).notes)


@pytest.mark.slow
def test_a_side_whose_answers_count_without_a_good_end_is_refused(tmp_path: Path) -> None:
    before, after = sides(tmp_path, changes={"environment": {"runtime": {"end_reasons": "abort, missing"}}})
    with pytest.raises(ConfigError, match=r"answers: whole \(baseline\), whole, or with the end abort, missing"):
        gate(before, after, rules())


@pytest.mark.slow
def test_another_runtime_is_gated_and_said(tmp_path: Path) -> None:
    def environment(version: str) -> dict[str, Any]:
        return {"environment": {"packages": {"onnxruntime": version}}}

    before = repeats(tmp_path, 5, sweep_id="before", name="cell", seed=1, changes=environment("1.30"))
    after = repeats(tmp_path, 5, sweep_id="after", name="cell", seed=2, changes=environment("1.31"))
    outcome = gate(side_of([before], "fastest"), side_of([after], "fastest"), rules())
    assert "runtime: onnxruntime 1.30 became onnxruntime 1.31" in outcome.notes


def test_several_models_are_no_side(tmp_path: Path) -> None:
    plant(tmp_path, name="a", model="small")
    plant(tmp_path, name="b", model="large")
    with pytest.raises(ConfigError, match=r"got 2 \(small, large\)"):
        side_of([tmp_path / "sweep"], "fastest")


@pytest.mark.slow
@pytest.mark.parametrize(("outputs", "verdict"), [("ignore", "passed"), ("warn", "passed"), ("fail", "failed")])
def test_changed_greedy_answers_are_a_diff(tmp_path: Path, outputs: str, verdict: str) -> None:
    said = "The invoice export ships on Thursday and Lena sends Tom the key today."
    before = repeats(tmp_path, 5, sweep_id="before", name="cell", seed=1, text=said)
    after = repeats(tmp_path, 5, sweep_id="after", name="cell", seed=2, text=said.replace("Tom", "Priya"))
    outcome = gate(side_of([before], "fastest"), side_of([after], "fastest"), rules(outputs=outputs))
    assert outcome.verdict == verdict
    assert len(outcome.changes) == (0 if outputs == "ignore" else 20)
    if outcome.changes:
        page = gate_pages.page(outcome)
        assert "- …" in page
        assert "Tom the key" in page
        assert "Priya the key" in page


@pytest.mark.slow
def test_a_baseline_survives_git(tmp_path: Path) -> None:
    before, after = sides(tmp_path, slower=1.3)
    path = tmp_path / "baseline.json"
    gate_side.save_baseline(path, before)
    assert gate_side.load_baseline(path) == before
    assert gate(gate_side.load_baseline(path), after, rules()).verdict == "failed"
    lines = path.read_text(encoding="utf-8").splitlines()
    assert next(line for line in lines if '"e2e_ms"' in line).count(",") == 5
    assert path.stat().st_size < 5_000
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match="not a baseline"):
        gate_side.load_baseline(path)
    path.write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"not a baseline \(Invalid JSON"):
        gate_side.load_baseline(path)


@pytest.mark.slow
def test_a_baseline_of_another_statistic_is_refused(tmp_path: Path) -> None:
    _, after = sides(tmp_path)
    median = side_of([tmp_path / "before"], "median")
    with pytest.raises(ConfigError, match="add statistic=median"):
        gate(median, after, rules())


@pytest.mark.slow
def test_alike_sides_rarely_fail_all_figures_together() -> None:
    """400 pairs without a difference, limits of nought, four figures of which three move together: 5 % may fail."""
    dice = np.random.default_rng(5)
    limits, failed = np.zeros(4), 0
    for _ in range(400):
        first, second = (_runs(dice) for _ in range(2))
        failed += bool(max_t(first, second, limits, 0.05).beyond.any())
    assert failed / 400 <= 0.075


def test_a_shift_of_three_spreads_is_found_whatever_the_order_of_runs() -> None:
    dice = np.random.default_rng(6)
    found = 0
    for _ in range(100):
        first, second = _runs(dice), _runs(dice) + 3
        beyond = max_t(first, second, np.zeros(4), 0.05).beyond
        assert (beyond == max_t(first[::-1], second[::-1], np.zeros(4), 0.05).beyond).all()
        found += bool(beyond.any())
    assert found >= 95


def test_figures_without_spread_are_told_apart_or_equal() -> None:
    same, more = np.ones((5, 2)), np.ones((5, 2)) + np.array([0.0, 0.5])
    found = max_t(same, more, np.zeros(2), 0.05)
    assert found.beyond.tolist() == [False, True]
    assert (found.low == found.effect).all()


def test_more_runs_than_can_all_be_exchanged() -> None:
    dice = np.random.default_rng(7)
    found = max_t(_runs(dice, 12), _runs(dice, 12) + 3, np.zeros(4), 0.05)
    assert found.beyond.all()


@pytest.mark.slow
def test_hostile_names_break_no_output(tmp_path: Path) -> None:
    before = repeats(tmp_path, 5, sweep_id="before", name="cell", model=HOSTILE, seed=1, text=HOSTILE)
    after = repeats(tmp_path, 5, sweep_id="after", name="cell", model=HOSTILE, seed=2, text=f"{HOSTILE} more")
    outcome = gate(side_of([before], "fastest"), side_of([after], "fastest"), rules())
    ET.fromstring(gate_pages.junit(outcome))
    page, printed = gate_pages.page(outcome), gate_pages.console(outcome)
    assert "\x1b" not in page + printed + gate_pages.junit(outcome)
    assert all(line.count(" | ") == 6 for line in page.splitlines() if line.startswith("| "))


def _runs(dice: np.random.Generator, count: int = 5) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Runs of four figures: three of one process's pace and a little of their own, and one apart."""
    pace = dice.normal(size=(count, 1))
    together = pace + 0.2 * dice.normal(size=(count, 3))
    return np.hstack([together, dice.normal(size=(count, 1))])
