"""Evaluation in memory: the twin of `store.evaluation`.

Reports and handling are told by `add_act`, where PostgreSQL reads them from the log of incidents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from typing_extensions import override

from tocsin.core.clock import Clock
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.ids import GridCode, PersonId
from tocsin.core.working_time import LOCAL
from tocsin.town.evaluation import DEFAULT_WEIGHTS, Counts, Indicator, Member, Score, Weights
from tocsin.town.evaluation_ports import Act, Contest, EvaluationStore, Publication
from tocsin.town.grids import within
from tocsin.town.points import (
    Category,
    Entry,
    balance,
    check_answer,
    check_award,
    check_correction,
    check_redemption,
)

CATEGORIES = tuple(
    Category(*one)
    for one in (
        ("diligence", "勤劳致富", "Diligence"),
        ("family", "孝老爱亲", "Care of family and the old"),
        ("customs", "移风易俗", "Better customs"),
        ("mediation", "矛盾调解", "Mediation"),
        ("environment", "环保卫生", "Environment and hygiene"),
        ("law", "遵纪守法", "Keeping the law"),
        ("volunteering", "热心公益", "Volunteering"),
        ("example", "榜样好人", "A good example"),
    )
)


@dataclass(slots=True)
class Known:
    """What the twin is told of the town."""

    members: Sequence[Member] = ()
    paths: Mapping[GridCode, str] = field(default_factory=dict)
    tags: Mapping[bytes, tuple[str, str, GridCode]] = field(default_factory=dict)
    """By the hash of its secret: id, name and grid of a place's code."""


