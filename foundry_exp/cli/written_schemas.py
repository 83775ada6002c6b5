"""JSON Schemas of what the tool writes, made from the records, and of the options: `just schemas`."""

import json
from pathlib import Path

from foundry_exp.config import option_schemas
from foundry_exp.decide.gate_side import Side
from foundry_exp.files import shipped_files
from foundry_exp.records import record_json
from foundry_exp.records.record import Record
from foundry_exp.records.run_result import RunResult
from foundry_exp.records.score import Preference, Score

WRITTEN = {"record": Record, "run": RunResult, "score": Score, "preference": Preference, "baseline": Side}


def texts() -> dict[Path, str]:
    """Each schema's file and its text."""
    written = {
        f"{name}.schema.json": {"$schema": option_schemas.DRAFT, **record_json.adapter(kind).json_schema(by_alias=True)}
        for name, kind in WRITTEN.items()
    }
    options = {f"options/{group}.schema.json": found for group, found in option_schemas.of_every_group().items()}
    folder = shipped_files.shipped("schemas")
    return {folder / name: json.dumps(found, indent=2) + "\n" for name, found in {**written, **options}.items()}


if __name__ == "__main__":
    for path, text in texts().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
