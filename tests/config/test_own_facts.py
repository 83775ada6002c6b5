"""What an option says holds for its own model, prompts or device; another one has its own name, and is not known."""

from pathlib import Path
from typing import Any

import pytest

from foundry_exp.config import compose

UNKNOWN: dict[str, Any] = {
    "context_length": None,
    "size_mb": None,
    "licence": None,
    "licence_source": None,
    "capabilities": [],
}


def composed(*overrides: str) -> dict[str, Any]:
    return compose.jobs(list(overrides), multirun=False)[0][0].plain


@pytest.mark.parametrize(
    ("overrides", "alias"),
    [
        (["model=phi-4-mini", "model.path=/models/other"], None),
        (["model=phi-4-mini", "++model.path=/models/other", "model.alias=mine"], "mine"),
        (["model=phi-4-mini", "model.alias=qwen3-0.6b"], "qwen3-0.6b"),
        (["model=demo-small", "model.path=null", "model.alias=phi-4-mini"], "phi-4-mini"),
        (["model=demo-small", "model.path=/models/other"], None),
    ],
)
def test_nothing_is_said_of_another_model(overrides: list[str], alias: str | None) -> None:
    model = composed(*overrides)["model"]
    assert {key: model[key] for key in ("alias", "variant", *UNKNOWN)} == {"alias": alias, "variant": None, **UNKNOWN}


@pytest.mark.parametrize(
    "overrides",
    [
        ["model=phi-4-mini", "model.variant=Phi-4-mini-instruct-cuda-gpu:5"],
        ["model=demo-small", "model.alias=mine"],
        ["model=gemma-2-2b", "model.path=/models/gemma"],
    ],
)
def test_what_is_said_of_the_option_s_own_model_holds(overrides: list[str]) -> None:
    assert composed(*overrides)["model"]["licence"] is not None


def test_what_the_command_says_holds() -> None:
    said = ("model.licence=MIT", "model.size_mb=5154", "model.capabilities=[chat,tools]")  # as the option has it
    model = composed("model=phi-4-mini", "model.path=/models/other", *said)["model"]
    assert (model["licence"], model["size_mb"], model["capabilities"]) == ("MIT", 5154, ["chat", "tools"])
    assert (model["licence_source"], model["context_length"]) == (None, None)


def test_nothing_is_said_of_another_judge() -> None:
    config = composed("scorer=[judge]", "model@scorer.judge.model=phi-4-mini", "scorer.judge.model.path=/models/other")
    assert config["scorer"]["judge"]["model"] == {"alias": None, "variant": None, "path": "/models/other", **UNKNOWN}


def test_weights_of_ones_own_are_not_those_of_an_option_s_folder() -> None:
    own = ("backend=generate", "backend.model_class=mine.Model", "backend.weights_path=/models/mine.bin")
    assert composed(*own)["model"] == {"alias": "mine.bin", "variant": None, "path": None, **UNKNOWN}
    assert composed(*own, "model.alias=mine")["model"]["alias"] == "mine"
    assert composed(*own, "model=phi-4-mini")["model"]["licence"] == "MIT", "the option names no other folder"


def test_other_prompts_have_their_file_s_name_and_no_expected_answer() -> None:
    prompts = composed("prompts.path=sets/notes.json")["prompts"]
    assert (prompts["name"], prompts["expected_tokens"]) == ("notes", None)
    prompts = composed("prompts.text=Hello")["prompts"]
    assert prompts == {"name": "text", "path": None, "text": "Hello", "expected_tokens": None}
    own = composed("prompts.path=notes.json", "prompts.name=mine", "prompts.expected_tokens=60")["prompts"]
    assert (own["name"], own["expected_tokens"]) == ("mine", 60)


def test_another_device_is_no_gpu() -> None:
    assert composed("accel=gpu", "accel.device=CPU")["accel"] == {"name": "cpu", "device": "CPU", "prefer": []}
    assert composed("accel=gpu", "accel.prefer=[generic-gpu]")["accel"]["name"] == "gpu"


def test_an_option_that_is_made_of_another_s_says_what_both_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conf" / "model").mkdir(parents=True)
    (tmp_path / "conf" / "model" / "tuned.yaml").write_text(
        "defaults: [phi-4-mini]\npath: /models/tuned\nalias: tuned\n", encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    assert composed("model=tuned")["model"]["licence"] == "MIT"
    assert composed("model=tuned", "model.path=/models/other")["model"] == {
        "alias": None, "variant": None, "path": "/models/other", **UNKNOWN,
    }  # fmt: skip
