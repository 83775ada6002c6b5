"""Quiet when asked, colours off when asked, and no console whose encoding stops a run."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SCRIPTED, Run, absent, clean_environment, command

pytestmark = pytest.mark.real

QUICK = (*SCRIPTED, "backend.ttft_ms=1", "backend.gap_ms=0.1", "workload.rounds=1", "prompts=deterministic")
ODD = "Größe → Ω “x” – † Ende"
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-7]|9[0-7]|38;5;\d+)m")


def test_quiet_prints_the_reports_path_alone(run: Run, tmp_path: Path) -> None:
    done = run("-q", "-m", *QUICK, "streaming=on,off")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / done.stdout.strip()).name == "report.html"
    assert (tmp_path / done.stdout.strip()).is_file()


def test_quiet_still_says_what_failed(run: Run) -> None:
    done = run("--quiet", *QUICK, "backend.fault=load")
    assert done.returncode == 1
    assert "scripted: failed: " in done.stderr or "custom: failed: " in done.stderr
    assert done.stdout.strip().endswith("report.html")


def test_a_reader_that_has_enough_costs_no_report(tmp_path: Path) -> None:
    sweep = command(["-m", *QUICK, "streaming=on,off", "sweep.name=night"])
    with subprocess.Popen(sweep, cwd=tmp_path, env=clean_environment(), stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.close()
        running.wait(60)
    assert (tmp_path / "mlruns" / "runs" / "night" / "report.html").exists()


def on_a_terminal(arguments: list[str], folder: Path, **variables: str) -> str:
    """What the command writes to a terminal of 120 columns."""
    if sys.platform == "win32":
        absent("a pseudo terminal")
    import pty

    ours, theirs = pty.openpty()
    shown = {**clean_environment(), "TERM": "xterm-256color", "COLUMNS": "120", **variables}
    child = subprocess.Popen(command(arguments), cwd=folder, env=shown, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    said = b""
    try:
        while chunk := os.read(ours, 65536):
            said += chunk
    except OSError:  # how Linux says that the other end is closed
        pass
    finally:
        os.close(ours)
    assert child.wait(timeout=60) == 0
    return said.decode("utf-8")


def test_colours_are_for_a_terminal_that_wants_them(tmp_path: Path) -> None:
    assert COLOUR.search(on_a_terminal([*QUICK], tmp_path))
    assert not COLOUR.search(on_a_terminal([*QUICK, "--no-color"], tmp_path))
    assert not COLOUR.search(on_a_terminal([*QUICK], tmp_path, NO_COLOR="1"))
    assert "\x1b" not in on_a_terminal([*QUICK], tmp_path, TERM="dumb")
    assert not COLOUR.search(on_a_terminal(["report", "last", "--no-color"], tmp_path))


def test_what_is_piped_and_written_is_plain(run: Run, tmp_path: Path) -> None:
    done = run(*QUICK)
    assert "\x1b" not in done.stdout + done.stderr
    for path in (tmp_path / "mlruns" / "runs").rglob("*"):
        if path.suffix in (".md", ".csv", ".json", ".jsonl", ".yaml", ".html", ".log"):
            assert "\x1b" not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "cp1252"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=lambda variables: "-".join(variables.values()),
)
def test_a_console_that_lacks_characters_stops_nothing(tmp_path: Path, variables: dict[str, str]) -> None:
    def started(*arguments: str) -> "subprocess.CompletedProcess[bytes]":
        shown = {**clean_environment(), **variables}
        return subprocess.run(command(arguments), cwd=tmp_path, env=shown, capture_output=True, check=False, timeout=60)

    recipe = tmp_path / "conf" / "experiment" / "odd.yaml"
    recipe.parent.mkdir(parents=True)
    recipe.write_text(f"# @package _global_\nbackend:\n  answer: {ODD}\n", encoding="utf-8")
    for arguments in (["--help"], ["-m", *QUICK, "experiment=odd", "streaming=on,off"], ["report", "last"]):
        done = started(*arguments)
        assert done.returncode == 0, done.stderr
        assert b"Traceback" not in done.stderr
    assert json.loads(started("report", "last", "--json").stdout)[0]["sample_output"] == ODD


def test_no_file_is_opened_in_the_encoding_of_the_day(tmp_path: Path) -> None:
    done = subprocess.run(
        command(QUICK), cwd=tmp_path, env={**clean_environment(), "PYTHONWARNDEFAULTENCODING": "1"},
        capture_output=True, text=True, encoding="utf-8", check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0
    warned = [line for line in done.stderr.splitlines() if "EncodingWarning" in line]
    assert [line for line in warned if f"{os.sep}foundry_exp{os.sep}" in line] == []
