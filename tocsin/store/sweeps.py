"""Sweeps with their roll-call, and the outbox of what people are told of them, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from psycopg.rows import dict_row
from typing_extensions import override

from tocsin.alerts.sweep import SweepCall, SweepCalls
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.ids import GridCode, PersonId
from tocsin.core.responders import Channel
from tocsin.store.connect import Connection, Pool, connection
from tocsin.store.rows import Fields, as_rows
from tocsin.store.sql import queries
from tocsin.town.sweeps import (
    ANSWERED_AFTER,
    GRIDS_MAX,
    Answer,
    NewSweep,
    Part,
    RollRow,
    RollState,
    Sweep,
    SweepAnswer,
    SweepCounts,
    SweepKind,
    Sweeps,
)

_COUNTS = ("total", "looking", "nobody", "answered", "late", "clear", "found", "unable", "items")


class PgSweeps(Sweeps):
    """Keeps sweeps on the pool of this process; each call is one transaction."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def start(self, sweep: NewSweep) -> None:
        async with connection(self._pool) as database:
            made = await _ask(
                database,
                "start",
                id=sweep.id,
                grid=sweep.grid,
                kind=sweep.kind.value,
                title=sweep.title,
                words=sweep.words,
                drill=sweep.drill,
                by=sweep.by,
                lasts=sweep.lasts,
                remind_after=sweep.remind_after,
            )
            if not made:
                return
            asked = await _do(database, "ask_grids", sweep=sweep.id, level=sweep.level, most=GRIDS_MAX + 1)
            if not asked:
                raise Rejected(
                    "sweep.empty",
                    f"no grid under {sweep.grid} is of that level: leave the level out, or name another",
                )
            if asked > GRIDS_MAX:
                raise Rejected(
                    "sweep.too_many", f"more than {GRIDS_MAX} grids would be asked: take a smaller place"
                )

    @override
    async def sweep(self, scope: str, sweep: str) -> Sweep | None:
        rows = await self._read("sweep", scope=scope, sweep=sweep)
        return _sweep(rows[0]) if rows else None

    @override
    async def sweeps(self, scope: str, *, before: datetime | None, most: int) -> Sequence[Sweep]:
        return [_sweep(row) for row in await self._read("sweeps", scope=scope, before=before, most=most)]

    @override
    async def sweeps_of(self, person: PersonId, *, most: int, sweep: str | None = None) -> Sequence[Sweep]:
        rows = await self._read("sweeps_of", person=person, most=most, sweep=sweep)
        return [_sweep(row) for row in rows]

    @override
    async def parts(self, scope: str, sweep: str) -> Sequence[Part]:
        return [
            Part(grid=GridCode(row["grid"]), name=row["name"], counts=_counts(row))
            for row in await self._read("parts", scope=scope, sweep=sweep)
        ]

    @override
    async def roll(
        self,
        scope: str,
        sweep: str,
        *,
        person: PersonId | None = None,
        state: RollState | None = None,
        after: str | None = None,
        most: int,
    ) -> Sequence[RollRow]:
        async with connection(self._pool) as database:
            return await _roll(
                database,
                scope=scope,
                sweep=sweep,
                person=person,
                state=None if state is None else state.value,
                after=after,
                grid=None,
                most=most,
            )

    @override
    async def answer(
        self, sweep: str, grid: GridCode, answer: Answer, by: PersonId, *, scope: str | None
    ) -> RollRow:
        async with connection(self._pool) as database:
            wanted: dict[str, object] = {
                "scope": scope or "",
                "sweep": sweep,
                "person": by if scope is None else None,
                "state": None,
                "after": None,
                "grid": grid,
                "most": 1,
            }
            if not await _roll(database, **wanted):
                raise no_grid(sweep, grid)
            (locked,) = await _ask(database, "lock_grid", sweep=sweep, grid=grid, after=ANSWERED_AFTER)
            if locked["over"]:
                raise Rejected(
                    "sweep.over",
                    f"the sweep ended more than {ANSWERED_AFTER.days} days ago: it stays as it is",
                )
            await _do(
                database,
                "answer",
                sweep=sweep,
                grid=grid,
                by=by,
                answer=answer.answer.value,
                found=answer.found,
                words=answer.words,
            )
            return (await _roll(database, **wanted))[0]

    @override
    async def end(self, sweep: str, by: PersonId) -> None:
        async with connection(self._pool) as database:
            await _do(database, "end", sweep=sweep, by=by)

    async def _read(self, query: str, **arguments: object) -> list[Fields]:
        async with connection(self._pool) as database:
            return await _ask(database, query, **arguments)


