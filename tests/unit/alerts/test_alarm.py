from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.incidents import DEFAULT, GRID, START
from tocsin.alerts.alarm import (
    AlarmStep,
    Effect,
    Setting,
    acknowledge,
    chatters,
    elapse,
    is_stale,
    joined,
    observe,
    state_of,
)
from tocsin.alerts.alarm_model import Turn
from tocsin.alerts.policy_model import Delays
from tocsin.alerts.ports import Alarm
from tocsin.core.detections import Detection, Evidence, Kind, Phase
from tocsin.core.ids import AlarmId, CollectorId, DetectionId, DeviceId, IncidentId, PersonId, StreamId


def step(
    alarm: Alarm | None, phase: Phase, at: float, *, severity: float = 0.5, kind: Kind = Kind.SMOKE
) -> AlarmStep | None:
    made = detection(phase, at, severity=severity, kind=kind)
    return observe(alarm, made, new_id=AlarmId("a"), grid=GRID, began=made.observed, policy=DEFAULT)


def detection(phase: Phase, at: float, *, severity: float = 0.5, kind: Kind = Kind.SMOKE) -> Detection:
    instant = START + timedelta(seconds=at)
    return Detection(
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
        assert raised.effect in {
            Effect.ATTACHES,
            Effect.NOTHING,
        }  # from the third on it chatters: it stays raised
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


SLOW = replace(
    DEFAULT,
    alarms=replace(
        DEFAULT.alarms,
        delays={
            Kind.SMOKE: Delays(on=timedelta(seconds=10), off=timedelta(seconds=20)),
            Kind.CALL: Delays(on=timedelta(seconds=10), off=timedelta(seconds=20)),
        },
    ),
)


def setting(at: float, **changes: object) -> Setting:
    made = Setting(now=START + timedelta(seconds=at), policy=SLOW)
    return replace(made, **changes)  # type: ignore[arg-type]  # a test names fields that exist


def slow(alarm: Alarm | None, phase: Phase, at: float, *, kind: Kind = Kind.SMOKE) -> AlarmStep:
    """Step as the shell does: what fell due before, then the detection."""
    instant, where = START + timedelta(seconds=at), setting(at)
    if alarm is not None and alarm.pending is not None:
        alarm = elapse(alarm, instant, where).alarm
    made = detection(phase, at, kind=kind)
    return known(
        observe(alarm, made, new_id=AlarmId("a"), grid=GRID, began=instant, policy=SLOW, setting=where)
    )


def until(alarm: Alarm, at: float) -> AlarmStep:
    return elapse(alarm, START + timedelta(seconds=at), setting(at))


@pytest.mark.parametrize(("at", "raised"), [(9.999, False), (10, True), (10.001, True)])
def test_a_beginning_counts_at_the_end_of_its_delay(at: float, *, raised: bool) -> None:
    first = slow(None, Phase.RAISE, 0)
    assert (first.effect, first.said, first.alarm.raised) == (Effect.NOTHING, (), False)
    assert first.alarm.due == START + timedelta(seconds=10)
    later = until(first.alarm, at)
    assert later.alarm.raised is raised
    assert later.effect is (Effect.OPENS if raised else Effect.NOTHING)
    assert later.alarm.raised_at == START


@pytest.mark.parametrize(("at", "effect"), [(29.999, Effect.NOTHING), (30, Effect.CLEARS)])
def test_an_end_counts_at_the_end_of_its_delay(at: float, effect: Effect) -> None:
    standing = joined(until(slow(None, Phase.RAISE, 0).alarm, 10).alarm, IncidentId("42"))
    ending = slow(standing, Phase.CLEAR, 10)
    assert (ending.effect, ending.alarm.raised) == (Effect.NOTHING, True)
    ended = until(ending.alarm, at)
    assert ended.effect is effect
    if effect is Effect.CLEARS:
        assert ended.alarm.cleared_at == START + timedelta(seconds=10)


def test_what_came_back_within_its_delay_never_ended() -> None:
    standing = joined(until(slow(None, Phase.RAISE, 0).alarm, 10).alarm, IncidentId("42"))
    back = slow(slow(standing, Phase.CLEAR, 20).alarm, Phase.RAISE, 39)
    assert (back.alarm.pending, back.said, back.effect) == (None, (), Effect.NOTHING)
    assert len(back.alarm.raises) == 2


def test_news_from_before_the_end_does_not_take_it_back() -> None:
    standing = joined(until(slow(None, Phase.RAISE, 0).alarm, 10).alarm, IncidentId("42"))
    ending = slow(standing, Phase.CLEAR, 20).alarm
    assert slow(ending, Phase.UPDATE, 15).alarm.pending == ending.pending


def test_a_backlog_in_one_batch_counts_in_event_time() -> None:
    late = setting(3600)
    waiting = known(
        observe(
            None,
            detection(Phase.RAISE, 0),
            new_id=AlarmId("a"),
            grid=GRID,
            began=START,
            policy=SLOW,
            setting=late,
        )
    ).alarm
    assert waiting.due == late.now + timedelta(seconds=10), "its end may travel right behind it"
    short = START + timedelta(seconds=9)
    assert not elapse(waiting, short, late).alarm.raised
    assert elapse(waiting, START + timedelta(seconds=10), late).alarm.raised


def test_a_call_waits_for_nothing_and_never_chatters() -> None:
    alarm = None
    for at in range(0, 12, 2):
        raised = slow(alarm, Phase.RAISE, at, kind=Kind.CALL)
        assert (Turn.RAISED, "smoke.seen") in raised.said
        assert not chatters(raised.alarm, SLOW)
        alarm = slow(raised.alarm, Phase.CLEAR, at + 1, kind=Kind.CALL).alarm
        assert not alarm.raised


def test_what_is_over_before_it_was_heard_of_asks_nobody_and_is_on_record() -> None:
    first = known(
        observe(
            None,
            detection(Phase.RAISE, 0),
            new_id=AlarmId("a"),
            grid=GRID,
            began=START,
            policy=DEFAULT,
            setting=setting(3600, policy=DEFAULT, heard=False),
        )
    )
    assert (first.effect, first.said, first.alarm.acknowledged) == (Effect.OPENS, (), True)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"raised": True, "acknowledged": False}, "unacknowledged"),
        ({"raised": True, "acknowledged": True}, "acknowledged"),
        ({"raised": False, "acknowledged": False}, "returned_unacknowledged"),
        ({"raised": False, "acknowledged": True}, "normal"),
        ({"shelved_until": START + timedelta(seconds=1)}, "shelved"),
        ({"shelved_until": START}, "unacknowledged"),
        ({"suppressed_by": AlarmId("root"), "shelved_until": START + timedelta(seconds=1)}, "suppressed"),
        ({"maintenance": "w", "suppressed_by": AlarmId("root")}, "out_of_service"),
    ],
)
def test_a_state_is_the_strongest_of_what_holds(changes: dict[str, object], state: str) -> None:
    assert state_of(replace(opened(), **changes), START) == state  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("after", "stale"), [(timedelta(hours=24), False), (timedelta(hours=24, seconds=1), True)]
)
def test_an_alarm_is_stale_after_its_day(after: timedelta, *, stale: bool) -> None:
    assert is_stale(opened(), START + after, DEFAULT) is stale
    assert not is_stale(replace(opened(), raised=False), START + after, DEFAULT)


def test_what_shows_that_it_chatters_is_kept_however_long_it_flaps() -> None:
    alarm = opened()
    for at in range(10, 3000, 100):
        alarm = known(step(alarm, Phase.CLEAR, at)).alarm
        alarm = known(step(alarm, Phase.RAISE, at + (10 if at < 60 else 90))).alarm
    assert len(alarm.raises) <= 10


def test_an_alarm_that_was_once_worse_asks_for_nothing_at_each_flap() -> None:
    alarm = joined(known(step(None, Phase.RAISE, 0, severity=0.95)).alarm, IncidentId("42"))
    effects = []
    for at, severity in ((200, 0.5), (400, 0.95)):
        alarm = known(step(alarm, Phase.CLEAR, at - 100)).alarm
        made = known(step(alarm, Phase.RAISE, at, severity=severity))
        alarm = made.alarm
        effects.append(made.effect)
    assert effects == [Effect.ATTACHES, Effect.ATTACHES]
