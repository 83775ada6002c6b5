"""`score RUN…`: other points for the same answers, and nothing measured again."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from foundry_exp.cli import main
from foundry_exp.records import record_log, run_folder, runs
from tests.conftest import SCRIPTED

ANSWER = "Local inference keeps every word of the prompt on this machine."
FAST = ("backend.realtime=false", "workload.rounds=1", "workload.warmup=0")


class Project:
    """A prompt set, and a finished run of it."""

    def __init__(self, folder: Path) -> None:
        self.set = folder / "mine.json"
        self.out = folder / "out"

    def write(self, *texts: str, prompt: str = "Why local?") -> None:
        facets = [{"kind": "contains", "text": text} for text in texts]
        self.set.write_text(json.dumps([{"id": "a", "prompt": prompt, "facets": facets}]), encoding="utf-8")

    def measure(self, *overrides: str) -> Path:
        asked = [f"prompts.path={self.set}", f"output_dir={self.out}"]
        assert main.main([*SCRIPTED, *FAST, *asked, *overrides]) == 0
        return self.cell

    @property
    def cell(self) -> Path:
        return runs.finished_cells(runs.find_run("last", self.out))[0]

    def score(self, *words: str) -> int:
        return main.main(["score", "last", "--output-dir", str(self.out), *words])

    @property
    def quality(self) -> Any:
        found = run_folder.read_result(self.cell).metrics["quality"]
        return found and found["mean"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("machine")
    return made


@pytest.mark.real
def test_a_run_is_scored_by_its_facets_without_being_asked(project: Project) -> None:
    project.measure()
    assert project.quality == 5.0
    assert run_folder.read_result(project.cell).quality_source == "facets"


@pytest.mark.real
def test_changed_facets_give_other_points_to_the_same_records(project: Project) -> None:
    folder = project.measure()
    records, before = (folder / record_log.RECORDS_FILE).read_bytes(), run_folder.read_result(folder)
    project.write("machine", "cloud")
    assert project.score() == 0
    after = run_folder.read_result(folder)
    assert project.quality == 3.0
    assert (folder / record_log.RECORDS_FILE).read_bytes() == records
    assert (after.fingerprint, after.prompts) == (before.fingerprint, before.prompts)
    assert after.scores["facets"].rubric != before.scores["facets"].rubric
    assert "3.00" in (folder / "report.md").read_text(encoding="utf-8")


@pytest.mark.real
def test_facets_that_are_all_removed_leave_no_points_behind(project: Project) -> None:
    folder = project.measure()
    project.write()
    assert project.score() == 0
    result = run_folder.read_result(folder)
    assert (result.metrics["quality"], result.quality_source) == (None, None)
    assert (result.scores["facets"].scored, result.scores["facets"].unscored) == (0, 1)
    assert run_folder.read_scores(folder)[0].value == 5.0, "what was given before is kept"
    before = (folder / run_folder.SCORES_FILE).read_bytes()
    assert project.score() == 0
    assert (folder / run_folder.SCORES_FILE).read_bytes() == before


@pytest.mark.real
def test_scoring_twice_changes_nothing(project: Project) -> None:
    project.measure()
    before = run_folder.read_result(project.cell)
    assert project.score() == 0
    assert run_folder.read_result(project.cell) == before


@pytest.mark.real
def test_a_run_measured_without_a_scorer_is_scored_by_the_default_one(project: Project) -> None:
    project.measure("scorer=none")
    assert project.quality is None
    assert project.score() == 0
    assert project.quality == 5.0


BROKEN = """
class Broken:
    waits = False

    def __init__(self, checks):
        self.checks = checks

    def check(self, samples):
        if not self.checks:
            raise LookupError("no word list")

    def score(self, answers):
        raise ValueError("no such word")

    def standing(self):
        return None
