"""The training text of the demonstration models: what is in it, what is kept out, and that seeds hold."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from foundry_exp.files.shipped_files import shipped
from tests.demo_models.chat import render
from tests.demo_models.corpus import Pair, questions
from tests.demo_models.lessons import FULL, HELD_OUT, lessons, shipped_pairs
from tests.demo_models.notes import INSTRUCTION, notes

SETS = shipped("prompts") / "sets"
MODELS = shipped("models")
LARGEST_FILE_BYTES = 6_000_000
LARGEST_TOTAL_BYTES = 12_000_000


def read(name: str) -> list[Any]:
    entries: list[Any] = json.loads((SETS / f"{name}.json").read_text(encoding="utf-8"))
    return entries


def answers() -> dict[str, str]:
    return {pair.prompt: pair.answer for pair in questions()}


def sentences(text: str) -> int:
    return len(re.findall(r"[.?!](?:\s|$)", text))


def test_every_workshop_and_deterministic_prompt_has_a_training_answer() -> None:
    lessons = answers()
    prompts = [entry["prompt"] for entry in read("workshop")] + read("deterministic")
    assert [prompt for prompt in prompts if prompt not in lessons] == []


def test_workshop_answers_have_the_form_that_was_asked() -> None:
    principle, benefits, latency, scenarios = (answers()[entry["prompt"]] for entry in read("workshop"))
    assert sentences(principle) == 2
    assert [line[:2] for line in benefits.splitlines()] == ["1.", "2.", "3."]
    assert sentences(latency) >= 1
    assert [line[:2] for line in scenarios.splitlines()] == ["1.", "2."]


@pytest.mark.parametrize(("word", "count"), [("one", 1), ("2", 2), ("three", 3)])
def test_a_question_that_names_a_number_gets_that_many_sentences(word: str, count: int) -> None:
    unit = "sentence" if count == 1 else "sentences"
    assert sentences(answers()[f"Explain local inference in {word} {unit}."]) == count


def test_no_question_is_asked_twice() -> None:
    prompts = [pair.prompt for pair in questions()]
    assert len(set(prompts)) == len(prompts)


def test_meeting_notes_have_unique_ids_references_and_enough_held_out() -> None:
    entries = read("meeting-notes")
    assert len({entry["id"] for entry in entries}) == len(entries) >= 12
    assert all(entry["reference"].endswith(".") for entry in entries)
    assert all(entry["prompt"].startswith(INSTRUCTION) for entry in entries if "language" not in entry["tags"])
    assert sum(HELD_OUT in entry["tags"] for entry in entries) >= 4


def test_held_out_notes_and_their_summaries_are_not_in_the_training_text() -> None:
    seen = "\n".join(render(lesson.messages) + lesson.answer for lesson in lessons(3000, seed=7, mix=FULL))
    for entry in read("meeting-notes"):
        if HELD_OUT in entry["tags"]:
            assert entry["prompt"].removeprefix(INSTRUCTION) not in seen, entry["id"]
            assert entry["reference"] not in seen, entry["id"]


def test_the_other_notes_are_learned_with_their_references() -> None:
    learned = shipped_pairs()
    for entry in read("meeting-notes"):
        assert (Pair(entry["prompt"], entry["reference"]) in learned) is (HELD_OUT not in entry["tags"]), entry["id"]


@pytest.mark.real
def test_the_same_seed_makes_the_same_notes_in_another_process() -> None:
    code = "from tests.demo_models.notes import notes; print(notes(50, 3))"
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert there == str(notes(50, 3))


def test_another_seed_makes_other_notes() -> None:
    assert notes(50, 3) != notes(50, 4)


def test_a_summary_says_nothing_that_its_note_does_not() -> None:
    for pair in notes(300, 11):
        note = pair.prompt.removeprefix(INSTRUCTION).lower()
        for number in re.findall(r"\d[\d,]*", pair.answer):
            assert number.rstrip(",") in note, pair
        for name in re.findall(r"(\w+) will ", pair.answer):
            assert name.lower() in note, pair


def test_lessons_repeat_for_a_seed_and_mix_all_kinds() -> None:
    made = lessons(400, 5, FULL)
    assert made == lessons(400, 5, FULL)
    assert {turns.messages[0][0] for turns in made} == {"system", "user"}
    assert any(INSTRUCTION in lesson.messages[-1][1] for lesson in made)


def test_a_chat_is_rendered_as_the_template_says() -> None:
    chat = render([("system", "Be brief."), ("user", "Hello")])
    assert chat == "<|system|>\nBe brief.<|end|>\n<|user|>\nHello<|end|>\n<|assistant|>\n"


@pytest.mark.real
def test_the_text_needs_no_torch() -> None:
    code = "import sys, tests.demo_models.lessons, tests.demo_models.__main__; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("name", ["demo-small", "demo-large"])
def test_a_shipped_model_folder_is_complete_and_says_what_it_is(name: str) -> None:
    folder = MODELS / name
    config = json.loads((folder / "genai_config.json").read_text(encoding="utf-8"))
    assert config["model"]["context_length"] >= 1024
    assert (folder / config["model"]["decoder"]["filename"]).is_file()
    assert "MIT" in (folder / "README.md").read_text(encoding="utf-8")
    assert "add_generation_prompt" in (folder / "chat_template.jinja").read_text(encoding="utf-8")


def test_shipped_models_stay_small_and_differ_in_size() -> None:
    sizes = {name: [file.stat().st_size for file in files(name)] for name in ("demo-small", "demo-large")}
    assert max(sizes["demo-small"] + sizes["demo-large"]) <= LARGEST_FILE_BYTES
    assert sum(sizes["demo-small"] + sizes["demo-large"]) <= LARGEST_TOTAL_BYTES
    assert sum(sizes["demo-large"]) > 2 * sum(sizes["demo-small"])


def files(name: str) -> list[Path]:
    return [path for path in (MODELS / name).iterdir() if path.is_file()]
