"""A module as a process of its own: what it says is heard, and it is gone when it is ended."""

import io
import os
import sys
from pathlib import Path

import psutil
import pytest

from foundry_exp.runtime.worker import ModuleProcess

TALKER = """
import json, os, sys, time
print(json.dumps({"step": "here", "heard": sys.stdin.readline().strip()}), flush=True)
print("not JSON", flush=True)
print("[1]", flush=True)
print("last words", file=sys.stderr, flush=True)
what = sys.stdin.readline().strip()
if what == "hang":
    time.sleep(600)
if what == "die":
    sys.stdout.write('{"step": "cut')
    sys.stdout.flush()
    os._exit(7)
"""


@pytest.fixture
def talker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "talker.py").write_text(TALKER, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *filter(None, sys.path)]))
    return "talker"


def test_it_hears_a_line_and_only_whole_objects_are_steps(talker: str) -> None:
    process = ModuleProcess(talker)
    process.send("Grüße")
    assert process.next_step(30) == {"step": "here", "heard": "Grüße"}
    process.send("die")
    assert [process.next_step(30), process.next_step(30)] == [None, None]
    assert process.end() == 7
    assert process.last_words == "last words"


def test_silence_is_told_apart_from_the_end_and_ending_is_for_certain(talker: str) -> None:
    process = ModuleProcess(talker)
    process.send("")
    assert process.next_step(30) is not None
    process.send("hang")
    with pytest.raises(TimeoutError, match=r"nothing came for 0\.05 s"):
        process.next_step(0.05)
    assert process.poll() is None
    assert process.end() != 0
    assert not psutil.pid_exists(process.pid)
    process.send("too late")
    assert process.end() == process.end(), "ending again changes nothing"


def test_closing_its_stdin_ends_it_gently_when_it_is_given_time(talker: str) -> None:
    process = ModuleProcess(talker)
    process.send("")
    assert process.end(grace_s=30) == 0


def test_its_stderr_can_go_to_a_file(talker: str, tmp_path: Path) -> None:
    with (tmp_path / "log").open("w+b") as log:
        process = ModuleProcess(talker, log)
        process.send("")
        process.end(grace_s=30)
        log.seek(0, io.SEEK_SET)
        assert log.read().split() == [b"last", b"words"]
