"""The life of one incident: commands in, events out, no I/O.

`decide` holds every rule; `evolve` only records what happened; `deadlines` tells the shell when to
come back; `notices` says whom an event is told to; `preview` runs the same four forward. Replaying
the events gives the same state. The same functions serve the live system, the drill, the preview
and the simulation of another policy: there is no second implementation of any rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from tocsin.alerts import clocks, decide_arrival, decide_oversight, decide_people, decide_source, decide_work
from tocsin.alerts import commands as ask
from tocsin.alerts.commands import Command
from tocsin.alerts.deadlines import deadlines
from tocsin.alerts.draft import Draft
from tocsin.alerts.evolve import evolve, fold
from tocsin.alerts.model import Incident
from tocsin.alerts.outgoing import notices
from tocsin.alerts.policy_model import ResponsePolicy
from tocsin.alerts.preview import Upcoming, foresee
from tocsin.core.errors import InvariantBroken
from tocsin.core.ids import IncidentId
from tocsin.core.incidents import Actor, Basis, IncidentEvent, NoteAdded, Recorded
from tocsin.core.responders import Directory

__all__ = ["Upcoming", "advance", "apply", "deadlines", "decide", "evolve", "fold", "notices", "preview"]


def decide(
    incident: Incident | None, command: Command, now: datetime, policy: ResponsePolicy, directory: Directory
) -> list[IncidentEvent]:
    """Give the events that a command leads to; none when it says nothing new or its key is stale.

    Raises `Rejected` with a sentence for a person when the command is not possible now
    (`incident.closed`, `incident.confirmed`, `person.not_on_duty`, …).
    """
    draft = Draft(incident, now, policy, directory)
    _decide(draft, incident, command)
    return draft.events


def advance(  # noqa: PLR0917 as `decide`, and one more
    incident: Incident | None,
    command: Command,
    now: datetime,
    policy: ResponsePolicy,
    directory: Directory,
    known: Mapping[str, datetime] | None = None,
) -> tuple[list[IncidentEvent], Incident]:
    """Decide, and give the state to which the events lead too: for runs in thought, where all happens at `now`.

    What is saved is folded by `apply`, which knows who acted and when.  `known` are the open deadlines of
    `incident`, where the caller has them.  Raises `Rejected` as `decide`.
    """
    draft = Draft(incident, now, policy, directory, known)
    _decide(draft, incident, command)
    return draft.events, draft.incident


def _decide(draft: Draft, incident: Incident | None, command: Command) -> None:
    caught_up: tuple[IncidentEvent, ...] = ()
    if (
        incident is not None
        and incident.confirmed is not None
        and clocks.some_ran_out(incident, draft.now)
        and incident.state.open
    ):
        _catch_up(draft, command)
        caught_up = tuple(draft.events)
    _act(draft, command)
    if caught_up:
        clocks.tell_of_outage(draft, caught_up)


def apply(  # noqa: PLR0917 the signature is the contract with the shell
    incident_id: IncidentId,
    incident: Incident | None,
    events: Iterable[IncidentEvent],
    actor: Actor,
    occurred: datetime,
    now: datetime,
) -> Incident:
    """Give the state after events that are not saved yet; raises `InvariantBroken` without any state."""
    for event in events:
        version = 1 if incident is None else incident.version + 1
        incident = evolve(
            incident,
            Recorded(
                incident=incident_id,
                version=version,
                event=event,
                actor=actor,
                occurred=occurred,
                recorded=now,
            ),
        )
    if incident is None:
        raise InvariantBroken(f"incident {incident_id} has neither a state nor events")
    return incident


def preview(
    incident: Incident, policy: ResponsePolicy, directory: Directory, now: datetime
) -> tuple[Upcoming, ...]:
    """Tell what comes next if nobody acts, in order of time, until it would only repeat itself."""
    return foresee(advance, incident, policy, directory, now)


def _catch_up(draft: Draft, command: Command) -> None:
    """Give the verdicts that were due before this command, so that no order of arrival changes them.

    A claim of timely arrival spares its own tier: it is the answer to that deadline.
    """
    match command:
        case ask.DeadlineReached() | ask.SettleNotice() | ask.AddNote():
            return
        case ask.Arrive(person=person, tier=tier):
            call = draft.incident.calls.get(person) if person is not None else None
            found = draft.responder(person) if person is not None else None
            spare = (call.tier if call else None) or (found.tier if found else tier)
        case _:
            spare = None
    clocks.miss_overdue(draft, inclusive=False, spare=spare)


def _act(draft: Draft, command: Command) -> None:  # noqa: C901, PLR0912 one line per command
    match command:
        case ask.DeadlineReached(key=key):
            clocks.reach(draft, key)
        case ask.See():
            decide_people.see(draft, command)
        case ask.Accept():
            decide_people.accept(draft, command)
        case ask.Arrive():
            decide_arrival.arrive(draft, command)
        case ask.SettleNotice():
            decide_people.settle_notice(draft, command)
        case ask.ReportDone():
            decide_people.report_done(draft, command)
        case ask.Open():
            decide_source.open_incident(draft, command)
        case ask.AttachAlarm():
            decide_source.attach_alarm(draft, command)
        case ask.ClearAlarm():
            decide_source.clear_alarm(draft, command)
        case ask.Confirm():
            decide_source.confirm_by_operator(draft, command)
        case ask.Close():
            decide_source.close(draft, command)
        case ask.Reject(reason_code=reason_code):
            decide_source.reject(draft, Basis.OPERATOR, reason_code)
        case ask.Refuse():
            decide_people.refuse(draft, command)
        case ask.SayReal():
            decide_arrival.say_real(draft, command)
        case ask.SayNothingHere():
            decide_arrival.say_nothing_here(draft, command)
        case ask.AskHelp():
            decide_people.ask_help(draft, command)
        case ask.AttachReport():
            decide_source.attach_report(draft, command)
        case ask.ChangeGrade():
            decide_source.change_grade(draft, command)
        case ask.Activate():
            decide_source.activate_by_operator(draft, command)
        case ask.Merge():
            decide_source.merge(draft, command)
        case ask.RefuteArrival():
            decide_arrival.refute_arrival(draft, command)
        case ask.CameraSees():
            decide_arrival.camera_sees(draft, command)
        case ask.AddNote(note=note):
            draft.incident  # noqa: B018 a note needs an incident, open or not
            draft.emit(NoteAdded(note=note))
        case _:
            _act_on_case(draft, command)


def _act_on_case(draft: Draft, command: decide_work.WorkCommand | decide_oversight.OversightCommand) -> None:
    if isinstance(command, decide_work.WorkCommand):
        decide_work.act(draft, command)
    else:
        decide_oversight.act(draft, command)
