"""Which envelopes of a gapless sequence are committed: ranges, ledger, receipts; no I/O.

An envelope is new exactly once. A tombstone commits its range as lost; an envelope that arrives
although it was given up is stored and leaves the lost ones, so that nothing is counted missing
that is there.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tocsin.core.errors import Rejected
from tocsin.core.wire import Envelope, Lane, LaneReceipt, Receipt, Tombstone
from tocsin.ingest.ports import LedgerEntry, LedgerKey, Ranges

RANGES_MAX: Final = 4096
"""Holes a sequence may have before further ones are refused: a sender with its window of 64
envelopes cannot come near it, one that skips numbers on purpose would let the row grow without end."""
REPORTED_MAX: Final = 64
"""Ranges in one receipt."""
EMPTY_ITEMS: Final = b"\x90"
"""An empty msgpack array."""


def add(ranges: Ranges, first: int, last: int) -> Ranges:
    """Give the union with first..last."""
    if not ranges:
        return ((first, last),)
    low, high = ranges[-1]
    if first == high + 1:
        return (*ranges[:-1], (low, last))
    begin = bisect_left(ranges, first - 1, key=_last)
    end = begin
    while end < len(ranges) and ranges[end][0] <= last + 1:
        first = min(first, ranges[end][0])
        last = max(last, ranges[end][1])
        end += 1
    return (*ranges[:begin], (first, last), *ranges[end:])


def subtract(ranges: Ranges, first: int, last: int) -> Ranges:
    """Give what is left without first..last."""
    left: list[tuple[int, int]] = []
    for low, high in ranges:
        if high < first or low > last:
            left.append((low, high))
            continue
        if low < first:
            left.append((low, first - 1))
        if high > last:
            left.append((last + 1, high))
    return tuple(left)


def contains(ranges: Ranges, first: int, last: int) -> bool:
    """Say whether all of first..last is there."""
    index = bisect_left(ranges, first, key=_last)
    return index < len(ranges) and ranges[index][0] <= first and last <= ranges[index][1]


def missing(ranges: Ranges, first: int, last: int) -> Ranges:
    """Give the parts of first..last that are not there."""
    holes: list[tuple[int, int]] = []
    index = bisect_left(ranges, first, key=_last)
    while first <= last and index < len(ranges) and ranges[index][0] <= last:
        low, high = ranges[index]
        if first < low:
            holes.append((first, low - 1))
        first = high + 1
        index += 1
    if first <= last:
        holes.append((first, last))
    return tuple(holes)


def _last(pair: tuple[int, int]) -> int:
    return pair[1]


@dataclass(frozen=True, slots=True)
class Step:
    """What one envelope does to its ledger entry."""

    entry: LedgerEntry
    """The entry afterwards."""
    fresh: bool
    """Whether the items are to be stored."""
    stones: tuple[Tombstone, ...] = ()
    """What became lost, one for each range that was not committed before."""

    @property
    def duplicate(self) -> bool:
        """Whether everything of it was committed before."""
        return not self.fresh and not self.stones


def advance(entry: LedgerEntry, envelope: Envelope) -> Step:
    """Commit an envelope in its entry.

    Raises `Rejected` (`sequence.gaps`) for a sequence with more holes than any honest sender makes.
    """
    committed, lost = entry.committed, entry.lost
    seq = envelope.seq
    bears_items = not envelope.lost or bytes(envelope.items) != EMPTY_ITEMS
    fresh = bears_items and (not contains(committed, seq, seq) or contains(lost, seq, seq))
    if fresh:
        committed = add(committed, seq, seq)
        lost = subtract(lost, seq, seq)
    stones: list[Tombstone] = []
    for stone in envelope.lost:
        holes = missing(committed, stone.first, stone.last)
        if holes:
            stones += _parts(stone, holes)
            committed = add(committed, stone.first, stone.last)
        for low, high in holes:
            lost = add(lost, low, high)
    if len(committed) > RANGES_MAX or len(lost) > RANGES_MAX:
        raise Rejected(
            "sequence.gaps",
            f"more than {RANGES_MAX} holes in sequence {envelope.epoch}/{envelope.lane}: "
            "send what is missing, or tombstones, before going on",
        )
    return Step(LedgerEntry(committed, lost), fresh, tuple(stones))


def _parts(stone: Tombstone, holes: Ranges) -> list[Tombstone]:
    """Cut a tombstone to what was not committed; its items are shared out by envelopes, rounded up."""
    whole = stone.last - stone.first + 1
    return [
        Tombstone(low, high, stone.reason, -(-stone.count * (high - low + 1) // whole)) for low, high in holes
    ]


def lane_receipt(key: LedgerKey, entry: LedgerEntry) -> LaneReceipt:
    """Say what is committed of one sequence, bounded."""
    committed = entry.committed
    starts = bool(committed) and committed[0][0] == 1
    upto = committed[0][1] if starts else 0
    beyond = committed[1:] if starts else committed
    gaps: list[tuple[int, int]] = []
    expected = upto + 1
    for low, high in beyond[:REPORTED_MAX]:
        gaps.append((expected, low - 1))
        expected = high + 1
    return LaneReceipt(
        epoch=key.epoch, lane=key.lane, upto=upto, beyond=list(beyond[:REPORTED_MAX]), gaps=gaps
    )


def receipt(time_us: int, entries: Mapping[LedgerKey, LedgerEntry]) -> Receipt:
    """Build one collector's receipt."""
    return Receipt(time=time_us, lanes=[lane_receipt(key, entry) for key, entry in entries.items()])


def lanes_of(envelopes: Iterable[Envelope]) -> Sequence[LedgerKey]:
    """Name every sequence of the epochs that occur, so that one receipt can speak of all lanes."""
    epochs = dict.fromkeys((envelope.collector, envelope.epoch) for envelope in envelopes)
    return [LedgerKey(collector, epoch, lane) for collector, epoch in epochs for lane in Lane]
