"""Whom each event is told to, by which channel, how urgently, and until when it is worth sending.

Only says what goes into the outbox: words are made by `alerts.notices` at the moment of sending.
The id of a notice is derived, so that deciding twice never tells anybody twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from tocsin.alerts.clocks import OUTAGE
from tocsin.alerts.evolve import FURTHER
from tocsin.alerts.model import Call, Incident, Notice
from tocsin.alerts.oversight import OWED
from tocsin.alerts.policy_model import GRADES, ResponsePolicy
from tocsin.alerts.work_deadlines import by_working_time, in_hours
from tocsin.core import incidents as happened
from tocsin.core.grids import TIERS, Tier
from tocsin.core.ids import NoticeId, PersonId, derived_id
from tocsin.core.incidents import IncidentEvent, Verdict
from tocsin.core.responders import Channel, Directory
from tocsin.core.working_time import LOCAL

_QUIET: Final = 8
"""Priority of what nobody must act on at once."""
_CALMER: Final = {
    "call": 0,
    "siren": 0,
    "nobody_there": 0,
    "help": 0,
    "look": 1,
    "unanswered": 1,
    "missed_below": 3,
    "stand_by": 4,
    "not_closed": 4,
    "merged": 3,
    "grade_unconfirmed": 4,
    "report_due": 4,
}
"""How much less urgent than the incident's grade a template is; only the first call of a place is as urgent as that."""
_SILENT: Final = (Channel.WECOM_APP, Channel.DINGTALK, Channel.FEISHU, Channel.WECOM_BOT, Channel.WEB_PUSH)
"""Channels that do not ring, or that ring as the phone is set to at night."""
_WORK: Final = frozenset({"task", "urge", "supervise", "waits"})
"""Reasons of calls about a case, and their templates: nobody is woken for one."""
_DAY: Final = (7, 22)
"""Hours in which a short message wakes nobody, Beijing time."""


def notices(
    event: IncidentEvent, incident: Incident, directory: Directory, policy: ResponsePolicy
) -> list[Notice]:
    """Give the notices of one event; `incident` is the state after it, or after the whole decision."""
    policy = policy.of(incident)
    directory = directory.only(incident.participants)
    match event:
        case happened.Called():
            return list(_of_call(event, incident, policy))
        case happened.TierActivated(tier=Tier.VILLAGE):
            return list(_siren(event, incident, policy))
        case happened.StandBy():
            return list(_stand_by(event, incident, directory, policy))
        case happened.VerdictGiven(verdict=Verdict.MISSED, revises=None) if incident.state.open:
            return list(_of_miss(event, incident, directory, policy))
        case happened.VerdictGiven(verdict=Verdict.ARRIVED) if incident.state.open:
            return list(_of_arrival(event, incident, directory, policy))
        case happened.Reminded(at=datetime()):
            return list(_of_reminder(event, incident, directory, policy))
        case happened.Rejected() | happened.Closed():
            # Whose work was checked and closed is told nothing: they had not set out for the scene.
            done = _WORK if isinstance(event, happened.Closed) else frozenset()
            wanted = (
                call
                for call in incident.calls.values()
                if call.tier is not None and call.arrived is None and call.reason_code not in done
            )
            return list(_recall(wanted, incident, incident.ended or incident.opened, directory, policy))
        case happened.Merged():
            return list(_of_merging(incident, incident.ended or incident.opened, policy))
        case _:
            return []


def _notice(
    incident: Incident,
    template: str,
    channel: Channel,
    span: tuple[datetime, datetime],
    *,
    person: PersonId | None = None,
    tier: Tier | None = None,
    step: int = 0,
    first: bool = False,
    again: str = "",
) -> Notice:
    """Make a notice; `again` tells one from another of the same step, after a life was taken up anew."""
    # Steps are counted from the beginning after a reopening: what was told before it is another notice.
    anew: tuple[str, ...] = (again,) if again else ()
    if incident.reopened:
        anew = (*anew, f"reopened {incident.reopened}")
    calmer = _CALMER.get(template)
    urgency = _QUIET if calmer is None else min(GRADES.index(incident.grade) + calmer, _QUIET)
    if not first:
        urgency = min(urgency + len(GRADES), _QUIET)
    return Notice(
        id=NoticeId(
            derived_id("notice", incident.id, person or tier or "", channel, template, str(step), *anew)
        ),
        incident=incident.id,
        person=person,
        tier=tier,
        channel=channel,
        template=template,
        step=step,
        priority=urgency,
        not_before=span[0],
        expires=span[1],
        drill=incident.drill,
    )


