from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.incidents import DEFAULT, GRID, START
from tocsin.alerts.alarm import AlarmStep, Effect, acknowledge, joined, observe
from tocsin.alerts.ports import Alarm
from tocsin.core.detections import Detection, Evidence, Kind, Phase
from tocsin.core.ids import AlarmId, CollectorId, DetectionId, DeviceId, IncidentId, PersonId, StreamId


def step(
    alarm: Alarm | None, phase: Phase, at: float, *, severity: float = 0.5, kind: Kind = Kind.SMOKE
) -> AlarmStep | None:
    instant = START + timedelta(seconds=at)
    detection = Detection(
        id=DetectionId(f"{phase}-{at}"),
        collector=CollectorId("box"),
        device=DeviceId("box/cam"),
        stream=StreamId("box/cam"),
        detector="smoke",
        version="smoke/1",
        kind=kind,
        phase=phase,
        observed=instant,
        score=0.9,
        reason="smoke",
        reason_code="smoke.seen",
        evidence=Evidence(first=instant, last=instant),
        severity=severity,
    )
    return observe(alarm, detection, new_id=AlarmId("a"), grid=GRID, began=instant, policy=DEFAULT)


def known(result: AlarmStep | None) -> AlarmStep:
    assert result is not None
    return result


def opened(**details: object) -> Alarm:
    return joined(known(step(None, Phase.RAISE, 0, **details)).alarm, IncidentId("42"))  # type: ignore[arg-type]


def test_first_raise_opens() -> None:
    first = known(step(None, Phase.RAISE, 0))
    assert (first.effect, first.alarm.raised, first.alarm.armed) == (Effect.OPENS, True, True)


def test_end_of_what_never_began_is_nothing() -> None:
    assert step(None, Phase.CLEAR, 0) is None


def test_update_of_what_was_never_heard_of_is_a_raise() -> None:
    assert known(step(None, Phase.UPDATE, 0)).effect is Effect.OPENS


@pytest.mark.parametrize("kind", [Kind.SILENCE, Kind.TAMPER, Kind.SENSOR_FAULT])
def test_kinds_that_the_policy_does_not_name_stay_alarms(kind: Kind) -> None:
    raised = known(step(None, Phase.RAISE, 0, kind=kind))
    assert raised.effect is Effect.NOTHING
    assert known(step(raised.alarm, Phase.UPDATE, 1, kind=kind, severity=1.0)).effect is Effect.NOTHING
    cleared = known(step(raised.alarm, Phase.CLEAR, 2, kind=kind)).alarm
    assert known(step(cleared, Phase.RAISE, 9000, kind=kind)).effect is Effect.NOTHING


def test_raised_alarm_opens_nothing_again_whatever_became_of_its_incident() -> None:
    for phase in (Phase.RAISE, Phase.UPDATE):
        assert known(step(opened(), phase, 9000)).effect is Effect.NOTHING


def test_worse_grade_asks_again_while_it_stays_raised_and_only_once() -> None:
    worse = known(step(opened(), Phase.UPDATE, 60, severity=0.95))
    assert (worse.effect, worse.alarm.armed) == (Effect.GROWS, True)
    settled = joined(worse.alarm, IncidentId("43"))
    assert known(step(settled, Phase.UPDATE, 70, severity=0.2)).effect is Effect.NOTHING
    assert known(step(settled, Phase.UPDATE, 80, severity=0.95)).effect is Effect.NOTHING


def test_alarm_that_never_got_its_incident_asks_until_it_has_one() -> None:
    waiting = known(step(None, Phase.RAISE, 0)).alarm
    assert known(step(waiting, Phase.UPDATE, 1)).effect is Effect.OPENS


def test_clear_tells_the_incident_once_and_an_old_clear_is_ignored() -> None:
    assert known(step(opened(), Phase.CLEAR, -1)).alarm.raised
    cleared = known(step(opened(), Phase.CLEAR, 5))
    assert (cleared.effect, cleared.alarm.raised) == (Effect.CLEARS, False)
    assert known(step(cleared.alarm, Phase.CLEAR, 6)).effect is Effect.NOTHING


@pytest.mark.parametrize(
    ("rest", "effect"), [(599.999, Effect.ATTACHES), (600, Effect.OPENS), (601, Effect.OPENS)]
)
def test_new_raise_opens_only_after_the_rest(rest: float, effect: Effect) -> None:
    cleared = known(step(opened(), Phase.CLEAR, 100)).alarm
    assert known(step(cleared, Phase.RAISE, 100 + rest)).effect is effect


def test_worse_raise_before_the_rest_opens() -> None:
    cleared = known(step(opened(), Phase.CLEAR, 100)).alarm
    assert known(step(cleared, Phase.RAISE, 110, severity=0.95)).effect is Effect.OPENS


def test_flapping_alarm_that_once_was_worse_opens_nothing_at_each_flap() -> None:
    alarm = opened(severity=0.95)
    for at in range(10, 500, 20):
        alarm = known(step(alarm, Phase.CLEAR, at, severity=0.95)).alarm
        raised = known(step(alarm, Phase.RAISE, at + 10, severity=0.5 if at % 40 else 0.95))
        assert raised.effect in {Effect.ATTACHES, Effect.NOTHING}  # from the third on it chatters: it stays raised
        alarm = raised.alarm


def test_count_rises_until_somebody_acknowledges() -> None:
    cleared = known(step(opened(), Phase.CLEAR, 10)).alarm
    again = known(step(cleared, Phase.RAISE, 20)).alarm
    assert again.count == 2
    seen = acknowledge(again, PersonId("ann"))
    assert acknowledge(seen, PersonId("bob")).acknowledged_by == "ann"
    cleared = known(step(seen, Phase.CLEAR, 30)).alarm
    third = known(step(cleared, Phase.RAISE, 40)).alarm
    assert (third.count, third.acknowledged, third.acknowledged_by) == (1, False, None)


def test_alarm_armed_without_a_clear_time_opens() -> None:
    odd = replace(opened(), raised=False, armed=True)
    assert known(step(odd, Phase.RAISE, 5)).effect is Effect.OPENS
