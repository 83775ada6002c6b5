"""What the runtime's own process says of the catalogue that it asked."""

import threading
from pathlib import Path
from typing import Any

import pytest

from foundry_exp.runtime.models.tasks import Runtime

FETCH = "[debug] [Telemetry] CatalogFetch AppName=foundry_exp Operation=FetchAll Status={} TimeMs=1\n"


def opened(folder: Path, **task: Any) -> Runtime:
    places = {"cache_dir": str(folder), "data_dir": str(folder), "log_dir": str(folder)}
    no_manager: Any = None
    return Runtime(no_manager, {**places, "cache_only": False, "offline": False, **task})


def test_a_log_that_is_written_late_is_waited_for(tmp_path: Path) -> None:
    log = tmp_path / "foundry_local_1.log"
    log.touch()
    late = threading.Timer(0.3, lambda: log.write_text(FETCH.format("Success"), encoding="utf-8"))
    late.start()
    assert opened(tmp_path).catalogue_state() == "reached"
    late.join()


def test_a_catalogue_that_failed_is_unreached_at_once(tmp_path: Path) -> None:
    (tmp_path / "foundry_local_1.log").write_text(FETCH.format("DependencyFailure"), encoding="utf-8")
    assert opened(tmp_path).catalogue_state() == "absent"


@pytest.mark.parametrize(
    ("task", "why"),
    [
        ({}, "cannot be reached"),
        ({"cache_only": True}, "gave no answer in time"),
        ({"cache_only": True, "offline": True}, "was not asked (offline=true)"),
    ],
)
def test_what_became_of_asking_is_told_apart(tmp_path: Path, task: dict[str, Any], why: str) -> None:
    assert opened(tmp_path, **task).why_unreached == why