def _of_call(event: happened.Called, incident: Incident, policy: ResponsePolicy) -> Iterator[Notice]:
    call = incident.calls.get(event.person)
    at = event.at or (call.called if call is not None else incident.opened)
    clock = incident.clocks.get(event.tier) if event.tier is not None else None
    reason = call.reason_code if call is not None and event.reason_code in FURTHER else event.reason_code
    if reason in _WORK and (clock is None or clock.verdict is not None or reason != "task"):
        yield from _of_work(event, reason, at, incident, policy)
        return
    if reason == "nobody_there":
        template, until = "nobody_there", at + policy.unanswered.again
    elif reason == "not_closed":
        template, until = "not_closed", at + policy.reminders.again
    elif reason == "missed_below":
        template, until = "missed_below", at + policy.notices.missed
    elif event.tier is None:
        template = "help" if reason in {"help", "below_refused"} else "unanswered"
        until = at + policy.notices.unanswered
    elif clock is None:
        template, until = "look", at + policy.notices.look
    else:
        template, until = "call", clock.due
    # Told of a single miss before, they are told anew how it stands after an outage.
    step = event.step + len(TIERS) if template == "missed_below" else event.step
    first = _first_of_place(event, incident)
    for channel in event.channels:
        yield _notice(
            incident,
            template,
            channel,
            (at, until),
            person=event.person,
            tier=event.tier,
            step=step,
            first=first,
        )


def _of_work(
    event: happened.Called, reason: str, at: datetime, incident: Incident, policy: ResponsePolicy
) -> Iterator[Notice]:
    """Tell of a case, in working hours where its limits are counted so; where clocks run, at once."""
    work = incident.work
    until = at + policy.reminders.again
    if work is not None and work.stage is not None:
        at = in_hours(at, work.terms.calendar) if by_working_time(work) else at
        until = at + policy.reminders.overdue
    for channel in event.channels:
        yield _notice(
            incident, reason, channel, (at, until), person=event.person, tier=event.tier, step=event.step
        )


def _first_of_place(event: happened.Called, incident: Incident) -> bool:
    """Say whether this call is the one by which anybody at all hears of the place.

    Supervisors are counted apart: who confirms and who goes are each called first once.
    """
    calls = [call for call in incident.calls.values() if (call.tier is None) is (event.tier is None)]
    if any((call.sent or call.seen or call.accepted or call.arrived) is not None for call in calls):
        return False
    within_reach = (
        call.person for call in calls if call.refused is None and not set(call.channels) <= {*call.failed}
    )
    return next(within_reach, event.person) == event.person


def _siren(event: happened.TierActivated, incident: Incident, policy: ResponsePolicy) -> Iterator[Notice]:
    """Sound the siren of the place; never for a drill, which must not frighten a village."""
    if incident.device is not None and incident.grade in policy.siren and not incident.drill:
        span = (event.at, event.at + policy.notices.siren)
        yield _notice(incident, "siren", Channel.MQTT, span, tier=event.tier, first=True)


def _stand_by(
    event: happened.StandBy, incident: Incident, directory: Directory, policy: ResponsePolicy
) -> Iterator[Notice]:
    below = incident.clocks.get(TIERS[TIERS.index(event.tier) - 1])
    if below is None:
        return
    at = below.activated + policy.stand_by_at * (below.due - below.activated)
    for responder in directory.on(event.tier)[: policy.call_together[event.tier]]:
        for channel in _first(policy.channels[event.tier], responder.channels):
            yield _notice(
                incident, "stand_by", channel, (at, below.due), person=responder.person, tier=event.tier
            )


def _of_reminder(
    event: happened.Reminded, incident: Incident, directory: Directory, policy: ResponsePolicy
) -> Iterator[Notice]:
    """Tell supervisors what is owed; they are not called for it, and nobody waits for their answer."""
    at, template = event.at or incident.opened, OWED.get(event.what, "waits")
    for supervisor in directory.supervisors():
        for channel in _first(policy.channels[supervisor.tier], supervisor.channels):
            yield _notice(
                incident,
                template,
                channel,
                (at, at + policy.reminders.again),
                person=supervisor.person,
                step=event.step,
                again=at.isoformat(),
            )


