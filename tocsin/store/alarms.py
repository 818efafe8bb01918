"""Alarms on PostgreSQL: their part of a transaction, and the lists of the faces.

`PgAlarmUnit` is a part of `PgAlertsUnit`; locks are taken by `alarms`, `alarm`, `hold_alarms` and the `wake_…`
statements only, always under the locks of the places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg.rows import dict_row
from typing_extensions import override

from tocsin.alerts.alarm_model import Alarm, FalseSpot, JournalLine, Link, Turn, Window
from tocsin.alerts.alarm_ports import AlarmQueries, AlarmUnit, Annunciation, SpotRow, StandingRow, WindowRow
from tocsin.core.detections import Detection, Kind
from tocsin.core.frames import Box
from tocsin.core.ids import AlarmId, CollectorId, DetectionId, DeviceId, GridCode, PersonId
from tocsin.core.wire import Heartbeat
from tocsin.store.connect import Connection, Pool, connection, translate
from tocsin.store.rows import Fields, as_rows
from tocsin.store.sql import queries

LIST_MOST: Final = 100_000
_detections: Final = msgspec.json.Decoder(Detection)
_heartbeats: Final = msgspec.json.Decoder(Heartbeat)


class PgAlarmUnit(AlarmUnit):
    """The alarms' part of one transaction."""

    _database: Connection
    _now: datetime

    @override
    async def alarms(
        self, keys: Sequence[tuple[DeviceId, Kind, str]]
    ) -> Mapping[tuple[DeviceId, Kind, str], Alarm]:
        if not keys:
            return {}
        devices, kinds, detectors = zip(*keys, strict=True)
        rows = await self._read(
            "alarms",
            file="alerts",
            devices=list(devices),
            kinds=[kind.value for kind in kinds],
            detectors=list(detectors),
        )
        found = [alarm_of(row) for row in rows]
        return {(alarm.device, alarm.kind, alarm.detector): alarm for alarm in found}

    @override
    async def alarm(self, alarm: AlarmId) -> Alarm | None:
        rows = await self._read("alarm", file="alerts", alarm=alarm)
        return alarm_of(rows[0]) if rows else None

    @override
    async def save_alarms(self, alarms: Sequence[Alarm]) -> None:
        newest = {alarm.id: alarm for alarm in alarms}
        if newest:
            rows = [{name: getattr(alarm, name) for name in Alarm.__slots__} for alarm in newest.values()]
            await self._write("save_alarms", file="alerts", rows=as_rows(rows))

    @override
    async def due_alarms(self, most: int) -> Sequence[Alarm]:
        return [alarm_of(row) for row in await self._read("due", now=self._now, most=most)]

    @override
    async def look_at(self, alarms: Sequence[AlarmId]) -> Sequence[Alarm]:
        return [alarm_of(row) for row in await self._read("look", alarms=sorted(set(alarms)))]

    @override
    async def hold_alarms(self, alarms: Sequence[AlarmId]) -> Sequence[Alarm]:
        return [alarm_of(row) for row in await self._read("hold", alarms=sorted(set(alarms)))]

    @override
    async def kinds_of(self, device: DeviceId) -> Sequence[Kind]:
        return [Kind(row["kind"]) for row in await self._read("kinds_of", device=device)]

    @override
    async def journal(self, lines: Sequence[JournalLine]) -> None:
        if lines:
            rows = [{name: getattr(line, name) for name in JournalLine.__slots__} for line in lines]
            await self._write("journal", rows=as_rows(rows))

    @override
    async def windows(self) -> Sequence[Window]:
        return [window_of(row) for row in await self._read("windows", now=self._now)]

    @override
    async def false_spots(self, devices: Sequence[DeviceId]) -> Sequence[FalseSpot]:
        return [spot_of(row) for row in await self._read("spots", devices=list(devices), now=self._now)]

    @override
    async def standing(
        self, kinds: Sequence[Kind], collectors: Sequence[CollectorId], grids: Sequence[GridCode]
    ) -> Sequence[Alarm]:
        rows = await self._read("standing", **_reach(kinds, collectors, grids))
        return [alarm_of(row) for row in rows]

    @override
    async def wake_explained(
        self, kinds: Sequence[Kind], collectors: Sequence[CollectorId], grids: Sequence[GridCode]
    ) -> None:
        await self._write("wake_explained", now=self._now, **_reach(kinds, collectors, grids))

    @override
    async def wake_suppressed(self, roots: Sequence[AlarmId]) -> None:
        await self._write("wake_suppressed", now=self._now, roots=list(roots))

    @override
    async def wake_covered(self, window: Window) -> None:
        path = window.grid_path
        await self._write("wake_covered", now=self._now, window=window.id, device=window.device, path=path)

    @override
    async def save_window(self, window: Window) -> None:
        fields = {name: getattr(window, name) for name in Window.__slots__ if name != "grid_path"}
        await self._write("save_window", **fields)

    @override
    async def window(self, window: str) -> Window | None:
        rows = await self._read("window", id=window)
        return window_of(rows[0]) if rows else None

    @override
    async def save_spot(self, spot: FalseSpot) -> None:
        box = spot.box
        await self._write(
            "save_spot",
            id=spot.id,
            device=spot.device,
            kind=spot.kind.value,
            x=None if box is None else box.x,
            y=None if box is None else box.y,
            width=None if box is None else box.width,
            height=None if box is None else box.height,
            until=spot.until,
            reason=spot.reason,
            person=spot.person,
            made=spot.made,
            ended=spot.ended,
        )

    @override
    async def spot(self, spot: str) -> FalseSpot | None:
        rows = await self._read("spot", id=spot)
        return spot_of(rows[0]) if rows else None

    @override
    async def newest_detection(self, alarm: Alarm) -> Detection | None:
        rows = await self._read(
            "newest_detection", device=alarm.device, kind=alarm.kind.value, detector=alarm.detector
        )
        return _detections.decode(rows[0]["body"]) if rows else None

    @override
    async def links(self, sessions: int) -> tuple[datetime | None, Sequence[Link]]:
        flushed = await self._read("flushed", sessions=sessions)
        return flushed[0]["at"], [_link(row) for row in await self._read("links")]

    async def _read(self, query: str, *, file: str = "alarms", **arguments: object) -> list[Fields]:
        with translate():
            async with self._database.cursor(row_factory=dict_row, binary=True) as cursor:
                await cursor.execute(queries(file)[query], arguments)
                return await cursor.fetchall()

    async def _write(self, query: str, *, file: str = "alarms", **arguments: object) -> None:
        with translate():
            await self._database.execute(queries(file)[query], arguments)


