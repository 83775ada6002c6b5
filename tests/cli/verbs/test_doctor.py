"""`doctor` as a user calls it: what it prints, and when it says that the main job cannot run."""

import json
from pathlib import Path

import pytest

from tests.conftest import Run, demo_model, native
from tests.loopback_catalogue import Variant, serving

pytestmark = pytest.mark.real


def test_here_the_main_job_can_run_and_the_models_named_answer(run: Run, tmp_path: Path) -> None:
    done = run("doctor", "--json", *native(tmp_path), "--probe", "demo-small", "demo-large")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["exit_code"] == 0
    found = {finding["what"]: finding for finding in report["findings"]}
    assert found["runtime"]["severity"] == "ok"
    assert {"versions", "accelerators", "catalogue", "disk", "memory", "GPU", "MLflow store"} <= set(found)
    for name in ("demo-small", "demo-large"):
        assert found[f"model {name}"]["severity"] == "ok", found[f"model {name}"]
    for finding in report["findings"]:
        assert finding["severity"] in ("ok", "note", "warning", "error")
        assert finding["fix"] or finding["severity"] in ("ok", "note", "error")


def test_a_store_that_cannot_be_used_stops_the_main_job(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mlruns").mkdir()
    (tmp_path / "mlruns" / "mlflow.db").write_bytes(b"this is no database at all" * 40)
    done = run("doctor", *native(tmp_path))
    assert done.returncode == 1, done.stdout
    lines = done.stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("error") and "MLflow store" in line)
    assert lines[at + 1].strip().startswith("fix: ")
    assert "Traceback" not in done.stdout + done.stderr


def test_a_wrong_model_or_key_is_refused_or_found(run: Run, tmp_path: Path) -> None:
    for arguments, says in (
        (["demo-small"], "--probe demo-small"),
        (["modl=demo-small"], "did you mean model"),
    ):
        done = run("doctor", *arguments)
        assert done.returncode == 2
        assert says in done.stderr
    done = run("doctor", *native(tmp_path), "--probe", "demo-smal")
    assert done.returncode == 1
    assert "demo-small" in done.stdout


def test_help_is_ours(run: Run) -> None:
    done = run("doctor", "--help")
    assert done.returncode == 0
    assert "--probe" in done.stdout


def test_a_catalogue_that_answers_is_reachable_and_its_model_is_not_fetched(run: Run, tmp_path: Path) -> None:
    variant = Variant(name="phi-generic-cpu", alias="phi")
    with serving([variant], tmp_path) as catalogue:
        done = run(
            "doctor", "--json", *native(tmp_path), f"backend.catalogue_url={catalogue.url}",
            "model=custom", "model.alias=phi", "--probe", "custom",
        )  # fmt: skip
    found = {finding["what"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert found["catalogue"]["severity"] == "ok"
    assert "1 models, 0 downloaded" in found["catalogue"]["detail"]
    assert found["model custom"]["fix"] == "python -m foundry_exp models pull phi"
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("setting", "name"),
    [("model.alias=own", "demo-small"), (f"model.path={demo_model('demo-small')}", "custom")],
    ids=["of-another-option", "of-its-own"],
)
def test_a_probe_leaves_a_registered_model_where_it_is(run: Run, tmp_path: Path, setting: str, name: str) -> None:
    where = [*native(tmp_path), "offline=true"]
    assert run("models", "add", str(demo_model("demo-large")), "--alias", "own", *where).returncode == 0
    asked = ("model=custom", "model.alias=own", setting)
    done = run("doctor", "--json", *where, *dict.fromkeys(asked), "--probe", name)
    found = {finding["what"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert found[f"model {name}"]["severity"] == "ok", found[f"model {name}"]
    listed = json.loads(run("models", "--json", *where).stdout)["variants"]
    assert {one["id"]: one["path"] for one in listed} == {"own-generic-cpu:1": str(demo_model("demo-large"))}


@pytest.mark.parametrize("backend", ["native", "service"])
def test_a_model_of_your_own_needs_no_download_and_answers(run: Run, tmp_path: Path, backend: str) -> None:
    where = [*native(tmp_path), "offline=true"]
    assert run("models", "add", str(demo_model("demo-small")), "--alias", "mine", *where).returncode == 0
    asked = (f"backend={backend}", *where, "model=custom", "model.alias=mine")
    done = run("doctor", "--json", *asked, "--probe", "custom")
    found = {finding["what"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert found["catalogue"]["severity"] == "note", found["catalogue"]
    assert found["model custom"]["severity"] == "ok", found["model custom"]
    assert "mine-generic-cpu:1" in found["model custom"]["detail"]
    assert done.returncode == 0
    unknown = run("doctor", *where, "model=custom", "model.alias=mien")
    assert unknown.returncode == 1
    assert "1 of your own registered, the one to be measured is not among them" in unknown.stdout
