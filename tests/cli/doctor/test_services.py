"""A service at an address, and the store: what answers, what is listed, what stops a run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from foundry_exp.cli.doctor import services
from tests.timed_server.service import Behaviour, Service, TimedServer, timed_server

TRACKER = {"_target_": "foundry_exp.tracking.mlflow_store.MlflowTracker", "uri": None, "experiment": "e"}


@pytest.fixture
def server() -> Iterator[TimedServer]:
    with timed_server(Service({"steady": Behaviour(tokens=2)})) as running:
        yield running


def backend(base_url: str) -> dict[str, object]:
    return {"base_url": base_url, "api_key_env": "FOUNDRY_API_KEY", "connect_timeout_s": 5.0}


@pytest.mark.real
def test_what_a_service_lists_is_named(server: TimedServer) -> None:
    findings, ids = services.endpoint(backend(server.base_url))
    assert [finding.severity for finding in findings] == ["ok", "ok"]
    assert ids == ["steady"]
    assert "steady" in findings[1].detail


@pytest.mark.real
def test_an_address_where_nothing_answers_is_an_error_with_ways_out() -> None:
    (finding,), ids = services.endpoint(backend("http://127.0.0.1:9/v1"))
    assert (finding.severity, ids) == ("error", [])
    assert "127.0.0.1:9" in finding.detail
    assert "FOUNDRY_LOCAL_ENDPOINT" in (finding.fix or "")


def test_a_broken_store_is_an_error_and_no_store_is_fine(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"this is no database at all" * 40)
    (broken,) = services.store({**TRACKER, "output_dir": str(tmp_path)})
    assert broken.severity == "error"
    assert str(tmp_path / "mlflow.db") in broken.detail
    (none,) = services.store({"_target_": "foundry_exp.tracking.no_tracker.NoTracker"})
    assert none.severity == "ok"
