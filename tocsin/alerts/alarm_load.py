"""How much the alarms of a place ask of one operator, against EEMUA 191.  Pure.

A position is whoever looks after a scope; what counts is an annunciation: one time that an alarm asked for
attention. The figures are those that a control room is held to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import Final

from tocsin.alerts.alarm_ports import Annunciation
from tocsin.core.detections import Kind
from tocsin.core.ids import AlarmId, DeviceId

ACCEPTABLE_PER_HOUR: Final = 6.0
"""About 144 a day: very likely to be acceptable."""
MANAGEABLE_PER_HOUR: Final = 12.0
FLOOD_ALARMS: Final = 10
"""More than so many within `FLOOD_SPAN` are a flood: nobody reads them."""
FLOOD_SPAN: Final = timedelta(minutes=10)
FLOOD_SHARE_GOOD: Final = 0.01
TOP: Final = 10
TOP_SHARE_GOOD: Final = 0.05
STALE_GOOD: Final = 5
HOUR: Final = timedelta(hours=1)


LIMITS: Final[dict[str, float]] = {
    "acceptable_per_hour": ACCEPTABLE_PER_HOUR,
    "manageable_per_hour": MANAGEABLE_PER_HOUR,
    "flood_alarms": FLOOD_ALARMS,
    "flood_minutes": FLOOD_SPAN / timedelta(minutes=1),
    "flood_share": FLOOD_SHARE_GOOD,
    "top_share": TOP_SHARE_GOOD,
    "stale": STALE_GOOD,
}
"""The figures that a position is held to, by name."""


@unique
class Judgement(StrEnum):
    """What the figures mean for who sits there."""

    ACCEPTABLE = "acceptable"
    MANAGEABLE = "manageable"
    OVERLOADED = "overloaded"


@dataclass(frozen=True, slots=True)
class Flood:
    """A stretch in which alarms came faster than anybody can read."""

    since: datetime
    until: datetime
    alarms: int


@dataclass(frozen=True, slots=True)
class Frequent:
    """One of the alarms that ask most."""

    alarm: AlarmId
    device: DeviceId
    kind: Kind
    alarms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The load of one position in a span."""

    annunciated: int
    per_hour: float
    hours: tuple[tuple[datetime, int], ...]
    """Each hour of the span, from its beginning, with what came in it."""
    floods: tuple[Flood, ...]
    flood_share: float
    """Part of the span that lies in floods."""
    top: tuple[Frequent, ...]
    top_share: float
    """Part of all that came from the ten most frequent."""
    judgement: Judgement


def load(annunciations: Iterable[Annunciation], since: datetime, until: datetime) -> Load:
    """Reckon the load of a span; `until` lies after `since`, what lies outside is left out."""
    known = sorted(
        (one for one in annunciations if since <= one.at < until), key=lambda one: (one.at, one.alarm)
    )
    span = until - since
    per_hour = len(known) / (span / HOUR)
    found = floods([one.at for one in known])
    flooded = sum((min(flood.until, until) - flood.since for flood in found), timedelta())
    top = _top(known)
    share = flooded / span
    return Load(
        annunciated=len(known),
        per_hour=per_hour,
        hours=_hours(known, since, until),
        floods=found,
        flood_share=share,
        top=top,
        top_share=sum(one.alarms for one in top) / len(known) if known else 0.0,
        judgement=_judge(per_hour, share),
    )


def floods(instants: Sequence[datetime]) -> tuple[Flood, ...]:
    """Find the floods among instants in order: stretches of ten minutes with more than ten, joined where they touch."""
    found: list[Flood] = []
    for place in range(len(instants) - FLOOD_ALARMS):
        first, last = instants[place], instants[place + FLOOD_ALARMS]
        if last - first >= FLOOD_SPAN:
            continue
        since = found.pop().since if found and first <= found[-1].until else first
        until = first + FLOOD_SPAN
        found.append(Flood(since, until, sum(since <= at < until for at in instants)))
    return tuple(found)


def _hours(
    known: Sequence[Annunciation], since: datetime, until: datetime
) -> tuple[tuple[datetime, int], ...]:
    counts = Counter(int((one.at - since) / HOUR) for one in known)
    number = -int(-((until - since) / HOUR) // 1)
    return tuple((since + HOUR * place, counts[place]) for place in range(number))


def _top(known: Sequence[Annunciation]) -> tuple[Frequent, ...]:
    counts = Counter(one.alarm for one in known)
    by_id = {one.alarm: one for one in known}
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:TOP]
    return tuple(Frequent(name, by_id[name].device, by_id[name].kind, number) for name, number in most)


def _judge(per_hour: float, flood_share: float) -> Judgement:
    if per_hour > MANAGEABLE_PER_HOUR:
        return Judgement.OVERLOADED
    if per_hour > ACCEPTABLE_PER_HOUR or flood_share > FLOOD_SHARE_GOOD:
        return Judgement.MANAGEABLE
    return Judgement.ACCEPTABLE
