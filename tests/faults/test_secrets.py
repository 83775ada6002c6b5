"""Secrets are planted wherever they are used, commands succeed and fail, and every byte that is left is searched."""

import base64
import http.server
import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.conftest import SCRIPTED, clean_environment, command
from tests.timed_server.service import Behaviour, Service, TimedServer, timed_server

KEY = "fk-PLANTED-api-key-4711"
OTHER_KEY = "PLANTED-second-key-0815"
PASSWORD = "PLANTED-tracking-password"
TOKEN = "PLANTED-tracking-token"
USER = "planted-bob"
IN_URL = "PLANTED-in-an-address"
SECRETS = (KEY, OTHER_KEY, PASSWORD, TOKEN, IN_URL)
BASIC = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
PLANTED = {
    "FOUNDRY_API_KEY": KEY, "MY_KEY": OTHER_KEY, "MLFLOW_TRACKING_USERNAME": USER, "MLFLOW_TRACKING_PASSWORD": PASSWORD,
}  # fmt: skip

Tool = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def tool(tmp_path: Path) -> Iterator[Tool]:
    """The tool with secrets in its environment; at the end nothing that it said or left may hold one."""
    said: list[bytes] = []

    def start(*arguments: str, code: int, **variables: str) -> "subprocess.CompletedProcess[bytes]":
        done = subprocess.run(
            command(arguments), cwd=tmp_path, env={**clean_environment(), **PLANTED, **variables},
            capture_output=True, timeout=240, check=False,
        )  # fmt: skip
        said.extend([done.stdout, done.stderr])
        assert done.returncode == code, done.stderr.decode()
        assert b"Traceback" not in done.stdout + done.stderr
        return done

    yield start
    assert said
    assert leaks(said, tmp_path) == []


def leaks(said: Sequence[bytes], folder: Path) -> list[str]:
    """Where a planted secret is found, in plain or as a password is sent."""
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    texts = {f"output {number}": text for number, text in enumerate(said)}
    texts |= {name: path.read_bytes() for name, path in files.items()}
    wanted = [secret.encode() for secret in (*SECRETS, BASIC)]
    return [f"{secret.decode()} in {name}" for name, text in texts.items() for secret in wanted if secret in text] + [
        f"a secret in the name {name}" for name in files if any(secret in name for secret in SECRETS)
    ]


@pytest.fixture(scope="module")
def locked() -> Iterator[TimedServer]:
    with timed_server(Service({"m": Behaviour(tokens=3)}, api_key=KEY)) as server:
        yield server


def endpoint(address: str) -> list[str]:
    return ["backend=endpoint", f"backend.base_url={address}", "model=custom", "model.alias=m", "workload=quick"]


