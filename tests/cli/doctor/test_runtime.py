"""What is made of the runtime's own words, which were recorded from foundry-local-sdk 2.2.1."""

from pathlib import Path
from typing import Any

import pytest

from foundry_exp.cli.doctor import runtime
from foundry_exp.cli.doctor.findings import Finding, exit_code
from foundry_exp.cli.doctor.probe_process import ProbeResult
from foundry_exp.runtime.models import catalogue

DEVICES = "[debug]   [0] ep=CPUExecutionProvider device=CPU (hw_type=0)\n"
FETCH = (
    "[debug] [Telemetry] CatalogFetch AppName=foundry_exp Operation=FetchAll Endpoint=api.catalog.azureml.ms Region= "
    "Format=asset-gallery/v1.0/models Status={} TimeMs=4329 ModelCount=0\n"
)
FAILED = (
    "[error] failed to fetch catalog from https://api.catalog.azureml.ms/asset-gallery/v1.0/models: http_client.cc:304 "
    "std::string fl::http::RetryWithBackoff(const std::function<RetryAttempt()>&) operation failed after 4 attempts: "
    "transport failure: Could not resolve hostname\n"
)
ONE = {"aliases": ["phi-4-mini"], "cached": [{"id": "phi:1", "alias": "phi-4-mini"}]}
EMPTY: dict[str, list[Any]] = {"aliases": [], "cached": []}


def told(
    catalogue: dict[str, Any] | None, log: str, *providers: tuple[str, bool], problem: str | None = None
) -> ProbeResult:
    found = [{"name": name, "registered": registered} for name, registered in providers]
    steps: dict[str, dict[str, Any]] = {"library": {}, "providers": {"found": found}}
    return ProbeResult(steps | ({"catalogue": catalogue} if catalogue else {}), problem, log)


def found(
    said: ProbeResult, folder: Path, what: str, *, runs_here: bool = True, needs_download: bool = False
) -> Finding:
    every = runtime.findings(said, folder, runs_here=runs_here, needs_download=needs_download, offline=False)
    return next(finding for finding in every if finding.what == what)


def test_a_fetch_that_succeeded_is_reachable(tmp_path: Path) -> None:
    finding = found(told(ONE, DEVICES + FETCH.format("Success")), tmp_path, "catalogue")
    assert finding.severity == "ok"
    assert "reachable at api.catalog.azureml.ms: 1 models, 1 downloaded" in finding.detail


@pytest.mark.parametrize(("needs_download", "severity"), [(False, "warning"), (True, "error")])
def test_an_unreachable_catalogue_stops_only_a_run_that_needs_it(
    tmp_path: Path, needs_download: bool, severity: str
) -> None:
    said = told(EMPTY, DEVICES + FETCH.format("DependencyFailure") + FAILED)
    finding = found(said, tmp_path, "catalogue", needs_download=needs_download)
    assert finding.severity == severity
    assert "transport failure: Could not resolve hostname" in finding.detail
    assert "no list of models is stored" in finding.detail


def test_a_stored_list_is_told_apart_from_a_reachable_catalogue(tmp_path: Path) -> None:
    (tmp_path / catalogue.SNAPSHOT).write_text("{}", encoding="utf-8")
    unreachable = found(told(ONE, FETCH.format("DependencyFailure") + FAILED), tmp_path, "catalogue")
    assert unreachable.severity == "warning"
    assert "the stored list of 20" in unreachable.detail
    unasked = found(told(ONE, DEVICES), tmp_path, "catalogue")
    assert unasked.severity == "ok"
    assert "not asked" in unasked.detail


def test_a_catalogue_that_takes_too_long_is_said_with_the_time(tmp_path: Path) -> None:
    finding = found(told(None, DEVICES, problem="no answer within 30 s"), tmp_path, "catalogue")
    assert "unreachable (no answer within 30 s)" in finding.detail


@pytest.mark.parametrize(("runs_here", "code"), [(True, 1), (False, 0)])
def test_a_library_that_does_not_open_stops_what_runs_here(tmp_path: Path, runs_here: bool, code: int) -> None:
    said = ProbeResult({}, "its process ended with code -6: libfoundry.so: not found")
    every = runtime.findings(said, tmp_path, runs_here=runs_here, needs_download=False, offline=False)
    assert exit_code(every) == code
    assert [finding.what for finding in every] == ["runtime"]
    assert "libfoundry.so" in every[0].detail
    assert every[0].fix


@pytest.mark.parametrize(
    ("providers", "severity", "says"),
    [
        ([], "note", "no provider for a GPU or NPU"),
        ([("CUDAExecutionProvider", True)], "ok", "CUDAExecutionProvider"),
        ([("CUDAExecutionProvider", False)], "note", "not registered: CUDAExecutionProvider"),
    ],
)
def test_accelerators_are_those_registered_and_those_to_be_had(
    tmp_path: Path, providers: list[tuple[str, bool]], severity: str, says: str
) -> None:
    finding = found(told(EMPTY, DEVICES, *providers), tmp_path, "accelerators")
    assert finding.severity == severity
    assert says in finding.detail
    assert "CPUExecutionProvider (CPU)" in finding.detail


@pytest.mark.parametrize(("needs_download", "severity"), [(False, "note"), (True, "error")])
def test_offline_is_no_fault_unless_the_model_is_missing(tmp_path: Path, needs_download: bool, severity: str) -> None:
    said = told(EMPTY, DEVICES)
    every = runtime.findings(said, tmp_path, runs_here=True, needs_download=needs_download, offline=True)
    assert every[-1].severity == severity
    assert "offline=true" in every[-1].detail


def test_devices_that_the_runtime_did_not_name_are_not_said_to_be_absent(tmp_path: Path) -> None:
    assert "not named" in found(told(EMPTY, ""), tmp_path, "accelerators").detail
