"""The life of one alarm, one condition of one device, after ISA-18.2; no I/O.

Detections raise, change and clear it, after delays counted in event time; people acknowledge it; what
silences it stands in `alerts.alarm_silence`. Every step says what it means for incidents and for the journal:
an alarm opens an incident only when it begins to ask for attention, or when its grade grows worse. One that
stays raised never opens a second one, whatever became of its incident.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import Final

from tocsin.alerts.alarm_model import Alarm, AlarmState, Turn
from tocsin.alerts.alarm_silence import LOOK_AGAIN, NOTHING_AROUND, Around, Said, placed, quiet
from tocsin.alerts.policy_model import ResponsePolicy, worse
from tocsin.core.detections import Detection, Kind, Phase
from tocsin.core.ids import AlarmId, GridCode, IncidentId, PersonId

RAISES_KEPT: Final = 10


@unique
class Effect(StrEnum):
    """What a step of an alarm means for incidents."""

    NOTHING = "nothing"
    OPENS = "opens"
    """It asks for an incident: the shell attaches it to the one that correlates, or opens one."""
    ATTACHES = "attaches"
    """It belongs to its own incident, if that is still open; otherwise it means nothing."""
    GROWS = "grows"
    """It stands and asks anew, worse than ever or after a silence: its own incident, or as `OPENS`."""
    JOINS = "joins"
    """Its root came after it: the root's incident takes it in, if there is one."""
    CLEARS = "clears"
    """Its condition ended; its incident is told."""


@dataclass(frozen=True, slots=True)
class AlarmStep:
    """An alarm after a step, and what follows."""

    alarm: Alarm
    effect: Effect
    said: tuple[Said, ...] = ()
    """Lines for the journal, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where and when an alarm is stepped."""

    now: datetime
    """Of the transaction; delays count in event time, silences in this one."""
    policy: ResponsePolicy
    grid_path: str = ""
    around: Around = NOTHING_AROUND
    heard: bool = True
    """False for what came late and is over: it belongs into the records and asks for nobody's attention."""


def observe(
    alarm: Alarm | None,
    detection: Detection,
    *,
    new_id: AlarmId,
    grid: GridCode,
    began: datetime,
    policy: ResponsePolicy,
    setting: Setting | None = None,
) -> AlarmStep | None:
    """Take a detection into the alarm of its device, kind and detector.

    `began` is its instant in corrected time, by which delays, clear times and rearm are counted; `elapse` must
    have brought the alarm up to it. None when there is nothing to keep: the end of what never began.
    """
    if alarm is None:
        if detection.phase is Phase.CLEAR:
            return None
        alarm = _new(detection, new_id, grid, began)
    after = (
        _ends(alarm, detection, began, policy)
        if detection.phase is Phase.CLEAR
        else _stands(alarm, detection, began, policy)
    )
    return _settled(alarm, after, setting or Setting(now=began, policy=policy))


def elapse(alarm: Alarm, until: datetime, setting: Setting) -> AlarmStep:
    """Let event time pass to an instant: delays that end by then are over; silences are brought up to date."""
    return _settled(alarm, _elapsed(alarm, until, setting.policy), setting)


def change(before: Alarm, after: Alarm, setting: Setting) -> AlarmStep:
    """Say what a person's change of an alarm's silence means; silences are brought up to date."""
    return _settled(before, after, setting)


def state_of(alarm: Alarm, now: datetime) -> AlarmState:
    """Give the ISA-18.2 state; of several silences the one that lasts whatever an operator does."""
    if alarm.maintenance:
        return AlarmState.OUT_OF_SERVICE
    if alarm.suppressed_by is not None:
        return AlarmState.SUPPRESSED
    if alarm.shelved_until is not None and alarm.shelved_until > now:
        return AlarmState.SHELVED
    if alarm.raised:
        return AlarmState.ACKNOWLEDGED if alarm.acknowledged else AlarmState.UNACKNOWLEDGED
    return AlarmState.NORMAL if alarm.acknowledged else AlarmState.RETURNED_UNACKNOWLEDGED


