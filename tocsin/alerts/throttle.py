"""How often a provider, an address or a person may be written to: pure arithmetic on instants.

The store keeps a `Budget` for each key, locks those that a batch asks for and lets `admit` decide: now,
through which provider, or the instant at which it fits.  Nothing is dropped here.  In a batch the more
urgent goes first, then who was contacted least recently; who must wait is given an instant of its own,
so that a hundred do not come back for one place.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

SPENT_MAX: Final = 2000
"""Instants kept in one budget; a faster rate is kept over a shorter span, which is the stricter."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `most` within any `within`."""

    most: int
    within: timedelta

    def bounded(self) -> Rate:
        """Give the same rate over a span in which no more than `SPENT_MAX` instants lie."""
        if self.most <= SPENT_MAX:
            return self
        return Rate(SPENT_MAX, self.within * SPENT_MAX / self.most)


@dataclass(frozen=True, slots=True)
class Budget:
    """What one key has spent, oldest first, and until when its provider refuses everything."""

    spent: tuple[datetime, ...] = ()
    blocked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One provider by which a message may go, with the keys that it spends and their rates."""

    provider: str
    wants: tuple[tuple[str, tuple[Rate, ...]], ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """One message that wants to be sent."""

    name: str
    urgency: int
    """0 goes first."""
    since: datetime
    choices: tuple[Choice, ...]
    """Providers, the best first; never empty."""
    person: str = ""
    """The key by which it is told who was contacted least recently; empty for devices."""

    @property
    def keys(self) -> frozenset[str]:
        """Every key that one of its choices spends."""
        return frozenset(key for choice in self.choices for key, _ in choice.wants)


@dataclass(frozen=True, slots=True)
class Admission:
    """Send now through `provider`, or not before `until`, when `provider` has room for it."""

    name: str
    provider: str
    until: datetime | None = None


@dataclass(slots=True)
class _Open:
    """A budget being planned with: what is spent, and what those before in the batch will have spent."""

    budget: Budget
    planned: list[datetime] = field(default_factory=list)

    def free_at(self, rates: Sequence[Rate], at: datetime) -> datetime:
        """Give the first instant from `at` on at which one more fits."""
        if self.budget.blocked_until is not None:
            at = max(at, self.budget.blocked_until)
        for rate in rates:
            recent = [one for one in self.planned if at - one < rate.within]
            if len(recent) >= rate.most:
                at = max(at, recent[-rate.most] + rate.within)
        return at


def admit(
    asks: Sequence[Ask], budgets: Mapping[str, Budget], now: datetime
) -> tuple[list[Admission], dict[str, Budget]]:
    """Decide a batch; gives the answers in the order of `asks` and the budgets that changed.

    A key that is not in `budgets` has spent nothing.
    """
    keys = {key for ask in asks for key in ask.keys} | {ask.person for ask in asks if ask.person}
    book = {key: _Open(budget := budgets.get(key) or Budget(), list(budget.spent)) for key in keys}
    spent: dict[str, list[datetime]] = {}
    answers: dict[str, Admission] = {}
    for ask in sorted(asks, key=lambda one: _rank(one, book)):
        choice, at = _best(ask, book, now)
        for key in {key for key, _ in choice.wants} | ({ask.person} - {""}):
            insort(book[key].planned, at)
            if at <= now:
                spent.setdefault(key, []).append(now)
        answers[ask.name] = Admission(ask.name, choice.provider, None if at <= now else at)
    longest = _longest(asks)
    changed = {
        key: replace(book[key].budget, spent=_kept((*book[key].budget.spent, *more), longest.get(key), now))
        for key, more in spent.items()
    }
    return [answers[ask.name] for ask in asks], changed


def _rank(ask: Ask, book: Mapping[str, _Open]) -> tuple[int, float, datetime, str]:
    known = book[ask.person].budget.spent if ask.person else ()
    return ask.urgency, known[-1].timestamp() if known else 0.0, ask.since, ask.name


def _best(ask: Ask, book: Mapping[str, _Open], now: datetime) -> tuple[Choice, datetime]:
    """Find the first provider with room now, else the one that has room first."""
    best: tuple[Choice, datetime] | None = None
    for choice in ask.choices:
        at = _fits(choice, book, now)
        if at <= now:
            return choice, now
        if best is None or at < best[1]:
            best = choice, at
    if best is None:
        raise ValueError(f"{ask.name} asks for no provider")
    return best


def _fits(choice: Choice, book: Mapping[str, _Open], now: datetime) -> datetime:
    """Find the first instant at which every budget of a choice has room."""
    at, again = now, True
    while again:
        again = False
        for key, rates in choice.wants:
            later = book[key].free_at(rates, at)
            if later > at:
                at, again = later, True
    return at


def _longest(asks: Sequence[Ask]) -> dict[str, tuple[timedelta, int]]:
    """Give how far back and how many instants of each key matter."""
    found: dict[str, tuple[timedelta, int]] = {}
    for ask in asks:
        for choice in ask.choices:
            for key, rates in choice.wants:
                within, most = found.get(key, (timedelta(), 1))
                for rate in rates:
                    within, most = max(within, rate.within), max(most, rate.most)
                found[key] = within, most
    return found


def _kept(
    spent: tuple[datetime, ...], longest: tuple[timedelta, int] | None, now: datetime
) -> tuple[datetime, ...]:
    within, most = longest or (timedelta(), 1)
    recent = tuple(one for one in spent[:-1] if now - one < within)
    return (*recent, spent[-1])[-most:]
