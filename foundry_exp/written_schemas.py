"""JSON Schemas of the files that the tool writes, made from the records: `python -m foundry_exp.written_schemas`."""

import json
from pathlib import Path

from foundry_exp import data, store
from foundry_exp.decide.side import Side
from foundry_exp.records import Record, RunResult, Score

WRITTEN = {"record": Record, "run": RunResult, "score": Score, "baseline": Side}


def texts() -> dict[Path, str]:
    """Each schema's file and its text."""
    return {
        data.shipped("schemas") / f"{name}.schema.json": json.dumps(
            {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                **store.adapter(kind).json_schema(by_alias=True),
            },
            indent=2,
        )
        + "\n"
        for name, kind in WRITTEN.items()
    }


if __name__ == "__main__":
    for path, text in texts().items():
        path.write_text(text, encoding="utf-8")
