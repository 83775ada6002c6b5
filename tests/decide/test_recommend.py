"""The pick, what is tied with it, what is closest where nothing qualifies, and what would change the pick."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_exp.decide.recommend import pareto_front, recommend
from foundry_exp.decide.weighing import score
from foundry_exp.report import recommendation_pages
from foundry_exp.results import candidates
from tests.decide.planted import plant, repeats, sizes
from tests.decide.recommendations import decided, decision

points = st.lists(st.tuples(st.floats(0, 5), st.floats(0, 5), st.floats(0, 5)), min_size=1, max_size=12)


@pytest.mark.slow
def test_six_cells_with_one_failed_one_skipped_one_tied(six: Path) -> None:
    found = decided(six)
    assert {one.choice.label for one in found.ranked} == {"best (cpu)", "twin (cpu)"}
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


@pytest.mark.slow
def test_a_clearly_better_option_is_not_tied(tmp_path: Path) -> None:
    plant(tmp_path, name="a", model="quick", points=4.0, slower=0.5, seed=1)
    plant(tmp_path, name="b", model="slow", points=4.0, slower=2.0, seed=2)
    found = decided(tmp_path / "sweep")
    assert found.pick is not None
    assert found.pick.choice.label == "quick"
    assert not found.tied
    assert "Runner-up: slow" in recommendation_pages.console(found)


@pytest.mark.slow
def test_repeats_count_as_one_option_and_widen_what_is_tied(tmp_path: Path) -> None:
    repeats(tmp_path, 4, name="a", model="steady", points=4.0, process_noise=0.3, seed=1)
    repeats(tmp_path, 4, name="b", model="other", points=4.0, process_noise=0.3, slower=1.1, seed=2)
    found = decided(tmp_path / "sweep")
    assert len(found.ranked) == 2
    assert len(found.tied) == 1


@pytest.mark.slow
def test_what_is_tied_is_said_even_where_no_one_knows_which_needs_least(six: Path) -> None:
    found = decided(six, settings=["cheapest_by=energy_j_per_token"])
    assert len(found.tied) == 1
    assert found.cheapest is None
    said = recommendation_pages.console(found)
    assert "Not to be told apart from it by these prompts: " in said
    assert "Which of them and it needs least is not known (energy)." in said


@pytest.mark.slow
def test_energies_from_different_sources_have_no_weight(tmp_path: Path) -> None:
    for name, source, joules in (("a", "rapl", 9.0), ("b", "heuristic", 0.1)):
        plant(
            tmp_path, name=name, model=name, points=4.0, slower=1.0 if name == "a" else 1.5, seed=ord(name),
            metrics={"energy_j_per_token": joules}, changes={"energy_source": source},
        )  # fmt: skip
    found = decided(tmp_path / "sweep", settings=["weights.energy=100", "cheapest_by=energy_j_per_token"])
    assert found.pick is not None
    assert found.pick.choice.label == "a"
    assert "energy" not in found.pick.parts
    assert "energy_j_per_token" not in found.objectives
    assert any("different sources, so it has no weight: rapl (a), heuristic (b)" in text for text in found.remarks)


@pytest.mark.slow
def test_nothing_qualifies_and_the_closest_is_named(six: Path) -> None:
    found = decided(six, settings=["constraints.e2e_p95_ms=200"])
    assert found.pick is None
    assert found.closest is not None
    said = recommendation_pages.console(found)
    assert "no model qualifies" in said
    pattern = r"The closest .* quality ([\d.]+) of 5 \(at least ([\d.]+) of 5\), ([\d.]+) points less\."
    value, limit, less = map(float, re.findall(pattern, said)[0])
    assert less == pytest.approx(limit - value), "the difference of the two figures beside it"


@pytest.mark.slow
def test_the_weight_at_which_the_pick_flips_is_where_it_flips(six: Path) -> None:
    plant(six.parent, name="g", model="small", points=3.9, seed=8, metrics=sizes(200, 50))
    settings = ["weights.memory=0.1", "weights.disk=0", "weights.quality=50"]
    found = decided(six, settings=settings)
    assert found.pick is not None
    memory = next(one for one in found.sensitivity if one.criterion == "memory")
    at, to = memory.flips[-1]
    assert to != found.pick.choice.label
    for moved, expected in ((at * 0.99, found.pick.choice.label), (at * 1.01, to)):
        again = decided(six, settings=[*settings[1:], f"weights.memory={moved}"])
        assert again.pick is not None
        assert again.pick.choice.label == expected


@pytest.mark.slow
@pytest.mark.parametrize("option", ["default-summarizer", "low-memory", "quality-first", "battery"])
def test_every_shipped_decision_decides(six: Path, option: str) -> None:
    read = candidates.read([six], together=True)
    assert recommend(read, decision("constraints.licences=[]", option=option)).front


@pytest.mark.slow
@given(points)
def test_the_pareto_front_is_what_nothing_beats(options: list[tuple[float, float, float]]) -> None:
    on = pareto_front(options)
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


@pytest.mark.slow
def test_an_unknown_figure_counts_as_nothing_and_is_said(tmp_path: Path) -> None:
    plant(tmp_path, name="a", model="metered", points=4.0, metrics={"energy_j_per_token": 0.1})
    plant(tmp_path, name="b", model="unmetered", points=4.0, seed=1)
    found = decided(tmp_path / "sweep", settings=["weights.energy=1"])
    assert found.pick is not None
    assert found.pick.choice.label == "metered"
    assert any("counts as nothing for unmetered" in text for text in found.remarks)
    everything = replace(found, remarks=())
    assert everything.pick == found.pick
