"""Planted differences come out with their size; what must not be compared is not."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from foundry_exp.decide import candidates, comparable, comparison_pages
from foundry_exp.decide.compare import Comparison, compare
from foundry_exp.decide.effect import headline
from foundry_exp.errors import ConfigError
from foundry_exp.score import summarised
from foundry_exp.stats.holm import holm
from tests.decide.planted import fail, plant, repeats
from tests.report.hostile import HOSTILE


def compared(*runs: Path, force: bool = False) -> Comparison:
    read = candidates.read(runs)
    differing = comparable.mismatches([one for one in read if one.why_not is None])
    if not force:
        comparable.refuse(differing)
    return compare(read, differing)


def ratio(found: Comparison, metric: str) -> tuple[float, float, float, bool]:
    effect = next(one for one in found.pairs[0].effects if one.contrast.metric == metric)
    difference = effect.difference
    return math.exp(difference.effect), math.exp(difference.low), math.exp(difference.high), effect.found


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
    assert not any(effect.found for effect in found.pairs[0].effects)
    printed = comparison_pages.console(found)
    assert "no difference that 20 prompts could show; they would show" in printed


def test_alike_runs_are_rarely_told_apart(tmp_path: Path) -> None:
    """Over forty comparisons of nothing, all figures of each together: two alarms are expected at most."""
    alarms = 0
    for seed in range(40):
        runs = tmp_path / str(seed)
        found = compared(plant(runs, name="a", seed=2 * seed), plant(runs, name="b", seed=2 * seed + 1))
        alarms += any(effect.found for effect in found.pairs[0].effects)
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
    assert {"load_s", "rss_peak_mb"} <= {effect.contrast.metric for effect in found.pairs[0].effects}


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"prompts": {"name": "other", "digest": "beef", "size": 2}}, "prompts: workshop"),
        ({"generation": {"temperature": 0.7}}, "generation: "),
        ({"environment": {"packages": {"onnxruntime": "1.99"}}}, "runtime: onnxruntime 1.31 (demo-small"),
        ({"environment": {"power_source": "battery"}}, "power: mains (demo-small"),
    ],
)
def test_runs_that_differ_where_they_must_not_are_refused_and_shown(
    tmp_path: Path, changes: dict[str, Any], what: str
) -> None:
    here = {"environment": {"packages": {"onnxruntime": "1.31"}, "power_source": "mains"}}
    runs = plant(tmp_path, name="a", changes=here), plant(tmp_path, name="b", seed=1, changes=here | changes)
    with pytest.raises(ConfigError, match="cannot be compared") as refused:
        compared(*runs)
    assert what in str(refused.value)
    assert "--force" in str(refused.value)
    forced = compared(*runs, force=True)
    assert any(line.startswith("compared all the same") for line in comparison_pages.console(forced).splitlines())


def test_another_concurrency_is_another_measurement_and_other_rounds_are_not(tmp_path: Path) -> None:
    runs = [plant(tmp_path, name=name, seed=seed) for seed, name in enumerate("abc")]
    for folder, concurrency, rounds in zip(runs, (1, 1, 4), (3, 5, 3), strict=True):
        config = f"workload:\n  rounds: {rounds}\n  concurrency: {concurrency}\n  rate_per_s: null\n"
        (folder / "config.yaml").write_text(config, encoding="utf-8")
    compared(*runs[:2])
    with pytest.raises(ConfigError, match=r"workload: concurrency 1 \(.*\), concurrency 4 \("):
        compared(*runs)


def test_scores_by_different_rubrics_are_not_compared(tmp_path: Path) -> None:
    first, second = (plant(tmp_path, name=name, points=3.0) for name in "ab")
    scores = second / "scores.jsonl"
    scores.write_text(scores.read_text(encoding="utf-8").replace("facets:1", "facets:2"), encoding="utf-8")
    run = second / "run.json"
    run.write_text(run.read_text(encoding="utf-8").replace("facets:1", "facets:2"), encoding="utf-8")
    with pytest.raises(ConfigError, match="rubric: facets facets:1"):
        compared(first, second)
    forced = compared(first, second, force=True)
    assert "quality" not in {effect.contrast.metric for effect in forced.pairs[0].effects}


def test_scores_by_different_judges_are_not_compared(tmp_path: Path) -> None:
    runs = [plant(tmp_path, name=name, points=3.0, seed=place) for place, name in enumerate("abc")]
    for folder, judge in zip(runs, ("phi@1", "phi@2", "phi@1"), strict=True):
        scores = folder / "scores.jsonl"
        text = scores.read_text(encoding="utf-8").replace('"rules"', f'"{judge}"')
        scores.write_text(text.replace('"scorer":"facets"', '"scorer":"judge"'), encoding="utf-8")
        assert summarised(folder, {"judge": None}).quality_source == "judge"
    compared(runs[0], runs[2])
    with pytest.raises(ConfigError, match=r"rubric: judge facets:1 with phi@1 \(.*, judge facets:1 with phi@2 \("):
        compared(runs[0], runs[1])


def test_failed_requests_are_left_out_with_a_sentence(tmp_path: Path) -> None:
    partial = plant(tmp_path, name="b", model="flaky", status="partial", reason="2 of 60 failed", seed=1)
    fail(partial, {"p003"}, rounds={0, 1})
    found = compared(plant(tmp_path, name="a"), partial)
    assert "flaky: 2 of 60 requests failed; they count for nothing but the error rate." in found.left_out


def test_energies_from_different_sources_are_not_compared(tmp_path: Path) -> None:
    def metered(name: str, source: str, joules: float) -> Path:
        return repeats(
            tmp_path, 3, name=name, sweep_id=name, model=name,
            metrics={"energy_j_per_token": joules}, changes={"energy_source": source},
        )  # fmt: skip

    one, other, third = metered("a", "rapl", 0.1), metered("b", "heuristic", 0.3), metered("c", "rapl", 0.2)
    mixed, alike = compared(one, other), compared(one, third)
    assert "energy_j_per_token" not in {effect.contrast.metric for effect in mixed.pairs[0].effects}
    assert any("from different sources: rapl (a), heuristic (b)" in note for note in mixed.pairs[0].notes)
    assert "energy_j_per_token" in {effect.contrast.metric for effect in alike.pairs[0].effects}


def test_energy_by_estimated_tokens_is_not_compared(tmp_path: Path) -> None:
    guessed = {"energy_j_per_token": 0.1, "estimated_rate": 1.0}
    runs = [repeats(tmp_path, 3, name=name, sweep_id=name, model=name, metrics=guessed) for name in "ab"]
    assert "energy_j_per_token" not in {effect.contrast.metric for effect in compared(*runs).pairs[0].effects}


def test_a_difference_without_spread_is_not_said_to_be_known_exactly(tmp_path: Path) -> None:
    runs = [plant(tmp_path, name=name, prompts=3, noise=0.0, slower=slower) for name, slower in (("a", 1), ("b", 2))]
    found = compared(*runs)
    effect = next(one for one in found.pairs[0].effects if one.contrast.metric == "e2e_ms")
    assert effect.difference.p_value == 0.25, "three coins that fall alike"
    assert not effect.found
    printed = comparison_pages.console(found)
    assert "the whole answer: 2.0 times apart in all 3 prompts" in printed
    assert "would show 0" not in printed
    (pair,) = comparison_pages.document(found)["pairs"]
    assert {one["low"] for one in pair["effects"]} == {None}


def test_cells_without_figures_are_left_out_with_a_sentence(tmp_path: Path) -> None:
    found = compared(
        plant(tmp_path, name="a"),
        plant(tmp_path, name="b", seed=1, model="other"),
        plant(tmp_path, name="c", model="big", status="device_mismatch", reason="asked for gpu, ran on cpu"),
        plant(tmp_path, name="d", model="huge", status="failed", reason="huge: out of memory"),
    )
    assert len(found.pairs) == 1
    assert "big is left out: its status is device mismatch: asked for gpu, ran on cpu" in found.left_out
    assert "huge is left out: its status is failed: out of memory" in found.left_out


def test_a_run_that_failed_stays_with_its_candidate(tmp_path: Path) -> None:
    for repeat, status in enumerate(("ok", "failed", "failed", "skipped"), start=1):
        reason = {"failed": "demo-small: out of memory", "skipped": "no room"}.get(status)
        plant(tmp_path, name="a", repeat=repeat, status=status, reason=reason)
    other = plant(tmp_path, name="b", model="other", seed=1)
    found = compared(tmp_path / "sweep")
    assert [one.label for one in found.candidates] == ["demo-small", "other"]
    assert "demo-small: 2 of 4 runs failed: out of memory." in found.left_out
    assert "demo-small: 1 of 4 runs skipped: no room." in found.left_out
    assert other.name in comparison_pages.document(found)["candidates"][1]["runs"][0]


def test_repeats_are_told_from_another_run_of_the_model_without_the_number_of_one(tmp_path: Path) -> None:
    for name, prompts in (("a", 5), ("b", 6)):
        for repeat in (1, 2):
            plant(tmp_path, name=name, repeat=repeat, prompts=prompts, seed=repeat)
    plant(tmp_path, name="c", model="other", seed=4)
    labels = [one.label for one in compared(tmp_path / "sweep").candidates]
    assert labels == ["demo-small (a)", "demo-small (b)", "other"]


def test_flagged_answers_and_estimated_tokens_do_not_count(tmp_path: Path) -> None:
    loops = " ".join(["again"] * 40)
    found = compared(
        plant(tmp_path, name="a", prompts=10),
        plant(tmp_path, name="b", model="loops", prompts=10, text=loops),
        plant(tmp_path, name="c", model="cut", prompts=10, finish_reason="length"),
        plant(tmp_path, name="d", model="guessed", prompts=10, token_source="events"),
    )
    metrics = {pair.second.label: {one.contrast.metric for one in pair.effects} for pair in found.pairs[:3]}
    assert metrics["loops"] == set()
    assert metrics["cut"] == {"ttft_ms", "decode_tok_per_s", "typical_answer_ms"}
    assert metrics["guessed"] == {"e2e_ms", "ttft_ms"}
    said = " ".join(found.left_out)
    assert "loops: 30 of 30 answers repeat themselves or are not text" in said
    assert "cut: 30 of 30 answers were cut off at the token limit" in said
    assert "guessed: 30 of 30 answers have an estimated token count" in said


def test_cpu_against_gpu_of_one_model_notes_that_the_files_differ(tmp_path: Path) -> None:
    found = compared(plant(tmp_path, name="a"), plant(tmp_path, name="b", device="gpu", slower=0.4, seed=1))
    pair = found.pairs[0]
    assert (pair.first.label, pair.second.label) == ("demo-small (cpu)", "demo-small (gpu)")
    assert "answers 2.5 times faster (2.4" in headline(pair, 24)
    assert any("quantisation may differ" in note for note in pair.notes)


def test_prompts_are_paired_even_where_only_some_are_shared(tmp_path: Path) -> None:
    found = compared(plant(tmp_path, name="a", prompts=30), plant(tmp_path, name="b", prompts=12, seed=1))
    assert {effect.difference.n for effect in found.pairs[0].effects} == {12}


def test_where_nothing_is_shared_it_is_not_said_that_no_difference_was_found(tmp_path: Path) -> None:
    first = plant(tmp_path, name="a", prompts=5)
    other = plant(tmp_path, name="b", prompts=5, model="other")
    records = (other / "records.jsonl").read_text(encoding="utf-8")
    (other / "records.jsonl").write_text(records.replace('"sample_id":"p', '"sample_id":"q'), encoding="utf-8")
    printed = comparison_pages.console(compared(first, other))
    assert "other and demo-small: nothing could be compared: no prompt in common." in printed
    assert "no difference" not in printed
    assert "over all" not in printed


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"prompts": 1}, "one prompt in common, and it takes 2"),
        ({"text": " ".join(["again"] * 40)}, "other has no answer that counts"),
    ],
)
def test_why_nothing_could_be_compared_is_said(tmp_path: Path, changes: dict[str, Any], why: str) -> None:
    found = compared(plant(tmp_path, name="a"), plant(tmp_path, name="b", model="other", **changes))
    assert headline(found.pairs[0], 24) == f"other and demo-small: nothing could be compared: {why}."


def test_memory_alone_is_not_taken_for_a_comparison_of_times(tmp_path: Path) -> None:
    found = compared(
        repeats(tmp_path, 2, name="a", sweep_id="first"),
        repeats(tmp_path, 2, name="b", sweep_id="second", model="other", text=" ".join(["again"] * 40)),
    )
    note = "other and demo-small: neither times nor quality are compared: other has no answer that counts."
    assert note in found.pairs[0].notes


def test_a_run_named_twice_and_a_single_candidate_are_refused(tmp_path: Path) -> None:
    folder = plant(tmp_path)
    with pytest.raises(ConfigError, match="named twice"):
        compared(folder, folder)
    with pytest.raises(ConfigError, match="needs two candidates with figures, got 1"):
        compared(folder)
    with pytest.raises(ConfigError, match="no finished run in it"):
        compared(tmp_path / "nothing", folder)


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
