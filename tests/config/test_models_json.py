"""models.json: read as a list to sweep over, refused with the place of what is wrong, written from what is here."""

import json
from pathlib import Path

import pytest

from foundry_exp.cli import main
from foundry_exp.cli.verbs import models_file
from foundry_exp.cli.verbs.models import composed
from foundry_exp.config import compose, models_json
from foundry_exp.config.cells import cell_names
from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.records import run_folder
from foundry_exp.runtime.models import provision
from foundry_exp.runtime.models.facts import VariantFacts
from tests.conftest import demo_model, native

SHOWN = Path(__file__).parent / "models.json"
RECIPE = "experiment=from-models-json"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(text: str) -> str:
    Path("mine.json").write_text(text, encoding="utf-8")
    return "mine.json"


@pytest.mark.slow
def test_the_recipe_sweeps_over_the_aliases_with_the_files_facts_first() -> None:
    every_job, multirun = compose.jobs([RECIPE, f"models_file={SHOWN}"], multirun=False)
    assert multirun
    assert cell_names(every_job) == ["demo-small", "phi-4-mini", "somebody-elses"]
    demo, phi, other = (compose.plain(job.config)["model"] for job in every_job)
    assert (demo["path"], demo["size_mb"]) == ("shipped:models/demo-small", 1.5)
    assert (phi["context_length"], phi["size_mb"]) == (4096, 5154)
    assert phi["capabilities"] == ["chat", "tools", "routes-code"]
    assert (other["alias"], other["variant"]) == ("somebody-elses", "somebody-elses-generic-cpu:2")
    assert (other["path"], other["size_mb"]) == (None, None)


def test_an_alias_of_the_catalogue_finds_the_option_that_means_it() -> None:
    path = written('{"mistral-7b-v0.2": {"capabilities": ["chat"]}}')
    assert models_json.listed(path, "mistral-7b-v0.2", "size_mb") == 4370


