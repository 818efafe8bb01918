"""Budgets and providers' health on PostgreSQL, shared by all relays.

A batch of notices costs two statements: its budgets are locked in the order of their keys, decided by
`alerts.throttle` and written back.  The lock is held for that long only, never while something is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from psycopg.rows import dict_row
from typing_extensions import override

from tocsin.alerts.circuit import TRIAL_EVERY, Health, after
from tocsin.alerts.ports import Answer
from tocsin.alerts.reach_ports import ReachStore
from tocsin.alerts.throttle import Admission, Ask, Budget, admit
from tocsin.core.responders import Channel
from tocsin.store.connect import Connection, Pool, connection
from tocsin.store.rows import Fields, as_rows
from tocsin.store.sql import queries

REASON_CHARACTERS_MAX = 500


class PgReachStore(ReachStore):
    """Keeps budgets and health on the pool of this process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def salt(self) -> bytes:
        async with connection(self._pool) as database:
            (row,) = await _ask(database, "salt")
            return bytes(row["salt"])

    @override
    async def admit(self, asks: Sequence[Ask]) -> Sequence[Admission]:
        keys = sorted({key for ask in asks for key in (*ask.keys, ask.person) if key})
        async with connection(self._pool) as database:
            rows = await _ask(database, "lock_budgets", keys=keys)
            book = {row["key"]: Budget(tuple(row["spent"]), row["blocked_until"]) for row in rows}
            answers, changed = admit(asks, book, rows[0]["now"])
            if changed:
                new = [{"key": key, "spent": budget.spent} for key, budget in sorted(changed.items())]
                await database.execute(queries("reach")["spend"], {"rows": as_rows(new)})
        return answers

    @override
    async def block(self, key: str, until: datetime) -> None:
        async with connection(self._pool) as database:
            await database.execute(queries("reach")["block"], {"key": key, "until": until})

    @override
    async def healths(self) -> Sequence[Health]:
        async with connection(self._pool) as database:
            return [_health(row) for row in await _ask(database, "healths")]

    @override
    async def offer(self, providers: Sequence[tuple[Channel, str]]) -> None:
        rows = [{"channel": channel, "provider": provider} for channel, provider in providers]
        async with connection(self._pool) as database:
            await database.execute(queries("reach")["offer"], {"rows": as_rows(rows)})

    @override
    async def judge(self, channel: Channel, provider: str, answer: Answer) -> Health:
        async with connection(self._pool) as database:
            rows = await _ask(database, "lock_health", channel=channel.value, provider=provider)
            if not rows:
                await database.execute(
                    queries("reach")["offer"],
                    {"rows": as_rows([{"channel": channel, "provider": provider}])},
                )
                rows = await _ask(database, "lock_health", channel=channel.value, provider=provider)
            before = _health(rows[0])
            health = after(before, answer, rows[0]["now"])
            if health is not before:
                await database.execute(
                    queries("reach")["save_health"],
                    {
                        "channel": channel.value,
                        "provider": provider,
                        "up": health.up,
                        "since": health.since,
                        "failures": health.failures,
                        "last_ok": health.last_ok,
                        "reason": health.reason.replace("\0", "")[:REASON_CHARACTERS_MAX],
                    },
                )
            return health

    @override
    async def try_down(self, channel: Channel, provider: str) -> bool:
        async with connection(self._pool) as database:
            values = {"channel": channel.value, "provider": provider, "every": TRIAL_EVERY}
            return bool(await _ask(database, "try_down", **values))


async def _ask(database: Connection, query: str, **arguments: object) -> list[Fields]:
    async with database.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries("reach")[query], arguments)
        return await cursor.fetchall()


def _health(row: Fields) -> Health:
    return Health(
        channel=Channel(row["channel"]),
        provider=row["provider"],
        up=row["up"],
        since=row["since"],
        failures=row["failures"],
        last_ok=row["last_ok"],
        probed=row["probed"],
        reason=row["reason"],
        offered=row["offered"],
    )
