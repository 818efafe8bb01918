from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.incidents import DEFAULT
from tocsin.alerts.policy_rules import LOCAL, Hours, Sample, When, changed
from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode
from tocsin.core.incidents import Grade, Readiness

NOON = datetime(2026, 7, 14, 12, 0, tzinfo=LOCAL)
CASE = Sample(
    kind=Kind.FLOOD,
    grade=Grade.II,
    grid=GridCode("330110104201"),
    path="330110.330110104.330110104201",
    readiness=Readiness.ALERT,
    opened=NOON,
)


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        (When(), True),
        (When(kinds=frozenset({Kind.FLOOD, Kind.RAIN})), True),
        (When(kinds=frozenset({Kind.RAIN})), False),
        (When(grades=frozenset({Grade.II})), True),
        (When(grades=frozenset({Grade.I})), False),
        (When(grids=frozenset({GridCode("330110104")})), True),
        (When(grids=frozenset({GridCode("33011010")})), False),
        (When(grids=frozenset({GridCode("330110104201001")})), False),
        (When(readiness=Readiness.ALERT), True),
        (When(readiness=Readiness.PEACE), False),
        (When(hours=Hours(720, 721)), True),
        (When(hours=Hours(719, 720)), False),
        (When(kinds=frozenset({Kind.FLOOD}), grades=frozenset({Grade.I})), False),
    ],
)
def test_all_that_is_asked_must_hold(when: When, *, holds: bool) -> None:
    assert when.holds(CASE) is holds


def test_a_log_without_a_path_is_compared_by_its_own_grid() -> None:
    when = When(grids=frozenset({CASE.grid}))
    assert when.holds(replace(CASE, path=""))
    assert not when.holds(replace(CASE, path="", grid=GridCode("330110")))


@pytest.mark.parametrize(
    ("clock", "inside"),
    [("21:59", False), ("22:00", True), ("23:59", True), ("00:00", True), ("05:59", True), ("06:00", False)],
)
def test_hours_may_wrap_and_end_before_their_end(clock: str, *, inside: bool) -> None:
    hour, minute = map(int, clock.split(":"))
    assert Hours(22 * 60, 6 * 60).holds(NOON.replace(hour=hour, minute=minute)) is inside


def test_hours_are_those_of_the_wall_clock_in_china() -> None:
    assert Hours(22 * 60, 6 * 60).holds(datetime(2026, 7, 14, 14, 0, tzinfo=UTC))
    assert not Hours(22 * 60, 6 * 60).holds(datetime(2026, 7, 14, 22, 0, tzinfo=UTC))
    assert str(Hours(22 * 60, 24 * 60)) == "22:00-24:00"


def test_a_change_touches_only_what_it_names() -> None:
    after = changed(
        DEFAULT,
        {
            "windows": {Tier.VILLAGE: timedelta(minutes=5)},
            "soft": {"accepted": timedelta(minutes=1)},
            "siren": frozenset({Grade.I}),
        },
    )
    assert after.windows == {**DEFAULT.windows, Tier.VILLAGE: timedelta(minutes=5)}
    assert after.soft == replace(DEFAULT.soft, accepted=timedelta(minutes=1))
    assert after.siren == {Grade.I}
    assert replace(after, windows=DEFAULT.windows, soft=DEFAULT.soft, siren=DEFAULT.siren) == DEFAULT
