"""Disk, memory and packages of this machine, in words with numbers."""

from pathlib import Path

from foundry_exp.cli.doctor import machine


def test_a_folder_still_to_be_made_is_judged_by_where_it_will_lie(tmp_path: Path) -> None:
    models, results = machine.disk(tmp_path / "not" / "yet", tmp_path)
    assert str(tmp_path / "not" / "yet") in models.detail
    assert "GB free" in models.detail
    assert results.severity == "ok"


def test_a_folder_that_cannot_be_made_is_an_error_with_a_way_out() -> None:
    models, _ = machine.disk(Path("/dev/null/models"), Path("/dev/null/results"))
    assert models.severity == "error"
    assert "/dev/null cannot be written" in models.detail
    assert models.fix


def test_what_is_installed_is_listed_with_its_version() -> None:
    (versions,) = machine.versions()
    assert versions.severity == "ok"
    assert "foundry-local-sdk 2." in versions.detail


def test_memory_and_gpu_are_always_said() -> None:
    assert "MB free of" in machine.memory()[0].detail
    assert machine.gpu()[0].detail
