"""What a user can get wrong: one sentence with where, what, got and the way out; exit 2; nothing was run."""

import json
import sqlite3
import sys
from pathlib import Path

import pytest

from foundry_exp import target
from foundry_exp.cli import main

SCRIPTED = ["backend=scripted", "model=custom", "model.alias=m", "tracker=none"]

NO_PROC = pytest.mark.skipif(sys.platform == "win32", reason="Windows would make that folder")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FOUNDRY_EXP_ALLOW", raising=False)


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main.main(arguments) == 2
    assert not Path("mlruns").exists(), "something was run"
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    return printed.err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["model=demo-smal"], ["model=demo-smal", "demo-small"]),
        (["-m", "model=demo-small,nope"], ["model=nope", "demo-small"]),
        (["modl=demo-small"], ["modl", "did you mean model"]),
        (["workload.round=3"], ["workload.round", "workload.rounds"]),
        (["+workload.roundz=3"], ["workload", "roundz", "rounds"]),
        (["+nonsense=3"], ["nonsense"]),
        (["generation.max_tokens=abc"], ["generation.max_tokens", "whole number", '"abc"']),
        (["generation.max_tokens=0"], ["generation.max_tokens", "at least 1", "got 0"]),
        (["-m", "generation.max_tokens=3,0"], ["generation.max_tokens", "got 0"]),
        (["streaming=maybe"], ["streaming=maybe", "off", "on"]),
        (["prompts.path=nowhere.json"], ["prompts.path", "nowhere.json"]),
        (["model=custom"], ["model", "alias"]),
        (["model=gemma-2-2b"], ["model.path", "must be given"]),
        (["model=custom", "model.path=nowhere"], ["model.path", "nowhere"]),
        (["model.variant=no-version"], ["model.variant", "name:version"]),
        (["prompts.name=${oc.env:NOT_SET_ANYWHERE}"], ["prompts.name", "NOT_SET_ANYWHERE"]),
        (["backend._target_=os.system"], ["backend._target_", "os.system", "FOUNDRY_EXP_ALLOW"]),
        (["backend._target_=foundry_exp.nothing.Here"], ["backend._target_", "cannot be imported"]),
        (["backend._target_=foundry_exp.errors"], ["backend._target_", "is no class, got module"]),
        ([f"prompts.path={'word ' * 80}"], ["prompts.path", "nothing at"]),
        (["prompts.path='~nobody-of-this-name/prompts.json'"], ["prompts.path", "nothing at"]),
        (["backend=scripted", "backend.gap_ms=slow"], ["backend.gap_ms", "float", "slow"]),
        (["backend=scripted", "+backend.gapms=3"], ["backend.gapms", "gap_ms"]),
        (["model.alias=a=b"], ["model.alias=a=b", "override"]),
        (["backend=endpoint"], ["backend.base_url", "FOUNDRY_LOCAL_ENDPOINT"]),
        pytest.param([*SCRIPTED, "output_dir=/proc/nowhere"], ["output_dir", "/proc/nowhere"], marks=NO_PROC),
        (["accel=cuda"], ["accel=cuda", "use accel=gpu"]),
        (["accel=GPU"], ["accel=GPU", "did you mean gpu"]),
        (["model=demo-small,demo-large"], ["model=demo-small,demo-large", "add -m"]),
        (["-m", "generation.max_tokens=interval(8,32)"], ["interval(8,32)", "list them", "generation.max_tokens=8,16"]),
        (["generation.max_tokens=interval(8,32)"], ["interval(8,32)", "add -m"]),
        (["-m", "model=glob(nothing*)"], ["model=glob(nothing*)", "nothing to sweep over"]),
        (["-m", "generation.max_tokens=range(8,8)"], ["range(8,8)", "nothing to sweep over"]),
        (["-m", "generation.max_tokens=range(8,9,0)"], ["range(8,9,0)", "range(first,end,step)"]),
        (["-m", "generation.seed=range(0,1000000000)"], ["range(0,1000000000)", "more than 10000 values"]),
        (["-m", "+hydra.sweeper.params.model=demo-small,demo-large"], ["hydra.sweeper.params.model", "-m model=…"]),
        (["-m", "hydra/launcher=basic,joblib"], ["hydra/launcher=basic,joblib", "the same for all cells"]),
        (["-m", "hydra.sweeper.params={model: demo-small}"], ["hydra.sweeper.params", "+hydra.sweeper.params=…"]),
        (["+hydra.sweeper.params={model: demo-small}"], ["hydra.sweeper.params", "this is no sweep", "add -m"]),
        (["hydra.job.chdir=true"], ["hydra.job.chdir", "got true", "leave it out"]),
        (["--nonsense"], ["--nonsense", "--help"]),
        (["reprot"], ["reprot", "report"]),
        (["--cfg", "nothing"], ["--cfg", "job"]),
    ],
)
def test_a_wrong_command_is_refused_with_the_way_out(
    capsys: pytest.CaptureFixture[str], arguments: list[str], says: list[str]
) -> None:
    message = refusal(capsys, *arguments)
    for words in says:
        assert words in message
    assert len(message.strip().splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "holds no prompt"),
        ("[]", "holds no prompt"),
        ("{}", "must be a list"),
        ('["a", ', "not JSON"),
        ('["a", 3]', "entry 2"),
        ('["  "]', "blank"),
        ('[{"id": "x"}]', "prompt"),
        ('[{"id": "x", "prompt": "a"}, {"id": "x", "prompt": "b"}]', "same id 'x'"),
        ('[{"prompt": "a", "tag": ["b"]}]', "did you mean tags"),
        ('[{"prompt": "a", "messages": [{"role": "user", "content": "b"}]}]', "keep one"),
        ('[{"messages": [{"role": "robot", "content": "b"}]}]', "system, user, assistant"),
        ('[{"prompt": "a", "facets": "names the owner"}]', "facets"),
        ('[{"id": "x", "prompt": "a", "facets": [], "facets": ["b"]}]', "x: the key 'facets' is there twice"),
        ('["a\\u0000b"]', "NUL"),
        ('["a\\ud800b"]', "surrogate"),
    ],
)
def test_a_wrong_prompt_set_names_the_file_and_the_entry(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str, says: str
) -> None:
    path = tmp_path / "mine.json"
    path.write_text(content, encoding="utf-8")
    message = refusal(capsys, *SCRIPTED, f"prompts.path={path}")
    assert str(path) in message
    assert says in message


