"""Without a network: what is here goes on working, and not knowing is told apart from there being no such model."""

import json
import time
from pathlib import Path

import pytest

from foundry_exp.runtime.models import catalogue, provision
from tests.conftest import demo_model
from tests.runtime.models.conftest import RUN, Tool, results


def closed(tool: Tool) -> Tool:
    """The same with a catalogue that refuses connections."""
    tool.catalogue.close()
    return tool


@pytest.mark.real
def test_no_catalogue_and_no_snapshot_is_told_apart_from_no_such_model(tool: Tool) -> None:
    done = closed(tool).run("models", "pull", "small")
    assert done.returncode == 1
    assert "the Foundry catalogue cannot be reached and none is stored here" in done.stderr
    assert "models pull small" in done.stderr


@pytest.mark.real
def test_with_a_snapshot_the_listing_says_that_it_is_one(tool: Tool) -> None:
    assert tool.run("models").returncode == 0
    again = tool.run("models")
    assert "cannot be reached" not in again.stdout, "a young snapshot is not written anew, and says nothing"
    done = closed(tool).run("models")
    assert done.returncode == 0
    assert "The catalogue cannot be reached: this is what an earlier look at it stored." in done.stdout
    assert "small-generic-cpu:1" in done.stdout
    missing = tool.run("models", "pull", "smal", "accel=cpu")
    assert "did you mean small? The catalogue cannot be reached, so that is by what" in missing.stderr


@pytest.mark.real
def test_offline_asks_nothing_at_all(tool: Tool) -> None:
    """Guards the undocumented cache-only mode of the SDK."""
    assert tool.run("models", "pull", "small", "accel=cpu").returncode == 0
    tool.catalogue.requests.clear()
    done = tool.run("models", "--json", "offline=true")
    listing = json.loads(done.stdout)
    assert listing["catalogue"] == "offline"
    assert next(one for one in listing["variants"] if one["id"] == "small-generic-cpu:1")["cached"]
    assert tool.run("models", "pull", "small", "accel=cpu", "offline=true").returncode == 0
    refused = tool.run("models", "pull", "mistral-7b-v0.2", "offline=true")
    assert (refused.returncode, "not downloaded" in refused.stderr) == (1, True)
    assert tool.catalogue.requests == []


@pytest.mark.real
def test_offline_the_service_asks_nothing_either(tool: Tool) -> None:
    path = str(demo_model("demo-small"))
    assert tool.run("models", "pull", "small", "accel=cpu").returncode == 0
    assert tool.run("models", "add", path, "--alias", "mine").returncode == 0
    tool.catalogue.requests.clear()
    service = (*RUN, "backend=service", "offline=true", "accel=cpu")
    done = tool.run("-m", *service, "model.alias=small,mine,mistral-7b-v0.2")
    by_model = {one["model"]["alias"]: one for one in results(tool)}
    reasons = done.stdout + done.stderr
    assert {name: one["status"] for name, one in by_model.items()} == {
        "small": "ok", "mine": "ok", "mistral-7b-v0.2": "failed",
    }, reasons  # fmt: skip
    assert by_model["small"]["model"]["variant"] == "small-generic-cpu:1"
    assert by_model["small"]["model"]["accel_evidence"] == "log"
    assert "python -m foundry_exp models pull mistral-7b-v0.2" in by_model["mistral-7b-v0.2"]["reason"]
    assert tool.catalogue.requests == []


@pytest.mark.real
def test_the_service_does_not_wait_for_a_catalogue(tool: Tool) -> None:
    """The SDK would try for over four seconds, and they would count as loading."""
    assert tool.run("models", "pull", "small", "accel=cpu").returncode == 0
    done = closed(tool).run(*RUN, "backend=service", "model.alias=small", "accel=cpu", "offline=true")
    (result,) = results(tool)
    assert result["status"] == "ok", done.stdout + done.stderr
    assert "Endpoint=custom" in next(tool.folder.glob("mlruns/runs/*/*/runtime.log")).read_text()
    assert tool.catalogue.url not in next(tool.folder.glob("mlruns/runs/*/*/runtime.log")).read_text()


@pytest.mark.real
def test_a_catalogue_that_answers_nothing_is_given_up_in_time(tool: Tool) -> None:
    assert tool.run("models").returncode == 0
    tool.catalogue.silent.set()
    place = provision.Place(tool.folder / "data", tool.cache, tool.catalogue.url, offline=False)
    start_s = time.monotonic()
    listing = provision.look(place, "cpu", limit_s=2)
    assert time.monotonic() - start_s < 15
    assert listing.catalogue == "stored"
    assert "small" in listing.aliases


def test_downloads_begun_and_not_finished_are_found_by_their_marker(tmp_path: Path) -> None:
    folder = tmp_path / "Publisher" / "some-model-generic-cpu-12"
    folder.mkdir(parents=True)
    (folder / "download.tmp").touch()
    assert catalogue.unfinished(tmp_path) == ["some-model-generic-cpu:12"]