def is_stale(alarm: Alarm, now: datetime, policy: ResponsePolicy) -> bool:
    """Say whether it has been raised for so long that it tells nobody anything any more."""
    return alarm.raised and now - alarm.raised_at > policy.alarms.stale


def chatters(alarm: Alarm, policy: ResponsePolicy) -> bool:
    """Say whether it was raised so often that it stays raised until it was quiet for a while; a call never does."""
    chatter = policy.alarms.chatter
    times = min(chatter.count, RAISES_KEPT)
    spans = zip(alarm.raises, alarm.raises[times - 1 :], strict=False)
    return alarm.kind is not Kind.CALL and any(last - first <= chatter.within for first, last in spans)


def joined(alarm: Alarm, incident: IncidentId) -> Alarm:
    """Note that it opened or joined an incident: it asks for none until it is armed again."""
    return replace(alarm, incident=incident, armed=False)


def acknowledge(alarm: Alarm, person: PersonId) -> Alarm:
    """Note that a person has seen it; the first one stays named."""
    return alarm if alarm.acknowledged else replace(alarm, acknowledged=True, acknowledged_by=person)


def _new(detection: Detection, new_id: AlarmId, grid: GridCode, began: datetime) -> Alarm:
    """Give the alarm as it was before anything was heard of it: normal."""
    return Alarm(
        id=new_id,
        device=detection.device,
        kind=detection.kind,
        detector=detection.detector,
        grid=grid,
        raised=False,
        acknowledged=True,
        severity=detection.severity,
        raised_at=began,
        count=0,
    )


def _stands(alarm: Alarm, detection: Detection, began: datetime, policy: ResponsePolicy) -> Alarm:
    """Note that the condition stands, as strong as the detection says."""
    described = replace(
        alarm,
        reason=detection.reason,
        reason_code=detection.reason_code,
        figures=detection.figures,
        detection=detection.id,
    )
    severity = max(alarm.severity, detection.severity)
    rises = worse(policy.grade(alarm.kind, detection.severity), policy.grade(alarm.kind, alarm.severity))
    if alarm.raised:
        if alarm.pending is not None and began >= alarm.pending:  # it was gone too shortly to be an end
            described = replace(described, pending=None, raises=_with_raise(alarm, began, policy))
        return replace(described, severity=severity, armed=alarm.armed or rises)
    if alarm.pending is not None:
        return replace(described, severity=severity, pending=min(alarm.pending, began))
    rested = alarm.cleared_at is not None and began - alarm.cleared_at >= policy.rearm
    waiting = replace(
        described,
        pending=began,
        # After a rest it is a new condition; before, the worst of it counts, so that a flapping
        # alarm that once was worse does not open an incident at every flap.
        severity=detection.severity if rested else severity,
        armed=alarm.armed or rested or rises,
    )
    return waiting if _delay(waiting, policy) else _elapsed(waiting, began, policy)


def _ends(alarm: Alarm, detection: Detection, began: datetime, policy: ResponsePolicy) -> Alarm:
    # An end from before the beginning is old news that came late.
    if not alarm.raised:
        withdrawn = alarm.pending is not None and began >= alarm.pending
        return replace(alarm, pending=None, detection=detection.id) if withdrawn else alarm
    if began < alarm.raised_at or alarm.pending is not None:
        return alarm
    ending = replace(alarm, pending=began, detection=detection.id)
    return ending if _delay(ending, policy) else _elapsed(ending, began, policy)


def _elapsed(alarm: Alarm, until: datetime, policy: ResponsePolicy) -> Alarm:
    """End the delay that an alarm waits for, if it is over by an instant."""
    since = alarm.pending
    if since is None or since + _delay(alarm, policy) > until:
        return alarm
    if not alarm.raised:
        raises = _with_raise(alarm, since, policy)
        return replace(alarm, raised=True, raised_at=since, cleared_at=None, pending=None, raises=raises)
    raises = () if chatters(alarm, policy) else alarm.raises
    return replace(alarm, raised=False, cleared_at=since, pending=None, raises=raises)


