"""A measurement is known by its settings: not by where a class lies, nor by the release that measured."""

from typing import Any

import pytest

from foundry_exp.records import fingerprint
from foundry_exp.records.record import Message, Sample

CONFIG: dict[str, Any] = {
    "model": {"alias": "demo-small", "variant": None, "path": None, "licence": "MIT"},
    "accel": {"name": "auto", "device": None, "prefer": []},
    "streaming": {"enabled": True},
    "backend": {"_target_": "foundry_exp.somewhere.Backend", "name": "scripted", "ttft_ms": 300},
    "generation": {"temperature": 0.0, "max_tokens": 150},
    "workload": {"rounds": 4, "load_timeout_s": 300},
    "tracker": {"name": "mlflow"},
}
PROMPTS = (Sample("one", (Message("user", "Hello"),), "aa"),)


def known_as(section: str = "tracker", samples: tuple[Sample, ...] = PROMPTS, sdk: str = "2.2.1", **said: Any) -> str:
    config = {**CONFIG, section: {**CONFIG[section], **said}}
    return fingerprint.measurement(config, samples, sdk).fingerprint


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("backend", {"_target_": "foundry_exp.elsewhere.Backend"}),
        ("backend", {"api_key_env": "OTHER_KEY"}),
        ("backend", {"ttft_ms": 300.0}),
        ("generation", {"temperature": 0}),
        ("model", {"licence": "Apache-2.0", "capabilities": ["chat"], "size_mb": 3}),
        ("workload", {"load_timeout_s": 900}),
        ("tracker", {"name": "none"}),
    ],
)
def test_what_changes_no_timing_is_no_part_of_it(section: str, said: dict[str, Any]) -> None:
    assert known_as(section, **said) == known_as()


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("backend", {"name": "mine"}),
        ("backend", {"ttft_ms": 301}),
        ("generation", {"temperature": 0.5}),
        ("workload", {"rounds": 5}),
        ("workload", {"total_timeout_s": 5}),
        ("streaming", {"enabled": False}),
        ("streaming", {"enabled": 1}),
    ],
)
def test_what_a_timing_depends_on_is(section: str, said: dict[str, Any]) -> None:
    assert known_as(section, **said) != known_as()


def test_the_prompts_and_the_runtime_are() -> None:
    longer = (Sample("one", (Message("user", "Hello"),), "aa", max_tokens=9),)
    judged = (Sample("one", (Message("user", "Hello"),), "aa", reference="Hello!"),)
    assert known_as(samples=judged) == known_as()
    assert len({known_as(), known_as(samples=longer), known_as(samples=()), known_as(sdk="2.3.0")}) == 4


def test_a_key_of_a_later_release_counts_once_it_changes_something(monkeypatch: pytest.MonkeyPatch) -> None:
    before = known_as()
    assert known_as("workload", rest_s=0) != before
    monkeypatch.setitem(fingerprint.ADDED_LATER, "workload.rest_s", 0)
    assert known_as("workload", rest_s=0) == before
    assert known_as("workload", rest_s=1) != before


def test_a_changed_default_makes_another_measurement() -> None:
    assert known_as("workload", rounds=CONFIG["workload"]["rounds"] + 1) != known_as()


def test_changes_are_named() -> None:
    asked = {**CONFIG, "generation": {**CONFIG["generation"], "max_tokens": 7}}
    before = fingerprint.measurement(CONFIG, PROMPTS, "2.2.1")
    now = fingerprint.measurement(asked, (), "2.3.0")
    assert list(before.changes(now)) == [
        "generation.max_tokens: 150 → 7", "foundry-local-sdk: 2.2.1 → 2.3.0", "the prompts",
    ]  # fmt: skip
