"""Every figure has one home: a made-up one, added with its formula, is everywhere."""

import csv
import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
import yaml

from foundry_exp.decide import gate_side
from foundry_exp.decide.compare import compare
from foundry_exp.decide.recommend import recommend
from foundry_exp.files import shipped_files
from foundry_exp.files.escape import listed
from foundry_exp.metrics import catalogue, summary
from foundry_exp.metrics.rates import slo_names
from foundry_exp.metrics.request import PER_REQUEST
from foundry_exp.records import run_folder, runs
from foundry_exp.report import comparison_pages, recommendation_pages
from foundry_exp.results import candidates
from foundry_exp.tracking.metric_names import logged_metrics
from tests.conftest import SCRIPTED, clean_environment
from tests.decide.recommendations import decision
from tests.metrics import made_up
from tests.schemas import written

ALIASES = "model.alias=one,two"


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Two cells measured by a tool with one figure more, and what it printed."""
    home = tmp_path_factory.mktemp("made-up")
    words = ["-m", *(word for word in SCRIPTED if "alias" not in word), ALIASES, "sweep.name=made-up"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.metrics.made_up", *words],
        cwd=home, env=clean_environment(), capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return home / "mlruns" / "runs" / "made-up", done.stdout


@pytest.fixture
def one_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process has the figure too."""
    monkeypatch.setattr(catalogue, "FIGURES", (*catalogue.FIGURES, made_up.FIGURE))
    monkeypatch.setitem(PER_REQUEST, made_up.FIGURE.name, made_up.formula)


@pytest.mark.real
@pytest.mark.usefixtures("one_more")
def test_it_is_in_run_json_and_its_schema(sweep: tuple[Path, str]) -> None:
    schema = json.loads(written.texts()[shipped_files.shipped("schemas") / "run.schema.json"])
    for cell in runs.finished_cells(sweep[0]):
        told = json.loads((cell / "run.json").read_text(encoding="utf-8"))
        assert told["metrics"]["words_per_s"]["p50"] > 0
        jsonschema.validate(told, schema)
        told["metrics"]["words_per_s"] = "fast"
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(told, schema)


@pytest.mark.real
@pytest.mark.usefixtures("one_more")
def test_run_json_holds_the_figures_of_the_catalogue(sweep: tuple[Path, str]) -> None:
    for cell in runs.finished_cells(sweep[0]):
        names = {name for name in run_folder.read_result(cell).metrics if "/" not in name}
        assert names == {one.name for one in catalogue.FIGURES if one.is_written}


@pytest.mark.real
def test_it_is_in_every_table(sweep: tuple[Path, str]) -> None:
    folder, printed = sweep
    assert "words" in printed
    assert "words/s" in printed
    assert "| Words p50 (words/s) |" in (folder / "report.md").read_text(encoding="utf-8")
    assert "**Most words:**" in (folder / "report.md").read_text(encoding="utf-8")
    with (folder / "report.csv").open(encoding="utf-8", newline="") as file:
        assert all(float(row["words_p50_per_s"]) > 0 for row in csv.DictReader(file))
    entries = json.loads((folder / "report.json").read_bytes())
    assert all(entry["words_p50_per_s"] > 0 for entry in entries)
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert 'Words p50 <span class="unit">words/s</span>' in page
    assert "Most words" in page


@pytest.mark.real
@pytest.mark.usefixtures("one_more")
def test_mlflow_gets_it(sweep: tuple[Path, str]) -> None:
    result = run_folder.read_result(runs.finished_cells(sweep[0])[0])
    assert logged_metrics(result.metrics)["throughput/words_per_s_p50"] > 0


@pytest.mark.real
@pytest.mark.usefixtures("one_more")
def test_candidates_are_compared_and_gated_by_it(sweep: tuple[Path, str]) -> None:
    read = candidates.read([sweep[0]], together=True)
    page = comparison_pages.page(compare(read))
    assert "| the word rate |" in page
    side = gate_side.side(candidates.read([runs.finished_cells(sweep[0])[0]]), "word-rates", "fastest")
    assert side.figures["words_per_s"][0]
    assert "words_per_s" in written.texts()[shipped_files.shipped("schemas") / "gate.schema.json"]


@pytest.mark.real
@pytest.mark.usefixtures("one_more")
def test_a_decision_may_limit_it(sweep: tuple[Path, str]) -> None:
    chosen = decision()
    limits = {**chosen.constraints, "quality": None, "licences": None, "words_p50_per_s": 1e9}
    found = recommend(candidates.read([sweep[0]], together=True), replace(chosen, constraints=limits))
    assert "word rate" in recommendation_pages.console(found)
    assert "(at least 1,000,000,000 words/s)" in recommendation_pages.console(found)
    assert "words_p50_per_s" in written.texts()[shipped_files.shipped("schemas") / "decision.schema.json"]


@pytest.mark.real
@pytest.mark.usefixtures("one_more")
def test_a_decision_may_weigh_it_and_more_of_it_is_better(sweep: tuple[Path, str]) -> None:
    weighed = replace(decision(), constraints={}, weights={"words": 1})
    found = recommend(candidates.read([sweep[0]], together=True), weighed)
    best, other = found.ranked
    assert best.parts["words"] == 1 >= other.parts["words"]
    rates = [one.choice.figures["words_p50_per_s"] or 0 for one in (best, other)]
    assert other.parts["words"] == pytest.approx(rates[1] / rates[0])


@pytest.mark.usefixtures("one_more")
def test_readme_defines_it() -> None:
    readme = next((text for path, text in written.texts().items() if path.name == "README.md"), "")
    if readme:
        assert "| `words_per_s` | words of the answer / `e2e_ms` | nowhere |" in readme


def test_every_formula_has_an_entry_and_every_name_is_of_one_figure() -> None:
    names = [one.name for one in catalogue.FIGURES]
    assert {*PER_REQUEST, *summary.FORMULAS} <= set(names)
    assert not PER_REQUEST.keys() & summary.FORMULAS.keys()
    numbers = [number for one in catalogue.FIGURES for number in one.statistics]
    for used in (names, [one.key for one in numbers if one.key], [one.logged for one in numbers if one.logged]):
        assert max(Counter(used).values()) == 1
    places = Counter((place, rank) for one in numbers for place, rank in one.places.items())
    assert max(places.values()) == 1


@pytest.mark.real
def test_the_catalogue_is_light() -> None:
    code = "import sys, foundry_exp.metrics.catalogue; print({'numpy', 'pydantic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_options_name_the_figures_that_there_are() -> None:
    conf = shipped_files.shipped("conf")
    words = {"licences", "capabilities"}
    for path in sorted((conf / "decision").glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        option = yaml.safe_load(text)
        assert set(option["constraints"]) == set(catalogue.limits()) | words, path.name
        assert set(option["weights"]) == set(catalogue.weights()), path.name
        assert f"be told apart: {listed(catalogue.costs(), 'or')}\n" in text, path.name
    gate = yaml.safe_load((conf / "gate" / "default.yaml").read_text(encoding="utf-8"))
    assert set(gate["tolerances"]) == set(catalogue.gated())
    config = yaml.safe_load((conf / "config.yaml").read_text(encoding="utf-8"))
    assert list(config["slo"]) == slo_names()
