"""A model's files are looked at before it is loaded, read after the last request, and must be the same throughout."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from foundry_exp.records.run_result import AttemptFacts, FileStat, ModelFiles
from foundry_exp.runtime.models import folder, identity


def test_nothing_of_the_weights_is_read_before_they_are_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = tmp_path / "model.onnx"
    with weights.open("wb") as file:
        file.truncate(2 * 10**9)
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("a file was opened"))
    watch = identity.FilesWatch(tmp_path, (), keeps_models=True)
    start_s = time.thread_time()
    assert watch.before_load() is None
    assert watch.after_load({"path": str(tmp_path), "pid": 1, "variant": "mine:1"}) is None
    assert time.thread_time() - start_s < 0.05
    assert watch.files is not None
    assert watch.files.size_mb == 2000


@pytest.mark.parametrize("facts", [{"path": None, "pid": None, "variant": "theirs"}])
def test_a_service_of_somebody_else_has_no_files_here(tmp_path: Path, facts: dict[str, str | None]) -> None:
    (tmp_path / "model.onnx").touch()
    watch = identity.FilesWatch(tmp_path, (), keeps_models=False)
    watch.before_load()
    watch.after_load(facts)
    assert watch.identified() == (None, None)


def test_a_restart_of_the_machine_may_number_its_devices_anew() -> None:
    before = ModelFiles("/m", "here", 1.0, {"a": (1, 2, 3, 4, 5)})
    earlier = [AttemptFacts(0, "2026-11-29T12:00:00+00:00", files=before)]
    assert identity.not_of_earlier(earlier, replace(before, stats={"a": (9, 2, 3, 4, 5)})) is None
    more = identity.not_of_earlier(earlier, replace(before, stats={"a": (1, 2, 3, 4, 5), "b": (1, 3, 3, 4, 5)}))
    assert "b is new" in str(more)


def test_on_another_machine_the_content_alone_can_be_alike() -> None:
    here = ModelFiles("/m", "here", 1.0, {"a": (1, 2, 3, 4, 5)}, "aaaa")
    there = replace(here, host="there", stats={"a": (9, 9, 3, 9, 9)})
    earlier = [AttemptFacts(0, "2026-11-29T12:00:00+00:00", files=here)]
    assert identity.not_of_earlier(earlier, there) is None
    other = identity.not_of_earlier(earlier, replace(there, digest="bbbb"))
    assert "digest aaaa on here, bbbb on there" in str(other)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({}, "a is gone"),
        ({"a": (1, 2, 9, 4, 5)}, "a had 3 bytes and has 9"),
        ({"a": (1, 7, 3, 4, 5)}, "a is another file"),
        ({"a": (1, 2, 3, 4, 6)}, "a was written to"),
        ({"a": (1, 2, 3, 4, 5), "b": (1, 3, 3, 4, 5)}, None),
    ],
)
def test_what_became_of_a_file_is_said(now: dict[str, FileStat], said: str | None) -> None:
    assert folder.file_changes({"a": (1, 2, 3, 4, 5)}, now) == ([said] if said else [])


def test_a_model_may_be_one_file(tmp_path: Path) -> None:
    weights = tmp_path / "weights.bin"
    weights.write_bytes(b"weights")
    watch = identity.FilesWatch(weights, (), keeps_models=False)
    watch.before_load()
    assert watch.after_load({"path": None, "pid": 1, "variant": "mine:1"}) is None
    files, changed = watch.identified()
    assert files is not None
    assert (files.path, files.size_mb, changed) == (str(weights), 7e-6, None)
    assert files.digest
    weights.write_bytes(b"WEIGHTS")
    assert "was written to" in str(watch.identified()[1])


def test_files_that_go_while_they_are_read_are_not_known(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").touch()
    watch = identity.FilesWatch(tmp_path, (), keeps_models=True)
    watch.before_load()
    (tmp_path / "model.onnx").unlink()
    files, changed = watch.identified()
    assert files is not None
    assert files.digest is None
    assert "model.onnx is gone" in str(changed)


def test_what_was_never_loaded_has_a_size_and_no_digest(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(bytes(1000))
    files, changed = identity.FilesWatch(tmp_path, (), keeps_models=True).identified()
    assert files is not None
    assert (files.size_mb, files.digest, changed) == (0.001, None, None)
