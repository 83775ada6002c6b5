"""Answers → a file for each person, blind and in an order of their own, and the key that stays here."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.files import disk
from foundry_exp.prompts.rubric import Rubric
from foundry_exp.protocols import Answer
from foundry_exp.scores.people import documents
from foundry_exp.scores.people import key as keys
from foundry_exp.scores.people.items import Item, distinct, shuffled
from foundry_exp.scores.people.key import KEY_FILE, KEY_VERSION, NOTE, Key, Place

SEND_FOLDER = "send"
GUIDE_FILE = "guide.md"


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export left on disk."""

    folder: Path
    items: int
    written: tuple[Path, ...]
    untouched: tuple[Path, ...]
    """Files that were there before, which may be filled in and are not touched."""


def export(
    answers: Sequence[Answer],
    rubric: Rubric,
    annotators: Sequence[str],
    out: Path,
    *,
    reference: bool = False,
    seed: int | None = None,
) -> Exported:
    """Write what each person has not been given yet; ids stay as they are, and no file is written over."""
    before = keys.read(out / KEY_FILE) if (out / KEY_FILE).exists() else _new_key(rubric, reference, seed)
    _refuse_another(before, rubric, reference, seed, out)
    items = distinct(answers, before.secret)
    if not items:
        msg = f"{out}: nothing to score, since no request of these runs was answered; measure again."
        raise StoreError(msg)
    key = _extended(before, items, annotators, out)
    (out / SEND_FOLDER).mkdir(parents=True, exist_ok=True)
    keys.write(out / KEY_FILE, key)  # first, so that no file is without its key
    disk.write_whole(out / SEND_FOLDER / GUIDE_FILE, documents.guide(rubric))
    written, untouched = _documents(key, items, annotators, out / SEND_FOLDER)
    return Exported(out, len(items), tuple(written), tuple(untouched))


def _new_key(rubric: Rubric, reference: bool, seed: int | None) -> Key:
    weights = {criterion.name: criterion.weight for criterion in rubric.criteria}
    return Key(NOTE, KEY_VERSION, _secret(seed), rubric.identity, weights, reference, items={}, given={})


def _secret(seed: int | None) -> str:
    return secrets.token_hex(16) if seed is None else hashlib.sha256(f"annotation {seed}".encode()).hexdigest()[:32]


def _refuse_another(key: Key, rubric: Rubric, reference: bool, seed: int | None, out: Path) -> None:
    reasons = {
        f"by the rubric {key.rubric}, and this is {rubric.identity}": key.rubric != rubric.identity,
        f"{'with' if key.reference else 'without'} reference answers": key.reference is not reference,
        "with another seed": seed is not None and key.secret != _secret(seed),
    }
    for reason, differs in reasons.items():
        if differs:
            msg = f"{out}: holds an export made {reason}; name another folder with --out."
            raise ConfigError(msg)


def _extended(before: Key, items: Mapping[str, Item], annotators: Sequence[str], out: Path) -> Key:
    places = {item_id: _places(before.items.get(item_id, ()), item, out) for item_id, item in items.items()}
    given = dict(before.given)
    for annotator in annotators:
        parts = given.get(annotator, ())
        seen = {item_id for part in parts for item_id in part}
        new = shuffled([item_id for item_id in items if item_id not in seen], before.secret, annotator)
        given[annotator] = (*parts, new) if new else parts
    return replace(before, items=before.items | places, given=given)


def _places(before: Sequence[Place], item: Item, out: Path) -> tuple[Place, ...]:
    now = (keys.place(one.folder, out, one.sample.sample_id, one.record.output_hash) for one in item.answers)
    return tuple(dict.fromkeys((*before, *now)))


def _documents(
    key: Key, items: Mapping[str, Item], annotators: Sequence[str], folder: Path
) -> tuple[list[Path], list[Path]]:
    written, untouched = [], []
    for annotator in annotators:
        for number, part in enumerate(key.given[annotator], start=1):
            name = annotator if number == 1 else f"{annotator}+{number}"  # no name holds a plus
            mine = [items[item_id] for item_id in part if item_id in items]
            lines = documents.rows(mine, annotator, list(key.weights), reference=key.reference)
            texts = {".csv": documents.as_csv(lines), ".jsonl": documents.as_jsonl(lines)}
            for suffix, text in texts.items():
                path = folder / f"{name}{suffix}"
                if path.exists():
                    untouched.append(path)
                elif lines:
                    disk.write_whole(path, text)
                    written.append(path)
    return written, untouched


def default_folder(answers: Sequence[Answer], rubric: Rubric, output_dir: Path) -> Path:
    """`annotations/<run or sweep>-<rubric>`, by the runs that the answers are from."""
    runs = sorted({answer.folder.resolve().parent.name for answer in answers})
    name = runs[0] if len(runs) == 1 else f"{runs[0]}+{len(runs) - 1}" if runs else "nothing"
    return output_dir / "annotations" / f"{name}-{rubric.name}"


def as_json(exported: Exported) -> dict[str, Any]:
    """What an export left on disk, for programs."""
    return {
        "folder": str(exported.folder),
        "key": str(exported.folder / KEY_FILE),
        "guide": str(exported.folder / SEND_FOLDER / GUIDE_FILE),
        "items": exported.items,
        "written": [str(path) for path in exported.written],
        "kept": [str(path) for path in exported.untouched],
    }


def summary(exported: Exported) -> str:
    """What was written, what to do with it, and what not to."""
    names = [f"  {path}" for path in exported.written if path.suffix == ".csv"]
    folder = exported.folder / SEND_FOLDER
    lines = [f"{exported.items} different answers to score, in {folder} (each file as .csv and .jsonl):"]
    lines += names or ["  nothing new"]
    if exported.untouched:
        lines.append(f"  {len(exported.untouched)} files were there before and are left as they are.")
    lines += [
        f"Give everybody their own file and {GUIDE_FILE}; keep {KEY_FILE}, which says who gave which answer.",
        f"When they come back: python -m foundry_exp annotate import {folder}",
    ]
    return "\n".join(lines)
