"""Student's t distribution is scipy's."""

import pytest
import scipy.special
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from foundry_exp.metrics.stats.student import incomplete_beta, t_quantile, two_sided_p


@pytest.mark.parametrize("df", [1, 2, 3, 4, 5, 7, 10, 29, 30, 99, 500, 9999, 100_000])
@pytest.mark.parametrize("p", [0.0001, 0.025, 0.5, 0.75, 0.9, 0.975, 0.995, 0.9999])
def test_t_quantile_equals_scipys(p: float, df: int) -> None:
    assert t_quantile(p, df) == pytest.approx(scipy.stats.t.ppf(p, df), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("df", [1, 2, 8, 50, 4000])
@pytest.mark.parametrize("t", [0.0, 0.3, -2.0, 12.7, 60.0])
def test_two_sided_p_equals_scipys(t: float, df: int) -> None:
    assert two_sided_p(t, df) == pytest.approx(2 * scipy.stats.t.sf(abs(t), df), rel=1e-9)


@given(st.floats(0.1, 300), st.floats(0.1, 300), st.floats(0, 1))
def test_incomplete_beta_equals_scipys(a: float, b: float, x: float) -> None:
    assert incomplete_beta(a, b, x) == pytest.approx(scipy.special.betainc(a, b, x), rel=1e-8, abs=1e-12)


@pytest.mark.parametrize(("p", "df"), [(0.0, 5), (1.0, 5), (0.975, 0)])
def test_t_quantile_refuses_what_has_no_quantile(p: float, df: int) -> None:
    with pytest.raises(ValueError, match="needs 0 < p < 1"):
        t_quantile(p, df)
