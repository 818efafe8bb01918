"""How often one provider, or one person, may be written to: a pure queue of instants.

The relay asks before each sending and is told *now* or *not before then*. Nothing is dropped here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

KEYS_MAX: Final = 10_000
"""Keys remembered at once; the idle ones are forgotten first."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `most` within any `within`."""

    most: int
    within: timedelta


@dataclass(slots=True)
class Budget:
    """What one provider or person may still take; several rates may hold at once."""

    rates: tuple[Rate, ...]
    blocked_until: datetime | None = None
    """Until then the provider refuses everything."""
    _spent: deque[datetime] = field(default_factory=deque)

    def admit(self, now: datetime) -> datetime | None:
        """Take one sending out of the budget, or say when to ask again; None means: send now."""
        retry = self.free_at(now)
        if retry is not None:
            return retry
        self._spent.append(now)
        return None

    def free_at(self, now: datetime) -> datetime | None:
        """Say when one more sending fits, without taking it; None means now."""
        self._forget(now)
        latest: datetime | None = None
        if self.blocked_until is not None and now < self.blocked_until:
            latest = self.blocked_until
        for rate in self.rates:
            recent = [instant for instant in self._spent if now - instant < rate.within]
            if len(recent) >= rate.most:
                free = recent[-rate.most] + rate.within
                latest = free if latest is None else max(latest, free)
        return latest

    def block(self, until: datetime) -> None:
        """Send nothing before an instant, because the provider said so; never shortens a block."""
        self.blocked_until = until if self.blocked_until is None else max(self.blocked_until, until)

    def idle(self, now: datetime) -> bool:
        """Say whether it remembers nothing that matters any more."""
        self._forget(now)
        return not self._spent and (self.blocked_until is None or self.blocked_until <= now)

    def _forget(self, now: datetime) -> None:
        longest = max((rate.within for rate in self.rates), default=timedelta())
        while self._spent and now - self._spent[0] >= longest:
            self._spent.popleft()


class Throttle:
    """Budgets by key (`("wecom_bot", address)`, `person`), made when first asked for."""

    def __init__(self) -> None:
        self._budgets: dict[Hashable, Budget] = {}

    def admit(self, asked: Iterable[tuple[Hashable, tuple[Rate, ...]]], now: datetime) -> datetime | None:
        """Take one sending out of all the budgets named, or out of none and say when to ask again."""
        budgets = [self._budget(key, rates, now) for key, rates in asked]
        retries = [retry for budget in budgets if (retry := budget.free_at(now)) is not None]
        if retries:
            return max(retries)
        for budget in budgets:
            budget.admit(now)
        return None

    def block(self, key: Hashable, until: datetime) -> None:
        """Send nothing under a key before an instant."""
        self._budgets.setdefault(key, Budget(())).block(until)

    def _budget(self, key: Hashable, rates: tuple[Rate, ...], now: datetime) -> Budget:
        budget = self._budgets.get(key)
        if budget is None:
            if len(self._budgets) >= KEYS_MAX:
                self._budgets = {k: b for k, b in self._budgets.items() if not b.idle(now)}
            budget = self._budgets[key] = Budget(rates)
        budget.rates = rates
        return budget
