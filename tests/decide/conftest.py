"""A sweep to decide about."""

from pathlib import Path

import pytest

from tests.decide.planted import plant, sizes


@pytest.fixture
def six(tmp_path: Path) -> Path:
    """Six cells: a pick, its twin, one too poor, one too large, one that failed and one that was skipped."""
    plant(tmp_path, name="a", model="best", points=4.0, seed=1, metrics=sizes(2000))
    plant(tmp_path, name="b", model="twin", points=4.0, seed=2, metrics=sizes(1990))
    plant(tmp_path, name="c", model="poor", points=2.5, slower=0.5, seed=3, metrics=sizes(500))
    plant(tmp_path, name="d", model="large", points=4.8, seed=4, metrics=sizes(9000))
    plant(tmp_path, name="e", model="broken", status="failed", reason="broken: out of memory; free some.")
    plant(tmp_path, name="f", model="best", device="gpu", status="skipped", reason="no gpu variant here")
    return tmp_path / "sweep"
