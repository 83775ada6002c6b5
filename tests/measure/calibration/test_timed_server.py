"""The timed server is a process that says what it did, keeps to its schedule, and ends with its parent."""

import subprocess
import sys
import urllib.error
import urllib.request
from itertools import pairwise

import psutil
import pytest

from foundry_exp.measure.calibration.raw_socket import RawSocket
from foundry_exp.measure.calibration.timed_server import Pace, timed_server

MS = 1_000_000
_PARENT = """
import sys
from foundry_exp.measure.calibration.timed_server import Pace, timed_server
with timed_server({"m": Pace()}) as server:
    print(server.pid, flush=True)
    sys.stdin.read()
"""


@pytest.mark.real
def test_every_event_waits_for_its_absolute_time() -> None:
    with timed_server({"m": Pace(ttft_ms=30, gap_ms=3, tokens=40)}) as server:
        client = RawSocket(server.url, "m", 10.0)
        timing = client.ask("one")
        client.close()
        truth = server.truths()["one"]
    after_ms = [(sent - truth.received_ns) / MS for sent in truth.sent_ns]
    assert all(after >= 30 + 3 * number for number, after in enumerate(after_ms))
    assert len(timing.event_ns) == len(after_ms) == 40


@pytest.mark.real
def test_a_client_sees_what_the_server_sent_and_not_before() -> None:
    with timed_server({"m": Pace()}) as server:
        client = RawSocket(server.url, "m", 10.0)
        timing = client.ask("one")
        client.close()
        truth = server.truths()["one"]
    assert timing.start_ns <= truth.received_ns
    assert all(sent <= seen for sent, seen in zip(truth.sent_ns, timing.event_ns, strict=True))
    assert all(first <= second for first, second in pairwise(truth.sent_ns))


@pytest.mark.real
def test_the_truth_is_handed_over_once() -> None:
    with timed_server({"m": Pace(ttft_ms=0)}) as server:
        client = RawSocket(server.url, "m", 10.0)
        client.ask("one")
        client.close()
        assert list(server.truths()) == ["one"]
        assert server.truths() == {}


@pytest.mark.real
def test_computing_sets_the_pace() -> None:
    with timed_server({"m": Pace(tokens=4, work_rounds=1000)}) as server:
        client = RawSocket(server.url, "m", 10.0)
        assert len(client.ask("one").event_ns) == 4
        client.close()


@pytest.mark.real
def test_there_is_no_health_page() -> None:
    with timed_server({"m": Pace()}) as server, pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{server.url}/health", timeout=10)


@pytest.mark.real
def test_it_listens_on_the_loopback_alone() -> None:
    with timed_server({"m": Pace()}) as server:
        listening = {c.laddr.ip for c in psutil.Process(server.pid).net_connections() if c.status == "LISTEN"}
    assert listening == {"127.0.0.1"}


@pytest.mark.real
def test_it_ends_with_its_block_and_leaves_nothing() -> None:
    with timed_server({"m": Pace()}) as server:
        assert psutil.pid_exists(server.pid)
    assert not psutil.pid_exists(server.pid)


@pytest.mark.real
def test_it_ends_when_its_parent_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    process = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    psutil.wait_procs([process], timeout=20)
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
