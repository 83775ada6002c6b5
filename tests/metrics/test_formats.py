import math

import pytest

from foundry_exp.metrics.formats import MS, POINTS, SHARE, Unit, ahead, beyond, number, share, time_unit, times


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


@pytest.mark.parametrize(
    ("unit", "one", "other", "apart", "against"),
    [
        (MS, 97.64, 102.46, "1.05 times", "4.3 % less"),  # shown: 97.6 and 102
        (MS, 2300.0, 2000.0, "1.1 times", "15 % more"),
        (Unit("s", 1000.0), 21_649.0, 10_049.0, "2.2 times", "116 % more"),  # shown: 21.6 and 10.0
        (POINTS, 4.254, 3.896, "0.35", "0.35 points more"),  # shown: 4.25 and 3.90
    ],
)
def test_two_figures_are_apart_by_what_is_shown_of_them(
    unit: Unit, one: float, other: float, apart: str, against: str
) -> None:
    assert ahead(unit, one, other) == apart
    assert beyond(unit, one, other) == against


def test_shares_are_percentage_points_apart() -> None:
    assert beyond(SHARE, 0.15, 0.1) == "5.00 percentage points more"
