"""A text file that a user named: too large, a folder, gone or in another encoding, each in a sentence."""

from pathlib import Path

import pytest

from foundry_exp.errors import ConfigError
from foundry_exp.files import user_text


def refusal(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        user_text.read(path, most_bytes=2_000_000, too_large="; split it.", kind="YAML")
    return str(caught.value)


def test_what_cannot_be_read_is_named_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert refusal(path) == f"{path}: cannot be read (No such file or directory); give a readable YAML file."
    assert refusal(tmp_path) == f"{tmp_path}: cannot be read (Is a directory); give a readable YAML file."
    path.write_bytes("größer".encode("latin-1"))
    assert refusal(path) == f"{path}: not UTF-8 (byte 2); save the file as UTF-8."
    with path.open("wb") as file:
        file.truncate(2_000_001)
    assert refusal(path) == f"{path}: larger than 2 MB; split it."


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\xef\xbb\xbfa: 1")
    assert user_text.read(path, most_bytes=100, too_large="", kind="YAML") == "a: 1"
