from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.support.places import CITY, EAST, LATER, NOW, SHAPES, TOWN, WEST, box, outlines, sheet, town_sheet
from tocsin.core.clock import ManualClock
from tocsin.core.ids import GridCode
from tocsin.store.memory.places import MemoryPlacesStore
from tocsin.town.grid_check import Check
from tocsin.town.grid_desk import Order, Result, check_grids, import_grids
from tocsin.town.grid_ports import GridLevel, Watched
from tocsin.town.jobs import JobStopped, Unwatched


class Desk:
    def __init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.store = MemoryPlacesStore(self.clock)

    async def brings(self, data: bytes | None = None, drawn: bytes | None = None, **wanted: Any) -> Result:
        order = Order(sheet=data, outlines=drawn, **wanted)
        return await import_grids(self.store, order, self.clock.now(), Unwatched())

    async def codes(self) -> set[str]:
        return {one.code for one in await self.store.records("")}


@pytest.fixture
async def desk() -> Desk:
    made = Desk()
    result = await made.brings(town_sheet(), outlines(SHAPES), reason="first")
    assert result.faults == ()
    made.clock.jump(LATER)
    return made


async def test_a_clean_town_comes_in_checked(desk: Desk) -> None:
    result = await desk.brings(town_sheet(), outlines(SHAPES))
    assert result.written is not None
    assert (result.written.same, result.written.new) == (8, 0)
    assert result.report is not None
    assert (result.report.faults, result.report.outlines) == (0, 8)
    assert await desk.codes() == set(SHAPES)


async def test_a_file_with_one_fault_changes_nothing(desk: Desk) -> None:
    result = await desk.brings(sheet(f"{EAST},新名,{TOWN}", f"{WEST},x,nowhere"))
    assert [(one.row, one.code) for one in result.faults][:1] == [(3, "grid.parent")]
    assert (result.written, result.report) == (None, None)
    one = await desk.store.record(GridCode(EAST))
    assert one is not None
    assert one.grid.name == "格001"


async def test_a_plan_that_cannot_be_has_its_row(desk: Desk) -> None:
    result = await desk.brings(sheet(f"{TOWN},镇,{TOWN}"))
    assert [(one.row, one.column, one.code) for one in result.faults] == [(2, "上级", "grid.cycle")]


async def test_a_dry_run_says_what_would_be_and_changes_nothing(desk: Desk) -> None:
    result = await desk.brings(sheet(f"{EAST}003,x,{EAST}"), dry_run=True)
    assert result.written is not None
    assert (result.written.new, result.report is not None) == (1, True)
    assert await desk.codes() == set(SHAPES)


async def test_what_the_file_lacks_stays_unless_it_is_asked_to_go(desk: Desk) -> None:
    rows = [f"{code},n,{TOWN if len(code) == 12 else EAST}" for code in (EAST, f"{EAST}001")]
    await desk.brings(sheet(*rows))
    assert await desk.codes() == set(SHAPES)
    result = await desk.brings(sheet(*rows), close_missing=True)
    assert result.written is not None
    assert result.written.closed == 1
    assert set(SHAPES) - await desk.codes() == {f"{EAST}002"}, (
        "the neighbour village is not the file's business"
    )


async def test_findings_are_told_and_keep_nobody_from_writing(desk: Desk) -> None:
    result = await desk.brings(None, outlines({f"{EAST}001": box(1, 1, 0.5, 1)}))
    assert result.written is not None
    assert result.report is not None
    assert (result.written.changed, result.report.counts[Check.GAP]) == (1, 1)


async def test_nothing_outside_of_the_scope_is_touched(desk: Desk) -> None:
    scope = f"{CITY}.{TOWN}.{EAST}"
    result = await desk.brings(sheet(f"{WEST}003,x,{WEST}", f"{EAST}003,y,{EAST}"), scope=scope)
    assert [(one.row, one.code) for one in result.faults] == [(2, "grid.scope")]
    good = await desk.brings(sheet(f"{EAST}003,y,{EAST}"), scope=scope)
    assert good.report is not None
    assert good.report.grids == 4, "the check sees the scope alone"


async def test_a_scope_draws_no_grid_of_its_neighbour_into_itself(desk: Desk) -> None:
    scope = f"{CITY}.{TOWN}.{EAST}"
    village = await desk.brings(sheet(f"{WEST},x,{EAST}"), scope=scope)
    assert {(one.row, one.code) for one in village.faults} >= {(2, "grid.scope")}
    grid = await desk.brings(sheet(f"{WEST}001,x,{EAST}"), scope=scope)
    assert [(one.row, one.code) for one in grid.faults] == [(2, "grid.scope")]
    kept = await desk.store.record(GridCode(f"{WEST}001"))
    assert kept is not None
    assert kept.grid.path == f"{CITY}.{TOWN}.{WEST}.{WEST}001"


async def test_a_scope_makes_nobody_outside_of_it_answer_for_its_grids(desk: Desk) -> None:
    scope = f"{CITY}.{TOWN}.{EAST}"
    head = "编码,名称,上级,报告对象"
    wrong = await desk.brings(sheet(f"{EAST}001,x,{EAST},{WEST}", head=head), scope=scope)
    assert [(one.row, one.column, one.code) for one in wrong.faults] == [(2, "报告对象", "grid.scope")]
    await desk.brings(sheet(f"{EAST}001,x,{EAST},{WEST}", head=head))
    again = await desk.brings(sheet(f"{EAST}001,y,{EAST},{WEST}", head=head), scope=scope)
    assert again.faults == (), "what somebody above has decided stays"


async def test_new_grids_begin_on_the_day_that_is_given(desk: Desk) -> None:
    await desk.brings(sheet(f"{EAST}003,x,{EAST}"), since=NOW - timedelta(days=10))
    found = await desk.store.records("", at=NOW - timedelta(days=9))
    assert [one.code for one in found] == [f"{EAST}003"]


async def test_the_tree_is_checked_with_levels_devices_and_organisations(desk: Desk) -> None:
    await desk.store.set_levels(GridCode(CITY), [GridLevel(level=n, name="级", most=1) for n in range(1, 5)])
    desk.store.devices.append(Watched("w/1", "camera", "c", GridCode(EAST), 36.5, 117.5))
    result = await check_grids(desk.store, Order(divisions={"370102002": "镇"}), Unwatched())
    assert result.report is not None
    assert dict(result.report.counts) == {Check.LIMIT: 3, Check.BLIND: 1, Check.MISSING: 1}
    plain = result.outcome().report
    assert plain is not None
    assert msgspec.json.decode(msgspec.json.encode(plain)) == plain, "a job keeps it as JSON"


async def test_an_import_can_be_stopped_before_it_writes(desk: Desk) -> None:
    class Stopping(Unwatched):
        def __call__(self, done: int, total: int) -> None:
            if done >= 80:
                raise JobStopped

    with pytest.raises(JobStopped):
        await import_grids(desk.store, Order(sheet=sheet(f"{EAST}003,x,{EAST}")), NOW, Stopping())
    assert await desk.codes() == set(SHAPES)
