"""A sweep over HTTP is ranked: how long the network took is a fact to read, and no other runtime."""

from pathlib import Path

import pytest

from foundry_exp.files.plain import mapping
from foundry_exp.records.runs import find_run, finished_cells
from foundry_exp.report.highlights import highlights
from foundry_exp.report.ranking import rankable
from foundry_exp.results.cell import gather
from foundry_exp.results.comparable import differing
from tests.conftest import Run
from tests.run_folders import make_run_folder
from tests.runtime.http.conftest import Serve, serve  # noqa: F401 - a fixture
from tests.timed_server.service import Behaviour, Service

QUICK = ("prompts=deterministic", "workload.rounds=1", "workload.warmup=1", "scorer=none", "tracker=none")


@pytest.mark.real
def test_two_models_of_one_service_are_ranked(run: Run, tmp_path: Path, serve: Serve) -> None:  # noqa: F811
    models = {"quick": Behaviour(ttft_ms=1, gap_ms=1), "slow": Behaviour(ttft_ms=30, gap_ms=4)}
    service = serve(Service(models))
    told = run(
        "-m", "model=custom", f"model.alias={','.join(models)}", "backend=endpoint",
        f"backend.base_url={service.base_url}", "backend.api_key_env=", *QUICK,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    sweep = find_run("last", tmp_path / "mlruns")
    cells = gather(finished_cells(sweep))
    facts = [mapping(cell.result.environment["runtime"]) for cell in cells]
    assert all(float(str(each["rtt_ms"])) > 0 for each in facts), "each has its own, which now and then are equal"
    assert differing(cells) == []
    assert [label for label, _ in rankable(cells)] == ["quick", "slow"]
    assert "Quickest whole answer:** quick at" in (sweep / "report.md").read_text(encoding="utf-8")


def test_what_a_service_had_loaded_and_how_it_is_stamped_is_no_other_runtime(tmp_path: Path) -> None:
    environments = [
        {"runtime": {"service": "openai", "rtt_ms": "0.124", "already_loaded": "false", "stamped_by": "kernel"}},
        {"runtime": {"service": "openai", "rtt_ms": "3.001", "already_loaded": "true", "stamped_by": "clock"}},
    ]
    cells = gather([
        make_run_folder(tmp_path, model=model, ttft_ms=ttft_ms, environment=environment)
        for model, ttft_ms, environment in zip("ab", (20, 40), environments, strict=True)
    ])  # fmt: skip
    assert differing(cells) == []
    assert highlights(cells)[0].lead == "Fastest first token:"


def test_another_version_of_the_runtime_is_one(tmp_path: Path) -> None:
    cells = gather([
        make_run_folder(tmp_path, model=model, environment={"packages": {"onnxruntime": version}})
        for model, version in zip("ab", ("1.20", "1.21"), strict=True)
    ])  # fmt: skip
    assert [line.text for line in highlights(cells)] == ["The cells are not ranked, because they differ in runtime."]
