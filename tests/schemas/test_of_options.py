"""Every shipped YAML file names the schema that an editor shall check it by, and keeps to it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from foundry_exp.config import compose
from foundry_exp.errors import ConfigError
from foundry_exp.files import shipped_files
from foundry_exp.records.decision import Decision
from tests.schemas.of_options import of_every_group

LINE = re.compile(r"# yaml-language-server: \$schema=(\S+)")
SHIPPED = sorted(
    [*shipped_files.shipped("conf").rglob("*.yaml"), *(shipped_files.shipped("prompts") / "rubrics").glob("*.yaml")]
)


def complaints(group: str, content: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(of_every_group()[group]).iter_errors(content)]


@pytest.mark.slow
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_shipped_file_names_its_schema_and_keeps_to_it(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    place = 1 if lines[0].startswith("# @package") else 0
    named = LINE.fullmatch(lines[place])
    assert named, f"line {place + 1} shall be `# yaml-language-server: $schema=…`"
    schema = yaml.safe_load((path.parent / named.group(1)).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    content = json.loads(json.dumps(yaml.safe_load("\n".join(lines))))  # JSON's keys are texts: a rubric's are numbers
    assert [error.message for error in Draft202012Validator(schema).iter_errors(content)] == []


@pytest.mark.slow
def test_a_schema_line_before_the_package_line_would_switch_that_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf" / "experiment").mkdir(parents=True)
    body = "workload:\n  rounds: 7\n"
    lines = ["# @package _global_\n", "# yaml-language-server: $schema=x.json\n"]
    for name, head in (("after", lines), ("before", lines[::-1])):
        (tmp_path / "conf" / "experiment" / f"{name}.yaml").write_text("".join([*head, body]), encoding="utf-8")
    rounds = {
        name: compose.plain(compose.jobs([f"experiment={name}"], multirun=False)[0][0].config)["workload"]["rounds"]
        for name in ("after", "before")
    }
    assert rounds["after"] == 7
    assert rounds["before"] != 7


@pytest.mark.parametrize(
    ("group", "wrong", "at"),
    [
        ("workload", {"round": 3}, "round"),
        ("workload", {"rounds": 0}, "rounds"),
        ("workload", {"rounds": True}, "rounds"),
        ("generation", {"temperature": "hot"}, "temperature"),
        ("model", {"licence": 3}, "licence"),
        ("accel", {"device": "TPU"}, "device"),
        ("decision", {"weights": {"speeed": 1}}, "speeed"),
        ("gate", {"max_slowdwn": 1}, "max_slowdwn"),
        ("scorer", {"_target_": "foundry_exp.scores.judge.scorer.JudgeScorer", "repeat": 2}, "repeat"),
        ("experiment", {"workload": {"round": 3}}, "round"),
        ("experiment", {"hydra": {"sweepers": {}}}, "sweepers"),
    ],
)
def test_what_an_option_cannot_say_is_refused_at_its_key(group: str, wrong: dict[str, Any], at: str) -> None:
    error = best_match(Draft202012Validator(of_every_group()[group]).iter_errors(wrong))
    assert error is not None
    assert at in error.absolute_path or repr(at) in error.message


@pytest.mark.parametrize(
    ("group", "right"),
    [
        ("workload", {"rounds": "${sweep.repeats}", "defaults": ["quick"]}),
        ("model", {"path": "???"}),
        ("backend", {"_target_": "mine.Parrot", "greeting": "Hello"}),
        ("scorer", {"_target_": "foundry_exp.scores.judge.scorer.JudgeScorer", "provision": "${provision}"}),
        ("experiment", {"defaults": [{"override /model": "demo-small"}], "slo": {"ttft_ms": 500}}),
    ],
)
def test_parts_interpolations_and_hydras_lists_are_allowed(group: str, right: dict[str, Any]) -> None:
    assert complaints(group, right) == []


@pytest.mark.slow
def test_a_command_may_limit_what_a_users_decision_leaves_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf" / "decision").mkdir(parents=True)
    own = "name: mine\nconstraints: {e2e_p95_ms: 2000}\nweights: {quality: 1}\ncheapest_by: disk_mb\n"
    (tmp_path / "conf" / "decision" / "mine.yaml").write_text(own, encoding="utf-8")
    found = compose.section(Decision, "mine", ["constraints.load_s=3"])
    assert found.constraints == {"e2e_p95_ms": 2000, "load_s": 3}
    with pytest.raises(ConfigError, match=r"constraints\.lod_s: decision=mine has no such key; did you mean"):
        compose.section(Decision, "mine", ["constraints.lod_s=3"])
