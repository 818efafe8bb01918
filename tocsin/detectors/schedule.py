"""Hours and weekdays in which a rule holds, in local time by a fixed offset.

The offset is written down, because a file of time zones is no part of what a replay is given; China has
one offset and no summer time. A span over midnight belongs to the day on which it begins.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from tocsin.detectors.conviction import ConvictionParameters

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: Final[tuple[Weekday, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN: Final = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_OFFSET: Final = re.compile(r"([+-])(0\d|1[0-4]):([0-5]\d)")
_DAY: Final = 1440
_MINUTE_US: Final = 60_000_000
_THURSDAY: Final = 3
"""1 January 1970 was one."""


def _span(text: str) -> str:
    begin, end = minutes(text)
    if begin == end or max(begin, end) > _DAY:
        raise ValueError(
            f"{text!r} is no span: write two different times from 00:00 to 24:00, as 22:00-06:00"
        )
    return text


def minutes(text: str) -> tuple[int, int]:
    """Read `22:00-06:00` as minutes of the day; raises `ValueError`."""
    match = _SPAN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no span of hours: write it as 22:00-06:00")
    begin_hour, begin, end_hour, end = (int(part) for part in match.groups())
    return begin_hour * 60 + begin, end_hour * 60 + end


def offset_minutes(text: str) -> int:
    """Read `+08:00` as minutes; raises `ValueError`."""
    match = _OFFSET.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no offset: write it as +08:00")
    sign, hours, rest = match.groups()
    return (int(hours) * 60 + int(rest)) * (1 if sign == "+" else -1)


def _offset(text: str) -> str:
    offset_minutes(text)
    return text


class ScheduledParameters(ConvictionParameters):
    """When a rule holds; always by default."""

    hours: tuple[Annotated[str, AfterValidator(_span)], ...] = Field(
        (),
        max_length=8,
        description="Spans of local time in which it holds, as `22:00-06:00`; all day when none is given.",
    )
    weekdays: tuple[Weekday, ...] = Field(
        WEEK,
        min_length=1,
        max_length=7,
        description="Days on which it holds: mon tue wed thu fri sat sun; a night belongs to the day it begins.",
    )
    utc_offset: Annotated[str, AfterValidator(_offset)] = Field(
        "+08:00", description="Local time less UTC, for `hours` and `weekdays`; China's by default."
    )


def holds(parameters: ScheduledParameters, at_us: int) -> bool:
    """Say whether a rule holds at an instant."""
    local = at_us // _MINUTE_US + offset_minutes(parameters.utc_offset)
    day, minute = divmod(local, _DAY)

    def on(days_before: int) -> bool:
        return WEEK[(day - days_before + _THURSDAY) % 7] in parameters.weekdays

    if not parameters.hours:
        return on(0)
    for text in parameters.hours:
        begin, end = minutes(text)
        if begin < end and begin <= minute < end and on(0):
            return True
        if begin > end and ((minute >= begin and on(0)) or (minute < end and on(1))):
            return True
    return False
