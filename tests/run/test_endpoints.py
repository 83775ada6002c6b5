"""Several services measured from one machine: the README's recipe, with services that see who is asked at once."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from foundry_exp.records import run_folder
from foundry_exp.records.runs import finished_cells
from tests.conftest import Run, absent
from tests.tracking.test_publish import open_client

README = Path(__file__).parents[2] / "README.md"
WAIT_S = 100.0
QUICK = ("prompts=deterministic", "streaming=off", "workload.rounds=1", "workload.warmup=0", "scorer=none")


class _Laptop(ThreadingHTTPServer):
    """A service whose first answer waits until `meets` is asked too, so that it ends only if both are asked at once."""

    def __init__(self, key: str) -> None:
        self.key = f"Bearer {key}" if key else None
        self.was_asked = threading.Event()
        self.meets: threading.Event | None = None
        super().__init__(("127.0.0.1", 0), _Answer)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Answer(BaseHTTPRequestHandler):
    server: _Laptop
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        is_list = self.path == "/v1/models"
        self._say(200 if is_list else 404, '{"data": [{"id": "phi"}]}' if is_list else "{}")

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.key and self.headers["Authorization"] != self.server.key:
            self._say(401, "{}")
            return
        if asked["max_tokens"] > 1:  # one is loading's probe, of which there is no record
            self.server.was_asked.set()
            assert self.server.meets is not None
            assert self.server.meets.wait(WAIT_S), "nobody else was asked meanwhile"
        self._say(200, '{"choices": [{"message": {"content": "Yes."}, "finish_reason": "stop"}]}')

    def _say(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _served(laptop: _Laptop) -> Iterator[_Laptop]:
    thread = threading.Thread(target=laptop.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield laptop
    finally:
        laptop.shutdown()
        thread.join()
        laptop.server_close()


@pytest.fixture
def laptops() -> Iterator[tuple[_Laptop, _Laptop]]:
    """Anna's, which wants no key, and Ben's, which does; each answers only while the other is asked too."""
    with ExitStack() as stack:
        anna, ben = (stack.enter_context(_served(_Laptop(key))) for key in ("", "sesame"))
        anna.meets, ben.meets = ben.was_asked, anna.was_asked
        yield anna, ben


def recipe() -> dict[str, Any]:
    if not README.exists():
        absent("the README lies in a checkout")
    (text,) = re.findall(
        r"`conf/experiment/laptops.yaml`.*?```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL
    )
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def span(folder: Path) -> tuple[int, int]:
    records = run_folder.read_records(folder)
    return min(record.t_start_ns for record in records), max(record.t_end_ns for record in records)


@pytest.mark.long
def test_services_of_named_devices_are_measured_at_once_and_those_of_one_device_in_turn(
    run: Run, tmp_path: Path, laptops: tuple[_Laptop, _Laptop]
) -> None:
    if find_spec("hydra_plugins.hydra_joblib_launcher") is None:
        absent("the extra ray is not installed")
    anna, ben = laptops
    whole = recipe()
    plain, keyed, tunnel = whole["sweep"]["combinations"]
    to_ben = re.sub(r"http:\S+", ben.base_url, keyed) + " device_lock.device=ben"
    whole["sweep"]["combinations"] = [
        re.sub(r"http:\S+", anna.base_url, tunnel), to_ben, f"{to_ben} generation.seed=7",
        re.sub(r"http:\S+", "http://127.0.0.1:1/v1", plain) + " device_lock.device=gone",
    ]  # fmt: skip
    file = tmp_path / "conf" / "experiment" / "laptops.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("# @package _global_\n" + yaml.safe_dump(whole), encoding="utf-8")

    asked = ("experiment=laptops", "sweep.name=laptops", "model=custom", "model.alias=phi", *QUICK)
    done = run(*asked, f"device_lock.folder={tmp_path / 'locks'}", BENS_KEY="sesame")

    assert done.returncode == 1, done.stderr
    sweep = tmp_path / "mlruns" / "runs" / "laptops"
    statuses = {folder: run_folder.read_result(folder).status for folder in finished_cells(sweep)}
    assert sorted(statuses.values()) == ["failed", "ok", "ok", "ok"], done.stderr
    of_anna, *of_ben = sorted((folder for folder, status in statuses.items() if status == "ok"), key=by_device)
    first, second = sorted(map(span, of_ben))
    assert first[1] <= second[0], "two cells of one device were measured at once"
    assert span(of_anna)[0] < first[1]
    assert first[0] < span(of_anna)[1], "two devices were measured in turn"
    client = open_client(tmp_path / "mlruns")
    runs = client.search_runs([client.get_experiment_by_name("foundry_exp").experiment_id])
    assert sorted(run.data.tags["foundry.status"] for run in runs) == ["failed", "ok", "ok", "ok"]
    report = (sweep / "report.md").read_text(encoding="utf-8")
    assert all(folder.name in report for folder in statuses)
    assert "sesame" not in done.stdout + done.stderr


def by_device(folder: Path) -> str:
    return str(run_folder.read_config(folder)["device_lock"]["device"] == "ben")
