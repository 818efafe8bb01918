"""Receipts of providers and people's answers on PostgreSQL.

A person's numbers are given one at a time; an answer is dealt with when its row says so, so that a
provider may repeat it and a process may die in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from psycopg.rows import dict_row
from typing_extensions import override

from tocsin.alerts.reach_ports import OpenCode, Receipt, ReplyStore, Settling
from tocsin.alerts.replies import NUMBER_MAX, digits
from tocsin.core.ids import IncidentId, PersonId
from tocsin.store.connect import Connection, Pool, connection
from tocsin.store.notices import notice_of
from tocsin.store.rows import Fields, as_rows
from tocsin.store.sql import queries

REASON_CHARACTERS_MAX: Final = 500


class PgReplyStore(ReplyStore):
    """Keeps receipts, numbers and answers on the pool of this process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def keep(self, receipts: Sequence[Receipt]) -> int:
        rows = [
            {
                "provider": one.provider,
                "provider_id": one.provider_id,
                "delivered": one.delivered,
                "reason": one.reason[:REASON_CHARACTERS_MAX],
            }
            for one in sorted(receipts, key=lambda one: (one.provider, one.provider_id))
        ]
        return len(await self._ask("keep_receipts", rows=as_rows(rows)))

    @override
    async def unsettled(self, most: int) -> Sequence[Settling]:
        async with connection(self._pool) as database:
            await database.execute(queries("replies")["give_up_receipts"])
            return [_settling(row) for row in await _ask(database, "unsettled", most=most)]

    @override
    async def settle(self, settling: Settling) -> None:
        receipt = settling.receipt
        state = "delivered" if receipt.delivered else "failed"
        reason = receipt.reason if receipt.delivered else f"not_delivered: {receipt.reason}"
        async with connection(self._pool) as database:
            if settling.notice is not None:
                values = {"notice": settling.notice.id, "state": state, "reason": reason}
                await database.execute(queries("replies")["settle_notice"], values)
            if settling.trial is not None:
                values = {"trial": settling.trial, "state": state, "reason": reason}
                await database.execute(queries("replies")["settle_trial"], values)
            await database.execute(
                queries("replies")["settle_receipt"],
                {"provider": receipt.provider, "provider_id": receipt.provider_id},
            )

    @override
    async def code(self, person: PersonId, incident: IncidentId, until: datetime) -> OpenCode:
        async with connection(self._pool) as database:
            await database.execute(queries("replies")["lock_codes"], {"person": person})
            known = await _ask(database, "codes", person=person)
            number, alone = choose_number(
                [(row["number"], row["incident"], row["alone"], row["open"]) for row in known], incident
            )
            (row,) = await _ask(
                database,
                "save_code",
                person=person,
                number=number,
                incident=incident,
                until=until,
                alone=alone,
            )
            return _code({**row, "person": person})

    @override
    async def codes_of(self, sender: str) -> Sequence[OpenCode]:
        people = await self.people_of(sender)
        rows = await self._ask("codes_of", people=list(people)) if people else []
        return [_code(row) for row in rows]

    @override
    async def people_of(self, sender: str) -> Sequence[PersonId]:
        plain = digits(sender)
        rows = await self._ask("people_of", digits=plain) if plain else []
        return [PersonId(row["person"]) for row in rows]

    @override
    async def told_by(self, provider: str, provider_id: str) -> tuple[PersonId, IncidentId | None] | None:
        rows = await self._ask("told_by", provider=provider, provider_id=provider_id)
        if not rows:
            return None
        incident = rows[0]["incident"]
        return PersonId(rows[0]["person"]), None if incident is None else IncidentId(incident)

    @override
    async def begin(self, provider: str, reference: str) -> bool:
        rows = await self._ask("begin_reply", provider=provider, reference=reference)
        return not rows[0]["done"]

    @override
    async def done(self, provider: str, reference: str) -> None:
        async with connection(self._pool) as database:
            values = {"provider": provider, "reference": reference}
            await database.execute(queries("replies")["done_reply"], values)

    async def _ask(self, query: str, **arguments: object) -> list[Fields]:
        async with connection(self._pool) as database:
            return await _ask(database, query, **arguments)


def choose_number(known: Sequence[tuple[int, str, bool, bool]], incident: IncidentId) -> tuple[int, bool]:
    """Choose the number by which a person answers for an incident: (number, told without it).

    `known` holds (number, incident, alone, open), the last given first.  Numbers go round, so that an
    answer that comes late meets no new incident; when all are taken the oldest is given again.
    """
    for number, of, alone, still_open in known:
        if of == incident and still_open:
            return number, alone
    taken = {number for number, of, _, still_open in known if still_open and of != incident}
    last = known[0][0] if known else 0
    round_trip = [(last + step) % NUMBER_MAX + 1 for step in range(NUMBER_MAX)]
    free = [number for number in round_trip if number not in taken]
    return (free[0] if free else known[-1][0]), not taken


async def _ask(database: Connection, query: str, **arguments: object) -> list[Fields]:
    async with database.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries("replies")[query], arguments)
        return await cursor.fetchall()


def _settling(row: Fields) -> Settling:
    receipt = Receipt(
        provider=row["provider"],
        provider_id=row["provider_id"],
        delivered=row["delivered"],
        reason=row["said"],
    )
    # One that ended otherwise meanwhile is only marked done.
    return Settling(
        receipt=receipt, notice=notice_of(row) if row["state"] == "sent" else None, trial=row["trial"]
    )


def _code(row: Fields) -> OpenCode:
    return OpenCode(
        person=PersonId(row["person"]),
        incident=IncidentId(row["incident"]),
        number=row["number"],
        alone=row["alone"],
        made=row["made"],
    )
