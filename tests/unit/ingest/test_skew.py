from datetime import timedelta

from tests.support.ingest import NOON, NOON_US, SECOND, alarm, envelope
from tocsin.core.readings import Quality
from tocsin.core.wire import ClockState
from tocsin.ingest.skew import Estimate, Skew, age, stamp

HOUR = 3600 * SECOND


def sent(at_us: int, mono_s: float, **other):
    return envelope(1, sent=at_us, mono=round(mono_s * SECOND), **other)


def sure(skew: Skew, offset_us: int = 0, **other) -> int:
    """Three live envelopes over half a minute, 50 ms under way; gives when the last was received."""
    received = NOON_US
    for second in (0, 15, 30):
        received = NOON_US + second * SECOND + 50_000
        skew.observe(sent(NOON_US + second * SECOND - offset_us, 100 + second, **other), received)
    return received


def test_a_synced_clock_is_believed_and_delay_is_no_offset():
    skew = Skew()
    sure(skew)
    assert skew.estimate(sent(NOON_US + 30 * SECOND, 130)).offset_us == 0


def test_a_clock_ahead_is_corrected_from_its_first_word():
    skew = Skew()
    ahead = sent(NOON_US + HOUR, 100)
    skew.observe(ahead, NOON_US)
    assert skew.estimate(ahead).offset_us == -HOUR


def test_a_clock_behind_is_corrected_once_the_mapping_is_sure():
    skew = Skew()
    delayed = sent(NOON_US - HOUR, 100)
    skew.observe(delayed, NOON_US)
    assert skew.estimate(delayed).offset_us == 0, "it may have waited for an hour"
    sure(skew, HOUR)
    assert abs(skew.estimate(sent(NOON_US + 30 * SECOND - HOUR, 130)).offset_us - HOUR) < SECOND


def test_a_backlog_that_comes_at_once_makes_nothing_sure():
    skew = Skew()
    for second in range(60):
        skew.observe(sent(NOON_US - HOUR + second * SECOND, second), NOON_US)
    last = sent(NOON_US - HOUR + 59 * SECOND, 59)
    assert skew.estimate(last).sealed_us is None
    assert skew.estimate(last).offset_us == 0


def test_a_clock_that_jumps_is_followed_by_the_monotonic_one():
    skew = Skew()
    sure(skew, 26 * 365 * 24 * HOUR, clock=ClockState.DRIFTING)
    set_right = sent(NOON_US + 40 * SECOND, 140)
    assert abs(skew.estimate(set_right).offset_us) < SECOND


def test_jitter_does_not_move_an_offset_in_force():
    skew = Skew()
    sure(skew, 10 * SECOND)
    first = skew.estimate(sent(NOON_US + 20 * SECOND, 130)).offset_us
    second = skew.estimate(sent(NOON_US + 20 * SECOND + 90_000, 130)).offset_us
    assert first == second


def one(observed_us: int, **other):
    [reading] = stamp(
        [("weir/a", observed_us, 1.0, "m", None, 0)], envelope(1, **other), Estimate(0, None), NOON_US
    )
    return reading


def test_an_unset_clock_is_placed_at_receipt():
    reading = one(NOON_US - HOUR, clock=ClockState.UNSET)
    assert (reading.at_us, reading.observed_us, reading.quality) == (
        NOON_US,
        NOON_US - HOUR,
        Quality.CLOCK_UNSET,
    )


def test_the_limits_of_belief():
    minute, day = 60 * SECOND, 24 * HOUR
    assert one(NOON_US + 10 * minute).at_us == NOON_US + 10 * minute
    assert one(NOON_US + 10 * minute + 1).at_us == NOON_US
    assert one(NOON_US - 60 * day).at_us == NOON_US - 60 * day
    out = one(NOON_US - 60 * day - 1)
    assert (out.at_us, out.quality) == (NOON_US, Quality.TIME_OUT_OF_RANGE)


def test_history_and_drift_are_flagged():
    assert one(NOON_US, historical=True).quality == Quality.HISTORICAL
    assert one(NOON_US, clock=ClockState.DRIFTING).quality == Quality.CLOCK_DRIFTING


def test_a_correction_never_leaves_the_calendar():
    [reading] = stamp(
        [("weir/a", 253_402_300_799_999_999, 1.0, "m", None, 0)], envelope(1), Estimate(HOUR, None), NOON_US
    )
    assert reading.corrected_us <= 253_402_300_799_999_999


def test_age_of_a_synced_clock_is_counted_on_the_corrected_time():
    skew = Skew()
    late = sent(NOON_US, 100)
    skew.observe(late, NOON_US + 5 * 60 * SECOND)
    aged = age(alarm(NOON), late, skew.estimate(late), NOON_US + 5 * 60 * SECOND)
    assert aged == timedelta(minutes=5)


def test_age_without_a_clock_is_counted_on_the_monotonic_one_when_it_is_sure():
    skew = Skew()
    unset = {"clock": ClockState.UNSET}
    received = sure(skew, **unset)
    sealed = sent(0, 130, **unset)
    pressed = alarm(NOON, mono_us=70 * SECOND)
    aged = age(pressed, sealed, skew.estimate(sealed), received + 10 * SECOND)
    assert aged is not None
    assert abs(aged - timedelta(seconds=70)) < timedelta(seconds=1)


def test_age_that_cannot_be_known_is_none():
    fresh = Skew()
    unset = sent(NOON_US, 100, clock=ClockState.UNSET)
    fresh.observe(unset, NOON_US)
    assert age(alarm(NOON, mono_us=90 * SECOND), unset, fresh.estimate(unset), NOON_US) is None
    ahead = sent(NOON_US + HOUR, 100)
    fresh.observe(ahead, NOON_US)
    assert age(alarm(NOON), ahead, fresh.estimate(ahead), NOON_US) is None
