"""How sure an error rate is, against published values."""

import pytest

from shared.domain.error_rates import wilson_bounds


@pytest.mark.parametrize(("count", "of", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634)])
def test_bounds_are_wilsons(count: int, of: int, low: float, high: float) -> None:
    assert wilson_bounds(count, of) == pytest.approx((low, high), abs=1e-4)
    assert wilson_bounds(0, 0) is None
