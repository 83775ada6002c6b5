"""The store is where its address says, whatever the folder is called."""

import shutil
from pathlib import Path

import pytest

from foundry_exp.results.cell import read_with_records
from foundry_exp.tracking.location import locate
from foundry_exp.tracking.mlflow_store import MlflowTracker
from foundry_exp.tracking.mlflow_store import opened as opened_store
from tests.run_folders import make_run_folder


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a%20d", "My%20Project", "%", "a#b", "ä ;&="])
def test_a_store_is_found_in_a_folder_of_any_name(tmp_path: Path, empty_store: Path, name: str) -> None:
    place = tmp_path / name
    place.mkdir()
    shutil.copy(empty_store, place / "mlflow.db")
    with opened_store(locate(None, str(place)), "not opened", "look") as client:
        client.create_experiment("here")
    with opened_store(locate(None, str(place)), "not opened", "look") as client:
        assert client.get_experiment_by_name("here") is not None
    assert [path.name for path in tmp_path.iterdir()] == [name], "a folder beside it was made"


@pytest.mark.slow
def test_a_run_goes_to_the_experiment_that_every_store_has(tmp_path: Path) -> None:
    place = tmp_path / "My%20Project"
    cell = read_with_records(make_run_folder(place / "runs")).cell
    MlflowTracker(None, "Default", str(place)).publish(cell)
    said = MlflowTracker(None, "Default", str(place)).publish(cell)
    assert said.endswith("in experiment Default")
    assert list((place / "artifacts" / "0").rglob("run.json"))
    assert not (tmp_path / "My Project").exists()
