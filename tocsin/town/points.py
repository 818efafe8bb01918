"""The ledger of points: what may be entered, by whom, and what is left.  Pure.

Points are given by one person and granted by another; they are spent before somebody's eyes who is not their
holder. Nothing is changed afterwards: what was wrong is put right by a counter-entry that somebody grants.
A balance is never below zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Final

from tocsin.core.errors import Rejected
from tocsin.core.ids import PersonId

POINTS_MAX: Final = 10_000
"""Of one entry."""


@unique
class EntryKind(StrEnum):
    """What an entry is."""

    AWARD = "award"
    REDEMPTION = "redemption"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class Category:
    """For what points are given."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the ledger."""

    id: str
    holder: PersonId
    kind: EntryKind
    category: str | None
    """None for a redemption, and for what puts one right."""
    points: int
    """Below zero where they are spent or taken back."""
    reason: str
    source: str
    """What it is for: an incident, a report, or words."""
    corrects: str | None = None
    made: datetime
    made_by: PersonId
    granted: bool | None = None
    """None while nobody has answered; a redemption needs no answer."""
    answered: datetime | None = None
    answered_by: PersonId | None = None

    @property
    def counts(self) -> bool:
        """Whether it is part of the balance."""
        return self.kind is EntryKind.REDEMPTION or self.granted is True

    @property
    def waits(self) -> bool:
        """Whether somebody has to answer."""
        return self.kind is not EntryKind.REDEMPTION and self.granted is None


def balance(entries: Iterable[Entry]) -> int:
    """Give what a holder may spend: the sum of what counts."""
    return sum(entry.points for entry in entries if entry.counts)


def check_award(holder: PersonId, points: int, made_by: PersonId) -> None:
    """Raise `Rejected` unless somebody may ask for points for a holder."""
    if holder == made_by:
        raise Rejected("points.own", "nobody asks for points for themselves: let somebody else do it")
    if not 1 <= points <= POINTS_MAX:
        raise Rejected("points.bounds", f"points are 1 to {POINTS_MAX}, not {points}")


def check_correction(corrected: Entry, others: Iterable[Entry], made_by: PersonId) -> None:
    """Raise `Rejected` unless an entry may be put right: it counts, and no other counter-entry stands or waits."""
    if corrected.holder == made_by:
        raise Rejected("points.own", "nobody puts right their own points: let somebody else do it")
    if corrected.kind is EntryKind.CORRECTION:
        raise Rejected("points.corrects", "a counter-entry is not corrected: make the entry anew")
    if not corrected.counts:
        raise Rejected(
            "points.corrects", f"entry {corrected.id} does not count: there is nothing to put right"
        )
    if any(one.corrects == corrected.id and one.granted is not False for one in others):
        raise Rejected("points.corrected", f"entry {corrected.id} has a counter-entry already")


def check_answer(entry: Entry, person: PersonId, *, granted: bool, left: int) -> None:
    """Raise `Rejected` unless somebody may answer an entry; `left` is the holder's balance without it."""
    if not entry.waits:
        raise Rejected("points.answered", f"entry {entry.id} waits for no answer")
    if person == entry.made_by:
        raise Rejected("points.approver", "whoever made an entry does not grant it: let somebody else do it")
    if person == entry.holder:
        raise Rejected("points.own", "nobody grants their own points: let somebody else do it")
    if granted and left + entry.points < 0:
        raise Rejected(
            "points.overdrawn",
            f"only {left} points are left, {-entry.points} cannot be taken back: refuse it",
        )


def check_redemption(holder: PersonId, points: int, left: int, made_by: PersonId) -> None:
    """Raise `Rejected` unless somebody may hand something out for a holder's points."""
    if holder == made_by:
        raise Rejected("points.own", "nobody hands out to themselves: let somebody else do it")
    if not 1 <= points <= POINTS_MAX:
        raise Rejected("points.bounds", f"points are 1 to {POINTS_MAX}, not {points}")
    if points > left:
        raise Rejected("points.overdrawn", f"only {left} points are left, not {points}")
