"""Lists of incidents and alarms, and the live feed, on PostgreSQL.

Every list is bounded and scoped by grid path.  The feed reads below the oldest running
transaction only, so that a row committed later under a lower number is not lost.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

import msgspec
import structlog
from psycopg.rows import dict_row
from typing_extensions import override

from tocsin.alerts.alarm_model import AlarmState
from tocsin.alerts.ports import (
    AlarmRow,
    AlertQueries,
    ClockRow,
    DetectionRow,
    IncidentFilter,
    IncidentRow,
    LiveEvent,
    NoticeRow,
    Report,
)
from tocsin.alerts.query_ports import Counted
from tocsin.core.clock import Clock
from tocsin.core.detections import Detection, Kind
from tocsin.core.errors import Rejected, Transient
from tocsin.core.grids import Tier
from tocsin.core.ids import (
    AlarmId,
    DeviceId,
    GridCode,
    IncidentId,
    NoticeId,
    OrganisationCode,
    PersonId,
    PictureHash,
    ReportId,
)
from tocsin.core.incidents import Grade, Recorded, Source, Stage, State
from tocsin.core.responders import Channel
from tocsin.store import chain
from tocsin.store.alarms import alarm_of
from tocsin.store.connect import Pool, connection
from tocsin.store.rows import Fields, place_of
from tocsin.store.sql import queries
from tocsin.store.wakeups import Wakeups

log = structlog.get_logger()

LIST_MOST: Final = 1000
IN_ORDER: Final = b"order by i.opened desc, i.id desc"
IN_ORDER_OF_ORGANISATION: Final = b"order by r.opened desc, r.incident desc"
"""The same order, read from the index of an organisation's incidents."""
LIVE_BATCH: Final = 500
"""Events read at once; a reader who was away for long gets them in such pieces."""
SIGN_OF_LIFE_SECONDS: Final = 10.0
BEHIND_SECONDS: Final = 0.05
"""How soon to look again while events wait for an older transaction to end: a flush takes about as long."""
_CURSOR: Final = re.compile(r"(\d{1,19})-(\d{1,18})")
_detections: Final = msgspec.json.Decoder(Detection)


