"""What is generated: JSON Schemas of what the tool writes and of the options, and README's table: `just schemas`."""

import json
from pathlib import Path
from typing import Any

from foundry_exp.decide.gate_side import GateSide
from foundry_exp.files import shipped_files
from foundry_exp.metrics import catalogue
from foundry_exp.records import record_json
from foundry_exp.records.decision import Decision, Gate, Words
from foundry_exp.records.record import Record
from foundry_exp.records.run_result import RunResult
from foundry_exp.records.score import Preference, Score
from tests.schemas import of_config, of_metrics, of_options

WRITTEN = {"record": Record, "run": RunResult, "score": Score, "preference": Preference, "baseline": GateSide}
TABLE_BEGINS, TABLE_ENDS = "<!-- metrics: made by `just schemas` -->\n", "\n<!-- end of metrics -->"


def texts() -> dict[Path, str]:
    """Each generated file and its text."""
    return {**_of_records(), **_of_config(), **_of_options(), **_readme()}


def _of_records() -> dict[Path, str]:
    schemas = {name: record_json.adapter(kind).json_schema(by_alias=True) for name, kind in WRITTEN.items()}
    schemas["run"]["properties"]["metrics"] = of_metrics.of_metrics()
    return {_file(name): _text({"$schema": of_config.DRAFT, **one}) for name, one in schemas.items()}


def _of_config() -> dict[Path, str]:
    """The config's, from its types; with the figures that a decision and a gate name out of the catalogue."""
    decision, gate = of_config.of_section(Decision, "Decision"), of_config.of_section(Gate, "Regression gate")
    _close(decision, "constraints", of_metrics.of_limits() | of_config.of_section(Words, "")["properties"])
    _close(decision, "weights", of_metrics.of_weights())
    _close(gate, "tolerances", of_metrics.of_tolerances())
    decision["properties"]["cheapest_by"] = {"enum": catalogue.costs()}
    config = of_config.of_config()
    _close(config, "slo", of_metrics.of_slos(config["properties"]["slo"]["additionalProperties"]))
    schemas = {"config": config, "decision": decision, "gate": gate}
    return {_file(name): _text(one) for name, one in schemas.items()}


def _close(section: dict[str, Any], key: str, properties: dict[str, Any]) -> None:
    """Name every key that a mapping of a section may have."""
    section["properties"][key] |= {"properties": properties, "additionalProperties": False}


def _of_options() -> dict[Path, str]:
    return {_file(f"options/{group}"): _text(one) for group, one in of_options.of_every_group().items()}


def _readme() -> dict[Path, str]:
    """README with its table of definitions as the catalogue has them; nothing outside a checkout."""
    path = shipped_files.shipped("schemas").parent / "README.md"
    if not path.exists():
        return {}
    before, _, rest = path.read_text(encoding="utf-8").partition(TABLE_BEGINS)
    _, _, after = rest.partition(TABLE_ENDS)
    return {path: before + TABLE_BEGINS + of_metrics.readme_table() + TABLE_ENDS + after}


def _file(name: str) -> Path:
    return shipped_files.shipped("schemas") / f"{name}.schema.json"


def _text(one: dict[str, Any]) -> str:
    return json.dumps(one, indent=2) + "\n"


def write() -> None:
    """Write each of them; options are made from the files before them."""
    for make in (_of_records, _of_config, _of_options, _readme):
        for path, text in make().items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
