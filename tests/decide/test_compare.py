"""Planted differences come out with their size, and no difference with what would have been seen."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from foundry_exp.decide.compare import Comparison, compare
from foundry_exp.metrics.stats.multiple_comparisons import holm
from foundry_exp.report import comparison_pages
from foundry_exp.report.effect import headline
from foundry_exp.results import candidates
from tests.decide.comparisons import compared
from tests.decide.planted import plant, repeats
from tests.report.hostile import HOSTILE


def ratio(found: Comparison, metric: str) -> tuple[float, float, float, bool]:
    effect = next(one for one in found.pairs[0].effects if one.figure.name == metric)
    difference = effect.difference
    return math.exp(difference.effect), math.exp(difference.low), math.exp(difference.high), effect.beyond_chance


@pytest.mark.parametrize("slower", [1.05, 1.10, 1.30])
def test_a_planted_difference_is_found_with_its_size(tmp_path: Path, slower: float) -> None:
    found = compared(plant(tmp_path, name="a"), plant(tmp_path, name="b", slower=slower, seed=1))
    value, low, high, is_found = ratio(found, "e2e_ms")
    assert is_found
    assert low <= slower <= high
    assert value == pytest.approx(slower, rel=0.02)
    assert "slower (" in headline(found.pairs[0], 24)


def test_no_difference_is_said_with_what_would_have_been_seen(tmp_path: Path) -> None:
    found = compared(plant(tmp_path, name="a"), plant(tmp_path, name="b", seed=1))
    assert not any(effect.beyond_chance for effect in found.pairs[0].effects)
    printed = comparison_pages.console(found)
    assert "no difference that 20 prompts could show; they would show" in printed


@pytest.mark.slow
def test_alike_runs_are_rarely_told_apart(tmp_path: Path) -> None:
    """Over forty comparisons of nothing, all figures of each together: two alarms are expected at most."""
    alarms = 0
    for seed in range(40):
        runs = tmp_path / str(seed)
        found = compared(plant(runs, name="a", seed=2 * seed), plant(runs, name="b", seed=2 * seed + 1))
        alarms += any(effect.beyond_chance for effect in found.pairs[0].effects)
    assert alarms <= 5


def test_every_pair_and_figure_counts_in_the_correction(tmp_path: Path) -> None:
    found = compared(*(plant(tmp_path, name=name, seed=seed, model=name) for seed, name in enumerate("abcd")))
    effects = [effect for pair in found.pairs for effect in pair.effects]
    assert len(found.pairs) == 6
    assert found.tests == len(effects) == 24
    assert [one.adjusted_p for one in effects] == holm([one.difference.p_value for one in effects])


def test_speed_and_quality_come_in_one_sentence(tmp_path: Path) -> None:
    found = compared(
        plant(tmp_path, name="a", model="small", points=3.0, seed=1),
        plant(tmp_path, name="b", model="large", points=3.8, slower=1.8, seed=2),
    )
    said = headline(found.pairs[0], found.expected.tokens)
    assert said.startswith("large, against small, answers 1.8 times slower (1.")
    assert "is better by 0.6 points (0.4–0.8)" in said
    assert "takes" not in said, "a typical answer tells nothing that the whole answer has not told"


@pytest.mark.slow
def test_repeats_of_a_cell_are_one_candidate_and_their_spread_counts(tmp_path: Path) -> None:
    alone = compared(plant(tmp_path / "1", name="a"), plant(tmp_path / "1", name="b", slower=1.1, seed=9))
    many = {"process_noise": 0.1, "slower": 1.1}
    found = compared(
        repeats(tmp_path / "2", 5, name="a", sweep_id="first", process_noise=0.1, seed=1),
        repeats(tmp_path / "2", 5, name="a", sweep_id="second", seed=2, **many),
    )
    assert [len(one.cells) for one in found.candidates] == [5, 5]
    assert len(found.pairs) == 1
    narrow, wide = alone.pairs[0].effects[0].difference, found.pairs[0].effects[0].difference
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)
    assert any("one process a side" in note for note in alone.pairs[0].notes)
    assert not found.pairs[0].notes
    assert {"load_s", "rss_peak_mb"} <= {effect.figure.name for effect in found.pairs[0].effects}


def test_a_difference_without_spread_is_not_said_to_be_known_exactly(tmp_path: Path) -> None:
    runs = [plant(tmp_path, name=name, prompts=3, noise=0.0, slower=slower) for name, slower in (("a", 1), ("b", 2))]
    found = compared(*runs)
    effect = next(one for one in found.pairs[0].effects if one.figure.name == "e2e_ms")
    assert effect.difference.p_value == 0.25, "three coins that fall alike"
    assert not effect.beyond_chance
    printed = comparison_pages.console(found)
    assert "the whole answer: 2.0 times apart in all 3 prompts" in printed
    assert "would show 0" not in printed
    (pair,) = comparison_pages.document(found)["pairs"]
    assert {one["low"] for one in pair["effects"]} == {None}


def test_repeats_are_told_from_another_run_of_the_model_without_the_number_of_one(tmp_path: Path) -> None:
    for name, prompts in (("a", 5), ("b", 6)):
        for repeat in (1, 2):
            plant(tmp_path, name=name, repeat=repeat, prompts=prompts, seed=repeat)
    plant(tmp_path, name="c", model="other", seed=4)
    labels = [one.label for one in compared(tmp_path / "sweep").candidates]
    assert labels == ["demo-small (a)", "demo-small (b)", "other"]


def test_cpu_against_gpu_of_one_model_notes_that_the_files_differ(tmp_path: Path) -> None:
    found = compared(plant(tmp_path, name="a"), plant(tmp_path, name="b", device="gpu", slower=0.4, seed=1))
    pair = found.pairs[0]
    assert (pair.first.label, pair.second.label) == ("demo-small (cpu)", "demo-small (gpu)")
    assert "answers 2.5 times faster (2.4" in headline(pair, 24)
    assert any("quantisation may differ" in note for note in pair.notes)


def test_what_would_be_a_difference_alone_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    pair = compared(plant(tmp_path, name="a"), plant(tmp_path, name="b", model="other", slower=2, seed=1)).pairs[0]
    among_many = replace(pair, effects=tuple(replace(effect, adjusted_p=0.2) for effect in pair.effects))
    said = headline(among_many, 24)
    assert said.startswith("other and demo-small: no difference found once all comparisons are counted; alone, other ")
    assert "answers 2.0 times slower (" in said


def test_prompts_are_paired_even_where_only_some_are_shared(tmp_path: Path) -> None:
    found = compared(plant(tmp_path, name="a", prompts=30), plant(tmp_path, name="b", prompts=12, seed=1))
    assert {effect.difference.n for effect in found.pairs[0].effects} == {12}


def test_the_same_seed_gives_the_same_interval(tmp_path: Path) -> None:
    runs = plant(tmp_path, name="a"), plant(tmp_path, name="b", seed=1)
    read = candidates.read(runs)
    first, again, other = (compare(read, seed=seed).pairs[0].effects[0].difference for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_many_candidates_are_compared_with_the_first(tmp_path: Path) -> None:
    runs = [plant(tmp_path, name=f"cell-{number:02d}", prompts=4, rounds=1, seed=number) for number in range(22)]
    found = compared(*runs)
    assert len(found.pairs) == 21
    assert "each is compared with the first alone" in comparison_pages.console(found)


def test_hostile_names_break_no_output(tmp_path: Path) -> None:
    found = compared(plant(tmp_path, name="a"), plant(tmp_path, name="b", model=HOSTILE, seed=1, slower=1.3))
    page, printed = comparison_pages.page(found), comparison_pages.console(found)
    assert "\x1b" not in page + printed
    assert "<script" not in page
    assert all(line.count(" | ") == 5 for line in page.splitlines() if line.startswith("| "))
    json.dumps(comparison_pages.document(found), allow_nan=False)
