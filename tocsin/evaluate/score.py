"""From alarms and known events to hits, delays and false alarms. Pure.

An alarm inside an event's time plus five seconds counts for that event; several alarms of one event
count once; one alarm may count for every event it lies in; fire and smoke stand for each other. An
alarm of a kind that no event lists at that time is false.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from tocsin.core.detections import Kind
from tocsin.core.rates import Rate
from tocsin.evaluate.clips import Event, kind_of

GRACE_SECONDS: Final = 5.0
"""An alarm this long after an event's end still belongs to it."""
_BURNS: Final = frozenset({Kind.FIRE, Kind.SMOKE})


class Alarm(msgspec.Struct, frozen=True):
    """A condition that was raised, in seconds from the clip's first picture."""

    kind: Kind
    at_s: float
    detector: str = ""
    reason: str = ""


class EventScore(msgspec.Struct, frozen=True):
    """What became of one event."""

    kind: str
    from_s: float
    to_s: float
    hit: bool
    delay_s: float | None


class FalseAlarm(msgspec.Struct, frozen=True):
    """An alarm of something that did not happen."""

    kind: str
    at_s: float
    detector: str
    reason: str


class KindScore(msgspec.Struct, frozen=True):
    """All events of one kind."""

    events: int
    hits: int
    median_delay_s: float | None
    low: float
    """Lower Wilson bound of the share found, 95 %."""
    high: float


def _belongs(alarm: Alarm, event: Event) -> bool:
    kind = kind_of(event.kind)
    same = alarm.kind is kind or {alarm.kind, kind} <= _BURNS
    return same and event.from_s <= alarm.at_s <= event.to_s + GRACE_SECONDS


def judge(events: Sequence[Event], alarms: Sequence[Alarm]) -> tuple[list[EventScore], list[FalseAlarm]]:
    """Match one clip's alarms with its events."""
    scores = []
    for event in events:
        found = min((alarm.at_s for alarm in alarms if _belongs(alarm, event)), default=None)
        scores.append(
            EventScore(
                kind=event.kind,
                from_s=event.from_s,
                to_s=event.to_s,
                hit=found is not None,
                delay_s=None if found is None else round(found - event.from_s, 3),
            )
        )
    wrong = [
        FalseAlarm(alarm.kind.value, round(alarm.at_s, 3), alarm.detector, alarm.reason)
        for alarm in alarms
        if not any(_belongs(alarm, event) for event in events)
    ]
    return scores, wrong


def by_kind(scores: Iterable[EventScore]) -> dict[str, KindScore]:
    """Sum events up, kinds in the order of the alphabet."""
    kinds: dict[str, list[EventScore]] = {}
    for score in scores:
        kinds.setdefault(score.kind, []).append(score)
    return {kind: _summed(kinds[kind]) for kind in sorted(kinds)}


def _summed(scores: Sequence[EventScore]) -> KindScore:
    delays = [score.delay_s for score in scores if score.delay_s is not None]
    rate = Rate(len(delays), len(scores))
    return KindScore(
        events=len(scores),
        hits=len(delays),
        median_delay_s=round(statistics.median(delays), 3) if delays else None,
        low=round(rate.low, 4),
        high=round(rate.high, 4),
    )
