"""A class of the user's own with `load` and `generate`, through the shipped wrapper."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundry_exp.cli import main
from foundry_exp.errors import BackendError
from foundry_exp.files.plain import mapping
from foundry_exp.metrics.request import request_metrics
from foundry_exp.protocols import ModelRequest
from foundry_exp.records import run_folder
from foundry_exp.records.record import Message
from foundry_exp.runtime.backends.generate import GenerateBackend, as_prompt
from tests.runtime.backends.contract import PROMPT, asked, model_request, refused

MODELS = '''
from pathlib import Path


class Words:
    """Answers with its weights, and keeps what it was given."""

    unloaded = 0

    def load(self, weights_path):
        self.words = Path(weights_path).read_text().split()

    def generate(self, prompt, max_tokens, seed=None):
        self.given = (prompt, max_tokens, seed)
        return " ".join(self.words[:max_tokens])

    def unload(self):
        Words.unloaded += 1


class Everything(Words):
    def generate(self, prompt, **params):
        return ", ".join(sorted(params))


class Nothing(Words):
    def generate(self, prompt, /):
        return prompt


class Broken(Words):
    def generate(self, prompt):
        raise RuntimeError("no\\n  tensors left")


class Unloadable(Words):
    def load(self, weights_path):
        raise OSError("weights are truncated")


class Number(Words):
    def generate(self, prompt):
        return 42


class Silent(Words):
    def generate(self, prompt):
        return ""


class NoGenerate:
    def load(self, weights_path):
        pass


class NeedsArguments(Words):
    def __init__(self, device):
        pass
'''


@pytest.fixture(autouse=True)
def _package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "own_models").mkdir()
    (tmp_path / "own_models" / "__init__.py").write_text(MODELS, encoding="utf-8")
    (tmp_path / "weights.txt").write_text("one two three four five six", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("FOUNDRY_EXP_ALLOW", "own_models")
    yield
    sys.modules.pop("own_models", None)


@pytest.fixture
def asked_for(tmp_path: Path) -> ModelRequest:
    return model_request("own", None, tmp_path)


def backend(name: str, weights: str | None = "weights.txt") -> GenerateBackend:
    return GenerateBackend(f"own_models.{name}", weights)


def loaded(name: str, asked_for: ModelRequest) -> GenerateBackend:
    made = backend(name)
    made.load(asked_for)
    return made


def test_an_answer_is_one_event_without_a_first_token_or_a_token_count(asked_for: ModelRequest) -> None:
    record = asked(loaded("Words", asked_for), streaming=False, max_tokens=3)
    assert (record.error, record.text, record.event_kinds) == (None, "one two three", ("text", "end"))
    assert record.usage is None
    timing = request_metrics(record)
    assert (timing.ttft_ms, timing.tokens, timing.output_tok_per_s) == (None, None, None)
    assert timing.e2e_ms is not None


def test_what_was_loaded_says_how_tokens_are_counted_and_what_is_passed(asked_for: ModelRequest) -> None:
    facts = backend("Words").load(asked_for)
    assert facts.runtime["tokens"].startswith("not counted")
    assert facts.runtime["params"] == "max_tokens, seed"
    assert facts.pid


@pytest.mark.parametrize(
    ("name", "answer"),
    [("Everything", "max_tokens, seed, temperature, top_k, top_p"), ("Nothing", PROMPT.messages[0].content)],
)
def test_parameters_are_passed_by_name_as_far_as_they_are_taken(
    asked_for: ModelRequest, name: str, answer: str
) -> None:
    assert asked(loaded(name, asked_for), streaming=False).text == answer


def test_several_messages_become_one_prompt_by_the_stated_rule() -> None:
    assert as_prompt([Message("user", "hi")]) == "hi"
    many = [Message("system", "be brief"), Message("user", "hi"), Message("assistant", "yes?"), Message("user", "why")]
    assert as_prompt(many) == "system: be brief\n\nuser: hi\n\nassistant: yes?\n\nuser: why\n\nassistant:"


@pytest.mark.parametrize(
    ("name", "says"),
    [("Broken", "RuntimeError: no tensors left"), ("Number", "must return text, got int")],
)
def test_what_generate_does_wrong_is_one_sentence(asked_for: ModelRequest, name: str, says: str) -> None:
    error = refused(loaded(name, asked_for), PROMPT)
    assert error.error_class == "generate"
    assert says in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Unloadable", "weights are truncated"),
        ("NoGenerate", "has no method generate()"),
        ("NeedsArguments", "device"),
    ],
)
def test_a_class_that_cannot_be_loaded_is_one_sentence(asked_for: ModelRequest, name: str, says: str) -> None:
    with pytest.raises(BackendError, match=f"own_models.{name}") as caught:
        backend(name).load(asked_for)
    assert caught.value.error_class == "load"
    assert says in str(caught.value)


def test_no_weights_are_refused_with_the_key(asked_for: ModelRequest) -> None:
    with pytest.raises(BackendError, match=r"backend\.weights_path"):
        backend("Words", None).load(asked_for)


def test_an_empty_answer_is_no_error(asked_for: ModelRequest) -> None:
    record = asked(loaded("Silent", asked_for), streaming=False)
    assert (record.error, record.text, record.event_kinds) == (None, "", ("end",))


def test_unloading_twice_is_harmless_and_a_second_load_works(asked_for: ModelRequest) -> None:
    made = loaded("Words", asked_for)
    made.unload()
    made.unload()
    assert sys.modules["own_models"].Words.unloaded == 1
    assert refused(made, PROMPT).error_class == "not_loaded"
    made.load(asked_for)
    assert asked(made, streaming=False).error is None


COMMAND = [
    "backend=generate",
    "model=custom",
    "model.alias=own",
    "tracker=none",
    "draw_plots=false",
    "backend.weights_path=weights.txt",
]


@pytest.mark.real
@pytest.mark.parametrize("streaming", [[], ["streaming=on"]])
def test_a_run_has_latency_and_says_why_it_has_no_rates(tmp_path: Path, streaming: list[str]) -> None:
    assert main.main([*COMMAND, "backend.model_class=own_models.Words", "workload.rounds=2", *streaming]) == 0
    result = run_folder.read_result(next(tmp_path.glob("mlruns/runs/*/*/run.json")).parent)
    assert result.metrics["ttft_ms"] is None or result.metrics["ttft_ms"]["n"] == 0
    assert result.metrics["e2e_ms"]["p50"] is not None
    assert "no answer has a token count" in result.missing["output_tok_per_s"]
    assert str(mapping(result.environment["runtime"])["tokens"]).startswith("not counted")


@pytest.mark.slow
def test_a_class_from_a_package_that_is_not_allowed_is_refused_before_anything_runs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FOUNDRY_EXP_ALLOW")
    assert main.main([*COMMAND, "backend.model_class=own_models.Words"]) == 2
    assert "backend.model_class: own_models.Words is not from an allowed package" in capsys.readouterr().err
    assert not Path("mlruns").exists()


@pytest.mark.slow
def test_a_class_that_is_not_there_is_refused_before_anything_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main([*COMMAND, "backend.model_class=own_models.Nobody"]) == 2
    assert "backend.model_class: own_models.Nobody cannot be imported" in capsys.readouterr().err