class PgAlertQueries(AlertQueries):
    """Answers the faces' questions on the pool of this process."""

    def __init__(self, pool: Pool, wakeups: Wakeups, clock: Clock) -> None:
        self._pool = pool
        self._wakeups = wakeups
        self._clock = clock

    @override
    async def incidents(self, wanted: IncidentFilter) -> Sequence[IncidentRow]:
        return await self._incidents(wanted, None)

    @override
    async def incident(self, scope: str, incident: IncidentId) -> IncidentRow | None:
        rows = await self._incidents(IncidentFilter(scope=scope, most=1), incident)
        return rows[0] if rows else None

    @override
    async def counts(self, scope: str) -> Counted:
        (row,) = await self._ask("counts", scope=scope)
        return Counted(**row)

    @override
    async def routed(self, organisation: OrganisationCode, *, most: int) -> Sequence[IncidentId]:
        rows = await self._ask("routed", organisation=organisation, most=most)
        return [IncidentId(row["id"]) for row in rows]

    @override
    async def log(self, incident: IncidentId) -> Sequence[Recorded]:
        return [chain.read(row["body"]) for row in await self._ask("log", incident=incident)]

    @override
    async def notices(self, incident: IncidentId) -> Sequence[NoticeRow]:
        return [_notice_row(row) for row in await self._ask("notices", incident=incident)]

    @override
    async def words(self, incident: IncidentId) -> tuple[Sequence[Report], Mapping[str, str]]:
        reports = [_report(row) for row in await self._ask("reports", incident=incident)]
        notes = {row["id"]: row["text"] for row in await self._ask("notes", incident=incident)}
        return reports, notes

    @override
    async def evidence(self, incident: IncidentId) -> Sequence[DetectionRow]:
        return [
            DetectionRow(detection=_detections.decode(row["body"]), alarm=AlarmId(row["alarm"]))
            for row in await self._ask("evidence", incident=incident)
        ]

    @override
    async def alarms(
        self, scope: str, *, raised: bool | None, most: int, state: AlarmState | None = None
    ) -> Sequence[AlarmRow]:
        rows = await self._ask("alarms", scope=scope, raised=raised, state=state, most=min(most, LIST_MOST))
        return [_alarm_row(row) for row in rows]

    @override
    async def alarm(self, scope: str, alarm: AlarmId) -> AlarmRow | None:
        rows = await self._ask("alarm", scope=scope, alarm=alarm)
        return _alarm_row(rows[0]) if rows else None

    @override
    def live(self, scope: str, after: str | None) -> AsyncIterator[LiveEvent | None]:
        return self._live(scope, None if after is None else _cursor(after))

    @override
    async def verify_chain(self, incident: IncidentId) -> bool:
        # One statement after the other sees a later end than the chain it read, never an earlier one:
        # so the end is read first, and the chain is taken up to it.
        ends = await self._ask("chain_end", incident=incident)
        rows = await self._ask("chain", incident=incident)
        if not ends:
            return not rows
        head, version = ends[0]["head"], ends[0]["version"]
        links = [chain.Link(row["body"], row["prev_hash"], row["hash"]) for row in rows[:version]]
        return chain.verify(incident, links, head, version)

    async def _incidents(self, wanted: IncidentFilter, incident: IncidentId | None) -> list[IncidentRow]:
        """List a page: planned anew each time, because the best index depends on what is asked for."""
        named = queries("alert_queries")
        text = named["incidents"]
        whose = b"" if wanted.person is None else named["of_person"]
        if wanted.routed is not None:
            whose += b" " + named["of_organisation"]
            text = text.replace(IN_ORDER, IN_ORDER_OF_ORGANISATION, 1)
        text = text.replace(b"/* whose */", whose)
        rows = await self._run(text, _narrowing(wanted) | {"incident": incident}, anew=True)
        clocks: dict[str, list[ClockRow]] = {row["id"]: [] for row in rows}
        for row in await self._ask("clocks", incidents=list(clocks)) if clocks else ():
            clocks[row.pop("incident")].append(ClockRow(**row))
        return [_incident_row(row, tuple(clocks[row["id"]])) for row in rows]

    async def _live(self, scope: str, place: tuple[int, int] | None) -> AsyncIterator[LiveEvent | None]:
        if place is None:
            (end,) = await self._patiently("live_end")
            place = (int(end["xid"]), 0)
        yield None
        told = self._clock.monotonic()
        while True:
            rows = await self._patiently("live", scope=scope, xid=str(place[0]), id=place[1], most=LIVE_BATCH)
            events = [row for row in rows if row["xid"] is not None]
            for row in events:
                place = (int(row["xid"]), row["id"])
                if row["visible"]:
                    yield LiveEvent(
                        cursor=f"{place[0]}-{place[1]}",
                        recorded=chain.read(row["body"]),
                        grid_path=row["grid_path"],
                    )
                    told = self._clock.monotonic()
            if len(events) == LIVE_BATCH:
                continue
            if self._clock.monotonic() - told >= SIGN_OF_LIFE_SECONDS:
                yield None
                told = self._clock.monotonic()
            await self._wakeups.wait(BEHIND_SECONDS if rows[0]["waiting"] else 1.0)

    async def _patiently(self, query: str, **arguments: object) -> list[Fields]:
        """Ask until the database answers; the feed's silence says meanwhile that it does not."""
        while True:
            try:
                return await self._ask(query, **arguments)
            except Transient as error:
                log.warning("live.paused", reason=str(error))
                await self._wakeups.wait(1.0)

    async def _ask(self, query: str, **arguments: object) -> list[Fields]:
        return await self._run(queries("alert_queries")[query], arguments)

    async def _run(self, text: bytes, arguments: Fields, *, anew: bool = False) -> list[Fields]:
        async with connection(self._pool) as database, database.cursor(row_factory=dict_row) as cursor:
            if anew:
                await cursor.execute(queries("alert_queries")["from_memory"])
            await cursor.execute(text, arguments, prepare=False if anew else None)
            return await cursor.fetchall()


