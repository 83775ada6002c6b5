"""One measured cell at a time per device: another one waits, or fails and says who holds it."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from foundry_exp.errors import BackendError
from foundry_exp.records import run_folder
from foundry_exp.records.config_rules import Device
from foundry_exp.records.config_sections import Accel, Backend, DeviceLock
from foundry_exp.runtime.machine import device_lock, owned_lock
from tests import process_group
from tests.conftest import SCRIPTED, Run, clean_environment

QUICK = (*SCRIPTED, "workload.rounds=1", "workload.warmup=0", "sweep.name=second")
NOBODY = "65534"
HOLDER = """
import os, sys, time
from pathlib import Path
import filelock
from foundry_exp.runtime.machine import owned_lock
if sys.argv[2:]:
    os.setuid(int(sys.argv[2]))
with owned_lock.held(Path(sys.argv[1]), {"sweep": "first", "cell": "phi"}) as is_mine:
    print(is_mine, flush=True)
    time.sleep(600)
"""


Asked = tuple[DeviceLock, Backend, Accel]


def config(
    folder: Path, device: Device | None = "CPU", mode: Literal["wait", "fail"] = "fail", base_url: str | None = None
) -> Asked:
    backend = Backend("mine.Backend", "mine", {"base_url": base_url} if base_url else {})
    return DeviceLock(mode, 60, None, str(folder)), backend, Accel("mine", device, ())


@contextmanager
def another_process(file: Path, *user: str) -> Iterator["subprocess.Popen[str]"]:
    """A process, perhaps of another user, that holds the lock until it is killed."""
    file.parent.mkdir(exist_ok=True)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(file), *user], stdout=subprocess.PIPE, text=True, env=clean_environment()
    ) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "True\n"
            yield holder
        finally:
            holder.kill()


@pytest.mark.real
def test_a_busy_device_fails_the_cell_and_names_who_holds_it(run: Run, tmp_path: Path) -> None:
    with another_process(tmp_path / "locks" / "cpu.lock") as holder:
        done = run(*QUICK, "accel=cpu", f"device_lock.folder={tmp_path / 'locks'}", "device_lock.mode=fail")
    assert done.returncode == 1
    result = run_folder.read_result(tmp_path / "mlruns" / "runs" / "second" / "custom")
    assert result.status == "failed"
    for words in ("the cpu is busy", f"process {holder.pid}", "sweep first, cell phi", "since 20"):
        assert words in str(result.reason)


@pytest.mark.real
def test_a_killed_holder_lets_go_and_the_one_that_waited_is_measured(run: Run, tmp_path: Path) -> None:
    waits: list[str] = []
    with another_process(tmp_path / "locks" / "cpu.lock") as holder:

        def wait(said: str) -> bool:
            waits.append(said)
            holder.kill()
            holder.wait()
            return True

        with device_lock.held(*config(tmp_path / "locks", mode="wait"), {"sweep": "second", "cell": "x"}, wait) as mine:
            assert mine
            assert f"process {os.getpid()} (sweep second, cell x)" in owned_lock.holder(tmp_path / "locks" / "cpu.lock")
    assert f"process {holder.pid} (sweep first, cell phi)" in waits[0]


@pytest.mark.real
def test_a_wait_is_told_once_where_output_is_no_terminal(tmp_path: Path) -> None:
    locks = tmp_path / "locks"
    wish = (*QUICK, "accel=cpu", f"device_lock.folder={locks}", "device_lock.mode=wait")
    with another_process(locks / "cpu.lock") as holder, process_group.started(tmp_path, wish) as waiting:
        said = tmp_path / "said.txt"
        deadline_s = time.monotonic() + 60
        while "waiting for the device" not in said.read_text(encoding="utf-8"):
            assert waiting.poll() is None
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
        holder.kill()
        assert waiting.wait(60) == 0
    (line,) = [line for line in said.read_text(encoding="utf-8").splitlines() if "waiting" in line]
    assert f"process {holder.pid} (sweep first, cell phi)" in line


@pytest.mark.real
def test_who_stops_waiting_does_not_hold_the_device(tmp_path: Path) -> None:
    with another_process(tmp_path / "locks" / "gpu.lock"):
        waiting = config(tmp_path / "locks", "GPU", mode="wait")
        with device_lock.held(*waiting, {}, lambda _: False) as mine:
            assert not mine


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [("CPU", "GPU", True), ("CPU", "CPU", False), (None, "NPU", False), ("GPU", None, False)],
)
def test_devices_are_held_apart_and_auto_holds_all(
    tmp_path: Path, first: Device | None, second: Device | None, together: bool
) -> None:
    with ExitStack() as stack:
        assert stack.enter_context(device_lock.held(*config(tmp_path, first), {}, lambda _: True))
        if together:
            assert stack.enter_context(device_lock.held(*config(tmp_path, second), {}, lambda _: True))
        else:
            with pytest.raises(BackendError, match="is busy"):
                stack.enter_context(device_lock.held(*config(tmp_path, second), {}, lambda _: True))


@pytest.mark.parametrize(
    ("base_url", "device", "held"),
    [
        ("http://192.0.2.7:5273/v1", None, "host-192-0-2-7"),
        ("HTTP://Anna.lan:5274/v1", None, "host-anna-lan"),
        ("anna.lan:5273", None, "host-anna-lan"),
        ("http://127.0.0.1:5273/v1", None, "cpu"),
        ("http://127.0.0.2:5273/v1", None, "cpu"),
        ("localhost:5273", None, "cpu"),
        ("http://[::1]:5273/v1", None, "cpu"),
        ("http://127.0.0.1:5273/v1", "Anna's laptop", "anna-s-laptop"),
        ("http://127.0.0.1:5273/v1", "http://127.0.0.1:5273/v1", "http-127-0-0-1-5273-v1"),
        ("http://192.0.2.7:5273/v1", "second GPU", "second-gpu"),
        (None, "gpu", "gpu"),
    ],
)
def test_a_service_keeps_its_own_host_busy_and_a_tunnels_end_what_it_is_called(
    tmp_path: Path, base_url: str | None, device: str | None, held: str
) -> None:
    lock, backend, accel = config(tmp_path, base_url=base_url)
    assert device_lock.devices(replace(lock, device=device), backend, accel) == (held,)


@pytest.mark.real
@pytest.mark.skipif(sys.platform == "win32" or os.getuid() != 0, reason="only root can become another user")
def test_two_users_share_the_locks() -> None:
    with tempfile.TemporaryDirectory() as parent:
        Path(parent).chmod(0o755)  # pytest's own folders let no one else in
        asked = config(Path(parent) / "locks")
        with device_lock.held(*asked, {}, lambda _: True):
            pass
        second = device_lock.held(*asked, {}, lambda _: True)
        busy = pytest.raises(BackendError, match=r"is busy, held by .* process")
        with another_process(Path(parent) / "locks" / "cpu.lock", NOBODY), busy, second:
            pass
        with device_lock.held(*asked, {}, lambda _: True) as mine:
            assert mine, "another user's files are in the way"
