"""Two or more finished runs over the same prompts, and judges of pairs that come to them."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from foundry_exp.cli import main
from foundry_exp.config import compose
from foundry_exp.decide.compare import compare
from foundry_exp.decide.preferences import preferences
from foundry_exp.records import record_log, run_folder
from foundry_exp.records.record import Message, Record, Sample
from foundry_exp.report.preference_pages import document
from foundry_exp.results import candidates
from foundry_exp.scores.check import made
from foundry_exp.scores.judge.pairwise.judge import PairwiseJudge
from foundry_exp.scores.judge.scorer import JudgeScorer
from tests.decide.planted import plant

ROOT = Path(__file__).parents[4]
TARGET = "tests.scores.judge.pairwise.played.PlayedJudge"


class Hearing:
    """One folder of runs in which a judge is heard."""

    def __init__(self, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.place = place
        self.log = place / "log.txt"
        self._capsys = capsys

    def run_folder(self, model: str, answer: Callable[[int], str], prompts: int = 20, **changes: Any) -> Path:
        """A run that answers each prompt, by its number, with a text of the test's own."""
        folder = plant(self.place / "runs", name=model, model=model, prompts=prompts, rounds=1, **changes)
        records = run_folder.read_records(folder)
        (folder / record_log.RECORDS_FILE).unlink()
        log = record_log.RecordLog(folder)
        for record in records:
            log.append(_with_text(record, answer(int(record.sample_id[1:]))))
        run_folder.write_samples(folder, [_sample(f"p{number:03d}") for number in range(prompts)])
        return folder

    def two(self, better_on: int = 20, prompts: int = 20) -> list[str]:
        """Two runs: the second one's answers are better on the first so many prompts, and worse on the others."""
        sides = [
            self.run_folder("small", lambda number: "fine" if number < better_on else "good", prompts),
            self.run_folder("large", lambda number: "good" if number < better_on else "fine", prompts, seed=1),
        ]
        return [str(side) for side in sides]

    def arguments(self, runs: list[str], role: str = "better", *more: str) -> list[str]:
        """What a user types."""
        settings = [
            "model@scorer.judge.model=custom", "scorer.judge.model.alias=played",
            "backend@scorer.judge.backend=played", f"scorer.judge.backend.role={role}", "scorer.judge.rubric=summary",
            f"device_lock.folder={self.place / 'locks'}",
        ]  # fmt: skip
        return ["compare", *runs, "--judge", *settings, *more, "--output-dir", str(self.place)]

    def compare(self, runs: list[str], role: str = "better", *more: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error."""
        self._capsys.readouterr()
        code = main.main(self.arguments(runs, role, *more))
        told = self._capsys.readouterr()
        return code, told.out, told.err

    def judged(self, runs: list[str], role: str = "better", **changes: Any) -> Any:
        """What it came to, as data, by the same parts as the command's."""
        backend = {"_target_": TARGET, "name": "played", "role": role, "log": str(self.log)}
        lock = {"mode": "wait", "timeout_s": 60.0, "device": None, "folder": str(self.place / "locks")}
        own = {
            "model": {"alias": "played"}, "backend": backend, "rubric": "summary", "device_lock": lock,
            "output_dir": str(self.place),
        }  # fmt: skip
        scorer = made("judge", {**_shipped(), **own, **changes})
        assert isinstance(scorer, JudgeScorer)
        judge = PairwiseJudge(scorer)
        return document(preferences(compare(candidates.read([Path(run) for run in runs])).pairs, judge))

    def noted(self, what: str) -> int:
        """How often a judge was loaded, asked, or asked for a repair."""
        return self.log.read_text(encoding="utf-8").split().count(what) if self.log.exists() else 0

    def kept(self) -> list[Path]:
        return sorted((self.place / "judges").glob("pairs-*.jsonl"))


@cache
def _shipped() -> dict[str, Any]:
    """The judge as it is shipped."""
    every_job, _ = compose.jobs(["scorer=judge"], multirun=False)
    section: dict[str, Any] = compose.plain(every_job[0].config)["scorer"]["judge"]
    return section


def _with_text(record: Record, text: str) -> Record:
    return replace(record, text=text, output_hash=hashlib.sha256(f"\0{text}".encode()).hexdigest())


def _sample(sample_id: str) -> Sample:
    digest = hashlib.sha256(sample_id.encode()).hexdigest()[:16]
    return Sample(sample_id, (Message("user", f"Summarise note {sample_id}."),), digest)


@pytest.fixture
def hearing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Hearing:
    monkeypatch.setenv("FOUNDRY_EXP_ALLOW", "tests")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    made = Hearing(tmp_path, capsys)
    (tmp_path / "conf" / "backend").mkdir(parents=True)
    (tmp_path / "conf" / "backend" / "played.yaml").write_text(
        f"_target_: {TARGET}\nname: played\nrole: better\nlog: {made.log}\n", encoding="utf-8"
    )
    return made