def _narrowing(wanted: IncidentFilter) -> Fields:
    """Say what a list is narrowed to, in the words of the query."""
    states = wanted.states
    waits = wanted.open is None and bool(states) and all(state.open for state in states)
    return {
        "scope": wanted.scope,
        "open": True if waits else wanted.open,
        "kind": wanted.kind,
        "grade": wanted.grade,
        "person": wanted.person,
        "states": [state.value for state in states] or None,
        "matter": wanted.matter or None,
        "organisation": wanted.organisation,
        "routed": wanted.routed,
        "source": wanted.source,
        "level": wanted.level,
        "stage": wanted.stage,
        "drill": wanted.drill,
        "late": wanted.overdue is True,
        "in_time": wanted.overdue is False,
        "since": wanted.since,
        "until": wanted.until,
        "reported_by": wanted.reported_by,
        "before": wanted.before,
        "before_id": wanted.before_id,
        "most": min(wanted.most, LIST_MOST),
    }


def _cursor(text: str) -> tuple[int, int]:
    match = _CURSOR.fullmatch(text)
    if match is None or int(match[1]) >= 1 << 63:
        raise Rejected(
            "live.cursor",
            f"{text[:60]!r} is no place in the live feed: give back the id of an event, or none",
        )
    return int(match[1]), int(match[2])


def _incident_row(row: Fields, clocks: tuple[ClockRow, ...]) -> IncidentRow:
    return IncidentRow(
        id=IncidentId(row["id"]),
        state=State(row["state"]),
        kind=Kind(row["kind"]),
        grade=Grade(row["grade"]),
        grid=GridCode(row["grid"]),
        grid_name=row["grid_name"],
        grid_path=row["grid_path"],
        device=None if row["device"] is None else DeviceId(row["device"]),
        opened=row["opened"],
        began=row["began"],
        confirmed=row["confirmed"],
        ended=row["ended"],
        lateness=row["lateness"],
        drill=row["drill"],
        alarms=row["alarms"],
        reports=row["reports"],
        clocks=clocks,
        version=row["version"],
        picture=None if row["picture"] is None else PictureHash(row["picture"]),
        source=Source(row["source"]),
        matter=row["matter"],
        matter_name=row["matter_name"],
        level=None if row["level"] is None else Tier(row["level"]),
        lead=None if row["lead"] is None else OrganisationCode(row["lead"]),
        lead_name=row["lead_name"],
        stage=None if row["stage"] is None else Stage(row["stage"]),
        stage_due=row["stage_due"],
        satisfaction=row["satisfaction"],
        beyond=row["beyond"],
        exercise=row["exercise"],
    )


def _alarm_row(row: Fields) -> AlarmRow:
    return AlarmRow(alarm=alarm_of(row), grid_path=row["grid_path"], grid_name=row["grid_name"])


def _notice_row(row: Fields) -> NoticeRow:
    return NoticeRow(
        id=NoticeId(row["id"]),
        person=None if row["person"] is None else PersonId(row["person"]),
        person_name=row["person_name"],
        tier=row["tier"],
        channel=Channel(row["channel"]),
        template=row["template"],
        state=row["state"],
        reason=row["reason"],
        created=row["created"],
        sent=row["sent_at"],
        expires=row["expires"],
        attempts=row["attempt"],
        provider=row["provider"],
        delivered=row["delivered_at"],
    )


def _report(row: Fields) -> Report:
    return Report(
        id=ReportId(row["id"]),
        kind=Kind(row["kind"]),
        grid=GridCode(row["grid"]),
        words=row["words"],
        caller=row["caller"],
        place=place_of(row["latitude"], row["longitude"], row["accuracy_m"]),
        reported_by=PersonId(row["reported_by"]),
        at=row["at"],
    )
