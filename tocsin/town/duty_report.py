"""Coverage of a subtree over a period: read, judged aside from the loop, given as one value."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tocsin.core.errors import Rejected
from tocsin.core.ids import GridCode
from tocsin.core.responders import Channel
from tocsin.town.coverage import Gap, gaps
from tocsin.town.people_ports import DutyStore, PeopleStore
from tocsin.town.roster import HORIZON
from tocsin.town.staffing import StaffingFault, check_staffing

SPAN_MAX: Final = timedelta(days=62)
WRITTEN: Final = HORIZON - timedelta(days=1)
"""So far ahead the shifts of every roster are written at any time."""
DEFAULT_SPAN: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyReport:
    """What a look at a subtree found."""

    since: datetime
    until: datetime
    names: Mapping[GridCode, str]
    """Of the grids that were looked at."""
    gaps: Sequence[Gap]
    warnings: Sequence[StaffingFault]


def check_span(since: datetime, until: datetime, now: datetime) -> None:
    """Raise `Rejected` (`coverage.span`) for a period that cannot be looked at."""
    if not timedelta() < until - since <= SPAN_MAX:
        raise Rejected("coverage.span", f"`until` comes after `since`, at most {SPAN_MAX.days} days later")
    if until > now + WRITTEN:
        raise Rejected(
            "coverage.span",
            f"rosters are written {WRITTEN.days} days ahead: let `until` be no later than that",
        )


async def report(
    duty: DutyStore,
    people: PeopleStore,
    channels: Collection[Channel],
    *,
    scope: str,
    since: datetime,
    until: datetime,
    now: datetime,
    own_tier: bool = True,
) -> DutyReport:
    """Look at the shifts of a period, and at the appointments as they are now."""
    places, covers = await duty.covers(scope, since, until, channels)
    appointments = await people.in_force(scope, now)
    found = await asyncio.to_thread(gaps, places, covers, since, until, own_tier=own_tier)
    warnings = await asyncio.to_thread(check_staffing, places, appointments, now)
    return DutyReport(
        since=since,
        until=until,
        names={place.code: place.name for place in places},
        gaps=found,
        warnings=warnings,
    )
