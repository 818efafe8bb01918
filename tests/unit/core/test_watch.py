from datetime import UTC, datetime, timedelta

from tocsin.core.watch import Finding, Level, SeenBeat, unwatched

AT = datetime(2026, 1, 1, tzinfo=UTC)


def test_skew_is_positive_when_the_host_runs_ahead() -> None:
    beat = SeenBeat(name="a", role="relay", host="h", at=AT, clock=AT + timedelta(seconds=1.5))
    assert beat.skew_s == 1.5


def test_a_finding_is_known_by_code_and_subject() -> None:
    assert Finding("disk.low", "data", Level.PAGE, "满", "full").key == ("disk.low", "data")


def test_who_is_not_watched_signs_into_the_void() -> None:
    unwatched()
