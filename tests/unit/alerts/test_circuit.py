from datetime import UTC, datetime, timedelta

import pytest

from tocsin.alerts.circuit import FAILURES, RENEW_EVERY, TRIAL_EVERY, Health, after, trial_due, working
from tocsin.alerts.ports import Answer, RefusedBy, Sent, Unknown
from tocsin.core.responders import Channel

NOW = datetime(2026, 1, 1, tzinfo=UTC)
S = timedelta(seconds=1)
WELL = Health(channel=Channel.SMS, provider="aliyun", since=NOW)


def down() -> Health:
    health = WELL
    for _ in range(FAILURES):
        health = after(health, Unknown("silence"), NOW + S)
    return health


def test_a_provider_is_down_after_failures_in_a_row_and_not_before() -> None:
    health = WELL
    for number in range(1, FAILURES + 1):
        health = after(health, Unknown("silence"), NOW + number * S)
        assert (health.failures, health.up) == (number, number < FAILURES)
    assert (health.since, health.reason) == (NOW + FAILURES * S, "silence")


def test_one_success_between_begins_the_count_anew() -> None:
    health = after(after(WELL, Unknown("a"), NOW), Unknown("b"), NOW)
    health = after(health, Sent(), NOW + S)
    assert (health.up, health.failures, health.reason, health.last_ok) == (True, 0, "", NOW + S)
    assert after(health, Unknown("c"), NOW).up


@pytest.mark.parametrize(
    ("answer", "counts"),
    [
        (Unknown("no answer"), True),
        (RefusedBy("not reached", timedelta(seconds=3), by_account=True), True),
        (RefusedBy("arrears", by_account=True), True),
        (RefusedBy("too often", timedelta(seconds=60), by_account=True), False),
        (RefusedBy("no such number"), False),
        (RefusedBy("busy", timedelta(seconds=3)), False),
        (Sent(), False),
    ],
)
def test_only_what_is_the_providers_own_fault_counts(answer: Answer, *, counts: bool) -> None:
    assert (after(WELL, answer, NOW).failures == 1) is counts


def test_a_refused_address_shows_that_the_provider_is_there() -> None:
    assert after(after(WELL, Unknown("a"), NOW), RefusedBy("no such number"), NOW).failures == 0


def test_a_success_brings_it_back_and_says_since_when() -> None:
    health = after(down(), Sent(), NOW + 60 * S)
    assert (health.up, health.since) == (True, NOW + 60 * S)


def test_a_provider_that_is_well_is_written_down_seldom() -> None:
    fresh = after(WELL, Sent(), NOW)
    assert fresh.last_ok == NOW
    assert after(fresh, Sent(), NOW + RENEW_EVERY - S) is fresh
    assert after(fresh, Sent(), NOW + RENEW_EVERY) is not fresh
    assert after(fresh, RefusedBy("no such number"), NOW + 9 * RENEW_EVERY) is fresh


def test_a_provider_that_is_down_is_tried_once_in_a_while() -> None:
    health = down()
    assert not trial_due(WELL, NOW)
    assert trial_due(health, NOW + 2 * S)
    tried = Health(channel=Channel.SMS, provider="aliyun", up=False, since=NOW, probed=NOW)
    assert not trial_due(tried, NOW + TRIAL_EVERY - S)
    assert trial_due(tried, NOW + TRIAL_EVERY)


def test_working_ones_come_in_order_of_preference_and_unknown_ones_are_well() -> None:
    assert working(["a", "b", "c"], {"a": down(), "b": WELL}) == ("b", "c")
