"""The outbox of notices on PostgreSQL, as relays use it.

A notice is pending, leased, or at an end; each step is one statement, so that any number of relays
may work at once.  Addresses are looked up at the moment of claiming and nowhere kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from psycopg.rows import dict_row
from typing_extensions import override

from tocsin.alerts.model import Notice
from tocsin.alerts.ports import OUTAGE, ClaimedNotice, NoticeStore
from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.ids import IncidentId, NoticeId, PersonId, PictureHash
from tocsin.core.incidents import Grade, Outcome
from tocsin.core.responders import Channel
from tocsin.store.connect import Pool, connection
from tocsin.store.rows import Fields
from tocsin.store.sql import queries

CLAIM_MOST: Final = 1000
"""More notices than this are never leased or expired at once."""
REASON_CHARACTERS_MAX: Final = 500
"""A provider's answer may be a whole page."""


class PgNoticeStore(NoticeStore):
    """Claims and settles notices on the pool of this process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def claim(self, relay: str, most: int, lease: timedelta) -> Sequence[ClaimedNotice]:
        rows = await self._ask("claim", relay=relay, most=min(most, CLAIM_MOST), lease=lease)
        return [_claimed(row) for row in rows]

    @override
    async def settle(
        self,
        notice: NoticeId,
        relay: str,
        outcome: Outcome,
        *,
        reason: str,
        provider_id: str,
        provider: str = "",
    ) -> bool:
        rows = await self._ask(
            "settle",
            notice=notice,
            relay=relay,
            outcome=outcome.value,
            reason=_short(reason),
            provider_id=_short(provider_id),
            provider=provider,
        )
        return bool(rows)

    @override
    async def postpone(
        self,
        notice: NoticeId,
        relay: str,
        until: datetime,
        reason: str,
        *,
        tried: bool = True,
        provider: str = "",
    ) -> bool:
        return bool(
            await self._ask(
                "postpone",
                notice=notice,
                relay=relay,
                until=until,
                reason=_short(reason),
                tried=tried,
                provider=provider,
            )
        )

    @override
    async def forget(self, channel: Channel, address: str) -> None:
        async with connection(self._pool) as database:
            await database.execute(
                queries("notices")["forget"], {"channel": channel.value, "address": address}
            )

    @override
    async def expire(self, most: int) -> Sequence[Notice]:
        rows = await self._ask("expire", most=min(most, CLAIM_MOST), outage=OUTAGE)
        return [notice_of(row) for row in rows if row["state"] == Outcome.EXPIRED]

    @override
    async def next_send(self) -> tuple[datetime, datetime] | None:
        row = (await self._ask("next_send"))[0]
        return None if row["ready"] is None else (row["now"], row["ready"])

    async def _ask(self, query: str, **arguments: object) -> list[Fields]:
        async with connection(self._pool) as database, database.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(queries("notices")[query], arguments)
            return await cursor.fetchall()


def _short(text: str) -> str:
    """Cut a provider's words; the database takes no zero byte."""
    return text.replace("\0", "")[:REASON_CHARACTERS_MAX]


def notice_of(row: Fields) -> Notice:
    """Make a notice of a row with its columns."""
    return Notice(
        id=NoticeId(row["id"]),
        incident=IncidentId(row["incident"]),
        person=None if row["person"] is None else PersonId(row["person"]),
        tier=None if row["tier"] is None else Tier(row["tier"]),
        channel=Channel(row["channel"]),
        template=row["template"],
        step=row["step"],
        priority=row["priority"],
        not_before=row["not_before"],
        expires=row["expires"],
        drill=row["drill"],
    )


def _claimed(row: Fields) -> ClaimedNotice:
    return ClaimedNotice(
        notice=notice_of(row),
        attempt=row["attempt"],
        address=row["address"],
        person_name=row["person_name"],
        language=row["language"],
        kind=Kind(row["incident_kind"]),
        grade=Grade(row["grade"]),
        grid_name=row["grid_name"],
        place_name=row["place_name"],
        began=row["began"],
        confirmed=row["confirmed"],
        due=row["due"],
        picture=None if row["picture"] is None else PictureHash(row["picture"]),
        provider=row["provider"],
        others=tuple(row["others"] or ()),
        matter=(row["matter_name"], row["matter_name_en"]),
    )
