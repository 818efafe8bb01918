"""Whether a roster makes sense, and whether its people may be called where it puts them.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from tocsin.core.errors import Rejected
from tocsin.core.ids import PersonId
from tocsin.town.grids import within
from tocsin.town.people_ports import StaffRow
from tocsin.town.roster import DAY_MINUTES, ChangeKind, Pattern, Roster, RosterChange, Slot

GROUPS_MAX: Final = 50
PEOPLE_MAX: Final = 200
SLOTS_MAX: Final = 50
ORDER_MAX: Final = 100
CHANGE_MAX: Final = timedelta(days=366)
_WEEKDAYS: Final = range(1, 8)


def check_pattern(pattern: Pattern) -> None:
    """Raise `Rejected` (`roster.pattern`) with everything that makes no sense, each with what to write."""
    faults = [*_faults(pattern)]
    if faults:
        raise Rejected("roster.pattern", "; ".join(faults[:20]))


def _faults(pattern: Pattern) -> Iterator[str]:
    if not pattern.slots or len(pattern.slots) > SLOTS_MAX:
        yield f"a roster has 1 to {SLOTS_MAX} slots"
    if not pattern.groups or len(pattern.groups) > GROUPS_MAX:
        yield f"a roster has 1 to {GROUPS_MAX} groups"
    if len(pattern.people()) > PEOPLE_MAX:
        yield f"a roster has at most {PEOPLE_MAX} people: make two of it"
    for name, people in pattern.groups.items():
        if not name or not people:
            yield f"group {name!r} needs a name and at least one person"
        if len(set(people)) < len(people):
            yield f"group {name} names somebody twice"
    used = {name for slot in pattern.slots for name in slot.order}
    for name in sorted(set(pattern.groups) - used):
        yield f"group {name} is in no slot's order: put it into one, or take it out"
    for number, slot in enumerate(pattern.slots, 1):
        yield from _slot_faults(number, slot, pattern)


def _slot_faults(number: int, slot: Slot, pattern: Pattern) -> Iterator[str]:
    if not 0 <= slot.begins < DAY_MINUTES or not 0 < slot.lasts <= DAY_MINUTES:
        yield f"slot {number} begins within the day and lasts at most 24 hours"
    if not slot.order or len(slot.order) > ORDER_MAX:
        yield f"slot {number} needs an order of 1 to {ORDER_MAX} groups"
    for name in sorted(set(slot.order) - set(pattern.groups) - {""}):
        yield f"slot {number} names the group {name!r}, which is not there: add it, or leave the turn empty"
    if set(slot.weekdays) - set(_WEEKDAYS):
        yield f"slot {number}: weekdays are 1 (Monday) to 7"


def check_people(roster: Roster, path: str, staff: Mapping[PersonId, StaffRow]) -> None:
    """Check that all people of a roster may be called for its grid; `path` is the grid's.

    Raises `Rejected` (`roster.people`) with all who may not: unknown, gone, or without an appointment to the
    grid, to one above or to one below it, in the roster's tier.
    """
    faults = [
        fault
        for person in sorted(roster.pattern.people())
        if (fault := _unfit(person, path, staff.get(person), roster)) is not None
    ]
    if faults:
        raise Rejected("roster.people", "; ".join(faults[:20]))


def _unfit(person: PersonId, path: str, row: StaffRow | None, roster: Roster) -> str | None:
    if row is None:
        return f"there is no person {person}: add them first"
    if not row.person.active:
        return f"{person} has left: name somebody else"
    for one in row.appointments:
        held = one.appointment
        near = within(one.grid_path, path) or within(path, one.grid_path)
        called = held.tier is not None or held.supervisor
        if near and called and roster.tier in {None, held.tier}:
            return None
    of = "" if roster.tier is None else f" for the {roster.tier}"
    return f"{person} is not appointed to grid {roster.grid}{of}, nor above or below it: appoint them first"


def check_change(change: RosterChange, roster: Roster, now: datetime) -> None:
    """Check that a change can come true; raises `Rejected` (`roster.change`)."""
    if change.until <= change.since or change.until - change.since > CHANGE_MAX:
        raise Rejected("roster.change", "`until` comes after `since`, at most 366 days later")
    if change.until <= now:
        raise Rejected("roster.change", "what is over cannot be changed: name a span that has not ended")
    if change.kind is ChangeKind.SWAP and change.other in {None, change.person}:
        raise Rejected("roster.change", "say in `other` with whom they trade places")
    if change.kind is ChangeKind.EXTRA and change.other is not None:
        raise Rejected("roster.change", "an extra duty is one person's: leave `other` out")
    if change.kind is not ChangeKind.EXTRA and change.person not in roster.pattern.people():
        raise Rejected(
            "roster.change",
            f"{change.person} is in no group of this roster: name somebody who is, or an extra duty",
        )
