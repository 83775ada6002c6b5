"""A model's folder: its files are known by their content."""

import hashlib
from pathlib import Path

import pytest

from foundry_exp.models import folder


def test_the_files_are_read_once_until_one_of_them_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.onnx").write_bytes(b"weights")
    before = folder.files_digest(tmp_path)
    with monkeypatch.context() as patched:
        patched.delattr(hashlib, "file_digest")
        assert folder.files_digest(tmp_path) == before
    (tmp_path / "model.onnx").write_bytes(b"other weights")
    assert folder.files_digest(tmp_path) != before
