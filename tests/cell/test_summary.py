"""What a cell's status says of the device that it ran on."""

import pytest

from foundry_exp.cell.summary import ran_elsewhere


@pytest.mark.parametrize("asked", ["GPU", "NPU"])
@pytest.mark.parametrize("provider", ["CPUExecutionProvider", "CPUExecutionProvider, CUDAExecutionProvider"])
def test_one_request_on_the_cpu_is_a_mismatch(asked: str, provider: str) -> None:
    reason = ran_elsewhere(asked, provider)
    assert reason is not None
    assert f"asked for {asked}" in reason
    assert provider in reason


@pytest.mark.parametrize(
    ("asked", "provider"),
    [
        ("GPU", "CUDAExecutionProvider"),
        ("GPU", None),
        ("CPU", "CPUExecutionProvider"),
        (None, "CPUExecutionProvider"),
    ],
)
def test_what_ran_as_asked_or_is_not_known_is_none(asked: str | None, provider: str | None) -> None:
    assert ran_elsewhere(asked, provider) is None
