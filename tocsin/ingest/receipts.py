"""When which collector is told what was committed; paces, does not send.

A receipt is retained and replaces the one before it, so it always names every sequence of the
collector that this worker has met. One for an alarm may follow after 200 ms, any other after 2 s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from tocsin.core.ids import CollectorId
from tocsin.core.wire import Lane, Receipt
from tocsin.ingest.ports import LedgerEntry, LedgerKey
from tocsin.ingest.sequence import receipt

EPOCHS_MAX: Final = 4
"""Epochs of one collector that a receipt names: a box has one, and a new one after its disk was replaced."""


@dataclass(slots=True)
class _Told:
    entries: dict[LedgerKey, LedgerEntry] = field(default_factory=dict)
    time_us: int = 0
    due: float | None = None
    """Monotonic instant from which the next receipt may be sent; None when nothing is new."""
    sent: float = float("-inf")


class ReceiptBook:
    """Remember what collectors are to be told."""

    def __init__(self, alarm_seconds: float, seconds: float) -> None:
        self._alarm_seconds = alarm_seconds
        self._seconds = seconds
        self._told: dict[CollectorId, _Told] = {}

    def note(
        self,
        collector: CollectorId,
        entries: Mapping[LedgerKey, LedgerEntry],
        *,
        time_us: int,
        lanes: set[Lane],
        now: float,
    ) -> None:
        """Take over what was committed, or came again, on these lanes."""
        told = self._told.setdefault(collector, _Told())
        for key, entry in entries.items():
            told.entries.pop(key, None)
            told.entries[key] = entry
        while len(told.entries) > EPOCHS_MAX * len(Lane):
            told.entries.pop(next(iter(told.entries)))
        told.time_us = time_us
        distance = self._alarm_seconds if Lane.ALARM in lanes else self._seconds
        due = max(now, told.sent + distance)
        told.due = due if told.due is None else min(told.due, due)

    def everything(self, now: float) -> None:
        """Make every collector due: the broker may have lost what it retained."""
        for told in self._told.values():
            if told.entries:
                told.due = now

    def next_due(self) -> float | None:
        """Give the earliest instant at which something is to be sent."""
        return min((told.due for told in self._told.values() if told.due is not None), default=None)

    def take(self, now: float) -> Iterator[tuple[CollectorId, Receipt]]:
        """Give the receipts that are due and count each as sent when it is taken."""
        for collector, told in self._told.items():
            if told.due is not None and told.due <= now:
                told.due = None
                told.sent = now
                yield collector, receipt(told.time_us, told.entries)

    def failed(self, collector: CollectorId, again: float) -> None:
        """Take back a receipt that could not be sent."""
        self._told[collector].due = again
