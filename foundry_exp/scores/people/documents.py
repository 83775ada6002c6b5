"""What a person is given: the answers as CSV and as JSONL, and a guide. Nothing in them names a model."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from foundry_exp.prompts.rubric import Rubric
from foundry_exp.records.score import POINTS, SCALE
from foundry_exp.scores.people.items import Item
from foundry_exp.scores.people.spreadsheet import protected

SCORE_COLUMN = "score:"


def rows(items: Iterable[Item], annotator: str, criteria: Sequence[str], *, reference: bool) -> list[dict[str, Any]]:
    """One object an item, its scores empty; schemas/annotation.schema.json."""
    return [
        {
            "item": item.item_id,
            "annotator": annotator,
            "prompt": _writable(item.prompt),
            "answer": _writable(item.answer),
            **({"reference": _writable(item.reference or "")} if reference else {}),
            "scores": dict.fromkeys(criteria),
            "comment": "",
        }
        for item in items
    ]


def as_jsonl(lines: Iterable[Mapping[str, object]]) -> str:
    """One line an item."""
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def as_csv(lines: Sequence[Mapping[str, Any]]) -> str:
    """One row an item, a column each criterion; the byte order mark tells spreadsheets that it is UTF-8."""
    flat = [_flat(line) for line in lines]
    file = io.StringIO(newline="")
    file.write("\ufeff")
    writer = csv.DictWriter(file, fieldnames=list(flat[0]) if flat else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return file.getvalue()


def _flat(line: Mapping[str, Any]) -> dict[str, str]:
    texts = {name: protected(_one_line_end(value)) for name, value in line.items() if name not in ("scores", "comment")}
    return {**texts, **{f"{SCORE_COLUMN}{name}": "" for name in line["scores"]}, "comment": line["comment"]}


def _one_line_end(text: str) -> str:
    """Python's writer leaves a lone carriage return outside quotes, and every reader takes it for a new row."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def guide(rubric: Rubric) -> str:
    """How to score, in Markdown: the criteria with what each point means."""
    criteria = "\n".join(
        f"\n## `{criterion.name}`\n\n{criterion.question}\n\n"
        + "\n".join(f"- **{points}**: {anchor}" for points, anchor in zip(POINTS, criterion.anchors, strict=True))
        for criterion in rubric.criteria
    )
    return f"{_HOW}\nRubric: {rubric.name}, version {rubric.version}. What is judged: {rubric.judged}\n{criteria}\n"


_HOW = f"""\
# How to score

Fill in **one** of your two files, the `.csv` in a spreadsheet or the `.jsonl` in an editor, and send it back.

- Every row is a prompt and an answer. Give each criterion a whole number from {SCALE}; its column is named
  `{SCORE_COLUMN}` and the criterion. A comment is welcome and not needed.
- Leave empty what you cannot judge. A file that is filled in part is fine, and you can send it again later.
- An empty answer is an answer: score it.
- Score alone, row after row, before you talk about it with anybody. The order is your own.
- Do not change the columns `item` and `annotator`, and sort only whole rows.
- A spreadsheet shows an apostrophe before a text such as `=1+1` or `0012`; it is not part of the text.
"""


def _writable(text: str) -> str:
    """Text that every editor and spreadsheet can open: no NUL and no half of a surrogate pair."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
