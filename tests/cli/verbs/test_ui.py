import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from foundry_exp.cli import main
from foundry_exp.cli.verbs import ui
from foundry_exp.results.cell import read
from foundry_exp.tracking.mlflow_store import MlflowTracker
from tests.browser import browser_page
from tests.conftest import clean_environment
from tests.run_folders import make_run_folder

START_S = 120
STOP_S = 30
PAGE_MS = 60_000
ANSWERS = {
    "demo-small": {"privacy": "Data stays on the laptop.", "retrieval": "It looks things up first."},
    "demo-large": {"privacy": "No cloud sees the notes.", "retrieval": "Documents found first ground the answer."},
}


class Ui(NamedTuple):
    """A running `ui` and the addresses that it printed."""

    process: "subprocess.Popen[str]"
    home: str
    charts: str
    answers: str


@contextmanager
def started(output_dir: Path) -> Iterator[Ui]:
    command = [sys.executable, "-m", "foundry_exp", "ui", "--port", "auto", "--output-dir", str(output_dir)]
    process = subprocess.Popen(command, env=clean_environment(), stdout=subprocess.PIPE, text=True, encoding="utf-8")
    assert process.stdout is not None
    try:
        printed = [process.stdout.readline() for _ in range(4)]
        addresses = re.findall(r"http://127\.0\.0\.1:\d+\S*", "".join(printed))
        assert len(addresses) == 3, printed
        yield Ui(process, *addresses)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(STOP_S)
        process.stdout.close()


@pytest.fixture(scope="module")
def output_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a run of either demonstration model."""
    folder = tmp_path_factory.mktemp("two models")
    tracker = MlflowTracker(None, "foundry_exp", str(folder))
    for model, ttft_ms in (("demo-small", 40.0), ("demo-large", 90.0)):
        tracker.publish(read(make_run_folder(folder / "runs", model=model, ttft_ms=ttft_ms, answers=ANSWERS[model])))
    return folder


def expect_in_view(page: Any, text: str) -> None:
    """Wait until a text is drawn, and inside the window."""
    place = page.get_by_text(text, exact=True).first
    place.wait_for(state="visible", timeout=PAGE_MS)
    box = place.bounding_box()
    assert 0 <= box["x"] < 1920, text
    assert 0 <= box["y"] < 1080, text


@pytest.mark.real
def test_both_models_are_compared_with_nothing_clicked(output_dir: Path, tmp_path: Path) -> None:
    with started(output_dir) as running, browser_page() as page:
        page.goto(running.charts)
        for text in (
            "demo-small·cpu·workshop",
            "demo-large·cpu·workshop",
            "latency/e2e_ms_p50",
            "latency/e2e_ms_p95",
            "latency/ttft_ms_p50",
        ):
            expect_in_view(page, text)
        page.wait_for_function("document.querySelectorAll('.js-plotly-plot .bars .point').length >= 8", timeout=PAGE_MS)
        page.screenshot(path=tmp_path / "charts.png")
        page.goto("about:blank")  # the two addresses differ after `#` only, so no page would be loaded
        page.goto(running.answers)
        for model, answers in ANSWERS.items():
            expect_in_view(page, f"{model}·cpu·workshop")
            for answer in answers.values():
                expect_in_view(page, answer)
        expect_in_view(page, "privacy")
        page.screenshot(path=tmp_path / "answers.png")


@pytest.mark.real
@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_ends_with_all_its_processes(output_dir: Path, name: str) -> None:
    with started(output_dir) as running:
        family = psutil.Process(running.process.pid).children(recursive=True)
        assert family
        running.process.send_signal(getattr(signal, name))
        assert running.process.wait(STOP_S) == 0
        assert not psutil.wait_procs(family, timeout=STOP_S)[1]


@pytest.mark.real
def test_runs_can_be_published_through_it(output_dir: Path, tmp_path: Path) -> None:
    with started(output_dir) as running:
        tracker = MlflowTracker(running.home, "over http", str(tmp_path))
        tracker.check()
        folder = make_run_folder(tmp_path / "runs", model="phi-4")
        assert tracker.publish(read(folder)).endswith("in experiment over http")
        tracker.publish(read(folder))
        query = {"experiment_ids": [experiment_id(running.home, "over http")]}
        (run,) = ask(running.home, "runs/search", query)["runs"]
        assert run["info"]["run_name"] == "phi-4·cpu·workshop"
        listed = ask(running.home, f"artifacts/list?run_id={run['info']['run_id']}")["files"]
        assert {"run.json", "samples.json"} <= {file["path"] for file in listed}


def experiment_id(home: str, name: str) -> str:
    found = ask(home, "experiments/search", {"max_results": 10})["experiments"]
    return next(str(one["experiment_id"]) for one in found if one["name"] == name)


def ask(home: str, what: str, query: dict[str, Any] | None = None) -> Any:
    body = None if query is None else json.dumps(query).encode()
    request = urllib.request.Request(
        f"{home}/api/2.0/mlflow/{what}", data=body, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=START_S) as answer:
        return json.load(answer)


@pytest.mark.real
def test_taken_port_is_told_with_the_way_out(output_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert main.main(["ui", "--port", str(port), "--output-dir", str(output_dir)]) == 2
    assert f"127.0.0.1:{port} is taken or not allowed; choose another" in capsys.readouterr().err


def test_without_a_store_it_says_how_to_get_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["ui", "--output-dir", str(tmp_path / "mlruns")]) == 2
    assert "no tracking store yet; make a run first: python -m foundry_exp" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_broken_store_is_told_before_anything_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mlflow.db").write_text("no database " * 99, encoding="utf-8")
    assert main.main(["ui", "--output-dir", str(tmp_path)]) == 2
    assert "not a SQLite database" in capsys.readouterr().err


def test_server_needs_no_second_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert ui.main(["--uri", "http://host:5000"]) == 0
    assert capsys.readouterr().out == "http://host:5000 is a server already: open it in a browser.\n"


@pytest.mark.parametrize("port", ["abc", "70000", "-1", "²"])
def test_impossible_port_is_refused_with_what_a_port_is(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        ui.main(["--port", port])
    assert caught.value.code == 2
    assert f"must be a number from 1 to 65535, or auto for a free one, got {port}" in capsys.readouterr().err


def test_help_is_ours(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["ui", "--help"]) == 0
    assert capsys.readouterr().out == ui.HELP
