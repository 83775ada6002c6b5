"""Prompt sets: what is read of one, and what its digest stands for."""

import json
from pathlib import Path
from typing import Any

from foundry_exp.prompts import prompt_sets
from foundry_exp.prompts.prompt_sets import PromptSet


def loaded(folder: Path, entries: list[Any], name: str = "prompts.json") -> PromptSet:
    path = folder / name
    lines = name.endswith(".jsonl")
    path.write_text("\n".join(map(json.dumps, entries)) if lines else json.dumps(entries), encoding="utf-8")
    return prompt_sets.load(path, "mine")


def test_strings_objects_and_json_lines_are_prompt_sets(tmp_path: Path) -> None:
    entries = [
        "What is a token?",
        {"id": "x", "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]},
    ]
    as_list, as_lines = loaded(tmp_path, entries), loaded(tmp_path, entries, "prompts.jsonl")
    assert [sample.sample_id for sample in as_list.samples] == ["prompt-1", "x"]
    assert [message.role for message in as_list.samples[1].messages] == ["system", "user"]
    assert as_list == as_lines


def test_expected_facets_tags_and_reference_are_kept_with_the_prompt(tmp_path: Path) -> None:
    facets = ["names the owner", {"kind": "contains", "text": "Thursday"}]
    entry = {"id": "note", "prompt": "Summarize: …", "tags": ["short"], "reference": "Lena ships.", "facets": facets}
    sample = loaded(tmp_path, [entry]).samples[0]
    assert (sample.tags, sample.reference, list(sample.facets)) == (("short",), "Lena ships.", facets)


def test_the_digest_changes_with_a_prompt_and_not_with_what_is_expected_of_its_answer(tmp_path: Path) -> None:
    first = loaded(tmp_path, [{"id": "a", "prompt": "One?"}]).digest
    assert first != loaded(tmp_path, [{"id": "a", "prompt": "Two?"}]).digest
    assert first != loaded(tmp_path, [{"id": "b", "prompt": "One?"}]).digest
    assert first == loaded(tmp_path, [{"id": "a", "prompt": "One?", "facets": ["is short"]}]).digest
