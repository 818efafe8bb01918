"""Policies, readiness and the past on PostgreSQL, for people and for checks of policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Final

from psycopg.rows import dict_row
from typing_extensions import override

from tocsin.alerts.policy_ports import PolicyRecords, PolicyRow, ReadinessRow
from tocsin.core.errors import NotFound
from tocsin.core.grids import GridKind
from tocsin.core.ids import GridCode, PersonId, PolicyId
from tocsin.core.incidents import Readiness, Recorded
from tocsin.core.responders import Directory
from tocsin.store import chain
from tocsin.store.alerts import on_duty_of
from tocsin.store.connect import Pool, connection, translate
from tocsin.store.rows import Fields
from tocsin.store.sql import queries
from tocsin.town.duty import OnDuty, directory

LOGS_MAX: Final = 200_000
"""Incidents that one question reads at most: about a year of a city."""
INSTANTS_MAX: Final = 2_000
"""Pairs of grid and instant that one statement asks for."""


class PgPolicyRecords(PolicyRecords):
    """Reads on the pool of this process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def policies(self, most: int) -> Sequence[PolicyRow]:
        rows = await self._ask("policies", most=most)
        return [
            PolicyRow(
                id=PolicyId(row["id"]),
                name=row["name"],
                saved=row["saved"],
                open_incidents=row["open_incidents"],
            )
            for row in rows
        ]

    @override
    async def policy_text(self, policy: PolicyId) -> str:
        rows = await self._ask("policy_text", policy=policy)
        if not rows:
            raise NotFound(
                "policy.unknown", f"there is no policy version {policy[:80]}: `tocsin policy list` shows them"
            )
        return str(rows[0]["text"])

    @override
    async def readiness(self, scope: str) -> Sequence[ReadinessRow]:
        return [
            ReadinessRow(
                grid=GridCode(row["grid"]),
                grid_name=row["grid_name"],
                grid_path=row["grid_path"],
                readiness=Readiness(row["readiness"]),
                since=row["since"],
                person=PersonId(row["person"]),
                person_name=row["person_name"],
                reason=row["reason"],
            )
            for row in await self._ask("readiness", scope=scope)
        ]

    @override
    async def logs(
        self, scope: str, since: datetime, until: datetime, most: int
    ) -> Sequence[Sequence[Recorded]]:
        rows = await self._ask("logs", scope=scope, since=since, until=until, most=min(most, LOGS_MAX))
        found = [
            [chain.read(row["body"]) for row in events]
            for _, events in groupby(rows, key=itemgetter("incident"))
        ]
        return sorted(found, key=lambda log: (log[0].recorded, log[0].incident))

    @override
    async def directories_at(
        self, wanted: Sequence[tuple[GridCode, datetime]]
    ) -> Mapping[tuple[GridCode, datetime], Directory]:
        pairs = sorted(set(wanted))
        staff: dict[tuple[GridCode, datetime, GridKind], list[OnDuty]] = {}
        for first in range(0, len(pairs), INSTANTS_MAX):
            grids, instants = zip(*pairs[first : first + INSTANTS_MAX], strict=True)
            for row in await self._ask("on_duty_at", grids=list(grids), instants=list(instants)):
                place = (GridCode(row["place"]), row["at"], GridKind(row["place_kind"]))
                on_duty = staff.setdefault(place, [])
                if row["person"] is not None:
                    on_duty.append(on_duty_of(row))
        return {(grid, at): directory(grid, kind, people) for (grid, at, kind), people in staff.items()}

    @override
    async def duty_changes(self, scope: str, since: datetime, until: datetime) -> Sequence[datetime]:
        return [row["at"] for row in await self._ask("duty_changes", scope=scope, since=since, until=until)]

    async def _ask(self, query: str, **arguments: object) -> list[Fields]:
        with translate():
            async with (
                connection(self._pool) as database,
                database.cursor(row_factory=dict_row, binary=True) as cursor,
            ):
                await cursor.execute(queries("policies")[query], arguments)
                return await cursor.fetchall()
