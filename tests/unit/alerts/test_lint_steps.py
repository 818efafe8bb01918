from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.incidents import DEFAULT, staged
from tocsin.alerts.lint_steps import said, steps, time_of
from tocsin.alerts.policy import ResponsePolicy
from tocsin.core.grids import Tier
from tocsin.core.incidents import Mode

M, S = timedelta(minutes=1), timedelta(seconds=1)


def codes(policy: ResponsePolicy) -> list[str]:
    return [one.code for one in steps(policy, "")]


@pytest.mark.parametrize(("accepted", "found"), [(180 * S, True), (179 * S, False)])
def test_the_next_person_must_be_called_before_the_clock_ends(accepted: timedelta, *, found: bool) -> None:
    policy = replace(DEFAULT, soft=replace(DEFAULT.soft, accepted=accepted))
    assert ("accepted_after_window" in codes(policy)) is found


@pytest.mark.parametrize(("seen", "found"), [(180 * S, True), (179 * S, False)])
def test_a_second_channel_must_be_tried_before_the_clock_ends(seen: timedelta, *, found: bool) -> None:
    policy = replace(DEFAULT, soft=replace(DEFAULT.soft, seen=seen))
    assert ("seen_after_window" in codes(policy)) is found


@pytest.mark.parametrize(
    ("part", "code"), [(1.0, "stand_by_after_due"), (0.0, "stand_by_at_once"), (0.99, None)]
)
def test_a_warning_comes_before_the_call(part: float, code: str | None) -> None:
    policy = replace(staged(mode=Mode.STAGGERED), stand_by_at=part)
    assert codes(policy) == ([] if code is None else [code])
    assert codes(replace(DEFAULT, stand_by_at=part)) == []


def test_a_clock_that_nothing_stops_is_found() -> None:
    policy = replace(DEFAULT, stops={**DEFAULT.stops, Tier.CITY: frozenset()})
    assert codes(policy) == ["nothing_stops"]


def test_a_tier_called_after_another_has_only_its_share() -> None:
    assert time_of(DEFAULT, Tier.TOWNSHIP) == 10 * M
    assert time_of(staged(), Tier.TOWNSHIP) == 7 * M
    assert time_of(staged(), Tier.VILLAGE) == 3 * M


@pytest.mark.parametrize(
    ("span", "text"), [(90 * S, "90s"), (2 * M, "2m"), (120 * M, "2h"), (0.5 * S, "0.5s"), (90 * M, "90m")]
)
def test_spans_are_said_as_policies_write_them(span: timedelta, text: str) -> None:
    assert said(span) == text
