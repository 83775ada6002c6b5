"""What the release before wrote, used by this one with real commands: tests/fixtures/release_0_1, made by 0.1.0."""

import json
import shutil
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from foundry_exp.errors import ConfigError
from foundry_exp.files import shipped_files
from foundry_exp.prompts import rubric
from foundry_exp.records import fingerprint, run_folder
from foundry_exp.results import candidates
from foundry_exp.scores.judge import calibration_set
from tests.conftest import Run

RELEASE = Path(__file__).parent / "fixtures" / "release_0_1"
RUNS = Path("mlruns") / "runs"
OLD_RUN = f"{RUNS}/old-run"
ANNOTATION = Path("mlruns") / "annotations" / "old-run-answer"
HALF_DONE = (
    "-m", "prompts=two", "draw_plots=false", "workload.rounds=4", "workload.warmup=1", "tracker=none",
    "backend=scripted", "model=demo-small,demo-large", "accel=auto", "backend.ttft_ms=300", "sweep.name=half-done",
)  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder as the release before left it, on a machine with today's runtime."""
    for kind in ("conf", "mine", "prompts"):
        shutil.copytree(RELEASE / kind, tmp_path / kind)
    (tmp_path / "mine" / "parrot.py.txt").rename(tmp_path / "mine" / "parrot.py")
    shutil.copytree(RELEASE / "runs", tmp_path / RUNS)
    shutil.copytree(RELEASE / "annotations", tmp_path / "mlruns" / "annotations")
    for file in ("baseline.json", "models.json"):
        shutil.copy(RELEASE / file, tmp_path)
    for name in ("environment.json", "run.json"):
        for path in (tmp_path / RUNS).glob(f"*/*/{name}"):
            changed(path, _on_this_sdk)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _on_this_sdk(content: dict[str, Any]) -> None:
    content.get("environment", content)["packages"][fingerprint.SDK] = version(fingerprint.SDK)


def changed(path: Path, change: Callable[[Any], None]) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.real
def test_a_run_is_scored_again(run: Run, folder: Path) -> None:
    changed(
        folder / "prompts" / "two.json", lambda prompts: prompts[0].update(facets=[{"kind": "contains", "text": "?"}])
    )
    done = run("score", OLD_RUN)
    assert done.returncode == 0, done.stderr
    result = run_folder.read_result(folder / OLD_RUN / "backend-my-native")
    assert result.metrics["quality"]["mean"] == 3.0, "one of two facets is not met any more"


@pytest.mark.real
def test_a_run_is_published(run: Run, folder: Path) -> None:
    done = run("publish", OLD_RUN, "--uri", "sqlite:///fresh.db")
    assert done.returncode == 0, done.stderr
    assert (folder / "fresh.db").exists()


@pytest.mark.real
def test_runs_are_reported_and_compared(run: Run, folder: Path) -> None:
    assert run("report", OLD_RUN).returncode == 0
    assert "my-scripted" in (folder / OLD_RUN / "report.md").read_text(encoding="utf-8")
    done = run("compare", f"{OLD_RUN}/backend-scripted", f"{OLD_RUN}/backend-my-native")
    assert done.returncode == 0, done.stderr


@pytest.mark.real
def test_what_cannot_be_read_of_a_config_is_said_and_no_other_is_taken_for_it(run: Run, folder: Path) -> None:
    for path in (folder / OLD_RUN).glob("*/config.yaml"):
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
        del config["workload"]["rounds"], config["scorer"]["facets"]["_target_"]
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
    assert run("report", OLD_RUN).returncode == 0
    page = (folder / OLD_RUN / "report.md").read_text(encoding="utf-8")
    assert (
        "> backend-scripted, backend-my-native: workload of config.yaml is not read, since it has no key 'rounds'"
        in page
    )
    done = run("score", OLD_RUN, "tracker=none")
    assert done.returncode == 1
    assert "config.yaml: scorer is not read, since it has no key '_target_'; choose one with scorer=…" in done.stderr
    assert run("score", OLD_RUN, "tracker=none", "scorer=facets").returncode == 0


@pytest.mark.real
@pytest.mark.parametrize(("lost", "attempts"), [("nothing", 2), ("demo-large/run.json", 2), ("demo-large", 1)])
def test_a_half_done_sweep_goes_on_and_what_was_measured_stays(
    run: Run, folder: Path, lost: str, attempts: int
) -> None:
    """Stopped by Ctrl-C as it lies there, killed in its second cell, and killed before it."""
    sweep = folder / RUNS / "half-done"
    finished = (sweep / "demo-small" / "records.jsonl").read_bytes()
    begun = (sweep / "demo-large" / "records.jsonl").read_bytes()
    shutil.rmtree(sweep / lost) if (sweep / lost).is_dir() else (sweep / lost).unlink(missing_ok=True)
    done = run(*HALF_DONE, "sweep.resume=true")
    assert done.returncode == 0, done.stderr
    assert "1 of them done before" in done.stderr
    assert (sweep / "demo-small" / "records.jsonl").read_bytes() == finished
    if attempts > 1:
        assert (sweep / "demo-large" / "records.jsonl").read_bytes().startswith(begun)
    result = run_folder.read_result(sweep / "demo-large")
    assert (result.status, result.metrics["requests"], len(result.attempts)) == ("ok", 8, attempts)


