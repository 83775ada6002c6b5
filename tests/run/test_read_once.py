"""A command reads what lies in a cell's folder once or twice, over all its processes, and passes it on."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import SCRIPTED, Run

pytestmark = pytest.mark.real

MOST = 2
SITE = """
import json, os, sys

LOG, RUNS = os.environ["READ_LOG"], os.sep + "runs" + os.sep
BESIDES = ("folder_digest", "log_artifact", "log_artifacts")  # hashing and uploading


def _is_besides():
    frame = sys._getframe(2)
    while frame:
        if frame.f_code.co_name in BESIDES:
            return True
        frame = frame.f_back
    return False


def _hear(event, arguments):
    if event != "open" or not isinstance(arguments[0], (str, bytes, os.PathLike)):
        return
    path, mode, flags = os.path.abspath(os.fsdecode(arguments[0])), arguments[1], arguments[2]
    reads = mode.startswith("r") if isinstance(mode, str) else flags & os.O_ACCMODE == os.O_RDONLY
    if RUNS in path and reads and os.path.isfile(path) and not _is_besides():
        line = json.dumps([os.getpid(), path]) + "\\n"
        log = os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(log, line.encode())
        os.close(log)


sys.addaudithook(_hear)
"""


@pytest.fixture
def listening(tmp_path: Path) -> dict[str, str]:
    """Variables of a command whose processes note which files under `runs/` they open for reading."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(SITE, encoding="utf-8")
    root = str(Path(__file__).parents[2])
    return {"PYTHONPATH": f"{site}:{root}", "READ_LOG": str(tmp_path / "read.log")}


def reads(listening: dict[str, str]) -> Counter[tuple[str, str]]:
    """How often each file of a cell was opened: cell and file; the log is emptied."""
    log = Path(listening["READ_LOG"])
    paths = [Path(json.loads(line)[1]) for line in log.read_text(encoding="utf-8").splitlines()]
    log.unlink()
    places = [re.split(r"[\\/]runs[\\/]", str(path))[1].replace("\\", "/").split("/") for path in paths]
    return Counter((place[1], place[2]) for place in places if len(place) > 2 and not place[1].startswith("."))


def test_no_file_of_a_cell_is_opened_for_reading_more_than_twice(
    run: Run, made_store: Path, tmp_path: Path, listening: dict[str, str]
) -> None:
    (tmp_path / "mlruns").mkdir()
    made_store.rename(tmp_path / "mlruns" / "mlflow.db")
    sweep = (
        "-m", *(word for word in SCRIPTED if word != "tracker=none"), "tracker=mlflow", "tracker.traces=true",
        "scorer=facets", "generation.seed=1,2", "sweep.name=night", "prompts=instructions", "workload.rounds=2",
        "backend.realtime=false",
    )  # fmt: skip
    told = run(*sweep, **listening)
    assert told.returncode in (0, 1), told.stdout + told.stderr
    assert "not published" not in told.stderr
    counted = reads(listening)
    assert {file for _, file in counted} >= {"run.json", "records.jsonl", "scores.jsonl"}, "or nothing was heard"
    assert {place: times for place, times in counted.items() if times > MOST} == {}
    told = run(*sweep, "sweep.resume=true", **listening)
    assert {place: times for place, times in reads(listening).items() if times > MOST} == {}
    for verb in (("report", "night"), ("compare", "night"), ("publish", "night"), ("score", "night", "scorer=facets")):
        told = run(*verb, **listening)
        assert {place: times for place, times in reads(listening).items() if times > MOST} == {}, verb