def _delay(alarm: Alarm, policy: ResponsePolicy) -> timedelta:
    """Give how long a beginning, or the end of a raised alarm, must last to count; a call counts at once."""
    if alarm.kind is Kind.CALL:
        return timedelta()
    delays = policy.alarms.delays_of(alarm.kind)
    if not alarm.raised:
        return delays.on
    return max(delays.off, policy.alarms.chatter.hold) if chatters(alarm, policy) else delays.off


def _with_raise(alarm: Alarm, at: datetime, policy: ResponsePolicy) -> tuple[datetime, ...]:
    """Add a raise to those that are kept; what shows that it chatters stays until it was quiet."""
    kept = alarm.raises
    if len(kept) >= RAISES_KEPT:
        kept = kept[: RAISES_KEPT - 1] if chatters(alarm, policy) else kept[1 - RAISES_KEPT :]
    return (*kept, at)


def _settled(before: Alarm, after: Alarm, setting: Setting) -> AlarmStep:
    """Bring silences up to date and say what became of an alarm between two looks."""
    after, changes = placed(after, setting.now, setting.grid_path, setting.policy, setting.around)
    said = list(changes)
    asked, asks = before.raised and not quiet(before), after.raised and not quiet(after)
    effect = Effect.NOTHING
    if asks and not asked:
        effect = _effect_of_asking(before, after, setting.policy)
        if setting.heard:
            after = _annunciated(before, after)
            said.append((Turn.RAISED, after.reason_code))
        if effect is Effect.GROWS:
            after = replace(after, armed=True)
    elif asks:
        effect = _effect_of_growth(before, after, setting.policy)
    elif before.raised and not after.raised:
        effect = Effect.CLEARS
        if asked:
            said.append((Turn.RETURNED, ""))
    elif asked and before.suppressed_by is None and after.suppressed_by is not None:
        effect = Effect.JOINS
    return AlarmStep(replace(after, due=_due(after, setting)), effect, tuple(said))


def _effect_of_asking(before: Alarm, after: Alarm, policy: ResponsePolicy) -> Effect:
    if after.kind not in policy.opens:
        return Effect.NOTHING
    if before.raised:
        return Effect.GROWS
    return Effect.OPENS if after.armed else Effect.ATTACHES


def _effect_of_growth(before: Alarm, after: Alarm, policy: ResponsePolicy) -> Effect:
    if after.kind not in policy.opens:
        return Effect.NOTHING
    if worse(policy.grade(after.kind, after.severity), policy.grade(before.kind, before.severity)):
        return Effect.GROWS
    return Effect.OPENS if after.armed and after.incident is None else Effect.NOTHING


def _annunciated(before: Alarm, after: Alarm) -> Alarm:
    """Ask for attention: whoever saw it before has not seen this."""
    count = before.count if before.raised and before.count else 1 if before.acknowledged else before.count + 1
    return replace(after, acknowledged=False, acknowledged_by=None, count=count)


def _due(alarm: Alarm, setting: Setting) -> datetime | None:
    """Give when to look again though nothing new comes."""
    now = setting.now
    times = []
    if alarm.pending is not None:
        delay = _delay(alarm, setting.policy)
        end = alarm.pending + delay
        # What came late waits as long again: its end may travel right behind it.
        times.append(end if end > now else now + delay)
    if alarm.shelved_until is not None:
        times.append(alarm.shelved_until)
    if (alarm.raised or alarm.maintenance) and alarm.kind is not Kind.CALL:
        for window in setting.around.windows:
            if window.ended is None and window.covers(alarm.device, setting.grid_path):
                times += [at for at in (window.since, window.until) if at > now]
    if alarm.suppressed_by is not None:
        times.append(now + LOOK_AGAIN)
    return min(times, default=None)
