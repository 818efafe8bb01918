"""Display profiles on PostgreSQL: which one is in force where."""

from __future__ import annotations

from datetime import datetime

from typing_extensions import override

from tocsin.core.ids import GridCode, PersonId
from tocsin.store.connect import Pool, connection
from tocsin.store.sql import queries
from tocsin.town.profiles import STANDARD, ProfileStore


class PgProfiles(ProfileStore):
    """Keeps the choice on the pool of this process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def profile_of(self, root: GridCode | None) -> str:
        async with connection(self._pool) as database:
            cursor = await database.execute(queries("profiles")["profile_of"], {"root": root or ""})
            row = await cursor.fetchone()
        return STANDARD.id if row is None else str(row[0])

    @override
    async def choose_profile(
        self, root: GridCode | None, profile: str, person: PersonId, at: datetime
    ) -> None:
        async with connection(self._pool) as database:
            await database.execute(
                queries("profiles")["choose_profile"],
                {"root": root or "", "profile": profile, "person": person, "at": at},
            )
