"""A module as a process of its own: what it says is heard, and it is gone when it is ended."""

import ast
import os
import sys
import time
from pathlib import Path

import psutil
import pytest

import foundry_exp
from foundry_exp.errors import BackendError, SkipCellError
from foundry_exp.runtime.worker import CRASH, HANG, Worker

TALKER = """
import json, os, sys, time
job = json.loads(sys.stdin.readline())
print(json.dumps({"step": "here", "heard": job["name"]}), flush=True)
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
SIDE = """
import time
from foundry_exp.errors import BackendError, ConfigError, SkipCellError
from foundry_exp.runtime import worker_side

ERRORS = {
    "skip": SkipCellError("no such variant here"),
    "refused": ConfigError("asked wrongly"),
    "disk_full": BackendError("disk_full", "no room", exit_code=3),
    "unexpected": RuntimeError("of http://user:secret@host/"),
}

def fail(kind):
    raise ERRORS[kind]

def work(parent):
    print("from native code", flush=True)
    if parent.job["do"] == "answer":
        parent.answer(lambda: fail("disk_full"))
        parent.answer(lambda: {"text": "and goes on"})
    elif parent.job["do"] == "gone":
        parent.rest("here")
        parent.gone.wait()
        open(parent.job["file"], "w").close()
        time.sleep(600)
    elif parent.job["do"] == "stop":
        parent.say("here")
        parent.stopped.wait()
    else:
        fail(parent.job["do"])

if __name__ == "__main__":
    worker_side.run(work, grace_s=0.5)
