"""Evaluation of grid staff on PostgreSQL: acts, weights, published scores, contests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

from psycopg.types.json import Jsonb
from typing_extensions import override

from tocsin.core.ids import GridCode, PersonId
from tocsin.store.connect import Pool, connection
from tocsin.store.points import PgPoints, ask, do
from tocsin.store.rows import Fields, as_rows
from tocsin.town.evaluation import (
    DEFAULT_WEIGHTS,
    Counts,
    GridMonth,
    Indicator,
    Member,
    Score,
    Standing,
    Weight,
    Weights,
    scored,
)
from tocsin.town.evaluation_ports import Act, Contest, EvaluationStore, Publication

PLACES_SHOWN: Final = 20
"""Of each class of a contest."""


class PgEvaluation(PgPoints, EvaluationStore):
    """Keeps evaluation on the pool of this process; each call is one transaction."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)

    @override
    async def note(self, act: str, person: PersonId, indicator: Indicator, subject: str) -> None:
        async with connection(self._pool) as database:
            if indicator is Indicator.SIGN_IN:
                await do(database, "sign_in", person=person)
            else:
                await do(database, "note", id=act, person=person, indicator=indicator, subject=subject)

    @override
    async def patrol(self, person: PersonId, secret: bytes) -> tuple[str, GridCode] | None:
        rows = await self._read("patrol", person=person, secret=secret)
        return (rows[0]["name"], GridCode(rows[0]["grid"])) if rows else None

    @override
    async def weights(self, path: str) -> Weights:
        rows = await self._read("weights", path=path)
        if not rows:
            return DEFAULT_WEIGHTS
        return {Indicator(row["indicator"]): Weight(row["points"], row["full_count"]) for row in rows}

    @override
    async def set_weights(self, root: GridCode, weights: Weights, person: PersonId) -> None:
        rows = [
            {"indicator": one, "points": weight.points, "full_count": weight.full}
            for one, weight in weights.items()
        ]
        async with connection(self._pool) as database:
            await do(database, "set_weights", root=root, person=person, rows=as_rows(rows))

    @override
    async def members(
        self, scope: str, since: datetime, until: datetime, person: PersonId | None = None
    ) -> Sequence[tuple[Member, Counts]]:
        rows = await self._read("members", scope=scope, since=since, until=until, person=person)
        return [(_member(row, row["id"]), _counts(row["counts"])) for row in rows]

    @override
    async def acts(self, person: PersonId, since: datetime, until: datetime, most: int) -> Sequence[Act]:
        rows = await self._read("acts", person=person, since=since, until=until, most=most)
        return [
            Act(indicator=Indicator(row["indicator"]), at=row["at"], subject=row["subject"]) for row in rows
        ]

    @override
    async def publication(self, root: GridCode, month: date) -> Publication | None:
        rows = await self._read("publication", root=root, month=month)
        return _publication(rows[0], rows[0]["id"]) if rows else None

    @override
    async def published_of(self, person: PersonId, month: date) -> tuple[Publication, Score] | None:
        rows = await self._read("published_of", person=person, month=month)
        if not rows:
            return None
        publication = _publication(rows[0], rows[0]["publication"])
        return publication, _score(rows[0], publication.weights)

    @override
    async def published(
        self, publication: Publication, scope: str, grid_class: str | None, most: int, skip: int
    ) -> Sequence[Score]:
        rows = await self._read(
            "published",
            publication=publication.id,
            scope=scope,
            most=most,
            skip=skip,
            **{"class": grid_class},
        )
        return [_score(row, publication.weights) for row in rows]

    @override
    async def publish(self, publication: Publication, scores: Sequence[Score]) -> bool:
        rows = [
            {
                "person": one.member.person,
                "grid": one.member.grid,
                "class": one.member.grid_class,
                "counts": dict(one.counts),
                "total": one.total,
                "place": one.place,
            }
            for one in scores
        ]
        weights = {
            one.value: {"points": weight.points, "full": weight.full}
            for one, weight in publication.weights.items()
        }
        async with connection(self._pool) as database:
            made = await ask(
                database,
                "publish",
                id=publication.id,
                root=publication.root,
                month=publication.month,
                weights=Jsonb(weights),
                published=publication.published,
                person=publication.published_by,
            )
            if made:
                await do(database, "publish_scores", publication=publication.id, rows=as_rows(rows))
        return bool(made)

    @override
    async def totals(
        self, root: GridCode, months: Sequence[date]
    ) -> Mapping[date, Sequence[tuple[Member, int]]]:
        found: dict[date, list[tuple[Member, int]]] = {}
        for row in await self._read("totals", root=root, months=list(months)):
            found.setdefault(row["month"], []).append((_member(row, row["person"]), row["total"]))
        return found

    @override
    async def fix(self, contest: Contest) -> bool:
        rows = [
            {
                "grid": one.grid,
                "class": one.grid_class,
                "months": {
                    month.isoformat(): {"members": of.members, "total": of.total}
                    for month, of in one.months.items()
                },
                "total": one.total,
                "place": one.place,
            }
            for one in contest.standings
        ]
        async with connection(self._pool) as database:
            made = await ask(
                database,
                "fix",
                id=contest.id,
                root=contest.root,
                quarter=contest.quarter,
                fixed=contest.fixed,
                person=contest.fixed_by,
            )
            if made:
                await do(database, "fix_entries", contest=contest.id, rows=as_rows(rows))
        return bool(made)

    @override
    async def contests(self, scope: str, most: int) -> Sequence[Contest]:
        return [
            Contest(
                id=row["id"],
                root=GridCode(row["root"]),
                quarter=row["quarter"],
                fixed=row["fixed"],
                fixed_by=PersonId(row["fixed_by"]),
                standings=tuple(_standing(one) for one in row["standings"]),
            )
            for row in await self._read("contests", scope=scope, most=most, places=PLACES_SHOWN)
        ]


def _member(row: Fields, person: str) -> Member:
    return Member(
        person=PersonId(person),
        name=row["name"],
        grid=GridCode(row["grid"]),
        grid_name=row["grid_name"],
        grid_class=row["class"],
    )


def _counts(counts: Mapping[str, int]) -> Counts:
    return {Indicator(one): count for one, count in counts.items()}


def _publication(row: Fields, publication: str) -> Publication:
    weights: dict[str, dict[str, int]] = row["weights"]
    return Publication(
        id=publication,
        root=GridCode(row["root"]),
        month=row["month"],
        weights={Indicator(one): Weight(weight["points"], weight["full"]) for one, weight in weights.items()},
        published=row["published"],
        published_by=PersonId(row["published_by"]),
    )


def _score(row: Fields, weights: Weights) -> Score:
    """Give a published score; its parts follow from the counts, its total and rank are as they were kept."""
    again = scored(_member(row, row["person"]), _counts(row["counts"]), weights)
    return Score(
        member=again.member,
        counts=again.counts,
        parts=again.parts,
        total=row["total"],
        place=row["place"],
        among=row["among"],
    )


def _standing(row: Mapping[str, object]) -> Standing:
    months: Mapping[str, Mapping[str, int]] = row["months"]  # type: ignore[assignment]  # as `fix` wrote it
    return Standing(
        grid=GridCode(str(row["grid"])),
        grid_name=str(row["grid_name"]),
        grid_class=str(row["class"]),
        months={
            date.fromisoformat(month): GridMonth(members=of["members"], total=of["total"])
            for month, of in sorted(months.items())
        },
        total=int(str(row["total"])),
        place=int(str(row["place"])),
    )
