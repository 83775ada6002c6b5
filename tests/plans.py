"""The plan that a sweep writes before it starts, for tests of what reads it."""

import json
from collections.abc import Sequence
from pathlib import Path


def write_plan(sweep: Path, cells: Sequence[str], command: Sequence[str] = ("-m", "model=a,b")) -> None:
    """Write sweep.json as a sweep would."""
    planned = [{"name": name, "repeat": 1, "fingerprint": "f", "overrides": []} for name in cells]
    content = {
        "name": sweep.name, "started_at": "2026-12-01T12:00:00+00:00", "order": "as given", "command": list(command),
        "cells": planned, "due": list(cells),
    }  # fmt: skip
    sweep.mkdir(parents=True, exist_ok=True)
    (sweep / "sweep.json").write_text(json.dumps(content), encoding="utf-8")
