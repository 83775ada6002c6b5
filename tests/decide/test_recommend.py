"""Constraints first, then weights; ties, rejections, what is closest, and what would change the pick."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from foundry_exp.command import compose
from foundry_exp.decide import candidates, comparable, pareto, recommendation_pages, routing_file
from foundry_exp.decide.conclusions import conclusions
from foundry_exp.decide.recommend import Recommendation, recommend
from foundry_exp.decide.weighing import score
from foundry_exp.disk import write_whole
from foundry_exp.errors import ConfigError
from foundry_exp.models import routing
from foundry_exp.records import Standing
from foundry_exp.report.cells import gather
from foundry_exp.report.conclusions import Conclusions
from foundry_exp.report.write import write_texts
from foundry_exp.runs import finished_cells
from foundry_exp.score import summarised
from foundry_exp.store import CONFIG_FILE
from tests.decide.planted import plant, repeats
from tests.report.hostile import HOSTILE

points = st.lists(st.tuples(st.floats(0, 5), st.floats(0, 5), st.floats(0, 5)), min_size=1, max_size=12)


def decision(*settings: str, option: str = "default-summarizer") -> dict[str, Any]:
    return compose.section("decision", option, settings)


def decided(*runs: Path, settings: Sequence[str] = ()) -> Recommendation:
    read = candidates.read(runs, together=True)
    comparable.refuse(comparable.mismatches([one for one in read if one.why_not is None]))
    return recommend(read, decision(*settings))


def sizes(memory_mb: float, disk_mb: float = 400) -> dict[str, Any]:
    return {"rss_peak_mb": memory_mb, "disk_mb": disk_mb}


@pytest.fixture
def six(tmp_path: Path) -> Path:
    """Six cells: a pick, its twin, one too poor, one too large, one that failed and one that was skipped."""
    plant(tmp_path, name="a", model="best", points=4.0, seed=1, metrics=sizes(2000))
    plant(tmp_path, name="b", model="twin", points=4.0, seed=2, metrics=sizes(1990))
    plant(tmp_path, name="c", model="poor", points=2.5, slower=0.5, seed=3, metrics=sizes(500))
    plant(tmp_path, name="d", model="large", points=4.8, seed=4, metrics=sizes(9000))
    plant(tmp_path, name="e", model="broken", status="failed", reason="broken: out of memory; free some.")
    plant(tmp_path, name="f", model="best", device="gpu", status="skipped", reason="no gpu variant here")
    return tmp_path / "sweep"


def test_six_cells_with_one_failed_one_skipped_one_tied(six: Path) -> None:
    found = decided(six)
    assert {one.option.label for one in found.ranked} == {"best (cpu)", "twin (cpu)"}
    assert len(found.tied) == 1
    assert found.cheapest is not None
    assert found.cheapest.label == "twin (cpu)"
    said = recommendation_pages.console(found)
    assert "poor (cpu) is out: quality 2." in said
    assert "large (cpu) is out: peak memory 9,000 MB (at most 8,000 MB)" in said
    assert "broken (cpu) is out: its status is failed: out of memory." in said
    assert "best (gpu) is out: its status is skipped: no gpu variant here." in said
    assert "Not to be told apart from it by these prompts" in said
    assert "twin (cpu) needs least (peak memory 1,990 MB)" in said
    assert {"poor (cpu)", "large (cpu)"} <= set(found.front)


def test_a_clearly_better_option_is_not_tied(tmp_path: Path) -> None:
    plant(tmp_path, name="a", model="quick", points=4.0, slower=0.5, seed=1)
    plant(tmp_path, name="b", model="slow", points=4.0, slower=2.0, seed=2)
    found = decided(tmp_path / "sweep")
    assert found.pick is not None
    assert found.pick.option.label == "quick"
    assert not found.tied
    assert "Runner-up: slow" in recommendation_pages.console(found)


def test_repeats_count_as_one_option_and_widen_what_is_tied(tmp_path: Path) -> None:
    repeats(tmp_path, 4, name="a", model="steady", points=4.0, process_noise=0.3, seed=1)
    repeats(tmp_path, 4, name="b", model="other", points=4.0, process_noise=0.3, slower=1.1, seed=2)
    found = decided(tmp_path / "sweep")
    assert len(found.ranked) == 2
    assert len(found.tied) == 1


def crashed(tmp_path: Path, **chosen: Any) -> Path:
    """A sweep of one candidate run twice, of which one run crashed, and of another one."""
    plant(tmp_path, name="a", model="crashes", repeat=1, points=4.0, seed=1)
    broken = {"status": "failed", "reason": "crashes: out of memory; free some."} | chosen
    plant(tmp_path, name="a", model="crashes", repeat=2, **broken)
    plant(tmp_path, name="b", model="steady", points=4.0, slower=2.0, seed=2)
    return tmp_path / "sweep"


def test_a_run_that_failed_breaks_the_limit_of_failed_requests(tmp_path: Path) -> None:
    found = decided(crashed(tmp_path))
    assert found.pick is not None
    assert found.pick.option.label == "steady"
    said = recommendation_pages.console(found)
    limit = "failed requests at most 0 %"
    assert f"crashes is out: {limit}, but 1 of 2 runs failed: out of memory; free some.\n" in said
    assert not found.unmeasured


@pytest.mark.parametrize(
    ("chosen", "settings", "what"),
    [
        ({}, ["constraints.error_rate=null"], "1 of 2 runs failed: out of memory; free some."),
        ({"status": "skipped", "reason": "no room"}, [], "1 of 2 runs skipped: no room."),
    ],
)
def test_a_pick_with_a_run_without_figures_says_so(
    tmp_path: Path, chosen: dict[str, Any], settings: list[str], what: str
) -> None:
    found = decided(crashed(tmp_path, **chosen), settings=settings)
    assert found.pick is not None
    assert found.pick.option.label == "crashes"
    assert f"But not every run of it came to figures: {what}" in list(recommendation_pages.reasons(found))
    assert recommendation_pages.document(found)["broken_runs"] == {"crashes": [ANY]}


def test_runs_that_were_all_skipped_are_one_candidate_without_a_number(tmp_path: Path) -> None:
    for repeat in (1, 2):
        plant(tmp_path, name="a-cpu", model="demo", repeat=repeat, points=4.0, seed=repeat)
        plant(tmp_path, name="a-gpu", model="demo", device="gpu", repeat=repeat, status="skipped", reason="no gpu")
    found = decided(tmp_path / "sweep")
    assert [one.option.label for one in found.ranked] == ["demo (cpu)"]
    assert found.unmeasured == (("demo (gpu)", "its status is skipped: no gpu"),)


def test_what_is_tied_is_said_even_where_no_one_knows_which_needs_least(six: Path) -> None:
    found = decided(six, settings=["cheapest_by=energy_j_per_token"])
    assert len(found.tied) == 1
    assert found.cheapest is None
    said = recommendation_pages.console(found)
    assert "Not to be told apart from it by these prompts: " in said
    assert "Which of them and it needs least is not known (energy)." in said


def test_energies_from_different_sources_have_no_weight(tmp_path: Path) -> None:
    for name, source, joules in (("a", "rapl", 9.0), ("b", "heuristic", 0.1)):
        plant(
            tmp_path, name=name, model=name, points=4.0, slower=1.0 if name == "a" else 1.5, seed=ord(name),
            metrics={"energy_j_per_token": joules}, changes={"energy_source": source},
        )  # fmt: skip
    found = decided(tmp_path / "sweep", settings=["weights.energy=100", "cheapest_by=energy_j_per_token"])
    assert found.pick is not None
    assert found.pick.option.label == "a"
    assert "energy" not in found.pick.parts
    assert "energy_j_per_token" not in found.objectives
    assert any("different sources, so it has no weight: rapl (a), heuristic (b)" in text for text in found.remarks)


def test_nothing_qualifies_and_the_closest_is_named(six: Path) -> None:
    found = decided(six, settings=["constraints.e2e_p95_ms=200"])
    assert found.pick is None
    assert found.closest is not None
    said = recommendation_pages.console(found)
    assert "no model qualifies" in said
    assert "The closest is poor (cpu): " in said or "The closest is twin (cpu): " in said or "best (cpu): " in said
    assert "% beyond" in said


def test_what_is_not_known_is_not_said_to_be_kept(tmp_path: Path) -> None:
    found = decided(plant(tmp_path, model="unscored"))
    assert found.pick is None
    assert found.closest is None
    assert "quality is not known" in recommendation_pages.console(found)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["constraints.licences=[Apache-2.0]"], "licence MIT (one of Apache-2.0)"),
        (["constraints.capabilities=[chat,tools]"], "lacks tools"),
        (["constraints.decode_tok_per_s=500"], "decode rate"),
        (["constraints.energy_j_per_token=1"], "energy is not known"),
    ],
)
def test_each_kind_of_constraint(six: Path, settings: list[str], said: str) -> None:
    found = decided(six, settings=settings)
    assert found.pick is None
    assert said in recommendation_pages.console(found)


def test_scores_that_cannot_be_believed_do_not_count_and_it_is_said(tmp_path: Path) -> None:
    folder = plant(tmp_path, model="judged", points=4.5)
    summarised(folder, {"facets": Standing(False, "it has not been held against a person's scores")})
    found = decided(folder)
    assert found.pick is None
    assert "do not count: it has not been held against" in recommendation_pages.console(found)


def test_flagged_answers_and_estimated_tokens_do_not_count(tmp_path: Path) -> None:
    plant(tmp_path, name="a", model="loops", points=4.5, text=" ".join(["again"] * 40))
    plant(tmp_path, name="b", model="guessed", points=4.5, token_source="events")
    found = decided(tmp_path / "sweep", settings=["constraints.decode_tok_per_s=1"])
    said = recommendation_pages.console(found)
    assert "loops is out: p95 answer is not known" in said
    assert "flagged answers 100 % (at most 10 %)" in said
    assert "guessed is out: decode rate is not known" in said


def test_a_mismatched_device_is_no_option(tmp_path: Path) -> None:
    plant(tmp_path, name="a", model="m", points=4.0)
    plant(tmp_path, name="b", model="m", device="gpu", status="device_mismatch", reason="ran on cpu")
    assert dict(decided(tmp_path / "sweep").unmeasured) == {"m (gpu)": "its status is device mismatch: ran on cpu"}


def test_the_weight_at_which_the_pick_flips_is_where_it_flips(six: Path) -> None:
    plant(six.parent, name="g", model="small", points=3.9, seed=8, metrics=sizes(200, 50))
    settings = ["weights.memory=0.1", "weights.disk=0", "weights.quality=50"]
    found = decided(six, settings=settings)
    assert found.pick is not None
    memory = next(one for one in found.sensitivity if one.criterion == "memory")
    at, to = memory.flips[-1]
    assert to != found.pick.option.label
    for moved, expected in ((at * 0.99, found.pick.option.label), (at * 1.01, to)):
        again = decided(six, settings=[*settings[1:], f"weights.memory={moved}"])
        assert again.pick is not None
        assert again.pick.option.label == expected


def test_runs_by_different_prompts_are_refused(tmp_path: Path) -> None:
    plant(tmp_path, name="a", points=4.0)
    plant(tmp_path, name="b", model="m", points=4.0, changes={"prompts": {"name": "x", "digest": "beef", "size": 1}})
    with pytest.raises(ConfigError, match="cannot be compared"):
        decided(tmp_path / "sweep")
    said = found_in(tmp_path / "sweep")
    assert said.pick == "default-summarizer: no recommendation"
    assert "cannot be compared" in said.reasons[0]
    assert said.basis.startswith("Not compared: ")


def test_a_sweep_ends_with_its_pick_and_with_what_is_more_than_chance(six: Path) -> None:
    said = found_in(six)
    assert said.pick.startswith("default-summarizer: take ")
    assert any("poor (cpu), against best (cpu), answers 2.0 times faster" in line for line in said.differences)
    assert "Holm" in said.basis
    assert (six / "recommendation.md").read_text(encoding="utf-8").startswith(f"# {said.pick}")
    write_texts(six, gather(finished_cells(six)), said)
    report = (six / "report.md").read_text(encoding="utf-8")
    assert "## Which one to take" in report
    assert "answers 2.0 times faster" in report
    assert "not tested here" not in report


def found_in(sweep: Path) -> Conclusions:
    """What a report says of a sweep whose config names a decision."""
    cells = finished_cells(sweep)
    write_whole(cells[0] / CONFIG_FILE, yaml.safe_dump({"decision": decision()}))
    return conclusions(sweep, gather(cells))


def test_nothing_measured_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no candidate has figures"):
        decided(plant(tmp_path, status="failed", reason="crashed"))


def test_a_routing_file_keeps_to_its_schema_and_can_be_routed_by(six: Path, tmp_path: Path) -> None:
    aliases = routing_file.write(tmp_path / "models.json", decided(six))
    entries = routing.read(str(tmp_path / "models.json"))
    assert set(aliases) == set(entries) == {"best", "twin", "poor", "large"}
    assert [name for name, entry in entries.items() if entry["default"]] in (["best"], ["twin"])
    assert entries["poor"]["qualifies"] is False
    assert "quality" in entries["poor"]["reason"]
    assert entries["best"]["e2e_p95_ms"] > entries["best"]["e2e_ms"] > entries["best"]["ttft_ms"]


def test_a_file_that_says_an_alias_cannot_be_written_is_refused(tmp_path: Path) -> None:
    found = decided(plant(tmp_path, model=HOSTILE, points=4.0))
    with pytest.raises(ConfigError, match="an alias must be"):
        routing_file.write(tmp_path / "models.json", found)


def test_every_page_survives_hostile_names(tmp_path: Path) -> None:
    plant(tmp_path, name="a", model=HOSTILE, points=4.0)
    plant(tmp_path, name="b", model="bad", status="failed", reason=HOSTILE)
    found = decided(tmp_path / "sweep")
    text = recommendation_pages.console(found) + recommendation_pages.page(found)
    assert "\x1b" not in text
    assert "<script" not in recommendation_pages.page(found)
    json.dumps(recommendation_pages.document(found), allow_nan=False)


@pytest.mark.parametrize("option", ["default-summarizer", "low-memory", "quality-first", "battery"])
def test_every_shipped_decision_decides(six: Path, option: str) -> None:
    read = candidates.read([six], together=True)
    assert recommend(read, decision("constraints.licences=[]", option=option)).front


@given(points)
def test_the_pareto_front_is_what_nothing_beats(options: list[tuple[float, float, float]]) -> None:
    on = pareto.front(options)
    assert any(on)
    for place, one in enumerate(options):
        beaten = any(
            all(theirs >= mine for mine, theirs in zip(one, other, strict=True)) and other != one for other in options
        )
        assert on[place] is not beaten
    best = max(range(len(options)), key=lambda place: options[place])
    assert on[best]


@given(st.dictionaries(st.sampled_from("abc"), st.floats(0, 1), min_size=1), st.floats(0.1, 10))
def test_a_score_is_between_its_parts_and_free_of_the_scale_of_weights(parts: dict[str, float], scale: float) -> None:
    weights = {"a": 1.0, "b": 2.0, "c": 3.0}
    value = score(parts, weights)
    assert min(parts.values()) - 1e-9 <= value <= max(parts.values()) + 1e-9
    assert score(parts, {name: scale * weight for name, weight in weights.items()}) == pytest.approx(value)


def test_an_unknown_figure_counts_as_nothing_and_is_said(tmp_path: Path) -> None:
    plant(tmp_path, name="a", model="metered", points=4.0, metrics={"energy_j_per_token": 0.1})
    plant(tmp_path, name="b", model="unmetered", points=4.0, seed=1)
    found = decided(tmp_path / "sweep", settings=["weights.energy=1"])
    assert found.pick is not None
    assert found.pick.option.label == "metered"
    assert any("counts as nothing for unmetered" in text for text in found.remarks)
    everything = replace(found, remarks=())
    assert everything.pick == found.pick
