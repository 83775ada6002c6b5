"""Runs to annotate, and annotators that a program plays."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from foundry_exp.cli import main
from foundry_exp.records.run_folder import read_scores
from tests.run_folders import make_run_folder

CRITERIA = ("coverage", "faithfulness", "instruction", "language")
LONG = {"retrieval": "Retrieval looks up passages before it answers.", "privacy": "Nothing leaves the machine at all."}
Marks = Mapping[str, object]


def make_runs(folder: Path, models: int = 2, **changes: Any) -> list[Path]:
    """A sweep whose models answer differently."""
    return [make_run_folder(folder / "mlruns" / "runs", model=f"model-{number}", **changes) for number in range(models)]


def export(folder: Path, *arguments: str, annotators: str = "anna,ben") -> Path:
    """The folder of an export of the last sweep."""
    out = folder / "out"
    command = ["export", "last", "--annotators", annotators, "--rubric", "summary", "--out", str(out)]
    assert main.main(["annotate", *command, "--output-dir", str(folder / "mlruns"), *arguments]) == 0
    return out


def exported(folder: Path, **changes: Any) -> tuple[list[Path], Path]:
    """The runs of a sweep, and what of its export goes to annotators."""
    runs = make_runs(folder, **changes)
    return runs, export(folder) / "send"


def send_back(folder: Path, *files: Path, arguments: tuple[str, ...] = ()) -> int:
    """Import files, as the command line does."""
    return main.main(["annotate", "import", *map(str, files), "--output-dir", str(folder / "mlruns"), *arguments])


def fill_csv(file: Path, marks: Callable[[dict[str, str]], Marks], comment: str = "") -> None:
    """Write marks into a .csv file as a spreadsheet would; a criterion without a mark stays empty."""
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline="")))
    for row in rows:
        row.update({f"score:{name}": str(mark) for name, mark in marks(row).items()})
        row["comment"] = comment
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def fill_jsonl(file: Path, marks: Callable[[dict[str, str]], Marks]) -> None:
    """Write marks into a .jsonl file."""
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line]
    for line in lines:
        line["scores"].update(marks(line))
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def all_of(mark: object) -> Callable[[dict[str, str]], Marks]:
    """The same mark for every criterion of every answer."""
    return lambda _: dict.fromkeys(CRITERIA, mark)


def scored(folder: Path) -> list[tuple[str, str, str, float | None]]:
    """What a run's scores.jsonl says: sample, criterion, who, value."""
    return [(score.sample_id, score.criterion, score.scored_by, score.value) for score in read_scores(folder)]