class PgAlarmQueries(AlarmQueries):
    """Answers the faces' questions about alarms on the pool of this process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def journal(self, scope: str, alarm: AlarmId, most: int) -> Sequence[JournalLine]:
        return [_line(row) for row in await self._ask("journal_of", scope=scope, alarm=alarm, most=most)]

    @override
    async def annunciations(
        self, scope: str, since: datetime, until: datetime, most: int
    ) -> Sequence[Annunciation]:
        rows = await self._ask(
            "annunciations", scope=scope, since=since, until=until, most=min(most, LIST_MOST)
        )
        return [
            Annunciation(
                at=row["at"],
                alarm=AlarmId(row["alarm"]),
                device=DeviceId(row["device"]),
                kind=Kind(row["kind"]),
            )
            for row in rows
        ]

    @override
    async def standing(self, scope: str, most: int) -> Sequence[StandingRow]:
        rows = await self._ask("board", scope=scope, most=min(most, LIST_MOST))
        return [StandingRow(alarm=alarm_of(row), grid_path=row["grid_path"]) for row in rows]

    @override
    async def names(self, devices: Sequence[DeviceId]) -> Mapping[DeviceId, str]:
        rows = await self._ask("names", devices=list(devices))
        return {DeviceId(row["device"]): row["name"] for row in rows}

    @override
    async def maintenance(self, scope: str, most: int) -> Sequence[WindowRow]:
        rows = await self._ask("maintenance", scope=scope, most=min(most, LIST_MOST))
        return [
            WindowRow(window=window_of(row), grid_path=row["place_path"], name=row["name"]) for row in rows
        ]

    @override
    async def spots(self, scope: str, most: int) -> Sequence[SpotRow]:
        rows = await self._ask("false_spots", scope=scope, most=min(most, LIST_MOST))
        return [
            SpotRow(
                spot=spot_of(row),
                grid_path=row["place_path"],
                device_name=row["device_name"],
                filtered=row["filtered"],
            )
            for row in rows
        ]

    async def _ask(self, query: str, **arguments: object) -> list[Fields]:
        async with connection(self._pool) as database, database.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(queries("alarms")[query], arguments)
            return await cursor.fetchall()


def alarm_of(row: Fields) -> Alarm:
    """Make an alarm of a row with its columns."""
    return Alarm(
        id=AlarmId(row["id"]),
        device=DeviceId(row["device"]),
        kind=Kind(row["kind"]),
        detector=row["detector"],
        grid=GridCode(row["grid"]),
        raised=row["raised"],
        acknowledged=row["acknowledged"],
        severity=row["severity"],
        raised_at=row["raised_at"],
        cleared_at=row["cleared_at"],
        acknowledged_by=row["acknowledged_by"],
        count=row["count"],
        incident=row["incident"],
        armed=row["armed"],
        reason=row["reason"],
        reason_code=row["reason_code"],
        figures=tuple((str(name), float(value)) for name, value in row["figures"]),
        detection=None if row["detection"] is None else DetectionId(row["detection"]),
        pending=row["pending"],
        raises=tuple(row["raises"]),
        shelved_until=row["shelved_until"],
        shelved_by=row["shelved_by"],
        shelved_reason=row["shelved_reason"],
        suppressed_by=row["suppressed_by"],
        maintenance=row["maintenance"],
        due=row["due"],
    )


def _reach(
    kinds: Sequence[Kind], collectors: Sequence[CollectorId], grids: Sequence[GridCode]
) -> dict[str, Any]:
    return {
        "kinds": [kind.value for kind in kinds],
        "collectors": list(collectors),
        "grids": list(grids),
    }


def window_of(row: Fields) -> Window:
    """Make a maintenance window of a row."""
    return Window(
        id=row["id"],
        grid=None if row["grid"] is None else GridCode(row["grid"]),
        grid_path=row["grid_path"],
        device=None if row["device"] is None else DeviceId(row["device"]),
        since=row["since"],
        until=row["until"],
        reason=row["reason"],
        person=PersonId(row["person"]),
        made=row["made"],
        ended=row["ended"],
    )


def spot_of(row: Fields) -> FalseSpot:
    """Make a false spot of a row."""
    box = None if row["x"] is None else Box(row["x"], row["y"], row["width"], row["height"])
    return FalseSpot(
        id=row["id"],
        device=DeviceId(row["device"]),
        kind=Kind(row["kind"]),
        box=box,
        until=row["until"],
        reason=row["reason"],
        person=PersonId(row["person"]),
        made=row["made"],
        ended=row["ended"],
    )


def _line(row: Fields) -> JournalLine:
    return JournalLine(
        at=row["at"],
        alarm=AlarmId(row["alarm"]),
        device=DeviceId(row["device"]),
        kind=Kind(row["kind"]),
        detector=row["detector"],
        grid=GridCode(row["grid_path"].rsplit(".", 1)[-1]),
        what=Turn(row["what"]),
        actor=row["actor"],
        reason=row["reason"],
    )


def _link(row: Fields) -> Link:
    beat = None if row["heartbeat"] is None else _heartbeats.decode(row["heartbeat"])
    return Link(
        collector=CollectorId(row["collector"]),
        grid=GridCode(row["grid"]),
        state=row["state"],
        since=row["since"],
        heard=row["heard"],
        interval_seconds=10.0 if beat is None else beat.interval_seconds,
        lost=row["lost"],
    )
