"""A wheel built from the repo carries everything: the main job works from an empty folder."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from foundry_exp import store
from tests.conftest import absent, clean_environment, native

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
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith("tests/") for name in names)


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
    cell = store.finished_cells(next((empty / "mlruns" / "runs").iterdir()))[0]
    result = store.read_result(cell)
    assert result.status == "ok"
    assert str(result.model.path).startswith(str(site)), "the checkout was run, not the wheel"
    assert [path.name for path in empty.iterdir()] == ["mlruns"]
