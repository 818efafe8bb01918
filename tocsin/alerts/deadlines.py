"""When the engine must come back to an incident: every open deadline with its instant.

Anchored on confirmation, activation and the first call of a person, never on when an earlier step
happened to run. What is not named here waits on a person.

Keys: `confirm:<n>` nobody confirmed for the n-th time; `tier:<tier>` its clock ends;
`standby:<tier>` that tier is to be warned; `seen:<person>:<step>` and `accept:<person>:<step>`
the soft timers; `again:<n>` all tiers missed and everybody is called once more; `remind:<n>` the
scene says done and supervisors hear that nobody has closed it; `grade:<n>`, `report_up:<n>` and
`evaluate:<n>` what it owes to those who oversee it (`alerts.oversight`); those that begin with `work` or
`wait` as in `alerts.work_deadlines`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tocsin.alerts.model import Call, Incident, TierClock
from tocsin.alerts.oversight import add_deadlines
from tocsin.alerts.policy_model import ResponsePolicy
from tocsin.alerts.work_deadlines import add_before, add_check, add_of_case, patient
from tocsin.core.grids import TIERS, Tier
from tocsin.core.ids import PersonId
from tocsin.core.incidents import Lateness, Mode, State


def deadlines(incident: Incident, policy: ResponsePolicy) -> dict[str, datetime]:
    """Give every open deadline by key; empty when it has ended or only a person can go on."""
    keys: dict[str, datetime] = {}
    policy = policy.of(incident)
    if incident.state.open:
        work = incident.work
        if work is not None and work.stage is not None:
            add_of_case(incident, work, policy, keys)
        elif incident.confirmed is None:
            _before(incident, policy, keys)
            return keys
        else:
            _of_response(incident, policy, keys)
        add_deadlines(incident, policy, keys)
    elif incident.state is State.CLOSED or incident.state is State.EVALUATED:
        add_deadlines(incident, policy, keys)
    return keys


def _before(incident: Incident, policy: ResponsePolicy, keys: dict[str, datetime]) -> None:
    """Name when somebody is asked again while nobody has confirmed it; a retrospective record can wait."""
    if incident.lateness is Lateness.RETROSPECTIVE:
        return
    if patient(incident, policy):
        add_before(incident, policy, keys)
    else:
        number = incident.unanswered + 1
        keys[f"confirm:{number}"] = _asked_at(incident, number, policy)


def _of_response(incident: Incident, policy: ResponsePolicy, keys: dict[str, datetime]) -> None:
    """Name the clocks that run, the soft timers, and what is rung or reminded when none runs."""
    some_run = False
    staggered = incident.mode is Mode.STAGGERED
    for tier, clock in incident.clocks.items():
        if clock.verdict is None:
            some_run = True
            keys[f"tier:{tier}"] = clock.due
            if staggered:
                _stand_by(incident, clock, policy, keys)
            if not _going(incident, tier):
                _soft(incident, tier, clock, policy, keys)
    if incident.state is State.HANDLED:
        # Somebody at the scene says done: it no longer rings for want of a proof, a person has to look.
        if incident.handled is not None and incident.reminded < policy.reminders.most:
            number = incident.reminded + 1
            keys[f"remind:{number}"] = _reminded_at(incident.handled, number, policy)
    elif incident.state is State.CHECKED:
        add_check(incident, policy, keys)
    elif not some_run and incident.calls and incident.clocks and not incident.arrivals:
        number = incident.rung + 1
        keys[f"again:{number}"] = _rung_at(incident, number, policy)


def newest_ask(incident: Incident, number: int, now: datetime, policy: ResponsePolicy) -> int:
    """Give the number of the reminder that holds now: those that an outage swallowed are not sent after."""
    while _asked_at(incident, number + 1, policy) <= now:
        number += 1
    return number


def newest_ring(incident: Incident, number: int, now: datetime, policy: ResponsePolicy) -> int:
    """Give the number of the call to everybody that holds now, for the same reason."""
    while _rung_at(incident, number + 1, policy) <= now:
        number += 1
    return number


def newest_reminder(incident: Incident, number: int, now: datetime, policy: ResponsePolicy) -> int:
    """Give the number of the reminder of what is done and not closed that holds now, for the same reason."""
    if incident.handled is None:
        return number
    while number < policy.reminders.most and _reminded_at(incident.handled, number + 1, policy) <= now:
        number += 1
    return number


def _reminded_at(handled: datetime, number: int, policy: ResponsePolicy) -> datetime:
    return handled + policy.reminders.handled + (number - 1) * policy.reminders.again


def _rung_at(incident: Incident, number: int, policy: ResponsePolicy) -> datetime:
    return max(clock.due for clock in incident.clocks.values()) + number * policy.unanswered.again


def _asked_at(incident: Incident, number: int, policy: ResponsePolicy) -> datetime:
    """Give the instant of the n-th reminder that nobody has confirmed."""
    asked = incident.asked or incident.opened
    limits = policy.unanswered
    if incident.lateness is Lateness.LATE:
        # Late data never pages by itself: only supervisors hear of it, and not before the long limit.
        return asked + limits.system + (number - 1) * limits.again
    if number == 1:
        return asked + limits.supervisor
    return asked + limits.system + (number - 2) * limits.again


def _stand_by(
    incident: Incident, clock: TierClock, policy: ResponsePolicy, keys: dict[str, datetime]
) -> None:
    above = clock.tier.above
    if above is not None and above not in incident.clocks and above not in incident.stood_by:
        keys[f"standby:{above}"] = clock.activated + policy.stand_by_at * (clock.due - clock.activated)


def _going(incident: Incident, tier: Tier) -> bool:
    """Say whether somebody of a tier is on the way, or there."""
    for call in incident.calls.values():  # written out, as all of this is asked for after every event
        if call.tier is tier and (call.accepted or call.arrived) is not None:
            return True
    return False


def _soft(
    incident: Incident, tier: Tier, clock: TierClock, policy: ResponsePolicy, keys: dict[str, datetime]
) -> None:
    """Name the soft timers of a tier of which nobody is going; none after its clock."""
    calls, due, soft = incident.calls, clock.due, policy.soft
    for place, person in enumerate(clock.roster):
        call = calls.get(person)
        if call is None or call.refused is not None or not _of(clock, call):
            continue
        if call.seen is None and call.more > 0:
            seen_at = call.called + soft.seen * len(call.channels)
            if seen_at < due:
                keys[f"seen:{person}:{call.step}"] = seen_at
        accept_at = call.called + soft.accepted
        if accept_at < due and successor(incident, tier, place, policy) is not None:
            keys[f"accept:{person}:{call.step}"] = accept_at


def call_of(incident: Incident, tier: Tier, person: PersonId) -> Call | None:
    """Give a person's call for a tier's clock; None for one from before its activation."""
    call, clock = incident.calls.get(person), incident.clocks.get(tier)
    return call if call is not None and clock is not None and _of(clock, call) else None


def _of(clock: TierClock, call: Call) -> bool:
    if call.tier is not clock.tier:
        return False
    # Asked to look, and at this very instant confirmed: that was not yet a call of the clock.
    return call.called >= clock.activated and call.reason_code != "unanswered"


def successor(incident: Incident, tier: Tier, place: int, policy: ResponsePolicy) -> PersonId | None:
    """Give who is called when the one at a place of the roster does not go; None when already called.

    Each of the people called together has a successor of their own, so that two silent phones
    call two more people and one silent phone calls one.
    """
    clock = incident.clocks[tier]
    for person in clock.roster[place + policy.call_together[tier] :: policy.call_together[tier]]:
        call = incident.calls.get(person)
        if call is None:
            return person
        if _of(clock, call):
            return None
        if call.refused is None:  # who said before the activation that they cannot go is not waited for
            return person
    return None


def due_of(confirmed: datetime, activated: datetime, tier: Tier, policy: ResponsePolicy) -> datetime:
    """Give a tier's deadline: its window from confirmation, or its own share from activation if later."""
    window = policy.windows[tier]
    place = TIERS.index(tier)
    below = policy.windows[TIERS[place - 1]] if place else timedelta()
    return max(confirmed + window, activated + window - below)
