"""What the rules of a case share: whose turn it is, who has it, and who of an organisation is called."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from tocsin.alerts.calling import call
from tocsin.alerts.deadlines import call_of
from tocsin.alerts.draft import Draft
from tocsin.alerts.evolve import running
from tocsin.alerts.model import Incident, Work
from tocsin.alerts.transitions import Track, can, states_of, track
from tocsin.alerts.work_deadlines import Span, span_of
from tocsin.core.errors import Rejected
from tocsin.core.ids import OrganisationCode
from tocsin.core.incidents import Stage
from tocsin.core.organisations import Organisation
from tocsin.core.working_time import Terms

BY_ORGANISATION: Final = frozenset({Stage.ACCEPT, Stage.HANDLE})
"""Stages that wait on the organisation that has it; all others wait on the desk."""


def demand(draft: Draft, move: str, act: str) -> Incident:
    """Give the state; raises `Rejected` when a move is not in the table for it.

    The code is `incident.closed` and the like after the end, `incident.unconfirmed` for what only a confirmed
    one or a case has, `move.<move>` otherwise; the sentence names the states in which it could be made.
    """
    incident = draft.demand_open(act)
    if can(incident, move):
        return incident
    on = track(incident)
    if incident.confirmed is None and on is Track.URGENT:
        raise Rejected(
            "incident.unconfirmed",
            f"cannot {act}: incident {incident.id} is {incident.state}; confirm it, or file it as a case, first",
        )
    when = states_of(move, on)
    then = f"it can be done while it is {' or '.join(when)}" if when else "clocks run: see who is there first"
    raise Rejected(f"move.{move}", f"cannot {act}: incident {incident.id} is {incident.state}; {then}")


def demand_lead(incident: Incident, organisation: OrganisationCode, act: str) -> Work:
    """Give the case; raises `Rejected` (`organisation.not_lead`) unless an organisation has it."""
    work = incident.work
    if work is None or work.lead != organisation:
        has = "nobody has it" if work is None or work.lead is None else f"{work.lead} has it"
        raise Rejected(
            "organisation.not_lead",
            f"{organisation[:40]} cannot {act}: of incident {incident.id} {has}; ask the desk to dispatch it",
        )
    return work


def demand_part(incident: Incident, organisation: OrganisationCode, act: str) -> Work:
    """Give the case; raises `Rejected` (`organisation.no_part`) unless an organisation has it or helps with it."""
    work = incident.work
    if work is None or organisation not in {work.lead, *work.partners}:
        raise Rejected(
            "organisation.no_part",
            f"{organisation[:40]} cannot {act}: it has no part in incident {incident.id}; ask the desk to add it",
        )
    return work


def organisation_of(draft: Draft, code: OrganisationCode) -> Organisation:
    """Find an organisation that answers for the place; raises `Rejected` (`organisation.unknown`)."""
    known = draft.directory.organisations
    found = next((one for one in known if one.code == code), None)
    if found is None:
        names = ", ".join(sorted(one.code for one in known)[:10])
        use = f"use one of {names}" if names else "none is set up: add organisations first"
        raise Rejected(
            "organisation.unknown", f"{code[:40]!r} is no organisation that answers for this place: {use}"
        )
    return found


def begin(draft: Draft, stage: Stage, terms: Terms | None = None) -> Span:
    """Give how long a stage that begins now may last: nothing on the urgent track, which has its own clocks.

    Raises `Rejected` (`terms.calendar`) when no working time is left in the calendar.
    """
    incident = draft.incident
    if terms is None:
        if incident.work is None or track(incident) is Track.URGENT:
            return Span(None, None)
        terms = incident.work.terms
    return demand_span(terms, stage, draft.now)


def demand_span(terms: Terms, stage: Stage, since: datetime) -> Span:
    """Give the limit of a stage; raises `Rejected` (`terms.calendar`) without working time."""
    if not terms.calendar.hours:
        raise Rejected("terms.calendar", "the calendar of this matter has no hours of work: give it some")
    try:
        return span_of(terms, stage, since)
    except ValueError as error:
        raise Rejected("terms.calendar", f"the limit of this matter cannot be counted: {error}") from error


def call_organisation(draft: Draft, code: OrganisationCode, at: datetime, reason_code: str) -> None:
    """Call the first people of an organisation who are on duty, as many as its tier calls together.

    Who is called already by a clock that runs is not called a second time for the same thing.
    """
    left: dict[object, int] = {}
    for one in draft.directory.responders:
        if one.supervisor or one.department != code:
            continue
        left.setdefault(one.tier, draft.policy.call_together[one.tier])
        rung = running(draft.incident, one.tier) and call_of(draft.incident, one.tier, one.person) is not None
        if left[one.tier] > 0 and not rung:
            left[one.tier] -= call(draft, one.person, one.tier, at, reason_code, quiet=True)
