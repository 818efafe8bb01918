from datetime import UTC, datetime

from tocsin.store.field_rows import instant_of


def test_an_instant_that_no_calendar_shows_is_none() -> None:
    assert instant_of(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert instant_of(None) is None
    assert instant_of(2**62) is None
    assert instant_of(-(2**62)) is None
