"""Prompt sets: what is read of one, and what its digest stands for."""

import json
from pathlib import Path
from typing import Any

import pytest

from foundry_exp.errors import ConfigError
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


def turns(*roles: str) -> list[dict[str, str]]:
    return [{"role": role, "content": f"{role} {number}"} for number, role in enumerate(roles)]


def test_the_answer_of_a_fine_tuning_line_is_its_reference_and_is_not_asked(tmp_path: Path) -> None:
    entries = [{"messages": turns("system", "user", "assistant", "user", "assistant")}]
    (sample,) = loaded(tmp_path, entries, "tuning.jsonl").samples
    assert [message.role for message in sample.messages] == ["system", "user", "assistant", "user"]
    assert sample.reference == "assistant 4"
    asked = loaded(tmp_path, [{"messages": turns("system", "user", "assistant", "user")}]).samples[0]
    assert (asked.messages, asked.reference) == (sample.messages, None)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"messages": turns("assistant")}, "must be a prompt, or a prompt and one answer to it"),
        ({"messages": turns("user", "assistant", "assistant")}, "must be a prompt, or a prompt and one answer to it"),
        (
            {"messages": turns("user", "assistant"), "reference": "Other."},
            "ends in an answer and has another reference",
        ),
    ],
)
def test_an_answer_that_cannot_be_the_reference_is_refused(tmp_path: Path, entry: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=f"entry 1: .*{said}"):
        loaded(tmp_path, [entry])


@pytest.mark.parametrize("name", ["p.jsonl", "p.JSONL", "p.ndjson"])
def test_a_file_of_lines_is_known_by_its_ending(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('"One?"\n{"prompt": "Two?", "max_tokens": 8.0}\n', encoding="utf-8")
    one, two = prompt_sets.load(tmp_path / name, "mine").samples
    assert (one.max_tokens, repr(two.max_tokens)) == (None, "8")
