import json
from dataclasses import fields, replace
from pathlib import Path

import pytest

from foundry_exp.cli.verbs import calibrate
from foundry_exp.errors import BackendError
from foundry_exp.measure.calibration import calibrate as calibration
from foundry_exp.measure.calibration.result import CalibrationResult, ClientFigures, LoadShape, ObserverEffect, Spread

SPREAD = Spread(n=10, mean_ms=0.271, p50_ms=0.25, p99_ms=0.47)
FIGURES = ClientFigures(SPREAD, SPREAD, SPREAD, SPREAD, cpu_s_per_request=0.006, stamped_by={"kernel": 10})
LATE = replace(FIGURES, start_delay=SPREAD)
RESULT = CalibrationResult(
    started_at="2026-12-01T12:00:00+00:00",
    machine={"cpu": "a processor", "cpu_threads": 2, "os": "an OS"},
    ttft_ms=100.0,
    gap_ms=10.0,
    tokens=32,
    shapes=(
        LoadShape("one at a time", 1, None, None, 10, FIGURES, FIGURES),
        LoadShape("Poisson rate", None, 4.9, "poisson", 10, LATE, LATE),
    ),
    observer=ObserverEffect(5, 9.1, 9.0, 1.2),
    client_overhead_ms=0.271,
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    calls: list[dict[str, object]] = []

    def pretend(**choices: object) -> CalibrationResult:
        calls.append(choices)
        return RESULT

    monkeypatch.setattr(calibration, "calibrate", pretend)
    return calls


def test_the_table_has_both_clients_in_each_load_shape_and_the_result_is_kept(
    asked: list[dict[str, object]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrate.main(["--output-dir", str(tmp_path / "new")]) == 0
    printed = capsys.readouterr().out
    assert printed.count("foundry_exp") == 3
    assert printed.count("bare socket") == 3
    assert "the median of each round's own difference is +1.2 %." in printed
    assert "one at a time: 10 requests (stamped: 10 by kernel)\n" in printed
    assert "Poisson rate: 10 requests at 4.90 a second" in printed
    assert "0.27 ms after it was due" in printed
    assert "a processor, 2 threads; an OS; 2026-12-01" in printed
    stored = json.loads((tmp_path / "new" / "calibration.json").read_text(encoding="utf-8"))
    assert set(stored) == {field.name for field in fields(CalibrationResult)}
    assert stored["client_overhead_ms"] == 0.271


def test_json_is_what_was_stored(
    asked: list[dict[str, object]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrate.main(["--json", "--output-dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out == (tmp_path / "calibration.json").read_text(encoding="utf-8")


def test_quick_asks_less(asked: list[dict[str, object]], tmp_path: Path) -> None:
    for options in (["--quick"], []):
        calibrate.main([*options, "--output-dir", str(tmp_path)])
    quick, whole = (call["requests"] for call in asked)
    assert isinstance(quick, int)
    assert isinstance(whole, int)
    assert quick < whole


def test_a_failure_is_a_sentence_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: object) -> CalibrationResult:
        raise BackendError("service", "the server did not start.")

    monkeypatch.setattr(calibration, "calibrate", fail)
    assert calibrate.main(["--output-dir", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "the server did not start.\n"
    assert not list(tmp_path.iterdir())