"""
STARTS_A_PROCESS = {
    "runtime/worker.py": "the one way in which a process of ours is started",
    "runtime/machine/environment.py": "git",
    "cli/verbs/ui.py": "MLflow's server",
}


@pytest.fixture(autouse=True)
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "talker.py").write_text(TALKER, encoding="utf-8")
    (tmp_path / "side.py").write_text(SIDE, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *filter(None, sys.path)]))


def talking(log: Path | None = None) -> Worker:
    return Worker.start("talker", {"name": "Grüße"}, log=log)


@pytest.mark.real
def test_it_hears_its_job_and_only_whole_objects_are_steps() -> None:
    worker = talking()
    assert worker.next_step(30) == {"step": "here", "heard": "Grüße"}
    worker.send("die")
    assert [worker.next_step(30), worker.next_step(30)] == [None, None]
    assert worker.end() == 7
    assert worker.last_words == "last words"


@pytest.mark.real
def test_silence_is_told_apart_from_the_end_and_ending_is_for_certain() -> None:
    worker = talking()
    assert worker.next_step(30) is not None
    worker.send("hang")
    with pytest.raises(TimeoutError, match=r"nothing came for 0\.05 s"):
        worker.next_step(0.05)
    assert worker.poll() is None
    assert worker.end() != 0
    assert not psutil.pid_exists(worker.pid)
    worker.send("too late")
    assert worker.end() == worker.end(), "ending again changes nothing"


@pytest.mark.real
def test_a_sign_of_life_makes_the_time_count_anew() -> None:
    with talking() as worker:
        worker.next_step(30)
        signs = [True, True, False, False, False]
        start_s = time.monotonic()
        with pytest.raises(TimeoutError):
            worker.next_step(0.1, lambda: signs.pop(0))
        assert time.monotonic() - start_s > 0.15


@pytest.mark.real
def test_closing_its_stdin_ends_it_gently_when_it_is_given_time() -> None:
    assert talking().end(grace_s=30) == 0


@pytest.mark.real
def test_its_stderr_can_go_to_a_file(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("what was there before\n", encoding="utf-8")
    talking(log).end(grace_s=30)
    assert log.read_text(encoding="utf-8").split("\n")[:2] == ["what was there before", "last words"]


@pytest.mark.real
def test_one_that_dies_is_an_error_with_its_last_words_and_its_exit_code() -> None:
    with Worker.start("foundry_exp.no_such_module", {}, name="the service's process") as worker:
        with pytest.raises(BackendError, match="No module named") as caught:
            worker.answer(30, "starting")
        assert worker.poll() is not None
    assert str(caught.value).startswith("the service's process died while starting (exit code 1); its last words: ")
    assert (caught.value.error_class, caught.value.exit_code) == (CRASH, 1)


@pytest.mark.real
def test_one_that_says_nothing_is_an_error_and_is_ended(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with talking(log) as worker:
        worker.answer(30, "starting")
        worker.send("hang")
        hung = f"its process hung: nothing came within 0.001 s of answering; see {log}"
        with pytest.raises(BackendError, match=hung) as caught:
            worker.answer(0.001, "answering")
        assert worker.poll() is not None
    assert caught.value.error_class == HANG


@pytest.mark.real
@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("refused", "asked wrongly"), ("disk_full", "no room"), ("unexpected", "RuntimeError: of http://host/"),
    ],
)  # fmt: skip
def test_what_it_says_went_wrong_is_raised_here(kind: str, says: str) -> None:
    with Worker.start("side", {"do": kind}) as worker:
        with pytest.raises(BackendError) as caught:
            worker.answer(30, "working")
        assert worker.wait(30) == 0
    assert (caught.value.error_class, str(caught.value)) == (kind, says)
    assert caught.value.exit_code == (3 if kind == "disk_full" else None)


@pytest.mark.real
def test_a_rule_that_skips_a_cell_is_raised_as_one() -> None:
    with Worker.start("side", {"do": "skip"}) as worker, pytest.raises(SkipCellError, match="no such variant here"):
        worker.answer(30, "working")


@pytest.mark.real
def test_the_traceback_of_what_nobody_foresaw_is_kept_without_secrets(tmp_path: Path) -> None:
    with Worker.start("side", {"do": "unexpected"}, log=tmp_path / "log") as worker:
        worker.next_step(30)
        worker.wait(30)
    text = (tmp_path / "log").read_text(encoding="utf-8")
    assert "from native code" in text
    assert "Traceback" in text
    assert "secret" not in text


@pytest.mark.real
def test_an_answer_that_fails_ends_nothing() -> None:
    with Worker.start("side", {"do": "answer"}) as worker:
        with pytest.raises(BackendError, match="no room"):
            worker.answer(30, "answering")
        assert worker.answer(30, "answering")["text"] == "and goes on"
        assert worker.answer(30, "ending") == {"step": "done"}


@pytest.mark.real
def test_it_can_be_asked_to_stop() -> None:
    with Worker.start("side", {"do": "stop"}) as worker:
        worker.answer(30, "starting")
        worker.stop(30)
        assert worker.poll() == 0


@pytest.mark.real
def test_it_ends_with_its_parent_and_has_only_so_long_for_what_is_left(tmp_path: Path) -> None:
    file = tmp_path / "tidied"
    worker = Worker.start("side", {"do": "gone", "file": str(file)})
    worker.answer(30, "starting")
    worker.send("go")
    assert worker.end(grace_s=30) == 1
    assert file.exists()


@pytest.mark.slow
def test_nothing_else_in_the_package_starts_a_process() -> None:
    package = Path(str(foundry_exp.__file__)).parent
    starters = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "_data" not in path.parts and _starts_a_process(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert starters == set(STARTS_A_PROCESS)


def _starts_a_process(module: ast.Module) -> bool:
    imported = {
        name.name.partition(".")[0]
        for node in ast.walk(module)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([ast.alias(node.module or "")] if isinstance(node, ast.ImportFrom) else node.names)
    }
    calls = {ast.unparse(node.func) for node in ast.walk(module) if isinstance(node, ast.Call)}
    spawning = {"os.system", "os.popen", "os.fork", "os.posix_spawn", "asyncio.create_subprocess_exec"}
    return bool(imported & {"subprocess", "multiprocessing"} or calls & spawning)