"""


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "own_points.py").write_text(BROKEN, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("FOUNDRY_EXP_ALLOW", "own_points")
    return "+scorer.mine={_target_:own_points.Broken,checks:true}"


@pytest.mark.real
def test_an_own_scorer_that_raises_is_a_sentence_and_the_rest_goes_on(
    project: Project, broken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project.measure(broken)
    said = f"not scored by mine: ValueError: no such word; the traceback is in {folder / 'runtime.log'}."
    assert said in capsys.readouterr().err
    assert (project.quality, (folder / "report.html").exists()) == (5.0, True)
    project.write("machine", "cloud")
    assert project.score() == 1
    assert said in capsys.readouterr().err
    assert project.quality == 3.0, "the other scorer is not stopped"
    assert "no such word" in (folder / "runtime.log").read_text(encoding="utf-8")


@pytest.mark.slow
def test_an_own_scorer_whose_check_raises_stops_everything_before_it_starts(
    project: Project, broken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    unready = broken.replace("true", "false")
    assert main.main([*SCRIPTED, *FAST, f"prompts.path={project.set}", f"output_dir={project.out}", unready]) == 2
    assert "scorer.mine: own_points.Broken failed before it scored anything (LookupError: no word" in (
        capsys.readouterr().err
    )
    assert not (project.out / "runs").exists()


JUDGED = (
    "scorer=[judge]", "model@scorer.judge.model=custom", "scorer.judge.model.alias=played",
    "backend@scorer.judge.backend=scripted", "scorer.judge.backend.realtime=false", "scorer.judge.calibration=null",
)  # fmt: skip


@pytest.mark.real
def test_a_judges_device_lock_can_be_put_where_there_is_room_for_it(project: Project, tmp_path: Path) -> None:
    locks = (tmp_path / "locks", tmp_path / "others")
    project.measure(f"device_lock.folder={tmp_path / 'own'}")
    assert project.score(*JUDGED, f"device_lock.folder={locks[0]}") == 0
    assert list(locks[0].glob("*.lock"))


@pytest.mark.real
def test_a_runs_own_judge_takes_the_device_lock_that_is_named_now(project: Project, tmp_path: Path) -> None:
    project.measure(*JUDGED, f"device_lock.folder={tmp_path / 'own'}")
    assert project.score(f"device_lock.folder={tmp_path / 'others'}") == 0
    assert list((tmp_path / "others").glob("*.lock"))


@pytest.mark.real
def test_json_is_all_that_is_printed(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.measure()
    capsys.readouterr()
    assert project.score("--json") == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert entry["quality_source"] == "facets"
    assert entry["metrics"]["quality"]["mean"] == 5.0
    assert entry["scores"]["facets"]["scored"] == 1


@pytest.mark.real
def test_prompts_that_ask_other_things_now_leave_the_facets_as_they_were(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.measure()
    project.write("cloud", prompt="Why not?")
    assert project.score() == 0
    assert "asks other things" in capsys.readouterr().err
    assert project.quality == 5.0


@pytest.mark.real
def test_a_prompt_set_that_is_gone_leaves_the_facets_as_they_were(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.measure()
    project.set.unlink()
    assert project.score() == 0
    assert "nothing at" in capsys.readouterr().err
    assert project.quality == 5.0


@pytest.mark.real
def test_a_prompt_set_that_is_wrong_now_stops_before_anything_is_scored(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project.measure()
    before = (folder / run_folder.SCORES_FILE).read_bytes()
    project.set.write_text(json.dumps([{"id": "a", "prompt": "Why local?", "facets": [{"kind": "contain"}]}]))
    assert project.score() == 2
    assert "did you mean contains" in capsys.readouterr().err
    assert (folder / run_folder.SCORES_FILE).read_bytes() == before


@pytest.mark.real
@pytest.mark.parametrize("lost", [run_folder.PROMPTS_FILE, run_folder.CONFIG_FILE])
def test_a_run_that_lacks_a_file_is_said_and_the_others_are_scored(
    project: Project, capsys: pytest.CaptureFixture[str], lost: str
) -> None:
    whole = project.measure()
    broken = whole.with_name("broken")
    shutil.copytree(whole, broken)
    (broken / lost).unlink()
    project.write("cloud")
    assert project.score() == 1
    assert f"no {lost}" in capsys.readouterr().err
    assert run_folder.read_result(whole).metrics["quality"]["mean"] == 1.0


@pytest.mark.real
def test_a_broken_line_of_scores_is_said_with_its_place(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    folder = project.measure()
    path = folder / run_folder.SCORES_FILE
    path.write_bytes(b'{"half": \n' + path.read_bytes())
    assert project.score() == 1
    assert "scores.jsonl:1: not a score" in capsys.readouterr().err


@pytest.mark.real
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["model=demo-small"], "scoring reads scorer, tracker"),
        (["scorer=facet"], "did you mean facets"),
        (["scorer=[facet]"], "facets"),
        (["scorer.facets.speed=1"], "speed"),
        (["tracker=mlflo"], "did you mean mlflow"),
        (["+scorer.mine._target_=os.system"], "not from an allowed package"),
    ],
)
def test_a_wrong_override_is_a_sentence_and_nothing_is_scored(
    project: Project, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    folder = project.measure()
    before = (folder / run_folder.SCORES_FILE).read_bytes()
    assert project.score(*words) == 2
    assert said in capsys.readouterr().err
    assert (folder / run_folder.SCORES_FILE).read_bytes() == before


def test_an_unknown_run_is_a_wrong_argument(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["score", "nowhere", "--output-dir", str(tmp_path)]) == 2
    assert "no such run" in capsys.readouterr().err


def test_a_folder_without_a_finished_run_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "runs" / "one").mkdir(parents=True)
    assert main.main(["score", "last", "--output-dir", str(tmp_path)]) == 1
    assert "no finished run" in capsys.readouterr().err


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["score", "--help"]) == 0
    assert "python -m foundry_exp score last" in capsys.readouterr().out