class PgSweepCalls(SweepCalls):
    """The outbox of sweeps on the pool of this process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def unlooked(self, most: int) -> Sequence[tuple[str, GridCode]]:
        return [(row["sweep"], GridCode(row["grid"])) for row in await self._ask("unlooked", most=most)]

    @override
    async def assign(self, found: Mapping[tuple[str, GridCode], PersonId | None]) -> None:
        rows = as_rows([{"sweep": one, "grid": grid, "person": who} for (one, grid), who in found.items()])
        async with connection(self._pool) as database:
            await _do(database, "assign", rows=rows)
            await _do(database, "order_calls", rows=rows)

    @override
    async def remind(self) -> int:
        return await self._do("remind")

    @override
    async def settle_lost(self) -> int:
        return sum(row["lost"] for row in await self._ask("settle_lost"))

    @override
    async def claim(self, most: int) -> Sequence[SweepCall]:
        return [_call(row) for row in await self._ask("claim", most=most) if row["lease"] is not None]

    @override
    async def begin(self, call: SweepCall) -> bool:
        return bool(await self._ask("begin", id=call.id, lease=call.lease))

    @override
    async def sent(self, call: SweepCall, *, provider: str, provider_id: str) -> None:
        await self._settle(call, "sent", "", provider, provider_id)

    @override
    async def unknown(self, call: SweepCall, reason: str, *, provider: str) -> None:
        await self._settle(call, "unknown", reason, provider, "")

    @override
    async def refused(self, call: SweepCall, reason: str, *, provider: str) -> None:
        await self._do("refused", id=call.id, lease=call.lease, reason=_plain(reason), provider=provider)

    @override
    async def postpone(self, call: SweepCall, until: datetime) -> None:
        await self._do("postpone", id=call.id, lease=call.lease, until=until)

    async def _settle(
        self, call: SweepCall, outcome: str, reason: str, provider: str, provider_id: str
    ) -> None:
        await self._do(
            "settle",
            id=call.id,
            lease=call.lease,
            outcome=outcome,
            reason=_plain(reason),
            provider=provider,
            provider_id=provider_id,
        )

    async def _ask(self, query: str, **arguments: object) -> list[Fields]:
        async with connection(self._pool) as database:
            return await _ask(database, query, **arguments)

    async def _do(self, query: str, **arguments: object) -> int:
        async with connection(self._pool) as database:
            return await _do(database, query, **arguments)


def no_grid(sweep: str, grid: str) -> NotFound:
    """Say that there is nothing to answer there."""
    return NotFound(
        "sweep.unknown",
        f"sweep {sweep[:64]} does not ask grid {grid[:64]} of you: choose one of its roll-call",
    )


async def _roll(database: Connection, **wanted: object) -> list[RollRow]:
    return [_row(row) for row in await _ask(database, "roll", **wanted)]


async def _ask(database: Connection, query: str, **arguments: object) -> list[Fields]:
    async with database.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries("sweeps")[query], arguments)
        return await cursor.fetchall()


async def _do(database: Connection, query: str, **arguments: object) -> int:
    return (await database.execute(queries("sweeps")[query], arguments)).rowcount


def _plain(reason: str) -> str:
    return reason.replace("\0", "")[:500]


def _counts(row: Fields) -> SweepCounts:
    return SweepCounts(**{name: row[name] for name in _COUNTS})


def _sweep(row: Fields) -> Sweep:
    return Sweep(
        id=row["id"],
        grid=GridCode(row["grid"]),
        grid_name=row["grid_name"],
        path=row["path"],
        kind=SweepKind(row["kind"]),
        title=row["title"],
        words=row["words"],
        drill=row["drill"],
        started=row["started"],
        started_by=PersonId(row["started_by"]),
        started_by_name=row["started_by_name"],
        until=row["until"],
        ended=row["ended"],
        counts=_counts(row),
    )


def _row(row: Fields) -> RollRow:
    if row["answered"] is not None:
        state = RollState.LATE if row["late"] else RollState.ANSWERED
    elif row["looked"] is None:
        state = RollState.LOOKING
    else:
        state = RollState.NOBODY if row["person"] is None else RollState.ASKED
    return RollRow(
        grid=GridCode(row["grid"]),
        name=row["name"],
        path=row["path"],
        state=state,
        person=row["person"],
        person_name=row["person_name"],
        told=row["told"],
        reminded=row["reminded"],
        answered=row["answered"],
        answered_by=row["answered_by"],
        answer=None if row["answer"] is None else SweepAnswer(row["answer"]),
        found=row["found"],
        words=row["words"],
    )


def _call(row: Fields) -> SweepCall:
    channel = row["channel"]
    return SweepCall(**{**row, "channel": None if channel is None else Channel(channel)})
