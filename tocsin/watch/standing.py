"""Which findings stand: hysteresis, repetition and the all-clear.  Pure.

A finding is raised after it was seen in so many looks in a row, and over after so many without it.
It is told once, again after a while as long as it stands, and once when it is over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tocsin.core.watch import Finding, FindingRow, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often a finding must be seen, or not, before it counts."""

    raise_after: int = 2
    clear_after: int = 5
    repeat: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One finding over several looks."""

    finding: Finding
    since: datetime
    """When it was first seen."""
    seen: datetime
    looks: int = 1
    """In how many looks it was seen since it was last away."""
    misses: int = 0
    told: datetime | None = None
    """When it was last told; None before it counts."""

    def row(self, sentence: str, until: datetime | None = None) -> FindingRow:
        """Give it as it is kept."""
        return FindingRow(
            code=self.finding.code,
            subject=self.finding.subject,
            since=self.since,
            seen=self.seen,
            until=until,
            sentence=sentence,
            paged=self.told if self.finding.level is Level.PAGE else None,
        )


@dataclass(frozen=True, slots=True)
class News:
    """What a look has changed."""

    raised: tuple[Standing, ...] = ()
    again: tuple[Standing, ...] = ()
    """Told before, and still so."""
    over: tuple[Standing, ...] = ()
    """Told before, and gone."""

    @property
    def empty(self) -> bool:
        """Say whether there is nothing to tell."""
        return not (self.raised or self.again or self.over)


class Ledger:
    """All findings that were seen lately."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._known: dict[tuple[str, str], Standing] = {}

    @property
    def standing(self) -> tuple[Standing, ...]:
        """Give those that count, oldest first."""
        told = (one for one in self._known.values() if one.told is not None)
        return tuple(sorted(told, key=lambda one: (one.since, one.finding.key)))

    def adopt(self, rows: Iterable[FindingRow]) -> None:
        """Take over what a watcher before us found and told, so that a restart pages nobody anew."""
        for row in rows:
            level = Level.TICKET if row.paged is None else Level.PAGE
            finding = Finding(row.code, row.subject, level, row.sentence, row.sentence)
            known = self._known.get(finding.key)
            self._known[finding.key] = Standing(
                finding=finding if known is None else known.finding,
                since=row.since,
                seen=row.seen,
                told=row.paged or row.seen,
            )

    def look(self, findings: Iterable[Finding], now: datetime, *, blind: bool = False) -> News:
        """Take in one look's findings and say what is to be told.

        A `blind` look (no database) shows what is wrong and not what is well: nothing ends by it.
        """
        present = {finding.key: finding for finding in findings}
        raised, again, over = [], [], []
        for key, finding in present.items():
            known = self._known.get(key)
            if known is None:
                known = Standing(finding=finding, since=now, seen=now)
            else:
                known = replace(known, finding=finding, seen=now, looks=known.looks + 1, misses=0)
            before = self._known.get(key)
            worse = (
                before is not None
                and before.told is not None
                and finding.level is Level.PAGE
                and before.finding.level is Level.TICKET
            )
            if (known.told is None and known.looks >= self._patience.raise_after) or worse:
                known = replace(known, told=now)
                raised.append(known)
            elif known.told is not None and now - known.told >= self._patience.repeat:
                known = replace(known, told=now)
                again.append(known)
            self._known[key] = known
        for key in set() if blind else self._known.keys() - present.keys():
            known = replace(self._known[key], looks=0, misses=self._known[key].misses + 1)
            self._known[key] = known
            if known.told is None or known.misses >= self._patience.clear_after:
                del self._known[key]
                if known.told is not None:
                    over.append(known)
        return News(tuple(raised), tuple(again), tuple(over))
