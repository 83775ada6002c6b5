"""Odd text in prompts and odd names of models, prompts and sweeps: kept as they are, and inside the run folder."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_exp.config.cells import folder_name
from foundry_exp.records import run_folder, runs
from tests.conftest import SCRIPTED, Run
from tests.report.hostile import HOSTILE, INVISIBLE

PROMPTS = {
    "right to left": "\u05e9\u05dc\u05d5\u05dd \u202eabc\u202c \u0645\u0631\u062d\u0628\u0627",
    "long": "word " * 20_000,
    "controls": "\x1b[31mred\x1b[0m \x07 \x9b2J",
    "beyond the first plane": "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001d54f",
    "../../climbing": "a", "CON": "b", 'a "b" \'c\' | <d>': "c", "\x1b[2J \u202egnp | <b>": "d", "=1+1": "e",
}  # fmt: skip


@pytest.mark.real
def test_prompts_of_any_text_and_name_are_kept_as_they_are(run: Run, tmp_path: Path) -> None:
    sets = [{"id": name, "prompt": text} for name, text in PROMPTS.items()]
    (tmp_path / "odd.json").write_text(json.dumps(sets), encoding="utf-8")
    answer = HOSTILE.replace("\x00", "").replace("'", "").replace("\n", " ").replace("\r", " ")
    (tmp_path / "conf" / "backend").mkdir(parents=True)
    spec = SPEC | {"answer": answer}
    (tmp_path / "conf" / "backend" / "odd.yaml").write_text(json.dumps(spec), encoding="utf-8")
    before = outside(tmp_path)
    done = run(
        "backend=odd", *SCRIPTED[1:], "prompts.path=odd.json", "sweep.name=odd", "workload.rounds=1", "show_usage=true"
    )
    assert done.returncode == 0, done.stderr
    (cell,) = runs.finished_cells(tmp_path / "mlruns" / "runs" / "odd")
    assert {sample.sample_id: sample.messages[0].content for sample in run_folder.read_samples(cell)} == PROMPTS
    assert {record.sample_id for record in run_folder.read_records(cell)} == set(PROMPTS)
    assert outside(tmp_path) == before, "a name led out of the run folder"
    for shown in INVISIBLE:
        assert shown not in (done.stdout + done.stderr).replace("\r\n", "\n"), repr(shown)


SPEC = {
    "_target_": "foundry_exp.runtime.backends.scripted.ScriptedBackend", "name": "odd", "ttft_ms": 1.0, "gap_ms": 0.1,
    "tokens_per_event": 1, "load_ms": 0.0, "realtime": False, "fault": None, "fault_every": 1,
}  # fmt: skip


def outside(folder: Path) -> set[str]:
    """Everything about the run folders that is not in them."""
    return {str(path) for path in (*folder.glob("*"), *folder.parent.glob("*")) if path.name != "mlruns"}


@pytest.mark.real
@pytest.mark.parametrize("alias", ["../../up", "CON", "a b", 'say "x"', "|", "\u202egnp", "/etc/passwd"])
def test_a_models_name_makes_no_path(run: Run, tmp_path: Path, alias: str) -> None:
    before = outside(tmp_path)
    quoted = alias.replace('"', '\\"')
    done = run(
        "backend=scripted", "model=custom", f'model.alias="{quoted}"',
        "tracker=none", "backend.realtime=false", "workload.rounds=1", "sweep.name=odd",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (cell,) = runs.finished_cells(tmp_path / "mlruns" / "runs" / "odd")
    assert run_folder.read_result(cell).model.alias == alias
    assert outside(tmp_path) == before
    assert "\u202e" not in done.stdout + done.stderr


@given(st.text() | st.sampled_from(["..", ".", "CON", "nul.txt", "com1", "a/../b", "\\\\host\\share", "C:", "x" * 300]))
def test_a_cells_folder_is_a_plain_name_on_every_system(text: str) -> None:
    name = folder_name(text)
    assert 0 < len(name) <= 90
    assert set(name).isdisjoint('<>:"/\\|?*=\0 \n')
    assert name.strip("-.") == name
    assert name.split(".")[0].casefold() not in {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(10))}