@pytest.mark.real
def test_a_half_done_sweep_is_not_gone_on_with_by_other_settings(run: Run, folder: Path) -> None:
    done = run(*HALF_DONE, "sweep.resume=true", "generation.max_tokens=7")
    assert done.returncode == 2
    assert "(generation.max_tokens: 150 → 7)" in done.stderr


@pytest.mark.real
def test_runs_of_one_measurement_belong_together_whichever_release_made_them(run: Run, folder: Path) -> None:
    done = run(*HALF_DONE[:-1], "model=demo-small", "sweep.name=again")
    assert done.returncode == 0, done.stderr
    runs = [folder / RUNS / "half-done" / "demo-small", *(folder / RUNS / "again").glob("*/")]
    (candidate,) = candidates.read([path for path in runs if (path / "run.json").exists()], together=True)
    assert candidate.runs == 2


@pytest.mark.real
def test_a_baseline_is_gated_against(run: Run) -> None:
    done = run("gate", "--baseline", "baseline.json", "--candidate", f"{RUNS}/repeated")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.real
def test_filled_annotations_are_imported(run: Run, folder: Path) -> None:
    done = run("annotate", "import", str(ANNOTATION / "send" / "anna.csv"))
    assert done.returncode == 0, done.stderr
    result = run_folder.read_result(folder / OLD_RUN / "backend-scripted")
    assert result.scores["annotation"].scored_by == ("anna",)


@pytest.mark.real
def test_a_list_of_models_is_read(run: Run) -> None:
    done = run("models", "import", "models.json")
    assert done.returncode == 0, done.stderr


@pytest.mark.real
def test_a_backend_and_options_of_a_users_own_run(run: Run, folder: Path) -> None:
    quick = ("prompts=two", "tracker=none", "draw_plots=false", "workload.rounds=1", "workload.warmup=0")
    own = run(*quick, "backend=parrot", "model=custom", "model.alias=me", "sweep.name=own", FOUNDRY_EXP_ALLOW="mine")
    assert own.returncode == 0, own.stderr
    moved = run(*quick, "backend=my-native", "sweep.name=moved")
    assert moved.returncode == 0, moved.stderr
    (config,) = (folder / RUNS / "moved").glob("*/config.yaml")
    assert "foundry_exp.runtime.backends.scripted.ScriptedBackend" in config.read_text(encoding="utf-8")


NEWER: list[tuple[str, str, tuple[str, ...]]] = [
    (f"{OLD_RUN}/backend-scripted/run.json", "schema_version", ("report", f"{OLD_RUN}/backend-scripted")),
    (f"{OLD_RUN}/backend-scripted/run.json", "schema_version", ("publish", OLD_RUN, "--uri", "sqlite:///fresh.db")),
    (f"{RUNS}/half-done/demo-small/run.json", "schema_version", (*HALF_DONE, "sweep.resume=true")),
    (f"{RUNS}/half-done/sweep.json", "schema_version", (*HALF_DONE, "sweep.resume=true")),
    ("baseline.json", "schema_version",
     ("gate", "--baseline", "baseline.json", "--candidate", f"{RUNS}/repeated")),
    (f"{ANNOTATION}/key.json", "key_version",
     ("annotate", "import", f"{ANNOTATION}/send/anna.csv", "--key", f"{ANNOTATION}/key.json")),
]  # fmt: skip


@pytest.mark.real
@pytest.mark.parametrize(("file", "key", "arguments"), NEWER)
def test_what_a_later_release_wrote_is_refused(run: Run, file: str, key: str, arguments: tuple[str, ...]) -> None:
    changed(Path(file), lambda content: content.update({key: 99}))
    before = Path(file).read_bytes()
    done = run(*arguments)
    assert done.returncode != 0
    said = " ".join(done.stderr.split())
    assert f"{Path(file).name}: the" in said or "baseline.json: a baseline" in said
    assert "in version 99, and this foundry_exp reads up to version" in said
    assert "python -m pip install --upgrade foundry-exp" in said
    assert Path(file).read_bytes() == before


@pytest.mark.parametrize(
    ("read", "file", "what"),
    [
        (rubric.load, "prompts/rubrics/answer.yaml", "a rubric"),
        (calibration_set.load, "prompts/calibration/summary.json", "a calibration set"),
    ],
)
def test_what_people_wrote_for_a_later_release_is_refused(
    folder: Path, read: Callable[[Path], Any], file: str, what: str
) -> None:
    shipped = shipped_files.shipped("prompts").parent / file
    own = folder / shipped.name
    content = yaml.safe_load(shipped.read_text(encoding="utf-8"))
    own.write_text(json.dumps({**content, "schema_version": 1}), encoding="utf-8")
    assert read(own).digest == read(shipped).digest
    own.write_text(json.dumps({"schema_version": 2, "asks": "otherwise"}), encoding="utf-8")
    with pytest.raises(ConfigError, match=f"{what} in version 2, and this foundry_exp reads up to version 1"):
        read(own)
