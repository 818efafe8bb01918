from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.clock import ManualClock, SystemClock, from_us, to_us

INSTANTS = st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 hypothesis wants naive bounds


@given(INSTANTS)
def test_microseconds_are_exact_both_ways(instant: datetime) -> None:
    assert from_us(to_us(instant)) == instant


def test_manual_clock_moves_both_and_jumps_one() -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    before = clock.monotonic()
    clock.advance(timedelta(seconds=3))
    assert clock.now() == datetime(2026, 1, 1, 0, 0, 3, tzinfo=UTC)
    assert clock.monotonic() == before + 3
    clock.jump(datetime(2099, 1, 1, tzinfo=UTC))
    assert clock.now().year == 2099
    assert clock.monotonic() == before + 3


def test_system_clock_is_aware_and_rises() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()
