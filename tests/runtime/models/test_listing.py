"""`models`: what is known of each variant, from where; unknown is not no, and disagreement is shown."""

import json

import pytest

from tests.conftest import demo_model
from tests.runtime.models.conftest import Tool

pytestmark = pytest.mark.real


def listed(tool: Tool, *arguments: str) -> dict[str, dict[str, object]]:
    done = tool.run("models", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return {variant["id"]: variant for variant in json.loads(done.stdout)["variants"]}


def test_facts_are_per_variant_and_what_is_not_stated_is_null(tool: Tool) -> None:
    variants = listed(tool)
    plain, vendor = variants["small-generic-cpu:1"], variants["small-openvino-cpu:3"]
    assert (plain["licence"], plain["context_length"], plain["tools"]) == ("MIT", 512, None)
    assert (vendor["licence"], vendor["context_length"], vendor["tools"]) == ("apache-2.0", 4224, True)
    assert variants["speech-generic-cpu:1"]["reasoning"] is False
    assert variants["vectors-generic-cpu:1"]["licence"] is None
    assert plain["sources"]["licence"] == "catalogue"  # type: ignore[index]
    assert "small-generic-gpu:1" not in variants, "the runtime asks only for the providers that are registered"


def test_the_table_shows_disagreement_and_what_is_not_measured(tool: Tool) -> None:
    out = tool.run("models").stdout
    assert "small: its variants disagree about licence: MIT (small-generic-cpu:1); apache-2.0" in out
    assert "not measured: vectors-generic-cpu:1: an embedding model gives vectors" in out
    assert "not measured: speech-generic-cpu:1: it transcribes speech" in out


def test_your_own_models_are_listed_with_their_path(tool: Tool) -> None:
    path = demo_model("demo-small")
    for _ in range(2):
        assert tool.run("models", "add", str(path), "--alias", "mine").returncode == 0
    assert tool.run("models", "add", str(path), "--variant", "mine-generic-gpu:1").returncode == 0
    variants = {name: one for name, one in listed(tool).items() if one["alias"] == "mine"}
    assert {name: one["device"] for name, one in variants.items()} == {
        "mine-generic-cpu:1": "CPU",
        "mine-generic-gpu:1": "GPU",
    }
    assert all(one["path"] == str(path) and one["cached"] and one["catalogue"] == "local" for one in variants.values())


def test_a_vendors_variant_of_your_own_belongs_to_its_model(tool: Tool) -> None:
    path = str(demo_model("demo-small"))
    assert tool.run("models", "add", path, "--alias", "mine").returncode == 0
    added = tool.run("models", "add", path, "--alias", "mine", "--variant", "mine-cuda-gpu:1")
    assert "registered as a variant of mine for GPU" in added.stdout
    ids = ["mine-cuda-gpu:1", "mine-generic-cpu:1"]
    assert sorted(name for name, one in listed(tool, "offline=true").items() if one["alias"] == "mine") == ids
    assert tool.run("models", "export", "models.json", "offline=true").returncode == 0
    entry = json.loads((tool.folder / "models.json").read_text(encoding="utf-8"))["mine"]
    assert sorted(entry["variants"]) == ids
    assert "path" not in entry, "one folder is not both"
    verified = tool.run("models", "verify", "mine")
    assert all(f"{name}: complete" in verified.stdout for name in ids)


@pytest.mark.parametrize("variant", ["zz-strange:1", "other-cuda-gpu:1"])
def test_a_variant_is_not_added_to_a_model_that_it_would_not_belong_to(tool: Tool, variant: str) -> None:
    done = tool.run("models", "add", str(demo_model("demo-small")), "--alias", "zz", "--variant", variant)
    assert done.returncode == 2
    assert "not to --alias zz; name it zz-generic-cpu:1" in done.stderr


def test_a_folder_that_is_no_model_is_refused_with_what_it_lacks(tool: Tool) -> None:
    (tool.folder / "empty").mkdir()
    done = tool.run("models", "add", str(tool.folder / "empty"))
    assert done.returncode == 2
    assert "lacks genai_config.json, tokenizer_config.json, a .onnx file" in done.stderr
    assert tool.run("models", "add", "/nowhere").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["pul"], "did you mean pull"),
        (["pull"], "no model is named"),
        (["pull", "small", "--fast"], "--fast: no such option"),
        (["small", "--json"], "no such command"),
        (["pull", "small", "provision.retries=-1"], "config: provision.retries: must be at least 0"),
        (["add"], "give one folder"),
    ],
)
def test_a_wrong_command_is_one_sentence(tool: Tool, arguments: list[str], said: str) -> None:
    done = tool.run("models", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_listing_leaves_nothing_in_the_folder_for_what_is_temporary(tool: Tool) -> None:
    tool.folder = tool.folder / "own"
    tool.folder.mkdir()
    assert listed(tool)
    left = {left.name for left in tool.folder.iterdir()}
    assert left <= {"cache", "data", ".ses"}, "besides what the runtime keeps, and the file .ses of its own"
