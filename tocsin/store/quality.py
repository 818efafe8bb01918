"""Figures on detectors, and drills, on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from psycopg.rows import dict_row
from typing_extensions import override

from tocsin.alerts.alarm_model import FalseSpot, Window
from tocsin.alerts.quality_ports import (
    BehindFilter,
    DayFigures,
    DetectorFigures,
    Drill,
    HourFigures,
    JudgedIncident,
    QualityQueries,
    RecallFigures,
    Truth,
    Witness,
)
from tocsin.core.detections import Kind
from tocsin.core.errors import NotFound, Transient
from tocsin.core.ids import DeviceId, GridCode, IncidentId, PersonId
from tocsin.store.alarms import spot_of, window_of
from tocsin.store.connect import Pool, connection, translate
from tocsin.store.rows import Fields
from tocsin.store.sql import queries

LIST_MOST: Final = 20_000
AT_ONCE: Final = 2
"""Figures that a process asks for together: each is seconds of work, and the pool is for those who ring."""
WAITING_MAX: Final = 12
"""Further questions are refused: pages that are loaded again and again must not pile up for minutes."""


class PgQuality(QualityQueries):
    """Reads on the pool of this process; writes drills."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._asking = 0

    @override
    async def detectors(
        self, scope: str, since: datetime, until: datetime, most: int
    ) -> Sequence[DetectorFigures]:
        rows = await self._count(
            "detectors", scope=scope, since=since, until=until, most=min(most, LIST_MOST)
        )
        return [
            DetectorFigures(
                detector=row["detector"],
                version=row["version"],
                kind=Kind(row["kind"]),
                device=DeviceId(row["device"]),
                device_kind=row["device_kind"],
                grid=GridCode(row["grid"]),
                real=row["judged_real"],
                false=row["judged_false"],
                unjudged=row["not_judged"],
            )
            for row in rows
        ]

    @override
    async def hours(self, scope: str, since: datetime, until: datetime, most: int) -> Sequence[HourFigures]:
        rows = await self._count("hours", scope=scope, since=since, until=until, most=min(most, LIST_MOST))
        return [
            HourFigures(
                detector=row["detector"],
                kind=Kind(row["kind"]),
                hour=row["hour"],
                real=row["judged_real"],
                false=row["judged_false"],
                unjudged=row["not_judged"],
            )
            for row in rows
        ]

    @override
    async def days(self, scope: str, since: datetime, until: datetime, most: int) -> Sequence[DayFigures]:
        rows = await self._count("days", scope=scope, since=since, until=until, most=min(most, LIST_MOST))
        return [
            DayFigures(
                device=DeviceId(row["device"]),
                device_kind=row["device_kind"],
                days=row["days"],
                false=row["judged_false"],
                false_days=row["false_days"],
            )
            for row in rows
        ]

    @override
    async def recall(
        self, scope: str, since: datetime, until: datetime, most: int
    ) -> Sequence[RecallFigures]:
        rows = await self._count("recall", scope=scope, since=since, until=until, most=min(most, LIST_MOST))
        return [
            RecallFigures(
                witness=Witness(row["witness"]),
                detector=row["detector"],
                kind=Kind(row["kind"]),
                device=DeviceId(row["device"]),
                seen=row["seen"],
                expected=row["expected"],
            )
            for row in rows
        ]

    @override
    async def behind(self, wanted: BehindFilter) -> Sequence[JudgedIncident]:
        rows = await self._count(
            "behind",
            scope=wanted.scope,
            since=wanted.since,
            until=wanted.until,
            detector=wanted.detector,
            device=wanted.device,
            kind=None if wanted.kind is None else wanted.kind.value,
            judgement=None if wanted.judgement is None else wanted.judgement.value,
            hour=wanted.hour,
            missed=wanted.missed,
            most=min(wanted.most, LIST_MOST),
        )
        return [
            JudgedIncident(
                id=IncidentId(row["id"]),
                kind=Kind(row["kind"]),
                grid=GridCode(row["grid"]),
                began=row["began"],
                opened=row["opened"],
                devices=tuple(DeviceId(device) for device in row["devices"]),
                detectors=tuple(row["detectors"]),
                judgement=Truth(row["judgement"]),
                reports=row["reports"],
            )
            for row in rows
        ]

    @override
    async def drills(self, scope: str, since: datetime, until: datetime, most: int) -> Sequence[Drill]:
        rows = await self._ask("drills", scope=scope, since=since, until=until, most=min(most, LIST_MOST))
        return [
            Drill(
                id=row["id"],
                device=DeviceId(row["device"]),
                kind=Kind(row["kind"]),
                since=row["since"],
                until=row["until"],
                reason=row["reason"],
                person=PersonId(row["person"]),
                made=row["made"],
                withdrawn=row["withdrawn"],
                seen_at=row["seen_at"],
                detector=row["detector"],
            )
            for row in rows
        ]

    @override
    async def add_drill(self, drill: Drill, scope: str) -> None:
        added = await self._ask(
            "add_drill",
            id=drill.id,
            device=drill.device,
            kind=drill.kind.value,
            drill_since=drill.since,
            drill_until=drill.until,
            reason=drill.reason,
            person=drill.person,
            made=drill.made,
            scope=scope,
        )
        if not added:
            raise NotFound(
                "device.unknown",
                f"there is no device {drill.device[:120]} that you may see: the page of devices lists them",
            )

    @override
    async def withdraw_drill(self, drill: str, scope: str, at: datetime) -> None:
        if not await self._ask("withdraw_drill", id=drill, scope=scope, at=at):
            raise NotFound("drill.unknown", f"there is no drill {drill[:64]} that you may see")

    async def said_in_advance(
        self, since: datetime, until: datetime
    ) -> tuple[Sequence[Window], Sequence[FalseSpot]]:
        """Read what kept alarms quiet in a span: maintenance, its end brought forward, and false spots."""
        windows = await self._ask("windows_between", since=since, until=until)
        spots = await self._ask("spots_between", since=since, until=until)
        return [window_of(row) for row in windows], [spot_of(row) for row in spots]

    async def _count(self, query: str, **arguments: object) -> list[Fields]:
        """Ask what is counted over all incidents of a period; raises `Transient` when too many ask for such."""
        if self._asking >= AT_ONCE + WAITING_MAX:
            raise Transient("too many ask for figures at once")
        self._asking += 1
        try:
            async with self._turn:
                return await self._ask(query, **arguments)
        finally:
            self._asking -= 1

    async def _ask(self, query: str, **arguments: object) -> list[Fields]:
        with translate():
            async with (
                connection(self._pool) as database,
                database.cursor(row_factory=dict_row, binary=True) as cursor,
            ):
                await cursor.execute(queries("quality")[query], arguments)
                return await cursor.fetchall() if cursor.description else []
