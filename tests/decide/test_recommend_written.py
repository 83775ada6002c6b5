"""What a recommendation leaves: the end of a sweep's report, a file to route by, and pages."""

import json
from pathlib import Path

import pytest
import yaml

from foundry_exp.config import models_json
from foundry_exp.decide import routing_file
from foundry_exp.errors import ConfigError
from foundry_exp.files.disk import write_whole
from foundry_exp.records.config_json import plain
from foundry_exp.records.run_folder import CONFIG_FILE
from foundry_exp.records.runs import finished_cells
from foundry_exp.report import recommendation_pages
from foundry_exp.report.conclude import Conclusions, conclusions
from foundry_exp.report.write import write_texts
from foundry_exp.results.cell import gather
from tests.decide.planted import plant
from tests.decide.recommendations import decided, decision
from tests.report.hostile import HOSTILE


@pytest.mark.slow
def test_runs_by_different_prompts_are_refused(tmp_path: Path) -> None:
    plant(tmp_path, name="a", points=4.0)
    plant(tmp_path, name="b", model="m", points=4.0, changes={"prompts": {"name": "x", "digest": "beef", "size": 1}})
    with pytest.raises(ConfigError, match="cannot be compared"):
        decided(tmp_path / "sweep")
    said = found_in(tmp_path / "sweep")
    assert said.pick == "default-summarizer: no recommendation"
    assert "cannot be compared" in said.reasons[0]
    assert said.basis.startswith("Not compared: ")


@pytest.mark.slow
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
    write_whole(cells[0] / CONFIG_FILE, yaml.safe_dump({"decision": plain(decision())}))
    return conclusions(sweep, gather(cells))


@pytest.mark.slow
def test_a_routing_file_keeps_to_its_schema_and_can_be_routed_by(six: Path, tmp_path: Path) -> None:
    aliases = routing_file.write(tmp_path / "models.json", decided(six))
    entries = models_json.read(str(tmp_path / "models.json"))
    assert set(aliases) == set(entries) == {"best", "twin", "poor", "large"}
    assert [name for name, entry in entries.items() if entry["default"]] in (["best"], ["twin"])
    assert entries["poor"]["qualifies"] is False
    assert "quality" in entries["poor"]["reason"]
    assert entries["best"]["e2e_p95_ms"] > entries["best"]["e2e_ms"] > entries["best"]["ttft_ms"]


@pytest.mark.slow
def test_a_file_that_says_an_alias_cannot_be_written_is_refused(tmp_path: Path) -> None:
    found = decided(plant(tmp_path, model=HOSTILE, points=4.0))
    with pytest.raises(ConfigError, match="an alias must be"):
        routing_file.write(tmp_path / "models.json", found)


@pytest.mark.slow
def test_every_page_survives_hostile_names(tmp_path: Path) -> None:
    plant(tmp_path, name="a", model=HOSTILE, points=4.0)
    plant(tmp_path, name="b", model="bad", status="failed", reason=HOSTILE)
    found = decided(tmp_path / "sweep")
    text = recommendation_pages.console(found) + recommendation_pages.page(found)
    assert "\x1b" not in text
    assert "<script" not in recommendation_pages.page(found)
    json.dumps(recommendation_pages.document(found), allow_nan=False)