class MemoryEvaluation(EvaluationStore):
    """Keeps everything in dictionaries."""

    def __init__(self, clock: Clock, known: Callable[[], Known]) -> None:
        self._clock = clock
        self._known = known
        self._acts: dict[str, tuple[PersonId, Act]] = {}
        self._weights: dict[GridCode, Weights] = {}
        self._months: dict[tuple[GridCode, date], tuple[Publication, tuple[Score, ...]]] = {}
        self._contests: dict[tuple[GridCode, date], Contest] = {}
        self._entries: dict[str, Entry] = {}

    def add_act(self, name: str, person: PersonId, act: Act) -> None:
        """Tell an act, as the log of an incident does."""
        self._acts.setdefault(name, (person, act))

    @override
    async def note(self, act: str, person: PersonId, indicator: Indicator, subject: str) -> None:
        at = self._clock.now()
        if self._member(person) is None:
            return
        if indicator is Indicator.SIGN_IN:
            subject = at.astimezone(LOCAL).date().isoformat()
            act = f"sign_in:{person}:{subject}"
        self.add_act(act, person, Act(indicator=indicator, at=at, subject=subject))

    @override
    async def patrol(self, person: PersonId, secret: bytes) -> tuple[str, GridCode] | None:
        found = self._known().tags.get(secret)
        if found is None or self._member(person) is None:
            return None
        tag, name, grid = found
        at = self._clock.now()
        day = at.astimezone(LOCAL).date().isoformat()
        act = Act(indicator=Indicator.PATROL, at=at, subject=f"tag:{tag}")
        self.add_act(f"patrol:{person}:{tag}:{day}", person, act)
        return name, grid

    @override
    async def weights(self, path: str) -> Weights:
        for code in reversed(path.split(".")):
            if GridCode(code) in self._weights:
                return self._weights[GridCode(code)]
        return DEFAULT_WEIGHTS

    @override
    async def set_weights(self, root: GridCode, weights: Weights, person: PersonId) -> None:
        self._weights[root] = dict(weights)

    @override
    async def members(
        self, scope: str, since: datetime, until: datetime, person: PersonId | None = None
    ) -> Sequence[tuple[Member, Counts]]:
        mine = [one for one in self._known().members if person in {None, one.person}]
        return [
            (
                one,
                Counter(act.indicator for act in await self.acts(one.person, since, until, len(self._acts))),
            )
            for one in sorted(mine, key=lambda one: one.person)
            if self._in(scope, one.grid)
        ]

    @override
    async def acts(self, person: PersonId, since: datetime, until: datetime, most: int) -> Sequence[Act]:
        mine = [act for who, act in self._acts.values() if who == person and since <= act.at < until]
        return sorted(mine, key=lambda act: (act.at, act.indicator, act.subject))[:most]

    @override
    async def publication(self, root: GridCode, month: date) -> Publication | None:
        found = self._months.get((root, month))
        return None if found is None else found[0]

    @override
    async def published_of(self, person: PersonId, month: date) -> tuple[Publication, Score] | None:
        paths = self._known().paths
        kept = sorted(
            (pair for (_, of), pair in self._months.items() if of == month),
            key=lambda pair: -len(paths.get(pair[0].root, "")),
        )
        for publication, scores in kept:
            for score in scores:
                if score.member.person == person:
                    return publication, score
        return None

    @override
    async def published(
        self, publication: Publication, scope: str, grid_class: str | None, most: int, skip: int
    ) -> Sequence[Score]:
        _, scores = self._months[publication.root, publication.month]
        mine = [
            one
            for one in scores
            if grid_class in {None, one.member.grid_class} and self._in(scope, one.member.grid)
        ]
        return mine[skip : skip + most]

    @override
    async def publish(self, publication: Publication, scores: Sequence[Score]) -> bool:
        kept = (publication, tuple(scores))
        return self._months.setdefault((publication.root, publication.month), kept) is kept

    @override
    async def totals(
        self, root: GridCode, months: Sequence[date]
    ) -> Mapping[date, Sequence[tuple[Member, int]]]:
        return {
            month: [(one.member, one.total) for one in self._months[root, month][1]]
            for month in months
            if (root, month) in self._months
        }

    @override
    async def fix(self, contest: Contest) -> bool:
        return self._contests.setdefault((contest.root, contest.quarter), contest) is contest

    @override
    async def contests(self, scope: str, most: int) -> Sequence[Contest]:
        mine = [one for one in self._contests.values() if self._in(scope, one.root)]
        return sorted(mine, key=lambda one: one.quarter, reverse=True)[:most]

    @override
    async def categories(self) -> Sequence[Category]:
        return CATEGORIES

    @override
    async def entries(
        self, scope: str, holder: PersonId | None, *, waiting: bool, most: int, before: datetime | None
    ) -> Sequence[Entry]:
        mine = [
            one
            for one in self._entries.values()
            if self._holder_in(scope, one)
            and holder in {None, one.holder}
            and (not waiting or one.waits)
            and (before is None or one.made < before)
        ]
        return sorted(sorted(mine, key=lambda one: one.id), key=lambda one: one.made, reverse=True)[:most]

    @override
    async def entry(self, scope: str, entry: str) -> Entry | None:
        found = self._entries.get(entry)
        return found if found is not None and self._holder_in(scope, found) else None

    @override
    async def balance(self, holder: PersonId) -> int:
        return balance(self._of(holder))

    @override
    async def award(self, entry: Entry) -> None:
        check_award(entry.holder, entry.points, entry.made_by)
        known = {one.code for one in CATEGORIES}
        if entry.category not in known:
            raise Rejected("points.category", f"use a category of {', '.join(sorted(known))}")
        self._demand(entry.holder)
        self._entries.setdefault(entry.id, entry)

    @override
    async def correct(self, entry: Entry) -> None:
        before = self._of(self._demand(entry.holder))
        if entry.id not in self._entries:
            corrected = next((one for one in before if one.id == entry.corrects), None)
            if corrected is None:
                raise Rejected("points.corrects", f"there is no entry {entry.corrects} of this holder")
            check_correction(corrected, before, entry.made_by)
            self._entries[entry.id] = entry

    @override
    async def answer(self, entry: str, person: PersonId, *, granted: bool) -> None:
        found = self._entries.get(entry)
        if found is None:
            raise NotFound("points.unknown", f"there is no entry {entry}")
        if (found.granted, found.answered_by) == (granted, person):
            return
        check_answer(found, person, granted=granted, left=balance(self._of(found.holder)))
        self._entries[entry] = replace(found, granted=granted, answered=self._clock.now(), answered_by=person)

    @override
    async def redeem(self, entry: Entry) -> None:
        before = self._of(self._demand(entry.holder))
        if entry.id not in self._entries:
            check_redemption(entry.holder, -entry.points, balance(before), entry.made_by)
            self._entries[entry.id] = entry

    def _of(self, holder: PersonId) -> list[Entry]:
        return [one for one in self._entries.values() if one.holder == holder]

    def _member(self, person: PersonId) -> Member | None:
        return next((one for one in self._known().members if one.person == person), None)

    def _demand(self, person: PersonId) -> PersonId:
        if self._member(person) is None:
            raise NotFound("person.unknown", f"there is no person {person}")
        return person

    def _in(self, scope: str, grid: GridCode) -> bool:
        return within(self._known().paths.get(grid, grid), scope)

    def _holder_in(self, scope: str, entry: Entry) -> bool:
        holder = self._member(entry.holder)
        return holder is not None and self._in(scope, holder.grid)
