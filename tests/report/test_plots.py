"""The plots as files: what they say, and that they say nothing that was not measured."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from foundry_exp.report.highlights import highlights
from foundry_exp.report.plots import draw
from foundry_exp.report.plots.series import Plot, Series, series
from foundry_exp.report.plots.trade_off import MEMORY, QUALITY, Dimension, Point, front, leading
from foundry_exp.results.cell import FinishedCell, gather
from tests.report.scored import give_scores
from tests.run_folders import Cell, make_run_folder

NAMES = ["latency", "shares", "rates", "trade-off", "prompts", "timeline"]


def drawn(*folders: Path) -> dict[str, Plot]:
    return {plot.name: plot for plot in draw.plots(gather(folders))}


def words(plot: Plot) -> str:
    """All text in a plot."""
    return "\n".join(text.text or "" for text in ET.fromstring(plot.svg).iter("{http://www.w3.org/2000/svg}text"))


@pytest.fixture
def two(tmp_path: Path) -> list[Path]:
    return [
        make_run_folder(tmp_path, model="small", ttft_ms=20.0),
        make_run_folder(tmp_path, model="large", ttft_ms=90.0, metrics={"rss_peak_mb": 900.0}),
    ]


@pytest.mark.slow
def test_each_has_a_title_a_unit_and_n(two: list[Path]) -> None:
    found = drawn(*two)
    assert list(found) == NAMES
    for plot in found.values():
        said = words(plot)
        assert plot.title in said or plot.name in ("rates", "trade-off", "timeline")
        assert any(unit in said for unit in ("ms", "s since", "tokens/s")), plot.name
        assert "(n=" in said or "(2 cells)" in said, plot.name


@pytest.mark.slow
def test_a_thousand_is_no_power_of_ten(tmp_path: Path) -> None:
    found = drawn(make_run_folder(tmp_path, model="quick", gap_ms=1.0), make_run_folder(tmp_path, model="slow"))
    assert "1,000" in words(found["rates"])
    assert "e+" not in words(found["rates"])


@pytest.mark.slow
def test_they_are_files_that_stand_alone(two: list[Path]) -> None:
    folder = two[0].parent / "plots"
    draw.write(folder, draw.plots(gather(two)))
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{name}.svg" for name in NAMES)
    text = (folder / "latency.svg").read_text(encoding="utf-8")
    assert ET.fromstring(text).attrib["width"].endswith("pt")
    assert "prefers-color-scheme: dark" in text
    draw.write(folder, [])
    assert not list(folder.iterdir())


@pytest.mark.slow
def test_the_same_cells_give_the_same_bytes(two: list[Path]) -> None:
    assert [plot.svg for plot in draw.plots(gather(two))] == [plot.svg for plot in draw.plots(gather(two))]


@pytest.mark.slow
def test_what_was_not_measured_is_named_and_not_drawn(tmp_path: Path, two: list[Path]) -> None:
    more = [
        make_run_folder(tmp_path, model="gone", status="failed", reason="it crashed."),
        make_run_folder(tmp_path, model="wrong", status="device_mismatch", reason="ran on the CPU."),
    ]
    for plot in drawn(*two, *more).values():
        assert "Not plotted: gone (failed), wrong (device mismatch)." in plot.reading
        assert "gone" not in words(plot)
        assert "wrong" not in words(plot)
        assert "nan" not in plot.svg.lower()


@pytest.mark.slow
def test_without_a_first_token_it_says_why_and_draws_no_zero(tmp_path: Path, two: list[Path]) -> None:
    whole = make_run_folder(tmp_path, model="whole", streaming=False)
    assert words(drawn(*two, whole)["rates"]).count("not streamed") == 2


@pytest.mark.slow
def test_an_interval_that_n_is_too_small_for_leaves_a_hollow_point(tmp_path: Path, two: list[Path]) -> None:
    fill = "fill: var(--paper)"
    few = make_run_folder(tmp_path, model="few", metrics={"ttft_ms": make_few(30.0)})
    assert drawn(*two, few)["rates"].svg.count(fill) == drawn(*two)["rates"].svg.count(fill) + 1


def make_few(value: float) -> dict[str, Any]:
    from tests.run_folders import make_distribution

    return make_distribution(value, n=2) | {"intervals": {"p50": None}}


@pytest.mark.slow
def test_a_prompt_without_an_answer_is_a_dash(tmp_path: Path, two: list[Path]) -> None:
    half = make_run_folder(tmp_path, model="half", status="partial", reason="3 failed.", errors=("privacy",))
    assert "–" in words(drawn(*two, half)["prompts"]).split("\n")
    assert "–" not in words(drawn(*two)["prompts"]).split("\n")


@pytest.mark.slow
def test_errors_and_outliers_are_marked_on_the_timeline(tmp_path: Path) -> None:
    good = make_run_folder(tmp_path / "good")
    bad = make_run_folder(tmp_path / "bad", status="partial", reason="3 failed.", errors=("privacy",))
    assert "var(--bad)" not in drawn(good)["timeline"].svg
    assert "var(--bad)" in drawn(bad)["timeline"].svg
    before = drawn(good)["timeline"].svg
    summary = json.loads((good / "run.json").read_text(encoding="utf-8"))
    summary["per_prompt"] = {"privacy": {"outlier_rounds": {"e2e_ms": [1]}}}
    (good / "run.json").write_text(json.dumps(summary), encoding="utf-8")
    assert drawn(good)["timeline"].svg.count("<use") == before.count("<use") + 1


@pytest.mark.slow
def test_of_many_cells_the_quickest_are_shown_and_it_says_so(tmp_path: Path) -> None:
    cells = [make_run_folder(tmp_path, Cell(model=f"m{place:02}", ttft_ms=200.0 - place)) for place in range(50)]
    found = drawn(*cells)
    assert "The 24 quickest of 50 cells; report.csv has all." in found["latency"].reading
    said = words(found["latency"])
    assert "m49" in said
    assert "m00" not in said
    assert sum(len(plot.svg) for plot in found.values()) < 1_000_000


@pytest.mark.slow
def test_names_are_text_and_no_formula(tmp_path: Path) -> None:
    name = "<b>$\\frac{1}{0}$ & モデル"
    cells = [make_run_folder(tmp_path, model=name), make_run_folder(tmp_path, model="b")]
    assert name in words(drawn(*cells)["latency"])


def test_the_front_holds_what_nothing_beats() -> None:
    look: Any = SimpleNamespace()
    points = [Point(x, y, look) for x, y in ((1.0, 2.0), (2.0, 3.0), (3.0, 2.5), (2.0, 1.0), (4.0, 3.0))]
    assert [(point.x, point.y) for point in front(points, y_least_wins=False)] == [(1.0, 2.0), (2.0, 3.0)]
    assert [(point.x, point.y) for point in front(points, y_least_wins=True)] == [(1.0, 2.0), (2.0, 1.0)]


@pytest.mark.slow
def test_no_two_models_look_alike(tmp_path: Path) -> None:
    cells = gather([make_run_folder(tmp_path, model=f"m{place:02}") for place in range(40)])
    assert len({(one.colour, one.marker) for one in series(cells)}) == 40


def leaders(*folders: Path, y: Dimension = MEMORY) -> set[str]:
    """The models on the front of quality or memory against speed."""
    cells = gather(folders)
    points = [Point(cell.row["e2e_p50_ms"] or 0.0, cell.row[y.key] or 0.0, look) for cell, look in looks(cells)]
    return {point.series.cell.row.model for point in leading(cells, y, points)}


def looks(cells: Sequence[FinishedCell]) -> list[tuple[FinishedCell, Series]]:
    return list(zip(cells, series(cells), strict=True))


def test_no_front_is_drawn_through_cells_that_are_not_ranked(tmp_path: Path, two: list[Path]) -> None:
    assert leaders(*two) == {"small"}
    here = make_run_folder(tmp_path, model="here", environment={"cpu": "one"})
    elsewhere = make_run_folder(tmp_path, model="elsewhere", environment={"cpu": "another"})
    assert leaders(*two, here, elsewhere) == set()
    partial = make_run_folder(tmp_path, model="partial", ttft_ms=1.0, status="partial", reason="1 failed.")
    assert leaders(*two, partial) == {"small"}


def test_no_front_is_drawn_through_points_of_two_judges(tmp_path: Path) -> None:
    def judged(model: str, judge: str) -> Path:
        folder = make_run_folder(tmp_path, model=model)
        give_scores(folder, {"retrieval": 4.0, "privacy": 3.0}, scorer="judge", scored_by=judge)
        return folder

    one, other, third = judged("a", "phi@1"), judged("b", "phi@2"), judged("c", "phi@1")
    assert leaders(one, other, y=QUALITY) == set()
    assert leaders(one, third, y=QUALITY)
    said = "\n".join(line.lead for line in highlights(gather([one, other])))
    assert "Best quality" not in said
    assert "Best quality" in "\n".join(line.lead for line in highlights(gather([one, third])))


def test_times_of_another_device_are_not_drawn_even_on_its_own_page(tmp_path: Path) -> None:
    folder = make_run_folder(tmp_path)
    summary = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    changed = summary | {"status": "device_mismatch", "reason": "asked for GPU, ran on the CPU."}
    (folder / "run.json").write_text(json.dumps(changed), encoding="utf-8")
    assert drawn(folder) == {}
