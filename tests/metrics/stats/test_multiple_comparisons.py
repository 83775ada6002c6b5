"""Many comparisons at once: Holm's adjustment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_exp.metrics.stats.multiple_comparisons import holm

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def test_holm_on_a_worked_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(p_values)
def test_holm_is_between_the_raw_value_and_bonferroni_and_keeps_the_order(values: list[float]) -> None:
    adjusted = holm(values)
    pairs = list(zip(values, adjusted, strict=True))
    assert all(raw <= new <= min(1.0, raw * len(values)) for raw, new in pairs)
    assert all(one[1] <= other[1] for one in pairs for other in pairs if one[0] < other[0])
    assert min(adjusted) == pytest.approx(min(1.0, min(values) * len(values)))


@pytest.mark.slow
@given(p_values, st.randoms())
def test_holm_does_not_depend_on_the_order(values: list[float], dice: object) -> None:
    places = list(range(len(values)))
    dice.shuffle(places)  # type: ignore[attr-defined]
    shuffled = holm([values[place] for place in places])
    assert [shuffled[places.index(place)] for place in range(len(values))] == pytest.approx(holm(values))
