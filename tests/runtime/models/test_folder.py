"""A model's folder: its files are known by their content."""

import hashlib
import json
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


def model_folder(place: Path, decoder: object) -> Path:
    (place / "genai_config.json").write_text(json.dumps({"model": {"decoder": decoder}}), encoding="utf-8")
    (place / "tokenizer_config.json").write_text('{"chat_template": "t"}', encoding="utf-8")
    return place


@pytest.mark.parametrize(
    "decoder",
    [{"filename": "onnx/model.onnx"}, {"pipeline": [{"embeddings": {"filename": "onnx/model.onnx"}}]}],
)
def test_a_model_may_lie_where_its_config_says(tmp_path: Path, decoder: object) -> None:
    model_folder(tmp_path, decoder)
    assert folder.missing(tmp_path) == ["onnx/model.onnx, which genai_config.json names"]
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx" / "model.onnx").touch()
    assert folder.missing(tmp_path) == []


def test_a_config_that_names_none_has_its_model_beside_it(tmp_path: Path) -> None:
    assert folder.missing(model_folder(tmp_path, None)) == ["a .onnx file"]