def _of_miss(
    event: happened.VerdictGiven, incident: Incident, directory: Directory, policy: ResponsePolicy
) -> Iterator[Notice]:
    """Tell supervisors of a miss, and the next tier unless this very miss has called it.

    After an outage supervisors are called instead, once for all misses; and a tier whose own clock has
    ended is told of none below it.
    """
    span = (event.at, event.at + policy.notices.missed)
    for supervisor in directory.supervisors() if event.cause != OUTAGE else ():
        for channel in _first(policy.channels[supervisor.tier], supervisor.channels):
            yield _notice(
                incident,
                "missed_below",
                channel,
                span,
                person=supervisor.person,
                step=TIERS.index(event.tier),
            )
    above = incident.clocks.get(event.tier.above) if event.tier.above is not None else None
    if above is None or above.verdict is not None or above.reason_code == "below_missed":
        return
    for call in incident.calls.values():
        if call.tier is above.tier and call.refused is None:
            for channel in _working(call):
                yield _notice(
                    incident,
                    "missed_below",
                    channel,
                    (event.at, min(span[1], above.due)),
                    person=call.person,
                    tier=above.tier,
                    step=TIERS.index(event.tier),
                )


def _of_arrival(
    event: happened.VerdictGiven, incident: Incident, directory: Directory, policy: ResponsePolicy
) -> Iterator[Notice]:
    """Stand down the others of the tier who are not going, and whom a miss that was none has called."""

    def needless(call: Call) -> bool:
        if call.tier is None or call.arrived is not None:
            return False
        if call.tier is event.tier:
            return call.accepted is None
        clock = incident.clocks.get(call.tier)
        running = clock is not None and clock.verdict in {None, Verdict.STOOD_DOWN}
        by_this_miss = running and call.tier in _called_by_misses(incident, event.tier)
        return event.revises is Verdict.MISSED and by_this_miss

    at = max(event.at, incident.confirmed or event.at)
    wanted = (call for call in incident.calls.values() if needless(call))
    yield from _recall(wanted, incident, at, directory, policy)


def _called_by_misses(incident: Incident, tier: Tier) -> set[Tier]:
    """Name the tiers above that were called because this one missed, or because one of those missed in its turn."""
    found: set[Tier] = set()
    above = tier.above
    while above is not None and (clock := incident.clocks.get(above)) is not None:
        if clock.reason_code != "below_missed":
            break
        found.add(above)
        above = above.above
    return found


def _recall(
    calls: Iterator[Call], incident: Incident, at: datetime, directory: Directory, policy: ResponsePolicy
) -> Iterator[Notice]:
    for call in calls:
        if call.refused is None:
            for channel in _working(call):
                yield _notice(
                    incident,
                    "recall",
                    _quieter(channel, call, directory, at),
                    (at, at + policy.notices.recall),
                    person=call.person,
                    tier=call.tier,
                    step=call.step,
                )


def _of_merging(incident: Incident, at: datetime, policy: ResponsePolicy) -> Iterator[Notice]:
    """Tell who is on the way that it goes on as another incident: nobody turns round, nobody waits for a call."""
    for call in incident.calls.values():
        if call.accepted is not None and call.arrived is None and call.refused is None:
            for channel in _working(call):
                yield _notice(
                    incident,
                    "merged",
                    channel,
                    (at, at + policy.notices.recall),
                    person=call.person,
                    tier=call.tier,
                    step=call.step,
                )


def _quieter(channel: Channel, call: Call, directory: Directory, at: datetime) -> Channel:
    """Choose how to recall somebody: who is on the way hears it for sure, nobody is woken to hear that they may sleep.

    A call is not placed where a short message does; at night neither, where an application or a push does,
    unless they said that they are going.
    """
    if channel not in {Channel.SMS, Channel.VOICE}:
        return channel
    theirs = {*call.channels} | {
        way for one in directory.responders if one.person == call.person for way in one.channels
    }
    silent = next((way for way in _SILENT if way in theirs and way not in call.failed), None)
    night = not _DAY[0] <= at.astimezone(LOCAL).hour < _DAY[1]
    if call.accepted is None and night and silent is not None:
        return silent
    if channel is Channel.VOICE and Channel.SMS in theirs and Channel.SMS not in call.failed:
        return Channel.SMS
    if channel is Channel.VOICE and silent is not None:
        return silent
    return channel


def _working(call: Call) -> tuple[Channel, ...]:
    """Give the last channel of a call that did not fail."""
    return tuple(channel for channel in call.channels if channel not in call.failed)[-1:]


def _first(wanted: tuple[Channel, ...], theirs: tuple[Channel, ...]) -> tuple[Channel, ...]:
    return tuple(channel for channel in wanted if channel in theirs)[:1]
