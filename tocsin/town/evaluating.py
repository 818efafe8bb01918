"""Evaluates the staff of a grid and what lies below: a month as it stands, published once, a quarter's contest.

What was published is never computed again: it is what people were told. The formula goes with every score.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import structlog

from tocsin.core.clock import Clock
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.grids import Grid
from tocsin.core.ids import PersonId, derived_id
from tocsin.town.evaluation import Counts, Member, Score, Weights, contest, ranked, scored
from tocsin.town.evaluation_ports import Act, Contest, EvaluationStore, Publication
from tocsin.town.periods import Period, PeriodKind, containing

log = structlog.get_logger()

ACTS_MOST = 2_000
"""Rows behind one score that are shown; nobody has more in a month by honest work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Scores of a month, by class and rank."""

    publication: Publication | None
    """None while they may still change."""
    weights: Weights
    scores: Sequence[Score]


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """One member's month with the rows that make it."""

    publication: Publication | None
    weights: Weights
    score: Score
    acts: Sequence[Act]


class Evaluation:
    """Evaluates over a store; the clock says which months are over."""

    def __init__(self, store: EvaluationStore, clock: Clock) -> None:
        self.store = store
        self._clock = clock
        self._turn = asyncio.Semaphore(1)

    async def board(
        self, root: Grid, month: Period, *, grid_class: str | None = None, most: int = 500, skip: int = 0
    ) -> Board:
        """Give the scores of a grid: as they were published for it, else as they stand now."""
        publication = await self.store.publication(root.code, month.first)
        if publication is not None:
            kept = await self.store.published(publication, root.path, grid_class, most, skip)
            return Board(publication=publication, weights=publication.weights, scores=kept)
        weights, scores = await self._scores(root, month)
        mine = [one for one in scores if grid_class is None or one.member.grid_class == grid_class]
        return Board(publication=None, weights=weights, scores=mine[skip : skip + most])

    async def own(self, person: PersonId, path: str, month: Period) -> Own:
        """Give one member's score with its rows; ranked only once it is published.

        Raises `NotFound` (`score.none`) for somebody who had no tier to answer for in that month.
        """
        acts = await self.store.acts(person, month.since, month.until, ACTS_MOST)
        published = await self.store.published_of(person, month.first)
        if published is not None:
            publication, score = published
            return Own(publication=publication, weights=publication.weights, score=score, acts=acts)
        weights = await self.store.weights(path)
        found = await self.store.members("", month.since, month.until, person)
        if not found:
            raise NotFound(
                "score.none", f"{person} answered for no tier in {month.name}: there is nothing to score"
            )
        member, counts = found[0]
        return Own(publication=None, weights=weights, score=scored(member, counts, weights), acts=acts)

    async def publish(self, root: Grid, month: Period, person: PersonId) -> Publication:
        """Publish a month's scores, once.

        Raises `Rejected` (`month.running`) before it is over and (`scores.published`) when it was already.
        """
        if month.running(self._clock.now()):
            raise Rejected("month.running", f"{month.name} is not over: publish it when it is")
        weights, scores = await self._scores(root, month)
        publication = Publication(
            id=derived_id("score_month", root.code, month.name),
            root=root.code,
            month=month.first,
            weights=weights,
            published=self._clock.now(),
            published_by=person,
        )
        if not await self.store.publish(publication, scores):
            raise Rejected(
                "scores.published", f"{month.name} was published for {root.code} already: it stays as it is"
            )
        log.info("scores.published", grid=root.code, month=month.name, members=len(scores), person=person)
        return publication

    async def fix(self, root: Grid, quarter: Period, person: PersonId) -> Contest:
        """Fix a quarter's contest from its three published months, once.

        Raises `Rejected` (`contest.unpublished`) naming the months that are missing, and (`contest.fixed`) when it was
        fixed already.
        """
        months = months_of(quarter)
        missing = [one for one in months if await self.store.publication(root.code, one) is None]
        if missing:
            names = ", ".join(f"{one:%Y-%m}" for one in missing)
            raise Rejected("contest.unpublished", f"publish {names} for {root.code} first")
        totals = await self.store.totals(root.code, months)
        names_of = {member.grid: member.grid_name for scores in totals.values() for member, _ in scores}
        made = Contest(
            id=derived_id("contest", root.code, quarter.name),
            root=root.code,
            quarter=quarter.first,
            fixed=self._clock.now(),
            fixed_by=person,
            standings=tuple(contest(totals, names_of)),
        )
        if not await self.store.fix(made):
            raise Rejected(
                "contest.fixed", f"the contest of {quarter.name} was fixed for {root.code} already: it stays"
            )
        log.info("contest.fixed", grid=root.code, quarter=quarter.name, person=person)
        return made

    async def _scores(self, root: Grid, month: Period) -> tuple[Weights, list[Score]]:
        """Score everybody of a grid; a whole city is seconds of work, so one at a time and in a thread."""
        async with self._turn:
            weights = await self.store.weights(root.path)
            members = await self.store.members(root.path, month.since, month.until)
            return weights, await asyncio.to_thread(_ranked, members, weights)


def _ranked(members: Sequence[tuple[Member, Counts]], weights: Weights) -> list[Score]:
    return ranked(scored(member, counts, weights) for member, counts in members)


def months_of(quarter: Period) -> list[date]:
    """Give the first days of a quarter's months."""
    found, day = [], quarter.first
    while day < quarter.after:
        month = containing(PeriodKind.MONTH, day)
        found.append(month.first)
        day = month.after
    return found
