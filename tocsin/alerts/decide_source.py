"""What alarms, reports and operators do to an incident: open, attach, confirm, grade, end.

Each function takes a `Draft` and one command, and adds events; it raises `Rejected` with a
sentence that a person reads.
"""

from __future__ import annotations

from typing import Final

from tocsin.alerts import commands as ask
from tocsin.alerts import policy_model
from tocsin.alerts.calling import activate, call_supervisors, confirm
from tocsin.alerts.clocks import stand_down
from tocsin.alerts.deadlines import due_of
from tocsin.alerts.draft import Draft, demand_code, who
from tocsin.alerts.model import Incident
from tocsin.alerts.routing import beyond, routed
from tocsin.alerts.transitions import Track, track
from tocsin.core import incidents as happened
from tocsin.core.errors import Rejected
from tocsin.core.grids import TIERS
from tocsin.core.incidents import Basis, Lateness, Mode, State

REJECTIONS: Final = frozenset({"false_alarm", "test", "duplicate", "nothing_here", "elsewhere"})
CLOSINGS: Final = frozenset({"handled", "no_action", "transferred", "retrospective"})
UNCHECKED: Final = frozenset({"no_action", "transferred"})
"""Reasons for which a case is closed though nobody has found it done."""


def open_incident(draft: Draft, command: ask.Open) -> None:
    """Begin an incident, and confirm it at once where the policy trusts its source alone."""
    if not draft.fresh:
        raise Rejected(
            "incident.exists", f"incident {draft.incident.id} exists already: attach to it instead"
        )
    draft.emit(
        happened.Opened(
            kind=command.kind,
            grade=command.grade or draft.policy.grade(command.kind, command.severity),
            grid=command.grid,
            device=command.device,
            place=command.place,
            radius_m=command.radius_m,
            began=command.began,
            lateness=command.lateness,
            policy=command.policy,
            drill=command.drill,
            path=command.path,
            readiness=command.readiness,
            centre=command.centre,
            source=command.source,
            reported=command.reported,
            matter=command.matter,
            exercise=command.exercise,
            participants=command.participants,
        )
    )
    if command.alarm is not None and command.device is not None:
        draft.emit(
            happened.AlarmAttached(
                alarm=command.alarm,
                device=command.device,
                kind=command.kind,
                reason_code=command.reason_code,
                figures=command.figures,
                late=command.lateness is not Lateness.LIVE,
            )
        )
    if command.report is not None:
        draft.emit(happened.ReportAttached(report=command.report))
    automatic = draft.policy.automatic
    trusted = command.kind in automatic.alone or (command.certified and command.kind in automatic.certified)
    # A report by hand is heard by an operator, who confirms it; only a device is trusted alone.
    if trusted and command.alarm is not None and command.lateness is Lateness.LIVE:
        confirm(draft, Basis.AUTOMATIC, None, draft.now)


def attach_alarm(draft: Draft, command: ask.AttachAlarm) -> None:
    """Add a further alarm; the same again only makes the proposed grade worse, two that agree confirm.

    Of a case it tells supervisors what is new: nobody there is asked whether it is real any more.
    """
    incident = draft.demand_open("attach an alarm")
    known = command.alarm in incident.raised
    if not known:
        draft.emit(
            happened.AlarmAttached(
                alarm=command.alarm,
                device=command.device,
                kind=command.kind,
                reason_code=command.reason_code,
                figures=command.figures,
                late=command.late,
            )
        )
    if incident.confirmed is not None:
        return
    proposed = draft.policy.grade(command.kind, command.severity)
    if policy_model.worse(proposed, incident.grade):
        draft.emit(happened.GradeChanged(grade=proposed, was=incident.grade))
        if known:
            _tell_of_case(draft, late=command.late)
    if known:
        return
    automatic = draft.policy.automatic
    incident = draft.incident
    alone = command.kind in automatic.alone
    agree = command.kind in automatic.agreeing and len(incident.witnesses) >= automatic.sources
    if not command.late and (alone or agree):
        confirm(draft, Basis.AUTOMATIC, None, draft.now)
    _tell_of_case(draft, late=command.late)


def _tell_of_case(draft: Draft, *, late: bool) -> None:
    if track(draft.incident) is Track.WORK and not late:
        call_supervisors(draft, draft.now, "unanswered")


