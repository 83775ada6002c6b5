"""The machine and its software, as far as they are known. Null is unknown. Power and heat: `meters/power`."""

import json
import os
import platform
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from foundry_exp.files import disk
from foundry_exp.records import run_folder

RUNTIME_PACKAGES = ("foundry-local-sdk", "onnxruntime", "onnxruntime-genai-core")
"""In which models run."""
PACKAGES = ("foundry-exp", *RUNTIME_PACKAGES, "openai", "mlflow", "hydra-core")
CHANGED = "differs_from_earlier_attempts"
"""The key under which a resumed cell says what is not as it was."""

_COMPARED = ("host", "os", "machine", "cpu", "cpu_threads", "memory_mb", "python", "power_source")


def describe() -> dict[str, Any]:
    """What a figure of this machine must be read with."""
    import psutil  # 25 ms, which whoever asks for a version alone need not spend

    return {
        "host": platform.node(),
        "os": platform.platform(),
        "machine": platform.machine(),
        "cpu": _cpu(),
        "cpu_cores": psutil.cpu_count(logical=False),
        "cpu_threads": psutil.cpu_count(),
        "memory_mb": round(psutil.virtual_memory().total / 1e6),
        "python": platform.python_version(),
        "packages": packages(),
    }


def packages() -> dict[str, str | None]:
    """The version of every package that a run loads; null when it is not installed."""
    return {name: installed(name) for name in PACKAGES}


@cache
def installed(name: str) -> str | None:
    """Version of a package; null when it is not there. Looked up once a process, since each look reads a file."""
    from importlib.metadata import PackageNotFoundError, version  # 10 ms, which a command seldom needs

    try:
        return version(name)
    except PackageNotFoundError:
        return None


def changes(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What of a machine is not as it was when an earlier attempt ran: `key: before → now`."""
    old, new = ({**one, **one.get("packages", {})} for one in (before, now))
    names = (*_COMPARED, *PACKAGES)
    return [f"{name}: {old[name]} → {new.get(name)}" for name in names if name in old and old[name] != new.get(name)]


def source() -> dict[str, Any]:
    """Commit and cleanliness of the working directory's repository: the one that holds the config."""
    return _git(Path.cwd())


def write(folder: Path, machine: dict[str, Any]) -> None:
    """Keep the machine beside what it measured."""
    disk.write_whole(folder / run_folder.ENVIRONMENT_FILE, json.dumps(machine, indent=2) + "\n")


def read(folder: Path) -> dict[str, Any]:
    """The machine that measured a run folder; empty when none has begun, or the file is not whole."""
    try:
        machine = json.loads((folder / run_folder.ENVIRONMENT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return machine if isinstance(machine, dict) else {}


def _cpu() -> str | None:
    if sys.platform == "linux":
        lines = (disk.read_fact(Path("/proc/cpuinfo")) or "").splitlines()
        return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), None)
    return platform.processor() or None


def _git(folder: Path) -> dict[str, Any]:
    commit = _run_git(folder, "rev-parse", "HEAD")
    if not commit:
        return {"git_commit": None, "git_dirty": None}
    changed = _run_git(folder, "status", "--porcelain")
    return {"git_commit": commit, "git_dirty": None if changed is None else bool(changed)}


def _run_git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=10,
            check=False,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
