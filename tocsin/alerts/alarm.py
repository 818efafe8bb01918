"""The life of one alarm, one condition of one device, after ISA-18.2; no I/O.

Detections raise, change and clear it; a person acknowledges it. `observe` also says what that means
for incidents: an alarm opens one only on its transition to raised, or when its grade grows worse.
An alarm that stays raised never opens a second one, whatever became of its incident.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum, unique

from tocsin.alerts.policy_model import ResponsePolicy, worse
from tocsin.alerts.ports import Alarm
from tocsin.core.detections import Detection, Phase
from tocsin.core.ids import AlarmId, GridCode, IncidentId, PersonId


@unique
class Effect(StrEnum):
    """What a step of an alarm means for incidents."""

    NOTHING = "nothing"
    OPENS = "opens"
    """It asks for an incident: the shell attaches it to the one that correlates, or opens one."""
    ATTACHES = "attaches"
    """It belongs to its own incident, if that is still open; otherwise it means nothing."""
    CLEARS = "clears"
    """Its condition ended; its incident is told."""


@dataclass(frozen=True, slots=True)
class AlarmStep:
    """An alarm after a detection, and what follows."""

    alarm: Alarm
    effect: Effect


def observe(
    alarm: Alarm | None,
    detection: Detection,
    *,
    new_id: AlarmId,
    grid: GridCode,
    began: datetime,
    policy: ResponsePolicy,
) -> AlarmStep | None:
    """Take a detection into the alarm of its device, kind and detector.

    `began` is its instant in corrected time, by which clear times and rearm are counted. None when
    there is nothing to keep: the end of a condition that never began.
    """
    if alarm is None:
        if detection.phase is Phase.CLEAR:
            return None
        fresh = _described(_new(detection, new_id, grid, began), detection)
        return AlarmStep(fresh, Effect.OPENS if detection.kind in policy.opens else Effect.NOTHING)
    if detection.phase is Phase.CLEAR:
        return _clear(alarm, detection, began)
    if alarm.raised:
        return _stronger(alarm, detection, policy)
    return _raise_again(alarm, detection, began, policy)


def _new(detection: Detection, new_id: AlarmId, grid: GridCode, began: datetime) -> Alarm:
    return Alarm(
        id=new_id,
        device=detection.device,
        kind=detection.kind,
        detector=detection.detector,
        grid=grid,
        raised=True,
        acknowledged=False,
        severity=detection.severity,
        raised_at=began,
    )


def _described(alarm: Alarm, detection: Detection) -> Alarm:
    return replace(
        alarm,
        reason=detection.reason,
        reason_code=detection.reason_code,
        figures=detection.figures,
        detection=detection.id,
    )


def _clear(alarm: Alarm, detection: Detection, began: datetime) -> AlarmStep:
    # An end from before the beginning is old news that came late.
    if not alarm.raised or began < alarm.raised_at:
        return AlarmStep(alarm, Effect.NOTHING)
    cleared = replace(alarm, raised=False, cleared_at=began, detection=detection.id)
    return AlarmStep(cleared, Effect.CLEARS)


def _stronger(alarm: Alarm, detection: Detection, policy: ResponsePolicy) -> AlarmStep:
    """Note a raised alarm's new strength; only a worse grade than ever asks for an incident again."""
    before = policy.grade(alarm.kind, alarm.severity)
    rises = worse(policy.grade(alarm.kind, detection.severity), before)
    after = replace(_described(alarm, detection), severity=max(alarm.severity, detection.severity))
    if alarm.kind not in policy.opens:
        return AlarmStep(after, Effect.NOTHING)
    if rises:
        return AlarmStep(replace(after, armed=True), Effect.OPENS)
    return AlarmStep(after, Effect.OPENS if alarm.armed and alarm.incident is None else Effect.NOTHING)


def _raise_again(alarm: Alarm, detection: Detection, began: datetime, policy: ResponsePolicy) -> AlarmStep:
    """Raise an alarm that had cleared; before `rearm` has passed it is still the same happening."""
    rested = alarm.cleared_at is not None and began - alarm.cleared_at >= policy.rearm
    rises = worse(policy.grade(alarm.kind, detection.severity), policy.grade(alarm.kind, alarm.severity))
    armed = alarm.armed or rested or rises
    count = 1 if alarm.acknowledged else alarm.count + 1
    raised = replace(
        _described(alarm, detection),
        raised=True,
        raised_at=began,
        cleared_at=None,
        acknowledged=False,
        acknowledged_by=None,
        # After a rest it is a new condition; before, the worst of it counts, so that a flapping
        # alarm that once was worse does not open an incident at every flap.
        severity=detection.severity if rested else max(alarm.severity, detection.severity),
        count=count,
        armed=armed,
    )
    if alarm.kind not in policy.opens:
        return AlarmStep(raised, Effect.NOTHING)
    return AlarmStep(raised, Effect.OPENS if armed else Effect.ATTACHES)


def joined(alarm: Alarm, incident: IncidentId) -> Alarm:
    """Note that it opened or joined an incident: it asks for none until it is armed again."""
    return replace(alarm, incident=incident, armed=False)


def acknowledge(alarm: Alarm, person: PersonId) -> Alarm:
    """Note that a person has seen it; the first one stays named."""
    return alarm if alarm.acknowledged else replace(alarm, acknowledged=True, acknowledged_by=person)
