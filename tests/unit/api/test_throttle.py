from __future__ import annotations

from tocsin.api import throttle
from tocsin.api.throttle import FailureWindow, SignInThrottle


def limits() -> SignInThrottle:
    return SignInThrottle(per_name=3, per_address=5, window_seconds=60)


def test_the_last_allowed_failure_still_allows_and_the_next_waits() -> None:
    throttled = limits()
    for second in range(3):
        assert throttled.wait_seconds("ann", "10.0.0.1", second) == 0
        throttled.fail("ann", "10.0.0.1", second)
    assert throttled.wait_seconds("ann", "10.0.0.1", 3) == 57


def test_the_wait_ends_when_the_oldest_failure_leaves_the_window() -> None:
    throttled = limits()
    for second in range(3):
        throttled.fail("ann", "10.0.0.1", second)
    assert throttled.wait_seconds("ann", "10.0.0.1", 59.9) > 0
    assert throttled.wait_seconds("ann", "10.0.0.1", 60) == 0


def test_capitals_do_not_make_another_name() -> None:
    throttled = limits()
    for _ in range(3):
        throttled.fail("Ann", "10.0.0.1", 0)
    assert throttled.wait_seconds("aNN", "10.0.0.1", 1) > 0


def test_another_address_is_not_locked_out_with_it() -> None:
    throttled = limits()
    for _ in range(3):
        throttled.fail("ann", "10.0.0.1", 0)
    assert throttled.wait_seconds("ann", "10.0.0.2", 1) == 0


def test_one_address_cannot_try_many_names() -> None:
    throttled = limits()
    for number in range(5):
        throttled.fail(f"name-{number}", "10.0.0.1", 0)
    assert throttled.wait_seconds("ann", "10.0.0.1", 1) > 0


def test_a_success_forgives_the_name_but_not_the_address() -> None:
    throttled = limits()
    for _ in range(3):
        throttled.fail("ann", "10.0.0.1", 0)
    throttled.forgive("ann", "10.0.0.1")
    assert throttled.wait_seconds("ann", "10.0.0.1", 1) == 0
    for _ in range(3):
        throttled.fail("bob", "10.0.0.1", 1)
    assert throttled.wait_seconds("ann", "10.0.0.1", 1) > 0


def test_an_office_that_signs_in_rightly_is_never_kept_out() -> None:
    throttled = limits()
    for number in range(20):
        assert throttled.wait_seconds(f"name-{number}", "10.0.0.1", 0) == 0
        throttled.fail(f"name-{number}", "10.0.0.1", 0)
        throttled.forgive(f"name-{number}", "10.0.0.1")


def test_what_is_remembered_is_bounded() -> None:
    window = FailureWindow(most=1, window_seconds=60)
    for number in range(throttle.KEYS_MAX + 1):
        window.fail(str(number), 0)
    assert len(window._failures) == throttle.KEYS_MAX
    assert window.wait_seconds("0", 1) == 0
    assert window.wait_seconds("1", 1) > 0