def test_the_search_finds_what_is_planted(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(f"... {BASIC} ...", encoding="utf-8")
    assert len(leaks([KEY.encode()], tmp_path)) == 2


@pytest.mark.real
def test_a_run_that_succeeds_keeps_the_key_to_itself(tool: Tool, tmp_path: Path, locked: TimedServer) -> None:
    tool(*endpoint(locked.base_url), "sweep.name=good", code=0)
    assert (tmp_path / "mlruns" / "mlflow.db").exists(), "the store is searched too"
    tool("report", "good", code=0)
    tool("publish", "good", code=0)
    tool("doctor", *endpoint(locked.base_url), code=0)
    tool(*endpoint(locked.base_url), "--cfg", "job", "--resolve", code=0)


@pytest.mark.real
def test_a_wrong_key_is_told_and_not_shown(tool: Tool, locked: TimedServer) -> None:
    done = tool(*endpoint(locked.base_url), "backend.api_key_env=MY_KEY", "sweep.name=bad", code=1)
    assert b"backend.api_key_env" in done.stdout + done.stderr
    tool("report", "bad", code=0)


@pytest.mark.real
@pytest.mark.parametrize("key", [f"{KEY}\n{OTHER_KEY}", f"{KEY}ключ", f"{KEY}\x7f"])
def test_a_key_that_no_header_can_carry_is_told(tool: Tool, locked: TimedServer, key: str) -> None:
    done = tool(*endpoint(locked.base_url), "tracker=none", code=1, FOUNDRY_API_KEY=key)
    assert b"characters that no HTTP header can carry" in done.stdout


@pytest.mark.real
def test_a_line_break_behind_a_key_does_no_harm(tool: Tool, locked: TimedServer) -> None:
    tool(*endpoint(locked.base_url), "tracker=none", code=0, FOUNDRY_API_KEY=f"{KEY}\r\n")


ADDRESSES = (
    f"http://{USER}:{IN_URL}@127.0.0.1:9/v1", f"http://127.0.0.1:9/v1?api_key={IN_URL}",
    f"http://127.0.0.1:9/v1#{IN_URL}", f"{USER}:{IN_URL}@127.0.0.1:9",
)  # fmt: skip


@pytest.mark.real
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_secret_in_a_services_address_is_refused_before_anything_is_written(
    tool: Tool, tmp_path: Path, address: str
) -> None:
    given = [text if "base_url" not in text else f"backend.base_url='{address}'" for text in endpoint("")]
    for arguments in (
        given,
        [*given, "--cfg", "job", "--resolve"],
        ["doctor", *given],
        ["-m", *given, "accel=cpu,gpu"],
    ):
        done = tool(*arguments, code=2)
        assert b"holds a user, a password or a query" in done.stderr
        assert b"127.0.0.1:9" in done.stderr
    # the same from the shell, and where the grammar of overrides breaks on it
    tool("model=custom", "model.alias=m", code=2, FOUNDRY_LOCAL_ENDPOINT=address)
    tool(*endpoint(f"{address}=a={{"), code=2)
    tool("models", "--json", "offline=true", f"backend.data_dir={tmp_path}/f", code=0, FOUNDRY_LOCAL_ENDPOINT=address)


@pytest.mark.real
def test_a_key_in_the_place_of_its_variables_name_is_refused(tool: Tool, locked: TimedServer) -> None:
    done = tool(*endpoint(locked.base_url), f"backend.api_key_env={KEY}", code=2)
    assert b"must be the name of an environment variable" in done.stderr


@pytest.mark.real
def test_a_secret_in_the_stores_address_is_refused(tool: Tool) -> None:
    for uri in (f"http://{USER}:{IN_URL}@127.0.0.1:9", f"http://127.0.0.1:9/?token={IN_URL}"):
        done = tool(*SCRIPTED[:-1], f"tracker.uri='{uri}'", code=2)
        assert b"MLFLOW_TRACKING_TOKEN" in done.stderr


JUDGED = (
    "scorer=[judge]",
    "backend@scorer.judge.backend=endpoint",
    "scorer.judge.backend.base_url=http://127.0.0.1:9/v1",
)


@pytest.mark.real
@pytest.mark.parametrize(
    ("variable", "key", "others"),
    [
        ("FOUNDRY_API_KEY", "model.alias", []),
        ("FOUNDRY_API_KEY", "hydra.job.name", []),
        ("FOUNDRY_API_KEY", "hydra.job.env_copy", []),
        ("MY_KEY", "model.alias", [*endpoint("http://127.0.0.1:9/v1"), "backend.api_key_env=MY_KEY"]),
        ("MY_KEY", "prompts.text", [*JUDGED, "scorer.judge.backend.api_key_env=MY_KEY"]),
        ("MLFLOW_TRACKING_USERNAME", "sweep.name", []),
        ("MLFLOW_TRACKING_PASSWORD", "output_dir", []),
        ("MLFLOW_TRACKING_TOKEN", "model.alias", []),
    ],
)
def test_a_secret_is_named_and_never_interpolated(
    tool: Tool, tmp_path: Path, variable: str, key: str, others: Sequence[str]
) -> None:
    value = f"[{variable}]" if key == "hydra.job.env_copy" else f"${{oc.env:{variable}}}"
    done = tool(*SCRIPTED[:2], "tracker=none", *others, f"{key}={value}", code=2, MLFLOW_TRACKING_TOKEN=TOKEN)
    assert f"{key}: asks for the value of {variable}, which holds a secret" in done.stderr.decode()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.real
@pytest.mark.parametrize("view", [["--cfg", "all", "--resolve"], ["--cfg", "job", "--resolve"], ["--info"]])
def test_no_file_and_no_view_of_a_config_shows_a_secret(tool: Tool, tmp_path: Path, view: Sequence[str]) -> None:
    (tmp_path / "conf" / "model").mkdir(parents=True)
    alias = "x${oc.decode:${oc.env:${oc.decode:FOUNDRY}_API_KEY,null}}"
    (tmp_path / "conf" / "model" / "mine.yaml").write_text(f"defaults: [custom]\nalias: '{alias}'\n", encoding="utf-8")
    assert b"FOUNDRY_API_KEY" in tool(*view, "model=mine", code=2).stderr
    tool("-m", "model=demo-small,mine", code=2)
    assert not (tmp_path / "mlruns").exists()


@pytest.mark.real
def test_an_option_is_not_named_after_a_secret(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "conf" / "experiment").mkdir(parents=True)
    recipe = "# @package _global_\ndefaults:\n  - override /model: ${oc.env:FOUNDRY_API_KEY}\n"
    (tmp_path / "conf" / "experiment" / "mine.yaml").write_text(recipe, encoding="utf-8")
    assert b"FOUNDRY_API_KEY cannot be interpolated" in tool("experiment=mine", code=2).stderr


@pytest.mark.real
def test_a_variable_that_is_no_secret_is_interpolated(tool: Tool) -> None:
    done = tool(*SCRIPTED[:2], "model.alias=${oc.env:CITY}", "--cfg", "job", "--resolve", code=0, CITY="Paris")
    assert b"alias: Paris" in done.stdout


class Parrot(http.server.BaseHTTPRequestHandler):
    """An MLflow server that is there, but refuses and repeats the headers it was sent, as debugging proxies do."""

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers["User-Agent"].startswith("Python-urllib"):  # our own look at it, before a run
            self.send_response(204)
            self.end_headers()
            return
        body = f"no entry with {self.headers}".replace("\n", " ").encode()
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer  # noqa: N815 — http.server's names

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.real
@pytest.mark.parametrize("token", ["", TOKEN])
def test_a_store_that_repeats_the_password_does_not_bring_it_into_our_words(tool: Tool, token: str) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Parrot) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        uri = f"http://127.0.0.1:{server.server_port}"
        variables = {"MLFLOW_TRACKING_TOKEN": token, "MLFLOW_TRACKING_USERNAME": ""} if token else {}
        tool(*SCRIPTED[:-1], "backend.realtime=false", "sweep.name=run", f"tracker.uri={uri}", code=0, **variables)
        done = tool("publish", "run", "--uri", uri, code=1, **variables)
        server.shutdown()
    assert b"not published" in done.stderr


@pytest.mark.real
@pytest.mark.skipif(os.name != "posix", reason="a program that fails needs a shell here")
def test_an_unforeseen_error_is_logged_without_secrets(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import os\n\nclass Mine:\n    def load(self, path):\n"
        "        raise RuntimeError('refused ' + os.environ['MY_KEY'])\n\n"
        "    def generate(self, prompt):\n        return prompt\n",
        encoding="utf-8",
    )
    tool(
        "backend=generate", "backend.model_class=mine.Mine", "model=custom", "model.alias=m", "tracker=none",
        code=1, FOUNDRY_EXP_ALLOW="mine", PYTHONPATH=os.pathsep.join([os.environ.get("PYTHONPATH", ""), str(tmp_path)]),
    )  # fmt: skip
