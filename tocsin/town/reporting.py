"""Makes reports: facts brought up to date, counted in a thread, named.

One report at a time in a process, because each is seconds of work on a machine that also has to ring;
a few may wait, more are sent away. A page of rows is found by the same rules over the same facts.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import Final

import structlog
from msgspec import structs

from tocsin.core.clock import Clock
from tocsin.core.errors import Rejected, Transient
from tocsin.core.ids import IncidentId
from tocsin.town.figure_model import Definition, Figure, Part
from tocsin.town.figure_ports import FigureStore, Selection
from tocsin.town.figures import Counted, Tally, keys_of
from tocsin.town.periods import Period, Span, like, span
from tocsin.town.report_model import Compared, Report, Row, Rows, Wanted, chosen, row_of

log = structlog.get_logger()

WAITING_MAX: Final = 8


class Reporting:
    """Makes reports out of a store of facts."""

    def __init__(self, store: FigureStore, clock: Clock) -> None:
        self.store = store
        self._clock = clock
        self._turn = asyncio.Semaphore(1)
        self._asking = 0

    async def report(self, wanted: Wanted) -> Report:
        """Make a report; raises `Transient` when too many are being made."""
        async with self._in_turn():
            began, now = self._clock.monotonic(), self._clock.now()
            whole = span(wanted.period)
            tally = await self._tally(wanted, whole, now, wanted.by)
            figures = await asyncio.to_thread(tally.totals)
            tables = tuple([await asyncio.to_thread(tally.table, name) for name in wanted.by])
            made = Report(
                kind=wanted.period.kind,
                name=wanted.period.name,
                since=whole.since,
                until=whole.until,
                running=wanted.period.running(now),
                made=now,
                scope=wanted.scope,
                scope_name=await self._scope_name(wanted.scope),
                drill=wanted.drill,
                filters=filters_of(wanted),
                incidents=tally.incidents,
                left_out=dict(tally.left_out),
                figures=figures,
                tables=tables,
                names={
                    one.dimension: dict(
                        await self.store.names(one.dimension, [group.key for group in one.groups])
                    )
                    for one in tables
                },
            )
            if wanted.compare:
                made = structs.replace(
                    made,
                    previous=await self._compared(wanted, wanted.period.previous, now),
                    year_before=await self._compared(wanted, wanted.period.year_before, now),
                )
            log.info(
                "report.made",
                period=made.name,
                scope=wanted.scope,
                incidents=made.incidents,
                seconds=round(self._clock.monotonic() - began, 2),
            )
            return made

    async def rows(
        self,
        definition: Definition,
        wanted: Wanted,
        *,
        part: Part | None = None,
        reason: str | None = None,
        after: str | None = None,
        most: int = 100,
    ) -> Rows:
        """Give a page of the incidents behind a figure in order of opening; `after` is the `next` of the page before.

        Raises `Rejected` (`figures.page`) for a place that is none.
        """
        async with self._in_turn():
            now = self._clock.now()
            begin = _place(after)
            selection = _of_period(wanted)
            await self.store.bring_up(selection)
            tally = Tally(now, definitions=[definition])
            found: list[Row] = []
            async with aclosing(self.store.counted(selection)) as pieces:
                async for piece in pieces:
                    fresh = await asyncio.to_thread(_count_rows, tally, piece, definition, now, wanted, begin)
                    found += [
                        structs.replace(row, cases=tuple(kept))
                        for row in fresh
                        if len(found) <= most and (kept := chosen(row.cases, part, reason))
                    ]
            page = found[:most]
            names = await self.store.names("grid", sorted({row.grid for row in page}))
            return Rows(
                figure=tally.totals()[0],
                rows=tuple([structs.replace(row, grid_name=names.get(row.grid, "")) for row in page]),
                next=_name(page[-1]) if len(found) > most else None,
            )

    async def _compared(self, wanted: Wanted, other: Period | None, now: datetime) -> Compared | None:
        if other is None:
            return None
        part, cut = like(wanted.period, other, now)
        tally = await self._tally(wanted, part, now, ())
        figures: tuple[Figure, ...] = await asyncio.to_thread(tally.totals)
        return Compared(name=other.name, since=part.since, until=part.until, cut=cut, figures=figures)

    async def _tally(self, wanted: Wanted, part: Span, now: datetime, by: Sequence[str]) -> Tally:
        selection = wanted.selection(part.since, part.until)
        await self.store.bring_up(selection)
        tally = Tally(now, keys_of(by, wanted.scope))
        async with aclosing(self.store.counted(selection)) as pieces:
            async for piece in pieces:
                await asyncio.to_thread(_count, tally, piece, drill=wanted.drill)
        return tally

    async def _scope_name(self, scope: str) -> str:
        code = scope.rpartition(".")[2]
        return (await self.store.names("grid", [code])).get(code, code) if code else ""

    @asynccontextmanager
    async def _in_turn(self) -> AsyncIterator[None]:
        if self._asking >= WAITING_MAX:
            raise Transient("too many reports are being made at once: try again in a minute")
        self._asking += 1
        try:
            async with self._turn:
                yield
        finally:
            self._asking -= 1


def filters_of(wanted: Wanted) -> dict[str, str]:
    """Give by what else than period and place a report was narrowed."""
    chosen_ones = {
        "kind": wanted.kind,
        "grade": wanted.grade,
        "source": wanted.source,
        "matter": wanted.matter,
        "class": wanted.grid_class,
        "organisation": wanted.organisation,
    }
    return {name: value for name, value in chosen_ones.items() if value is not None}


def _of_period(wanted: Wanted) -> Selection:
    whole = span(wanted.period)
    return wanted.selection(whole.since, whole.until)


def _count(tally: Tally, piece: Sequence[Counted], *, drill: bool) -> None:
    for one in piece:
        tally.add(one, drill=drill)


def _count_rows(  # noqa: PLR0917 one step of `rows`
    tally: Tally,
    piece: Sequence[Counted],
    definition: Definition,
    now: datetime,
    wanted: Wanted,
    begin: tuple[datetime, IncidentId] | None,
) -> list[Row]:
    """Count a piece, and give the rows of it that come after a place."""
    found = []
    for one in piece:
        if not tally.add(one, drill=wanted.drill):
            continue
        if begin is not None and (one.facts.opened, one.facts.incident) <= begin:
            continue
        cases = tuple(definition.rule(one.facts, now))
        if cases:
            found.append(row_of(one.facts, one.path, cases))
    return found


def _name(row: Row) -> str:
    """Name the place of a row in an address: no sign that an address would have to escape."""
    return f"{row.opened.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z/{row.incident}"


def _place(text: str | None) -> tuple[datetime, IncidentId] | None:
    if text is None:
        return None
    instant, _, incident = text.partition("/")
    try:
        at = datetime.fromisoformat(instant)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not incident:
        raise Rejected(
            "figures.page", f"{text[:60]!r} is no page: give back `next` of the page before, or nothing"
        )
    return at, IncidentId(incident)
