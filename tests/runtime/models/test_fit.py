"""Whether a model fits is decided by a stated rule, with the numbers, and can be overridden."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from foundry_exp.cli import main
from foundry_exp.errors import SkipCellError
from foundry_exp.records import run_folder
from foundry_exp.runtime.models import fit, request
from foundry_exp.runtime.models.facts import VariantFacts
from foundry_exp.runtime.models.fit import Visible
from tests.conftest import demo_model, native
from tests.loopback_catalogue import Variant, model_files, serving

# Qwen2.5-0.5B: 24 layers, 2 KV heads of 64: 2 × 24 × 2 × 64 × 4 bytes = 24 576 a token.
CONFIG = {
    "model": {
        "context_length": 32768,
        "decoder": {"num_hidden_layers": 24, "num_key_value_heads": 2, "head_size": 64},
    }
}
SIZES = {"tiny": 100.0, "small": 600.0, "middle": 2000.0, "large": 9000.0, "huge": 20000.0}


def test_a_need_is_files_with_room_and_the_cache_of_every_token() -> None:
    needed = fit.need(1000.0, CONFIG, 1000)
    assert needed.kv_mb == pytest.approx(24.576)
    assert needed.total_mb == pytest.approx(1224.576)
    assert fit.need(1000.0, CONFIG, 1000, at_once=4).kv_mb == pytest.approx(4 * 24.576)


def test_a_cache_is_never_larger_than_the_context() -> None:
    assert fit.need(1000.0, CONFIG, 10**6).tokens == 32768


@pytest.mark.parametrize("config", [None, {}, {"model": {}}, {"model": {"decoder": {"num_hidden_layers": 24}}}])
def test_what_a_folder_does_not_say_is_unknown_and_not_zero(config: dict[str, object] | None) -> None:
    needed = fit.need(1000.0, config, 100)
    assert needed.kv_mb is None
    assert needed.total_mb == pytest.approx(1200.0)


def test_what_fits_is_let_pass_and_what_does_not_is_skipped_with_the_numbers() -> None:
    needed = fit.need(1000.0, CONFIG, 1000)
    fit.refuse(needed, 1225.0, "memory", SIZES.copy)
    with pytest.raises(SkipCellError) as caught:
        fit.refuse(needed, 1224.0, "VRAM", SIZES.copy)
    message = str(caught.value)
    for words in ("1225 MB", "1000 MB of files × 1.2", "25 MB of KV cache for 1000 tokens", "1224 MB of VRAM are free"):
        assert words in message
    assert "small (600 MB), tiny (100 MB)" in message
    assert "middle" not in message
    assert "fit=ignore" in message


def test_smaller_models_are_offered_largest_first_and_for_an_unknown_size_the_smallest() -> None:
    assert "large (9000 MB), middle (2000 MB), small (600 MB)" in fit.offer(10_000, SIZES)
    assert "tiny (100 MB), small (600 MB)" in fit.offer(None, SIZES)
    assert "(" not in fit.offer(50, SIZES)


def test_variants_of_the_same_model_come_first_then_what_is_here_among_the_options() -> None:
    seen = Visible({"mine-openvino-gpu:2": 500.0, "mine-cuda-gpu:2": 12_000.0}, {"here-generic-cpu:1": 3000.0})
    offered = fit.offer(9_000, SIZES, seen)
    said = "mine-openvino-gpu:2 (500 MB), here-generic-cpu:1 (3000 MB), middle (2000 MB)"
    assert offered == f", take a smaller model ({said})"


def test_visible_are_variants_of_the_same_model_and_chat_models_that_are_here() -> None:
    asked = variant("big-generic-cpu:1", "big", 5154.0)
    others = [
        asked,
        variant("big-openvino-cpu:1", "big", 2310.0),
        variant("big-cuda-gpu:1", "big", None),
        variant("here-generic-cpu:1", "here", 860.0, cached=True),
        variant("elsewhere-generic-cpu:1", "elsewhere", 860.0),
        variant("vectors-generic-cpu:1", "vectors", 600.0, cached=True, not_measurable="it gives vectors"),
    ]
    assert fit.visible(others, asked) == Visible({"big-openvino-cpu:1": 2310.0}, {"here-generic-cpu:1": 860.0})


def test_what_would_not_fit_either_is_not_offered() -> None:
    with pytest.raises(SkipCellError, match=r"take a smaller model \(small \(600 MB\), tiny \(100 MB\)\)"):
        fit.refuse(fit.need(30_000.0, None, 100), 2000.0, "memory", SIZES.copy)


def test_by_what_the_catalogue_states_the_cache_is_a_share_of_the_files() -> None:
    needed = fit.stated_need(5154.0, 131072, 1000)
    assert needed.kv_mb == pytest.approx(257.7)
    assert fit.stated_need(5154.0, 500, 1000, at_once=2).kv_mb == pytest.approx(257.7), "at most the context, twice"
    with pytest.raises(SkipCellError, match=r"about 258 MB of KV cache .* memory are free, so it was not downloaded"):
        fit.refuse(needed, 6000.0, "memory", SIZES.copy)


def variant(name: str, alias: str, size_mb: float | None, **facts: Any) -> VariantFacts:
    unknown: dict[str, Any] = dict.fromkeys(field.name for field in dataclasses.fields(VariantFacts))
    return VariantFacts(**{**unknown, "id": name, "alias": alias, "size_mb": size_mb, "cached": False, **facts})


def test_sizes_are_those_that_the_options_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "conf" / "model"
    mine.mkdir(parents=True)
    (mine / "mine.yaml").write_text("alias: mine\nsize_mb: 12.5\n", encoding="utf-8")
    (mine / "broken.yaml").write_text("a: [", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    sizes = request.option_sizes_mb()
    assert sizes["mine"] == 12.5
    assert sizes["phi-4-mini"] > 1000
    assert not {"broken", "custom", "demo-small"} & set(sizes)


@pytest.fixture
def too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A demonstration model whose config says that every token needs a terabyte; the runtime may run it."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "vast"
    folder.mkdir()
    for path in demo_model("demo-small").iterdir():
        (folder / path.name).symlink_to(path)
    config = json.loads((folder / "genai_config.json").read_text(encoding="utf-8"))
    config["model"]["decoder"]["num_key_value_heads"] = 10**9
    (folder / "genai_config.json").unlink()
    (folder / "genai_config.json").write_text(json.dumps(config), encoding="utf-8")
    return [
        "model=custom",
        f"model.path={folder}",
        "model.alias=vast",
        "tracker=none",
        "draw_plots=false",
        *native(tmp_path),
    ]


@pytest.mark.real
def test_a_model_that_does_not_fit_is_skipped_before_it_is_loaded(too_large: list[str], tmp_path: Path) -> None:
    assert main.main(too_large) == 1  # nothing was measured
    result = run_folder.read_result(next(tmp_path.glob("mlruns/runs/*/*/run.json")).parent)
    assert result.status == "skipped"
    assert "does not fit: needs about" in (result.reason or "")
    assert "fit=ignore" in (result.reason or "")
    assert result.metrics["load_s"] is None


@pytest.mark.real
def test_fit_ignore_loads_it_all_the_same(too_large: list[str], tmp_path: Path) -> None:
    main.main([*too_large, "fit=ignore", "workload.rounds=1", "generation.max_tokens=4"])
    result = run_folder.read_result(next(tmp_path.glob("mlruns/runs/*/*/run.json")).parent)
    assert result.status != "skipped"
    saved = yaml.safe_load(next(tmp_path.glob("mlruns/runs/*/*/config.yaml")).read_text(encoding="utf-8"))
    assert saved["fit"] == "ignore"


def test_a_wrong_choice_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["fit=maybe"]) == 2
    assert "fit: must be one of check, ignore" in capsys.readouterr().err


@pytest.mark.real
def test_a_downloaded_model_is_judged_by_the_files_that_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = model_files(demo_model("demo-small"))
    config = json.loads(files["genai_config.json"])
    config["model"]["decoder"]["num_key_value_heads"] = 10**9
    files["genai_config.json"] = json.dumps(config).encode()
    with serving([Variant(name="vast-generic-cpu", alias="vast", files=files)], tmp_path) as catalogue:
        for name, value in catalogue.environment().items():
            monkeypatch.setenv(name, value)
        arguments = ["model=custom", "model.alias=vast", "tracker=none", "draw_plots=false", *native(tmp_path)]
        assert main.main([*arguments, f"backend.catalogue_url={catalogue.url}"]) == 1
    result = run_folder.read_result(next(tmp_path.glob("mlruns/runs/*/*/run.json")).parent)
    assert result.status == "skipped", result.reason
    assert "MB of KV cache" in (result.reason or "")
