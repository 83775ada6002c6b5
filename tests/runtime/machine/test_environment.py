"""The facts of a machine: what is not known is null, and never taken for a good answer."""

from pathlib import Path

import pytest

from foundry_exp.runtime.machine import environment


@pytest.mark.parametrize(("status", "is_dirty"), [("", False), (" M README.md", True), (None, None)])
def test_a_repository_that_git_cannot_look_through_in_time_is_not_called_clean(
    monkeypatch: pytest.MonkeyPatch, status: str | None, is_dirty: bool | None
) -> None:
    def git(_folder: Path, *arguments: str) -> str | None:
        return "abc" if arguments[0] == "rev-parse" else status

    monkeypatch.setattr(environment, "_run_git", git)
    assert environment.source() == {"git_commit": "abc", "git_dirty": is_dirty}
