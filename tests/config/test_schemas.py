"""Schemas are current, closed, and allow every shipped option."""

import itertools
from pathlib import Path

import pytest

from foundry_exp.config import compose
from foundry_exp.config.cells import cell_names
from foundry_exp.config.plan import plan
from foundry_exp.files import shipped_files
from tests.schemas import written

CONF = shipped_files.shipped("conf")
GROUPS = sorted(path.name for path in CONF.iterdir() if path.is_dir() and path.name != "hydra")
OPTIONS = [(group, path.stem) for group in GROUPS for path in sorted((CONF / group).glob("*.yaml"))]
NEEDS = {
    ("model", "gemma-2-2b"): "model.path=shipped:models/demo-small",
    ("model", "custom"): "model.path=shipped:models/demo-small",
    ("backend", "endpoint"): "backend.base_url=http://127.0.0.1:5273/v1",
    ("experiment", "from-models-json"): f"models_file={Path(__file__).parent / 'models.json'}",
    ("backend", "generate"): "backend.model_class=foundry_exp.runtime.backends.scripted.ScriptedBackend",
}


@pytest.mark.parametrize(("path", "text"), written.texts().items(), ids=lambda value: getattr(value, "name", ""))
def test_what_is_generated_is_current(path: Path, text: str) -> None:
    assert path.read_text(encoding="utf-8") == text, "run: just schemas"


@pytest.mark.slow
@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_every_shipped_option_composes_and_is_allowed(group: str, option: str) -> None:
    needed = [NEEDS[group, option]] if (group, option) in NEEDS else []
    every_job, _ = compose.jobs([f"{group}={option}", *needed], multirun=False)
    for number, job in enumerate(every_job):
        assert plan(compose.plain(job.config), f"cell-{number}", "sweep").fingerprint


@pytest.mark.slow
def test_a_fingerprint_is_of_what_a_timing_depends_on() -> None:
    def fingerprint(*overrides: str) -> str:
        every_job, _ = compose.jobs(list(overrides), multirun=False)
        return plan(compose.plain(every_job[0].config), "cell", "sweep").fingerprint

    same = [
        fingerprint(),
        fingerprint("tracker=none"),
        fingerprint("output_dir=elsewhere"),
        fingerprint("max_error_rate=1"),
    ]
    assert len(set(same)) == 1
    different = [
        fingerprint(), fingerprint("model=demo-small"), fingerprint("streaming=off"), fingerprint("accel=cpu"),
        fingerprint("prompts=meeting-notes"), fingerprint("generation.max_tokens=9"), fingerprint("workload.rounds=9"),
        fingerprint("backend=scripted"),
    ]  # fmt: skip
    assert all(one != other for one, other in itertools.combinations(different, 2))


@pytest.mark.slow
def test_cells_are_named_for_what_was_swept_and_never_hold_an_equals_sign() -> None:
    def names(*overrides: str) -> list[str]:
        every_job, _ = compose.jobs(list(overrides), multirun=True)
        return cell_names(every_job)

    assert names("model=demo-small,demo-large", "generation.max_tokens=8,16") == [
        "demo-small-max_tokens-8", "demo-small-max_tokens-16", "demo-large-max_tokens-8", "demo-large-max_tokens-16",
    ]  # fmt: skip
    hostile = names("model=custom", "model.alias='../a=b','c:d/e'")
    assert len(set(hostile)) == 2
    assert not any(set("=/:\\") & set(name) or name.startswith(".") for name in hostile)


@pytest.mark.slow
def test_a_recipe_brings_its_sweep_and_the_command_overrides_it() -> None:
    every_job, multirun = compose.jobs(["experiment=smoke"], multirun=False)
    assert multirun
    assert cell_names(every_job) == ["demo-small", "demo-large"]
    every_job, _ = compose.jobs(["experiment=smoke", "model=demo-small"], multirun=False)
    assert len(every_job) == 1