@pytest.mark.slow
def test_a_line_that_is_no_json_is_named_however_long_the_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text('"a prompt"\n' * 99_999 + '{"prompt": \n', encoding="utf-8")
    assert f"{path}:100000: not JSON" in refusal(capsys, *SCRIPTED, f"prompts.path={path}")
    path.with_suffix(".json").write_text('["a",\n "b",\n NaN]', encoding="utf-8")
    message = refusal(capsys, *SCRIPTED, f"prompts.path={path.with_suffix('.json')}")
    assert "mine.json: not JSON (NaN is no number of JSON)" in message, "a line is named, and not the one with NaN"


@pytest.mark.slow
def test_a_prompt_set_in_another_encoding_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_bytes('["größe"]'.encode("latin-1"))
    assert "not UTF-8" in refusal(capsys, *SCRIPTED, f"prompts.path={path}")


@pytest.mark.slow
def test_a_folder_that_is_no_model_says_what_it_lacks(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "genai_config.json").write_text("{}", encoding="utf-8")
    message = refusal(capsys, "model=custom", f"model.path={tmp_path}")
    assert "lacks tokenizer_config.json, a .onnx file" in message


def test_an_unquoted_on_in_yaml_is_found(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    recipe = tmp_path / "conf" / "experiment" / "mine.yaml"
    recipe.parent.mkdir(parents=True)
    recipe.write_text("# @package _global_\ndefaults:\n  - override /streaming: on\n", encoding="utf-8")
    assert main.main(["experiment=mine"]) == 2
    message = capsys.readouterr().err
    assert str(recipe) in message
    assert 'quote it, as in "on"' in message


def test_a_recipe_in_another_encoding_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    recipe = tmp_path / "conf" / "experiment" / "mine.yaml"
    recipe.parent.mkdir(parents=True)
    recipe.write_bytes("# größer\n".encode("latin-1"))
    assert main.main(["experiment=mine"]) == 2
    assert f"{recipe}: not UTF-8 (byte 4)" in capsys.readouterr().err


def test_a_recipe_that_is_no_yaml_is_named_with_its_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    recipe = tmp_path / "conf" / "experiment" / "mine.yaml"
    recipe.parent.mkdir(parents=True)
    recipe.write_text("a: 1\nb: [1\n", encoding="utf-8")
    assert main.main(["experiment=mine"]) == 2
    assert f"{recipe}:" in capsys.readouterr().err


def test_a_users_option_may_not_hide_behind_a_shipped_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    mine = tmp_path / "conf" / "model" / "demo-small.yaml"
    mine.parent.mkdir(parents=True)
    mine.write_text("alias: mine\n", encoding="utf-8")
    assert main.main(["model=demo-small"]) == 2
    message = capsys.readouterr().err
    assert str(mine) in message
    assert "rename yours" in message


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("class Mine\n", "cannot be imported (SyntaxError: "),
        ("raise RuntimeError('no GPU')\n", "cannot be imported (RuntimeError: no GPU)"),
        ("class Mine:\n    def load(self): ...\n    def unload(self): ...\n", "Mine has no method stream()"),
    ],
)
def test_a_class_of_the_users_own_that_cannot_do_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, says: str
) -> None:
    name = f"mine_{abs(len(text))}"
    (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("FOUNDRY_EXP_ALLOW", name)
    assert says in refusal(capsys, *SCRIPTED, f"backend._target_={name}.Mine")


def test_a_class_may_collect_arguments_and_name_types_that_only_a_checker_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "class Mine:\n    def __init__(self, size: 'Size', *rest: int, **more: str) -> None: ...\n"
    (tmp_path / "mine_collecting.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("FOUNDRY_EXP_ALLOW", "mine_collecting")
    target.check({"_target_": "mine_collecting.Mine", "size": 1, "colour": "red"}, "backend")


@pytest.mark.real
def test_a_long_prompt_may_stand_in_the_command_of_a_sweep(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = "Why is the sky blue? " * 20
    sweep = ["-m", *SCRIPTED, "backend.realtime=false", "workload.rounds=1", "generation.seed=1,2"]
    assert main.main([*sweep, f"prompts.text='{text}'"]) == 0
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"this is no database, but long enough to be mistaken for one" * 20, None])
def test_a_store_that_cannot_be_opened_is_told_before_anything_runs(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "store.db"
    if content is None:
        with sqlite3.connect(path) as base:
            base.execute("create table alembic_version (version_num text)")
            base.execute("insert into alembic_version values ('from-the-future')")
        base.close()
    else:
        path.write_bytes(content)
    message = refusal(capsys, "backend=scripted", "model=custom", "model.alias=m", f"tracker.uri=sqlite:///{path}")
    assert str(path) in message


@pytest.mark.real
def test_a_users_option_appears_and_is_announced(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    mine = tmp_path / "conf" / "prompts" / "mine.yaml"
    mine.parent.mkdir(parents=True)
    (tmp_path / "mine.json").write_text(json.dumps(["What is a token?"]), encoding="utf-8")
    mine.write_text("name: mine\npath: mine.json\nexpected_tokens: null\n", encoding="utf-8")
    assert main.main([*SCRIPTED, "prompts=mine", "backend.realtime=false", "workload.rounds=1"]) == 0
    assert str(tmp_path / "conf") in capsys.readouterr().err
