"""Reports come one at a time, with what they are compared with; rows come in pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from typing_extensions import override

from tests.support.figures import FakeFigures
from tests.support.wild_logs import wild
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Rejected, Transient
from tocsin.core.ids import IncidentId
from tocsin.core.incidents import Recorded
from tocsin.town import reporting as module
from tocsin.town.figure_catalogue import definition
from tocsin.town.figure_model import Part
from tocsin.town.figure_ports import Selection
from tocsin.town.figures import Counted
from tocsin.town.periods import PeriodKind, parse
from tocsin.town.report_model import Wanted
from tocsin.town.reporting import Reporting, filters_of

OCTOBER = parse(PeriodKind.MONTH, "2026-10")
NOVEMBER = parse(PeriodKind.MONTH, "2026-11")


def opened_at(*instants: datetime) -> dict[IncidentId, list[Recorded]]:
    names = [IncidentId(f"i-{number}") for number in range(len(instants))]
    return {name: wild(Random(7), name, at, acts=0) for name, at in zip(names, instants, strict=True)}


def reporting(logs: dict[IncidentId, list[Recorded]], now: datetime) -> Reporting:
    return Reporting(FakeFigures(logs), ManualClock(now))


async def test_an_incident_at_midnight_belongs_to_the_day_that_begins() -> None:
    midnight = OCTOBER.until
    logs = opened_at(midnight - timedelta(microseconds=1), midnight)
    made = reporting(logs, midnight + timedelta(days=40))
    october = await made.report(Wanted(period=OCTOBER))
    november = await made.report(Wanted(period=NOVEMBER))
    assert (october.incidents, november.incidents) == (1, 1)
    assert november.previous is not None
    assert november.previous.figures[0].numerator == 1
    assert (november.previous.name, november.previous.cut) == ("2026-10", False)
    assert november.year_before is not None
    assert november.year_before.name == "2025-11"


async def test_a_running_month_says_so_and_is_compared_with_as_much_of_the_one_before() -> None:
    now = NOVEMBER.since + timedelta(days=5)
    early, late = OCTOBER.since + timedelta(days=4), OCTOBER.since + timedelta(days=6)
    made = await reporting(opened_at(early, late), now).report(Wanted(period=NOVEMBER))
    assert made.running
    assert made.previous is not None
    assert made.previous.cut
    assert made.previous.figures[0].numerator == 1
    over = await reporting(opened_at(early, late), NOVEMBER.until).report(Wanted(period=NOVEMBER))
    assert not over.running
    assert over.previous is not None
    assert over.previous.figures[0].numerator == 2


async def test_what_has_no_year_before_is_compared_with_none() -> None:
    leap = parse(PeriodKind.DAY, "2024-02-29")
    made = await reporting({}, leap.until).report(Wanted(period=leap))
    assert made.year_before is None
    alone = await reporting({}, leap.until).report(Wanted(period=leap, compare=False))
    assert alone.previous is None


async def test_facts_are_brought_up_before_they_are_counted() -> None:
    made = reporting({}, OCTOBER.until)
    wanted = Wanted(period=OCTOBER, scope="1.10")
    await made.report(wanted)
    store = made.store
    assert isinstance(store, FakeFigures)
    assert store.selections[0] == wanted.selection(OCTOBER.since, OCTOBER.until)
    assert len(store.selections) == 3, "the two others that it is compared with as well"


async def test_a_report_says_where_it_is_and_what_was_chosen() -> None:
    made = await reporting({}, OCTOBER.until).report(Wanted(period=OCTOBER, scope="1.10", kind="smoke"))
    assert (made.scope, made.scope_name, made.filters) == ("1.10", "grid 10", {"kind": "smoke"})
    assert filters_of(Wanted(period=OCTOBER)) == {}


def many(count: int) -> dict[IncidentId, list[Recorded]]:
    same = OCTOBER.since + timedelta(days=3)
    return opened_at(*[same + timedelta(hours=number // 2) for number in range(count)])


async def test_pages_follow_each_other_without_a_gap_also_at_one_instant() -> None:
    made = reporting(many(9), OCTOBER.until)
    seen: list[str] = []
    after = None
    for _ in range(20):
        page = await made.rows(definition("incidents"), Wanted(period=OCTOBER), after=after, most=2)
        seen += [row.incident for row in page.rows]
        assert page.figure.numerator == 9, "the figure is of all pages"
        after = page.next
        if after is None:
            break
    assert seen == [f"i-{number}" for number in range(9)]
    assert page.rows[0].grid_name.startswith("grid ")


async def test_rows_may_be_narrowed_to_what_is_left_out() -> None:
    logs = {IncidentId(f"i-{n}"): wild(Random(n), f"i-{n}", OCTOBER.since) for n in range(20)}
    made = reporting(logs, OCTOBER.until)
    wanted = Wanted(period=OCTOBER)
    name = definition("on_scene_village")
    page = await made.rows(name, wanted, part=Part.OUT, most=100)
    assert {case.part for row in page.rows for case in row.cases} == {Part.OUT}
    assert sum(len(row.cases) for row in page.rows) == sum(page.figure.excluded.values()) > 0
    missed = await made.rows(name, wanted, reason="missed", most=100)
    assert {case.reason for row in missed.rows for case in row.cases} == {"missed"}


async def test_rows_of_drills_are_those_of_drills() -> None:
    logs = {IncidentId("d-1"): wild(Random(1), "d-1", OCTOBER.since, drill=True, acts=0), **many(2)}
    made = reporting(logs, OCTOBER.until)
    wanted = Wanted(period=OCTOBER)
    usual = await made.rows(definition("incidents"), wanted)
    drills = await made.rows(definition("incidents"), replace(wanted, drill=True))
    assert [row.incident for row in drills.rows] == ["d-1"]
    assert "d-1" not in [row.incident for row in usual.rows]


@pytest.mark.parametrize("text", ["", "x", "2026-10-01/i-1", "2026-10-01T00:00:00Z/", "2026-10-01T00:00:00Z"])
async def test_a_page_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Rejected, match="next") as refused:
        await reporting({}, OCTOBER.until).rows(definition("closed"), Wanted(period=OCTOBER), after=text)
    assert refused.value.code == "figures.page"


class Slow(FakeFigures):
    """Waits until it may go on; remembers how many it serves at once."""

    def __init__(self) -> None:
        super().__init__({})
        self.go = asyncio.Event()
        self.inside = 0
        self.most = 0

    @override
    async def counted(self, wanted: Selection) -> AsyncGenerator[Sequence[Counted], None]:
        self.inside += 1
        self.most = max(self.most, self.inside)
        await self.go.wait()
        self.inside -= 1
        yield []


async def test_one_report_is_made_at_a_time_and_too_many_are_sent_away() -> None:
    store = Slow()
    made = Reporting(store, ManualClock(OCTOBER.until))
    wanted = Wanted(period=OCTOBER, compare=False)
    waiting = [asyncio.create_task(made.report(wanted)) for _ in range(module.WAITING_MAX)]
    while store.inside == 0:
        await asyncio.sleep(0)
    with pytest.raises(Transient, match="try again"):
        await made.report(wanted)
    store.go.set()
    await asyncio.gather(*waiting)
    assert store.most == 1
    assert (await made.report(wanted)).incidents == 0, "there is room again"
