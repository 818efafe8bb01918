"""A share says how little it knows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.rates import Rate


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_bounds_are_those_of_the_literature(part: int, whole: int, low: float, high: float) -> None:
    rate = Rate(part, whole)

    assert rate.low == pytest.approx(low, abs=0.00006)
    assert rate.high == pytest.approx(high, abs=0.00006)


def test_of_nothing_nothing_is_known() -> None:
    rate = Rate(0, 0)

    assert rate.share is None
    assert (rate.low, rate.high) == (0.0, 1.0)


def test_all_of_few_is_not_always() -> None:
    rate = Rate(3, 3)

    assert rate.share == 1.0
    assert rate.high == 1.0
    assert rate.low == pytest.approx(0.4385, abs=0.0001)


@pytest.mark.parametrize(("part", "whole"), [(2, 1), (-1, 3), (0, -1)])
def test_what_is_no_share_is_refused(part: int, whole: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        Rate(part, whole)


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_bounds_hold_the_share_and_mirror_its_complement(hits: int, others: int) -> None:
    rate, rest = Rate(hits, hits + others), Rate(others, hits + others)

    if rate.share is not None:
        assert 0 <= rate.low <= rate.share <= rate.high <= 1
        assert rate.low == pytest.approx(1 - rest.high, abs=1e-12)
