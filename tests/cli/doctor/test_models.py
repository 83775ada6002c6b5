"""A model is asked for one token as a run would ask it, and never downloaded."""

from pathlib import Path

import pytest

from foundry_exp.cli.doctor.models import Here, cached_variant, probe
from foundry_exp.config import compose
from foundry_exp.config.plan import plan
from foundry_exp.measure.cell import Cell
from tests.conftest import native

NOTHING = Here([], [])
CACHED = [
    {"id": "phi-generic-cpu:4", "alias": "phi-4-mini"},
    {"id": "phi-cuda-gpu:5", "alias": "phi-4-mini"},
    {"id": "phi-generic-cpu:5", "alias": "phi-4-mini"},
    {"id": "other-generic-cpu:9", "alias": "other"},
]


def cell(*overrides: str) -> Cell:
    return plan(compose.plain(compose.jobs(list(overrides), multirun=False)[0][0].config), "doctor", "doctor")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("overrides", "variant"),
    [
        (["accel=cpu"], "phi-generic-cpu:5"),
        (["accel=gpu"], "phi-cuda-gpu:5"),
        (["accel=npu"], None),
        (["model.variant=phi-generic-cpu:4"], "phi-generic-cpu:4"),
        (["model.variant=phi-generic-cpu:6"], None),
    ],
)
def test_only_a_variant_in_the_cache_is_asked(overrides: list[str], variant: str | None) -> None:
    assert cached_variant(cell("model=phi-4-mini", *overrides), CACHED) == variant


@pytest.mark.slow
@pytest.mark.parametrize(("named", "severity"), [(True, "error"), (False, "note")])
def test_a_model_that_is_not_downloaded_is_not_asked(named: bool, severity: str) -> None:
    finding = probe("mistral-7b", cell("model=mistral-7b"), NOTHING, named=named, main_job=False)
    assert finding.severity == severity
    assert finding.fix == "python -m foundry_exp models pull mistral-7b-v0.2"


@pytest.mark.real
def test_the_real_service_answers_and_lists_the_model(tmp_path: Path) -> None:
    asked = cell("model=demo-small", "backend=service", *native(tmp_path))
    finding = probe("demo-small", asked, NOTHING, named=True, main_job=False)
    assert finding.severity == "ok"
    assert "demo-small-generic-cpu:1" in finding.detail
    assert "listed in /v1/models" in finding.detail


@pytest.mark.real
@pytest.mark.parametrize(("main_job", "severity"), [(True, "error"), (False, "warning")])
def test_a_model_that_fails_is_worse_when_the_main_job_needs_it(main_job: bool, severity: str) -> None:
    broken = cell("backend=scripted", "backend.fault=load", "model=custom", "model.alias=m")
    finding = probe("m", broken, NOTHING, named=False, main_job=main_job)
    assert finding.severity == severity
    assert "the script says that loading fails" in finding.detail
