"""A wheel built from the repo carries everything: the main job works from an empty folder."""

import email
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from foundry_exp import __version__
from foundry_exp.records import run_folder, runs
from tests.conftest import absent, clean_environment, native

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (ROOT / "pyproject.toml").exists():
        absent("the wheel is built from a checkout")
    out = tmp_path_factory.mktemp("wheel")
    # Without isolation, so that nothing is fetched: the build backend is one of the dev dependencies.
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return next(out.glob("*.whl"))


def test_the_wheel_carries_configs_prompts_schemas_models_and_the_licence(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "foundry_exp/py.typed",
        "foundry_exp/_data/conf/config.yaml",
        "foundry_exp/_data/prompts/sets/workshop.json",
        "foundry_exp/_data/prompts/rubrics/summary.yaml",
        "foundry_exp/_data/schemas/config.schema.json",
        "foundry_exp/_data/models/demo-small/genai_config.json",
        "foundry_exp/_data/models/demo-large/chat_template.jinja",
    ):
        assert needed in names
    shipped = [*(ROOT / "conf").rglob("*.yaml"), *(ROOT / "schemas").rglob("*.json"), *(ROOT / "prompts").rglob("*.*")]
    missing = [path for path in shipped if f"foundry_exp/_data/{path.relative_to(ROOT).as_posix()}" not in names]
    assert missing == []
    templates = [path for path in (ROOT / "foundry_exp").rglob("templates/*") if path.is_file()]
    assert templates
    assert [path for path in templates if path.relative_to(ROOT).as_posix() not in names] == []
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith("tests/") for name in names)


def test_a_schema_line_holds_in_the_wheel_too(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    files = [path for path in (tmp_path / "foundry_exp" / "_data").rglob("*.yaml") if "conf" in path.parts]
    assert files
    for path in files:
        (named,) = re.findall(r"\$schema=(\S+)", path.read_text(encoding="utf-8"))
        assert (path.parent / named).is_file(), path


def test_the_metadata_is_what_an_index_shows(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    told = email.message_from_bytes(archive.read(name))
    assert told["Name"] == "foundry-exp"
    assert told["Version"] == __version__
    assert told["Requires-Python"] == "<3.14,>=3.11"
    assert told["License-Expression"] == "MIT"
    assert told["Description-Content-Type"] == "text/markdown"
    payload = told.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode("utf-8").strip() == (ROOT / "README.md").read_text(encoding="utf-8").strip()


def test_the_sdist_has_all_that_a_wheel_is_built_from(tmp_path: Path) -> None:
    if not (ROOT / "pyproject.toml").exists():
        absent("the sdist is built from a checkout")
    subprocess.run(
        [sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for needed in (
        "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "constraints.txt", "conf/config.yaml",
        "foundry_exp/py.typed", "foundry_exp/_data/models/demo-small/model.onnx", "prompts/rubrics/summary.yaml",
        "prompts/calibration/summary.json", "schemas/options/model.schema.json", "tests/conftest.py",
    ):  # fmt: skip
        assert needed in names


def test_the_main_job_works_from_a_wheel_in_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    site, empty = tmp_path / "site", tmp_path / "empty folder"
    empty.mkdir()
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(site), str(wheel)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "foundry_exp", "model=demo-small", *native(tmp_path)],
        cwd=empty, env={**clean_environment(), "PYTHONPATH": str(site)},
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    cell = runs.finished_cells(next((empty / "mlruns" / "runs").iterdir()))[0]
    result = run_folder.read_result(cell)
    assert result.status == "ok"
    assert str(result.model.path).startswith(str(site)), "the checkout was run, not the wheel"
    assert [path.name for path in empty.iterdir()] == ["mlruns"]
