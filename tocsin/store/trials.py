"""Tests of people's channels, browsers' subscriptions and the list of providers, on PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from psycopg.rows import dict_row
from typing_extensions import override

from tocsin.alerts.reach_ports import ChannelRow, Trial, TrialRow, TrialStore
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.ids import PersonId, new_id
from tocsin.core.responders import Channel
from tocsin.store.connect import Connection, Pool, connection
from tocsin.store.rows import Fields, as_rows
from tocsin.store.sql import queries


class PgTrialStore(TrialStore):
    """Keeps tests on the pool of this process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def ask(self, person: PersonId, channels: Sequence[Channel], by: str) -> Sequence[str]:
        async with connection(self._pool) as database:
            if not await _ask(database, "lock_person", person=person):
                raise no_person(person)
            theirs = {Channel(row["channel"]) for row in await _ask(database, "channels_of", person=person)}
            wanted = wanted_of(person, channels, theirs)
            rows = [{"id": new_id(), "channel": channel} for channel in wanted]
            made = await _ask(database, "order_tests", person=person, by=by, rows=as_rows(rows))
        return [row["id"] for row in made]

    @override
    async def contacts(self) -> Sequence[tuple[PersonId, Channel, datetime | None]]:
        rows = await self._ask("contacts")
        return [(PersonId(row["person"]), Channel(row["channel"]), row["tested"]) for row in rows]

    @override
    async def claim(self, most: int) -> Sequence[Trial]:
        return [
            Trial(
                id=row["id"],
                person=PersonId(row["person"]),
                person_name=row["name"],
                language=row["language"],
                channel=Channel(row["channel"]),
                address=row["address"],
                asked=row["asked"],
            )
            for row in await self._ask("claim_tests", most=most)
        ]

    @override
    async def name_token(self, trial: str, token_hash: bytes) -> None:
        await self._do("name_token", trial=trial, token=token_hash)

    @override
    async def sent(self, trial: str, *, provider: str, provider_id: str) -> None:
        await self._do(
            "test_sent", trial=trial, outcome="sent", reason="", provider=provider, provider_id=provider_id
        )

    @override
    async def failed(self, trial: str, reason: str, provider: str) -> None:
        await self._do(
            "test_sent",
            trial=trial,
            outcome="failed",
            reason=reason.replace("\0", "")[:500],
            provider=provider,
            provider_id="",
        )

    @override
    async def answer(self, token_hash: bytes) -> TrialRow | None:
        async with connection(self._pool) as database:
            found = await _ask(database, "answer_token", token=token_hash)
            if not found:
                return None
            rows = await _ask(database, "tests", scope="", person=None, trial=found[0]["id"], most=1)
            return _row(rows[0])

    @override
    async def answer_of(self, person: PersonId, channel: Channel) -> bool:
        return bool(await self._ask("answer_newest", person=person, channel=channel.value))

    @override
    async def rows(self, scope: str, person: PersonId | None, most: int) -> Sequence[TrialRow]:
        found = await self._ask("tests", scope=scope, person=person, trial=None, most=most)
        return [_row(row) for row in found]

    @override
    async def unreachable(self, scope: str) -> Sequence[tuple[PersonId, str, str]]:
        rows = await self._ask("unreachable", scope=scope)
        return [(PersonId(row["id"]), row["name"], row["reason"]) for row in rows]

    @override
    async def channels(self) -> Sequence[ChannelRow]:
        return [
            ChannelRow(**{**row, "channel": Channel(row["channel"])})
            for row in await self._ask("list_channels")
        ]

    @override
    async def subscribe(self, person: PersonId, address: str, most: int) -> None:
        endpoint = str(json.loads(address)["endpoint"])
        async with connection(self._pool) as database:
            if not await _ask(database, "lock_person", person=person):
                raise no_person(person)
            values = {"person": person, "address": address, "endpoint": endpoint, "most": most}
            await database.execute(queries("trials")["subscribe"], values)
            await database.execute(queries("trials")["drop_subscriptions"], values)

    @override
    async def unsubscribe(self, person: PersonId, endpoint: str) -> None:
        await self._do("unsubscribe", person=person, endpoint=endpoint)

    async def _ask(self, query: str, **arguments: object) -> list[Fields]:
        async with connection(self._pool) as database:
            return await _ask(database, query, **arguments)

    async def _do(self, query: str, **arguments: object) -> None:
        async with connection(self._pool) as database:
            await database.execute(queries("trials")[query], arguments)


def no_person(person: PersonId) -> NotFound:
    """Say that nobody active has this id."""
    return NotFound("person.unknown", f"there is no active person {person[:64]!r}: `tocsin town` adds people")


def wanted_of(person: PersonId, channels: Sequence[Channel], theirs: set[Channel]) -> list[Channel]:
    """Give the channels to test; raises `Rejected` (`channel.no_contact`) when there is no address."""
    missing = [channel for channel in channels if channel not in theirs and channel is not Channel.LOG]
    if missing or not (channels or theirs):
        named = ", ".join(missing) or "any channel"
        raise Rejected(
            "channel.no_contact", f"{person} has no address for {named}: add a contact, then test again"
        )
    return sorted(set(channels) or theirs)


async def _ask(database: Connection, query: str, **arguments: object) -> list[Fields]:
    async with database.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries("trials")[query], arguments)
        return await cursor.fetchall()


def _row(row: Fields) -> TrialRow:
    return TrialRow(
        id=row["id"],
        person=PersonId(row["person"]),
        person_name=row["person_name"],
        channel=Channel(row["channel"]),
        provider=row["provider"],
        asked=row["asked"],
        outcome=row["outcome"],
        reason=row["reason"],
        settled=row["settled"],
        answered=row["answered"],
        score=row["score"],
    )
