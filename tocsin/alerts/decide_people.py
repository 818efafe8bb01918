"""What the people who are called do to an incident: see, go, refuse, ask, finish; arriving is `decide_arrival`.

Each function takes a `Draft` and one command, and adds events; it raises `Rejected` with a
sentence that a person reads. An act that says nothing new adds nothing.
"""

from __future__ import annotations

from tocsin.alerts import commands as ask
from tocsin.alerts.calling import activate, call_next, call_supervisors, confirm
from tocsin.alerts.clocks import failed
from tocsin.alerts.draft import Draft
from tocsin.alerts.transitions import Track, track
from tocsin.core import incidents as happened
from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.core.incidents import Basis, Outcome, State


def see(draft: Draft, command: ask.See) -> None:
    """Note that a call was opened; who opens it without having been called has nothing to confirm."""
    tier = draft.tier_of(command.person)
    call = draft.incident.calls.get(command.person)
    if draft.incident.state.open and call is not None and call.seen is None:
        draft.emit(happened.Seen(person=command.person, tier=tier))


def accept(draft: Draft, command: ask.Accept) -> None:
    """Note that somebody is going; their clock goes on."""
    incident = draft.demand_open("accept")
    tier = draft.tier_of(command.person)
    call = incident.calls.get(command.person)
    if call is None or call.accepted is None:
        draft.emit(happened.Accepted(person=command.person, tier=tier))


def refuse(draft: Draft, command: ask.Refuse) -> None:
    """Call the next person; when a whole tier has refused, the next tier."""
    incident = draft.demand_open("refuse")
    tier = draft.tier_of(command.person)
    call = incident.calls.get(command.person)
    if call is not None and call.refused is not None:
        return
    draft.emit(happened.Refused(person=command.person, tier=tier, reason_code=command.reason_code))
    clock = draft.incident.clocks.get(tier)
    if clock is None or call_next(draft, command.person, draft.now, "refused"):
        return
    calls = draft.incident.calls
    if clock.verdict is None and all(
        (known := calls.get(person)) is not None and (known.refused is not None or not known.channels)
        for person in clock.roster
    ):
        _activate_above(draft, tier, "below_refused")


def ask_help(draft: Draft, command: ask.AskHelp) -> None:
    """Call the next tier, or the supervisors above the last; from the scene this confirms, also what was filed."""
    incident = draft.demand_open("ask for help")
    tier = draft.tier_of(command.person)
    draft.emit(happened.HelpAsked(person=command.person, tier=tier))
    if incident.confirmed is None:
        confirm(draft, Basis.SCENE, None, draft.now)
    elif track(incident) is Track.WORK:
        call_supervisors(draft, draft.now, "help")
        return
    if tier not in incident.help_asked:
        _activate_above(draft, tier, "help")


def _activate_above(draft: Draft, tier: Tier, reason_code: str) -> None:
    if tier.above is not None:
        activate(draft, tier.above, draft.now, reason_code)
    else:
        call_supervisors(draft, draft.now, reason_code)


def report_done(draft: Draft, command: ask.ReportDone) -> None:
    """Say that the scene is dealt with; it then waits for the operator to close it."""
    incident = draft.demand_confirmed("report it done")
    draft.tier_of(command.person)
    if track(incident) is Track.WORK:
        has = incident.work.lead if incident.work is not None else None
        raise Rejected(
            "incident.case",
            f"cannot report it done: incident {incident.id} is a case of {has or 'the desk'}, whose word ends it",
        )
    if incident.state not in {State.HANDLED, State.CHECKED}:
        draft.emit(happened.Handled(person=command.person))


def settle_notice(draft: Draft, command: ask.SettleNotice) -> None:
    """Note what became of a notice; one that failed for good calls the next channel or person."""
    incident = draft.incident
    draft.emit(
        happened.NoticeSettled(
            notice=command.notice,
            person=command.person,
            channel=command.channel,
            outcome=command.outcome,
            reason_code=command.reason_code,
        )
    )
    before = incident.calls.get(command.person) if command.person is not None else None
    if (
        incident.state.open
        and before is not None
        and command.outcome is Outcome.FAILED
        and command.channel not in before.failed
    ):
        failed(draft, before.person, command.channel)
