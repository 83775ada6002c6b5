"""What passes the door is of its type, wherever it came from; what does not is said in a sentence."""

import json
from pathlib import Path

import pytest

from foundry_exp.config import compose
from foundry_exp.config.cells import plan_all
from foundry_exp.config.plan import plan
from foundry_exp.errors import ConfigError
from foundry_exp.records.config import Judge, PairThresholds
from foundry_exp.records.decision import Decision, Gate
from foundry_exp.scores.check import made
from foundry_exp.scores.judge.scorer import JudgeScorer

SCRIPTED = ("backend=scripted", "model=custom", "model.alias=m")

BROKEN = [
    ("generation.max_tokens=0", "config: generation.max_tokens: must be at least 1, got 0; change the value."),
    ("generation.seed=true", "config: generation.seed: must be a whole number, got true; change the value."),
    ("generation.max_tokens=2.5", "config: generation.max_tokens: must be a whole number, got 2.5; change the value."),
    ("generation.temperature=true", "config: generation.temperature: must be a number, got true; change the value."),
    ("generation.temperature=nan", "config: generation.temperature: must be a number, got NaN; change the value."),
    ("workload.cooldown_s=inf", "config: workload.cooldown_s: must be a number, got Infinity; change the value."),
    ("workload.arrivals=poison", 'config: workload.arrivals: must be one of constant, poisson, got "poison"; '
     "did you mean poisson?"),
    ("+workload.roundz=3", "config: workload: unknown key 'roundz'; did you mean rounds?"),
    ("~workload.rounds", "config: workload: the key 'rounds' is missing; add it."),
    ("model.variant=no-version", 'config: model.variant: must be an exact name:version, got "no-version"; '
     "change the value."),
    ("+slo.ttft=5", "config: slo: unknown key 'ttft'; did you mean ttft_ms or ttfo_ms?"),
    ("decision=battery decision.cheapest_by=disk", 'decision: cheapest_by: must be one of rss_peak_mb, disk_mb, '
     'energy_j_per_token, got "disk"; did you mean disk_mb?'),
    ("slo.ttft_ms=0", "config: slo.ttft_ms: must be more than 0, got 0; change the value."),
    ("sweep.shard=5", "config: sweep.shard: must be a part and of how many, as in 2/5, got 5; change the value."),
    ("accel.prefer=cuda", 'config: accel.prefer: must be a list, got "cuda"; change the value.'),
    ("prompts.name=''", 'config: prompts.name: must not be empty, got ""; change the value.'),
    ("backend.fault_every=true", "backend.fault_every: must be int, got True; change the value."),
    ("backend.fault_every=1.5", "backend.fault_every: must be int, got 1.5; change the value."),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("override", "sentence"), BROKEN)
def test_what_is_not_allowed_is_said_in_a_sentence(override: str, sentence: str) -> None:
    every_job, _ = compose.jobs([*SCRIPTED, *override.split()], multirun=False)
    with pytest.raises(ConfigError) as refused:
        plan(every_job[0].plain, "cell", "sweep")
    assert str(refused.value) == sentence


@pytest.mark.slow
def test_whole_numbers_of_a_command_a_file_a_sweep_and_a_models_json_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    option = tmp_path / "conf" / "workload" / "mine.yaml"
    option.parent.mkdir(parents=True)
    option.write_text("defaults: [quick]\nrounds: 7.0\n", encoding="utf-8")
    models = tmp_path / "models.json"
    models.write_text(json.dumps({"m": {"capabilities": ["chat"], "context_length": 4096.0}}), encoding="utf-8")
    given = [
        "experiment=from-models-json", f"models_file={models}", "backend=scripted", "backend.fault_every=3.0",
        "scorer=judge", "scorer.judge.repeats=2.0", "workload=mine", "workload.concurrency=2.0",
        "generation.max_tokens=8.0,16",
    ]  # fmt: skip
    every_job, _ = compose.jobs(given, multirun=True)
    config = plan_all(every_job)[0].config
    judge = config.scorer["judge"]
    assert isinstance(judge, Judge)
    whole = [
        config.workload.rounds, config.workload.concurrency, config.generation.max_tokens,
        config.model.context_length, config.backend.arguments["fault_every"], judge.repeats,
    ]  # fmt: skip
    assert whole == [7, 2, 8, 4096, 3, 2]
    assert {type(number) for number in whole} == {int}


@pytest.mark.slow
def test_a_whole_number_written_with_a_point_is_the_same_measurement() -> None:
    def fingerprint(*overrides: str) -> str:
        return plan(compose.jobs([*SCRIPTED, *overrides], multirun=False)[0][0].plain, "cell", "sweep").fingerprint

    assert fingerprint("workload.rounds=3", "backend.fault_every=2") == fingerprint(
        "workload.rounds=3.0", "backend.fault_every=2.0"
    )


@pytest.mark.slow
def test_rules_of_a_gate_and_a_decision_pass_the_same_door() -> None:
    assert repr(compose.section(Gate, "default", ["repeats=6.0"]).repeats) == "6"
    with pytest.raises(ConfigError, match=r"repeats: must be a whole number, got true"):
        compose.section(Gate, "default", ["repeats=true"])
    assert compose.section(Decision, "battery", ["constraints.disk_mb=2.0"]).constraints["disk_mb"] == 2


@pytest.mark.slow
def test_a_scorer_is_handed_the_sections_that_its_constructor_names_typed() -> None:
    section = compose.jobs(["scorer=judge"], multirun=False)[0][0].plain["scorer"]["judge"]
    scorer = made("judge", section)
    assert isinstance(scorer, JudgeScorer)
    assert scorer.thresholds.pairs == PairThresholds(agreement=0.7, flips=0.3)
    del section["thresholds"]["kappa"]
    with pytest.raises(ConfigError, match=r"scorer\.judge: a section of it has no key 'kappa'; add the key"):
        made("judge", section)


SOURCES = [
    ("workload=mine", True, r"config: workload\.rounds: must be a whole number, got true"),
    ("workload=mine", 2.5, r"config: workload\.rounds: must be a whole number, got 2\.5"),
    ("generation.max_tokens=8,{}", True, r"config: generation\.max_tokens: must be a whole number, got true"),
    ("generation.max_tokens=8,{}", 2.5, r"config: generation\.max_tokens: must be a whole number, got 2\.5"),
    ('sweep.combinations=["generation.seed={}"]', True, r"config: generation\.seed: must be a whole number, got true"),
    ("experiment=from-models-json", True, r"models\.json: m\.context_length: must be a whole number or .*, got true"),
    ("experiment=from-models-json", 2.5, r"models\.json: m\.context_length: must be a whole number or .*, got 2\.5"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("override", "value", "sentence"), SOURCES)
def test_what_is_no_whole_number_is_refused_wherever_it_is_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, override: str, value: object, sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    option = tmp_path / "conf" / "workload" / "mine.yaml"
    option.parent.mkdir(parents=True)
    option.write_text(f"defaults: [quick]\nrounds: {json.dumps(value)}\n", encoding="utf-8")
    models = {"m": {"capabilities": ["chat"], "context_length": value}}
    (tmp_path / "models.json").write_text(json.dumps(models), encoding="utf-8")
    given = [override.format(json.dumps(value)), "backend=scripted", "models_file=models.json"]
    with pytest.raises(ConfigError, match=sentence):
        plan_all(compose.jobs(given, multirun=True)[0])
