"""Rules of sending and of forgetting, without I/O: what goes next, when again, what is dropped.

Per lane at most `WINDOW_ENVELOPES` or `WINDOW_BYTES` are on their way without a receipt. The oldest
is sent again, unchanged, after 15 s, doubling to 10 min, and at once when a receipt proves that
something sent later arrived. Time is given as monotonic seconds of the process.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, unique
from typing import Final

from tocsin.core.wire import Lane, LaneReceipt

WINDOW_ENVELOPES: Final = 64
WINDOW_BYTES: Final = 1024 * 1024
BACKLOG_ENVELOPES: Final = 48
"""Of the window of lane `data`; the rest is kept for live readings, which must not queue behind a week."""
RESEND_SECONDS_MIN: Final = 15.0
RESEND_SECONDS_MAX: Final = 600.0


@unique
class Urgency(IntEnum):
    """Classes of envelopes in the order of sending; the numbers are stored."""

    ALARM = 0
    HEALTH = 1
    LOSS = 2
    """Tombstones: small, and the centre should know."""
    EVIDENCE = 3
    LIVE = 4
    BACKLOG = 5
    ROUTINE = 6


EVICTION_ORDER: Final = (
    Urgency.ROUTINE,
    Urgency.BACKLOG,
    Urgency.HEALTH,
    Urgency.EVIDENCE,
    Urgency.LIVE,
    Urgency.ALARM,
)
"""Least important first; what is delivered is deleted by its receipt before anything is chosen here."""


@dataclass(slots=True)
class Flight:
    """One envelope that was sent and has no receipt."""

    seq: int
    last: int
    """Higher than `seq` for a tombstone only."""
    size: int
    first_order: int
    """Position of its first sending among all sendings of this process."""
    last_order: int
    tries: int
    due: float


@dataclass(slots=True)
class _LaneState:
    flights: dict[int, Flight] = field(default_factory=dict)
    probes: int = 1
    """How many of the oldest may be sent again; doubles while that helps."""


class Sending:
    """Remember what is on its way; lost with the process, after which everything counts as unsent."""

    def __init__(self) -> None:
        self._lanes: dict[Lane, _LaneState] = {lane: _LaneState() for lane in Lane}
        self._order = 0

    def room(self, lane: Lane, urgency: Urgency) -> tuple[int, int]:
        """Say how many envelopes and bytes more may go; an envelope larger than the window may go alone."""
        flights = self._lanes[lane].flights
        most = BACKLOG_ENVELOPES if urgency is Urgency.BACKLOG else WINDOW_ENVELOPES
        size = WINDOW_BYTES - sum(f.size for f in flights.values())
        return max(0, most - len(flights)), max(0, size)

    def in_flight(self, lane: Lane) -> Collection[int]:
        """Name the first sequence numbers on their way."""
        return self._lanes[lane].flights.keys()

    def sent(self, lane: Lane, seq: int, last: int, size: int, now: float) -> None:
        """Note a sending, the first or another one of the same envelope."""
        state = self._lanes[lane]
        self._order += 1
        flight = state.flights.get(seq)
        if flight is None:
            state.flights[seq] = Flight(
                seq, last, size, self._order, self._order, 1, now + RESEND_SECONDS_MIN
            )
            return
        flight.last, flight.size = last, size
        flight.tries += 1
        flight.last_order = self._order
        flight.due = now + resend_delay(flight.tries)

    def withdrawn(self, lane: Lane, seq: int) -> None:
        """Note that a sending did not reach the broker: it counts as unsent."""
        self._lanes[lane].flights.pop(seq, None)

    def forget(self) -> None:
        """Count everything as unsent, for a new outbox file."""
        self._lanes = {lane: _LaneState() for lane in Lane}

    def due(self, now: float) -> list[tuple[Lane, int]]:
        """Name what has to be sent again, most urgent lane first."""
        again: list[tuple[Lane, int]] = []
        for lane in (Lane.ALARM, Lane.HEALTH, Lane.DATA, Lane.MEDIA):
            state = self._lanes[lane]
            oldest = sorted(state.flights.values(), key=lambda f: f.seq)[: state.probes]
            proven = [f for f in state.flights.values() if f.due <= 0.0]
            late = [f for f in oldest if 0.0 < f.due <= now]
            if late and any(f.tries > 1 for f in late):
                state.probes = 1
                late = late[:1]
            again += [
                (lane, f.seq)
                for f in sorted({f.seq: f for f in [*proven, *late]}.values(), key=lambda f: f.seq)
            ]
        return again

    def next_due(self) -> float | None:
        """Give the instant at which `due` will name something, None when nothing is on its way."""
        instants = []
        for state in self._lanes.values():
            if state.flights:
                oldest = sorted(state.flights.values(), key=lambda f: f.seq)[: state.probes]
                instants.append(
                    min([f.due for f in oldest] + [f.due for f in state.flights.values() if f.due <= 0.0])
                )
        return min(instants, default=None)

    def receipt(self, receipt: LaneReceipt) -> list[Flight]:
        """Take what the centre has committed; return the flights that ended.

        What was sent before something that arrived, and is not named, is lost on the way: it is
        due at once. Order is proven by first sendings only, as a second one may be an echo.
        """
        state = self._lanes[receipt.lane]
        ended = [f for f in state.flights.values() if confirmed(receipt, f.seq, f.last)]
        if not ended:
            return []
        for flight in ended:
            del state.flights[flight.seq]
        if any(f.tries > 1 for f in ended):
            state.probes = min(state.probes * 2, WINDOW_ENVELOPES)
        proven = max(f.first_order for f in ended)
        for flight in state.flights.values():
            if flight.last_order < proven:
                flight.due = 0.0
        return ended


def resend_delay(tries: int) -> float:
    """Give the seconds to wait after so many sendings of one envelope."""
    return float(min(RESEND_SECONDS_MIN * 2.0 ** (min(tries, 16) - 1), RESEND_SECONDS_MAX))


def confirmed(receipt: LaneReceipt, first: int, last: int) -> bool:
    """Say whether a receipt names everything from `first` to `last`."""
    return last <= receipt.upto or any(low <= first and last <= high for low, high in receipt.beyond)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One stored envelope that could be dropped."""

    lane: Lane
    seq: int
    size: int
    items: int


def choose_evictions(candidates: Iterable[Candidate], bytes_needed: int) -> list[Candidate]:
    """Take from the front until enough bytes are free; the candidates come in order of eviction."""
    chosen: list[Candidate] = []
    for candidate in candidates:
        if bytes_needed <= 0:
            break
        chosen.append(candidate)
        bytes_needed -= candidate.size
    return chosen


@dataclass(frozen=True, slots=True)
class Run:
    """Adjacent evicted sequence numbers of one lane."""

    lane: Lane
    first: int
    last: int
    items: int


def runs(evicted: Sequence[Candidate]) -> list[Run]:
    """Join adjacent ones, so that a thousand losses are told in one tombstone."""
    joined: list[Run] = []
    for one in sorted(evicted, key=lambda c: (c.lane, c.seq)):
        if joined and joined[-1].lane is one.lane and joined[-1].last + 1 == one.seq:
            joined[-1] = Run(one.lane, joined[-1].first, one.seq, joined[-1].items + one.items)
        else:
            joined.append(Run(one.lane, one.seq, one.seq, one.items))
    return joined
