import math

import pytest

from foundry_exp.metrics.formats import number, share, time_unit, times


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (math.nan, "–"),
        (math.inf, "–"),
        (0.0, "0"),
        (1e-9, "1e-09"),
        (0.004, "0.004"),
        (0.1, "0.1"),
        (0.07123, "0.0712"),
        (1.005, "1.00"),
        (9.999, "10.0"),
        (12.34, "12.3"),
        (99.96, "100"),
        (12345.6, "12,346"),
    ],
)
def test_a_number_has_three_digits_that_count(value: float | None, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "–"), (0.0, "0 %"), (1.0, "100 %"), (0.9996, "99.9 %"), (0.0004, "0.04 %"), (0.25, "25 %")],
)
def test_a_share_is_never_rounded_to_none_or_all(value: float | None, shown: str) -> None:
    assert share(value) == shown


def test_long_times_turn_a_whole_column_into_seconds() -> None:
    assert time_unit([12.0, None, 9_999.0]).say(12.0) == "12.0 ms"
    assert time_unit([12.0, 220_700.0]).say(220_700.0) == "221 s"
    assert time_unit([]).name == "ms"


@pytest.mark.parametrize(("ratio", "said"), [(1.04, "1.04 times"), (2.14, "2.1 times"), (12.6, "13 times")])
def test_a_ratio_in_words(ratio: float, said: str) -> None:
    assert times(ratio) == said