@pytest.mark.real
def test_the_recipe_runs(tmp_path: Path) -> None:
    path = written('{"demo-small": {"capabilities": ["chat"]}, "demo-large": {"capabilities": ["chat"]}}')
    quick = ["tracker=none", "draw_plots=false", "workload.rounds=1", "generation.max_tokens=4", *native(tmp_path)]
    assert main.main([RECIPE, f"models_file={path}", *quick]) == 0
    results = [run_folder.read_result(found.parent) for found in tmp_path.glob("mlruns/runs/*/*/run.json")]
    assert sorted(result.model.alias for result in results) == ["demo-large", "demo-small"]
    assert {result.status for result in results} == {"ok"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "not JSON"),
        ("[]", "must be a mapping"),
        ("{}", "non-empty"),
        ('{"m": {}}', "m: the key 'capabilities' is missing"),
        ('{"m": {"capabilities": "chat"}}', "m.capabilities: must be a list"),
        ('{"m": {"capabilities": ["chat"], "size_mb": "large"}}', "m.size_mb: must be a number"),
        ('{"m": {"capabilities": ["chat"], "size_mb": 0}}', "m.size_mb: must be more than 0"),
        ('{"m": {"capabilities": ["chat"], "sizemb": 1}}', "m: unknown key 'sizemb'; did you mean size_mb"),
        ('{"m": {"capabilities": ["chat"], "variant": "m"}}', "m.variant: must be an exact name:version"),
        ('{"a,b": {"capabilities": ["chat"]}}', "an alias must be letters"),
        ('{"m": {"capabilities": ["\\ud800"]}}', "holds half a surrogate pair"),
        ('{"m": {"capabilities": []}, "m": {"capabilities": []}}', "the key 'm' is there twice"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(capsys: pytest.CaptureFixture[str], content: str, says: str) -> None:
    assert main.main([RECIPE, f"models_file={written(content)}"]) == 2
    message = capsys.readouterr().err
    assert str(Path("mine.json").absolute()) in message
    assert says in message
    assert len(message.strip().splitlines()) == 1
    assert not Path("mlruns").exists()


def test_a_file_may_begin_with_a_byte_order_mark() -> None:
    path = written("\ufeff" + json.dumps({"m": {"capabilities": ["chat"]}}))
    assert models_json.aliases(path) == "m"


@pytest.mark.slow
@pytest.mark.parametrize(("override", "says"), [("", "not set"), ("models_file=nowhere.json", "nothing at")])
def test_no_file_is_refused(capsys: pytest.CaptureFixture[str], override: str, says: str) -> None:
    assert main.main([RECIPE, *filter(None, [override])]) == 2
    message = capsys.readouterr().err
    assert message.startswith("foundry_exp: models_file: ")
    assert says in message


def facts(
    variant: str,
    *,
    cached: bool = False,
    tools: bool | None = None,
    task: str | None = "chat-completion",
    size: float = 1.0,
) -> VariantFacts:
    return VariantFacts(
        id=variant, alias=variant.partition("-")[0], catalogue="public", device="CPU", execution_provider=None,
        size_mb=size, licence="MIT", context_length=4096, task=task, tools=tools, reasoning=None, vision=None,
        cached=cached, loaded=False, path=None, not_measurable=None, sources={"licence": "catalogue"},
    )  # fmt: skip


def test_facts_are_of_the_variant_that_is_here_and_only_chat_models_are_listed() -> None:
    entries = models_json.entries_of(
        [
            facts("phi-cuda-gpu:1", tools=True, size=3.0),
            facts("phi-generic-cpu:1", cached=True, size=5.0),
            facts("whisper-generic-cpu:1", task="automatic-speech-recognition"),
        ]
    )
    assert list(entries) == ["phi"]
    assert entries["phi"]["capabilities"] == ["chat", "tools"]
    assert (entries["phi"]["size_mb"], entries["phi"]["facts_of"]) == (5.0, "phi-generic-cpu:1")
    assert entries["phi"]["licence_source"] == "catalogue"
    assert "path" not in entries["phi"]


def test_what_is_written_is_read_again_and_what_is_wrong_is_not_written(tmp_path: Path) -> None:
    entries = {"m": {"capabilities": ["chat"], "size_mb": 3.5, "ttft_ms": 120.0, "default": True}}
    models_json.write(tmp_path / "out.json", entries)
    assert models_json.read("out.json") == entries
    with pytest.raises(ConfigError, match="capabilities"):
        models_json.write(tmp_path / "bad.json", {"m": {}})
    assert not Path("bad.json").exists()
    with pytest.raises(StoreError, match="cannot be written"):
        models_json.write(tmp_path / "no" / "such" / "folder.json", entries)


@pytest.mark.real
def test_an_export_holds_what_is_really_here_and_can_be_swept_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = [*native(tmp_path), "offline=true"]
    config = composed(settings)
    place = provision.Place.named_by(config.backend, offline=True)
    provision.add(place, demo_model("demo-small"), "mine-generic-cpu:1")
    assert models_file.export(["models.json", *settings]) == 0
    assert capsys.readouterr().out == "models.json: mine\n"
    entry = json.loads(Path("models.json").read_text(encoding="utf-8"))["mine"]
    assert entry["path"] == str(demo_model("demo-small"))
    assert entry["size_mb"] > 1
    quick = ["tracker=none", "draw_plots=false", "workload.rounds=1", "generation.max_tokens=4", *native(tmp_path)]
    assert main.main([RECIPE, "models_file=models.json", *quick]) == 0


@pytest.mark.real
def test_an_export_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no chat model was found"):
        models_file.export(["models.json", *native(tmp_path), "offline=true"])
    assert not Path("models.json").exists()


@pytest.mark.slow
def test_an_import_makes_options_and_leaves_those_that_are_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert models_file.import_([str(SHOWN)]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'conf' / 'model' / 'somebody-elses.yaml'}\n"
    every_job, _ = compose.jobs(["model=somebody-elses"], multirun=False)
    assert compose.plain(every_job[0].config)["model"]["variant"] == "somebody-elses-generic-cpu:2"
    assert models_file.import_([str(SHOWN)]) == 0
    assert "nothing was written" in capsys.readouterr().out


def test_the_import_verb_names_what_it_wrote_and_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["models", "import", str(SHOWN)]) == 0
    assert capsys.readouterr().out.split() == [str(Path.cwd() / "conf" / "model" / "somebody-elses.yaml")]
    assert main.main(["models", "import", str(SHOWN)]) == 0
    assert "nothing was written" in capsys.readouterr().out
    assert main.main(["models", "import"]) == 2
    assert "give one file" in capsys.readouterr().err
    Path("cut.json").write_bytes(SHOWN.read_bytes()[:-20])
    assert main.main(["models", "import", "cut.json"]) == 2
    assert "cut.json" in capsys.readouterr().err
