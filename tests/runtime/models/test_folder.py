"""A model's folder: its files are known by their content."""

import hashlib
import os
from pathlib import Path

import pytest

from foundry_exp.runtime.models import folder


def test_the_files_are_read_once_until_one_of_them_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.onnx").write_bytes(b"weights")
    before = folder.files_digest(tmp_path)
    with monkeypatch.context() as patched:
        patched.delattr(hashlib, "file_digest")
        assert folder.files_digest(tmp_path) == before
    (tmp_path / "model.onnx").write_bytes(b"other weights")
    assert folder.files_digest(tmp_path) != before


@pytest.mark.skipif(os.name != "posix", reason="elsewhere the system does not say what a file takes")
def test_a_hole_in_a_file_takes_nothing_of_the_disk(tmp_path: Path) -> None:
    with (tmp_path / "weights.bin").open("wb") as file:
        file.write(bytes(2 * 10**6))
        file.truncate(50 * 10**6)
    assert folder.size_mb(tmp_path) == 50
    assert 0 < folder.taken_mb(tmp_path) < 10