def clear_alarm(draft: Draft, command: ask.ClearAlarm) -> None:
    """Note that a condition ended; this never ends the incident."""
    if draft.incident.state.open and command.alarm in draft.incident.raised:
        draft.emit(happened.AlarmCleared(alarm=command.alarm))


def attach_report(draft: Draft, command: ask.AttachReport) -> None:
    """Add a report by hand; the same again changes nothing."""
    if command.report not in draft.demand_open("attach a report").reports:
        draft.emit(happened.ReportAttached(report=command.report))


def confirm_by_operator(draft: Draft, command: ask.Confirm) -> None:
    """Start the clocks now; a second confirmation is refused with who was first."""
    incident = draft.demand_open("confirm")
    if incident.confirmed is not None:
        by = f" by {who(incident.confirmed_actor)}" if incident.confirmed_actor else ""
        at = incident.confirmed.strftime("%H:%M:%S UTC")
        raise Rejected(
            "incident.confirmed", f"cannot confirm: incident {incident.id} was confirmed at {at}{by} already"
        )
    confirm(draft, Basis.OPERATOR, command.grade, draft.now)


def reject(draft: Draft, basis: Basis, reason_code: str) -> None:
    """End it as nothing; clocks that still run are stood down."""
    draft.demand_open("reject")
    demand_code(reason_code, REJECTIONS, "reject.reason", "reject")
    stand_down(draft)
    draft.emit(happened.Rejected(basis=basis, reason_code=reason_code))


def change_grade(draft: Draft, command: ask.ChangeGrade) -> None:
    """Change the grade; tiers that the new grade calls at once are called now, none is called off.

    A clock that runs gets the deadline that the new grade gives it, unless that has passed: nobody
    is late for what was asked of them only now.
    """
    incident = draft.demand_open("change the grade")
    if command.grade is incident.grade:
        return
    mode = None
    if incident.confirmed is not None:
        by_grade = draft.policy_at(command.grade).modes[command.grade]
        mode = Mode.PARALLEL if beyond(draft, command.grade) else by_grade
    draft.emit(happened.GradeChanged(grade=command.grade, was=incident.grade, mode=mode))
    if incident.confirmed is not None or incident.work is not None:
        routed(draft)
    for tier in TIERS:
        clock = draft.incident.clocks.get(tier)
        if clock is None or clock.verdict is not None or incident.confirmed is None:
            continue
        due = due_of(incident.confirmed, clock.activated, tier, draft.policy)
        if due != clock.due and due > draft.now:
            draft.emit(happened.DueChanged(tier=tier, due=due, was=clock.due))
    if mode is Mode.PARALLEL:
        for tier in TIERS:
            activate(draft, tier, draft.now, "operator")


def activate_by_operator(draft: Draft, command: ask.Activate) -> None:
    """Call a tier now; one that was called already stays as it is."""
    draft.demand_confirmed(f"call the {command.tier}")
    activate(draft, command.tier, draft.now, "operator")


def close(draft: Draft, command: ask.Close) -> None:
    """End it as dealt with; a live one must have been confirmed or handed over."""
    incident = draft.demand_open("close")
    demand_code(command.reason_code, CLOSINGS, "close.reason", "close")
    if track(incident) is Track.WORK:
        _demand_checked(incident, command.reason_code)
    elif (
        incident.state in {State.REPORTED, State.RECEIVED}
        and incident.lateness is Lateness.LIVE
        and command.reason_code != "transferred"
    ):
        draft.demand_confirmed("close")
    stand_down(draft)
    draft.emit(happened.Closed(reason_code=command.reason_code))


def _demand_checked(incident: Incident, reason_code: str) -> None:
    if incident.state is not State.CHECKED and reason_code not in UNCHECKED:
        raise Rejected(
            "close.unchecked",
            f"cannot close: incident {incident.id} is {incident.state} and nobody has found it done; check it first, "
            f"or give the reason {' or '.join(sorted(UNCHECKED))}",
        )


def merge(draft: Draft, command: ask.Merge) -> None:
    """End it as a part of another one."""
    incident = draft.demand_open("merge")
    if command.into == incident.id:
        raise Rejected(
            "merge.itself", f"cannot merge: incident {incident.id} is the one to merge into; name another"
        )
    stand_down(draft)
    draft.emit(happened.Merged(into=command.into))
