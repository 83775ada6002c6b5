"""The tool's own share of a time, as `calibrate` measured it on this machine."""

import json
from pathlib import Path

from foundry_exp.measure.cell import Cell

CALIBRATION_FILE = "calibration.json"
OVER_HTTP = ("service", "endpoint")


def client_overhead_ms(cell: Cell) -> tuple[float | None, dict[str, str]]:
    """Mean lateness of a first-token stamp over HTTP, ms; or null and the reason."""
    if cell.config["backend"]["name"] not in OVER_HTTP:
        return None, {"client_overhead_ms": "calibrated over HTTP only; in one process an event is stamped as it comes"}
    if cell.config["engine"]["name"] != "local":
        return None, {"client_overhead_ms": "calibrated on the machine of the command, not on the one that measured"}
    path = Path(cell.config["output_dir"]) / CALIBRATION_FILE
    try:
        return float(json.loads(path.read_text(encoding="utf-8"))["client_overhead_ms"]), {}
    except FileNotFoundError:
        return None, {"client_overhead_ms": "not calibrated on this machine; run: python -m foundry_exp calibrate"}
    except (OSError, ValueError, KeyError, TypeError):
        return None, {"client_overhead_ms": f"{path} cannot be read; run: python -m foundry_exp calibrate"}
