"""What must not be compared is not: runs are refused, and figures of another kind are kept apart."""

from pathlib import Path
from typing import Any

import pytest

from foundry_exp.errors import ConfigError
from foundry_exp.report import comparison_pages
from tests.decide.comparisons import compared
from tests.decide.planted import plant, repeats
from tests.run_folders import workload
from tests.scores.scoring import summarise_scores


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
        config = workload(rounds=rounds, concurrency=concurrency)
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
    assert "quality" not in {effect.figure.name for effect in forced.pairs[0].effects}


@pytest.mark.slow
def test_scores_by_different_judges_are_not_compared(tmp_path: Path) -> None:
    runs = [plant(tmp_path, name=name, points=3.0, seed=place) for place, name in enumerate("abc")]
    for folder, judge in zip(runs, ("phi@1", "phi@2", "phi@1"), strict=True):
        scores = folder / "scores.jsonl"
        text = scores.read_text(encoding="utf-8").replace('"rules"', f'"{judge}"')
        scores.write_text(text.replace('"scorer":"facets"', '"scorer":"judge"'), encoding="utf-8")
        assert summarise_scores(folder, {"judge": None}).quality_source == "judge"
    compared(runs[0], runs[2])
    with pytest.raises(ConfigError, match=r"rubric: judge facets:1 with phi@1 \(.*, judge facets:1 with phi@2 \("):
        compared(runs[0], runs[1])


@pytest.mark.slow
def test_energies_from_different_sources_are_not_compared(tmp_path: Path) -> None:
    def metered(name: str, source: str, joules: float) -> Path:
        return repeats(
            tmp_path, 3, name=name, sweep_id=name, model=name,
            metrics={"energy_j_per_token": joules}, changes={"energy_source": source},
        )  # fmt: skip

    one, other, third = metered("a", "rapl", 0.1), metered("b", "heuristic", 0.3), metered("c", "rapl", 0.2)
    mixed, alike = compared(one, other), compared(one, third)
    assert "energy_j_per_token" not in {effect.figure.name for effect in mixed.pairs[0].effects}
    assert any("from different sources: rapl (a), heuristic (b)" in note for note in mixed.pairs[0].notes)
    assert "energy_j_per_token" in {effect.figure.name for effect in alike.pairs[0].effects}


@pytest.mark.slow
def test_energy_by_estimated_tokens_is_not_compared(tmp_path: Path) -> None:
    guessed = {"energy_j_per_token": 0.1, "estimated_rate": 1.0}
    runs = [repeats(tmp_path, 3, name=name, sweep_id=name, model=name, metrics=guessed) for name in "ab"]
    assert "energy_j_per_token" not in {effect.figure.name for effect in compared(*runs).pairs[0].effects}


def test_a_run_named_twice_and_a_single_candidate_are_refused(tmp_path: Path) -> None:
    folder = plant(tmp_path)
    with pytest.raises(ConfigError, match="named twice"):
        compared(folder, folder)
    with pytest.raises(ConfigError, match="needs two candidates with figures, got 1"):
        compared(folder)
    with pytest.raises(ConfigError, match="no finished run in it"):
        compared(tmp_path / "nothing", folder)
