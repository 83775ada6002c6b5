"""Which judges are the same: settings, classes of one's own, weights, and the names they go by."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from foundry_exp import target
from foundry_exp.errors import BackendError
from foundry_exp.scores.judge import chat_process
from foundry_exp.scores.judge.judge import Settings
from foundry_exp.scores.judge.judge_model import Identity, identify, loaded
from foundry_exp.scores.judge.progress import ProgressLine
from tests.conftest import demo_model
from tests.scores.judge.conftest import CRITERIA, Court


@pytest.mark.real
@pytest.mark.parametrize("change", [{"max_tokens": 100}, {"seed": 7}])
def test_another_setting_is_another_judge_whose_scores_are_not_mixed(court: Court, change: dict[str, Any]) -> None:
    folder = court.run_folder(rounds=1)
    court.score(folder, court.judge(calibration=None))
    result = court.score(folder, court.judge(calibration=None, **change))
    assert court.noted("ask") == 2 * 2 * CRITERIA
    assert len(result.scores["judge"].scored_by) == 1


def own_judge(model_class: str, **changes: Any) -> dict[str, Any]:
    target = "foundry_exp.runtime.backends.generate.GenerateBackend"
    return {
        "_target_": target, "name": "generate", "model_class": f"tests.scores.judge.own.{model_class}",
        "weights_path": __file__, **changes,
    }  # fmt: skip


@pytest.mark.real
def test_two_judges_of_ones_own_are_never_taken_for_each_other(court: Court) -> None:
    folder = court.run_folder(rounds=1)
    model = {"alias": "own", "variant": "own:1"}
    first = court.score(folder, court.judge(backend=own_judge("Five"), model=model))
    other = court.score(folder, court.judge(backend=own_judge("One"), model=model))
    assert [result.metrics["quality/judge"]["mean"] for result in (first, other)] == [5.0, 1.0]
    assert first.scores["judge"].scored_by != other.scores["judge"].scored_by
    assert len(list((court.place / "judges").glob("*.json"))) == 2, "each has a trial of its own"


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        ({"_target_": "tests.scores.judge.own.Wrapped"}, False),
        ({"device_map": "auto"}, False),
        ({"load_timeout_s": 9.0}, True),
        ({"cache_dir": "/elsewhere", "data_dir": "/elsewhere", "api_key_env": "MY_KEY"}, True),
    ],
)
def test_a_judge_is_known_by_all_of_its_backend_that_can_change_a_verdict(
    change: dict[str, Any], is_same: bool
) -> None:
    assert (identified(own_judge("Five")) == identified(own_judge("Five", **change))) is is_same


def identified(backend: dict[str, Any]) -> Identity:
    facts = {"variant": None, "path": None, "device": None}
    return identify("own", facts, None, backend, Settings(0, 200, 1.0, 1.0, 1.0))


def test_a_judge_is_the_same_after_its_backend_moved_within_the_package() -> None:
    before = "foundry_exp.backends.native.NativeBackend"
    section = {"_target_": before, "name": "native", "cache_dir": "/c"}
    assert identified(section) == identified({**section, "_target_": target.current(before)})


def test_other_weights_are_another_judge_and_the_same_ones_elsewhere_are_not(tmp_path: Path) -> None:
    weights, moved = tmp_path / "w.txt", tmp_path / "moved.txt"
    weights.write_text("a", encoding="utf-8")
    moved.write_text("a", encoding="utf-8")
    before = identified(own_judge("Five", weights_path=str(weights)))
    assert identified(own_judge("Five", weights_path=str(moved))) == before
    weights.write_text("b", encoding="utf-8")
    assert identified(own_judge("Five", weights_path=str(weights))) != before


@pytest.mark.real
def test_a_judge_without_a_variant_goes_by_its_alias(court: Court) -> None:
    folder = court.run_folder("mine-2b", rounds=1)
    result = court.score(folder, court.judge(backend=own_judge("Five"), model={"alias": "mine"}, calibration=None))
    assert result.scores["judge"].scored_by[0].startswith("mine@")
    assert any("are of one family (mine)" in warning for warning in result.warnings)


def test_a_judge_is_not_known_by_files_that_came_while_it_was_loaded(
    tmp_path: Path, court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Path(shutil.copytree(demo_model("demo-small"), tmp_path / "mine"))

    @contextmanager
    def chatting(*_: object) -> Iterator[object]:
        (mine / "model.onnx").write_bytes(b"other weights")
        yield SimpleNamespace(facts={"variant": "mine:1", "path": str(mine), "device": "CPU", "pid": 1})

    monkeypatch.setattr(chat_process, "chatting", chatting)
    judge = court.judge(model={"path": str(mine)})
    with (
        pytest.raises(BackendError, match="mine: its files changed while the model was in use"),
        loaded(judge.model, judge.settings, ProgressLine(Console())),
    ):
        pass
