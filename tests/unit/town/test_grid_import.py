from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec import UNSET

from tests.support.places import (
    CITY,
    EAST,
    NOW,
    SHAPES,
    TOWN,
    WEST,
    box,
    collection,
    feature,
    known,
    outlines,
    record,
    sheet,
    town_sheet,
    tree,
)
from tocsin.core.errors import Rejected
from tocsin.core.grids import GridKind, Position, Tier
from tocsin.core.ids import GridCode
from tocsin.town.grid_import import Import, read_import
from tocsin.town.grid_plan import PlanFault
from tocsin.town.grid_ports import GridDraft, GridRecord

TREE = known(tree())
ALL = "编码,名称,上级,类型,层级,行政区划,报告对象,分组,纬度,经度,半径,启用日期"


def read(
    data: bytes | None, drawn: bytes | None = None, there: dict[GridCode, GridRecord] | None = None
) -> Import:
    return read_import(data, drawn, {} if there is None else there, NOW)


def one(found: Import) -> GridDraft:
    assert found.faults == ()
    (draft,) = found.drafts
    return draft


def test_a_whole_row_becomes_a_draft() -> None:
    row = f"{EAST}003,河东,{EAST},专属网格,村级,{EAST},{TOWN},甲类,36.5,117.5,300,2026-01-02"
    draft = one(read(sheet(row, head=ALL), there=TREE))
    assert draft == GridDraft(
        code=GridCode(f"{EAST}003"), name="河东", parent=GridCode(EAST), kind=GridKind.DEDICATED, tier=Tier.VILLAGE,
        region=EAST, report_to=GridCode(TOWN), grid_class="甲类", centre=Position(36.5, 117.5), radius_m=300.0,
        outline=UNSET, since=datetime(2026, 1, 1, 16, tzinfo=UTC),
    )  # fmt: skip


def test_a_column_that_the_sheet_lacks_changes_nothing() -> None:
    draft = one(read(sheet(f"{EAST},东村", head="编码,名称"), there=TREE))
    assert draft == GridDraft(code=GridCode(EAST), name="东村")


def test_an_empty_cell_of_report_and_class_takes_them_away() -> None:
    draft = one(read(sheet(f"{EAST},,,", head="code,report_to,class,name"), there=TREE))
    assert (draft.report_to, draft.grid_class, draft.name) == (None, "", UNSET)


def test_tier_and_place_follow_from_the_code_or_the_parent() -> None:
    found = read(sheet(*(f"{code},n," for code in (CITY, TOWN, EAST)), "a,n,370102001001", "b,n,a", "c,n,"))
    drafts = {draft.code: draft for draft in found.drafts}
    assert [drafts[GridCode(c)].tier for c in (CITY, TOWN, EAST, "a", "b", "c")] == [
        Tier.CITY, Tier.TOWNSHIP, Tier.VILLAGE, Tier.VILLAGE, Tier.VILLAGE, Tier.VILLAGE,
    ]  # fmt: skip
    assert (drafts[GridCode(TOWN)].region, drafts[GridCode("a")].region) == ("370102001000", UNSET)


def test_a_tree_of_given_codes_steps_down_from_a_written_tier() -> None:
    found = read(sheet("x,n,,市", "y,n,x,", "z,n,y,", head="编码,名称,上级,层级"))
    assert [draft.tier for draft in found.drafts] == [Tier.CITY, Tier.TOWNSHIP, Tier.VILLAGE]


def test_grids_without_a_code_are_numbered_by_where_they_lie() -> None:
    drawn = collection([
        {**feature("", box(0, 0)), "properties": {"parent": EAST, "name": "南"}},
        {**feature("", box(0, 1)), "properties": {"上级": EAST, "名称": "北"}},
    ])  # fmt: skip
    found = read(sheet(f",南,{EAST}", f",北,{EAST}"), drawn, {GridCode(EAST): TREE[GridCode(EAST)]})
    assert found.faults == ()
    assert {draft.name: draft.code for draft in found.drafts} == {"北": f"{EAST}001", "南": f"{EAST}002"}
    assert found.numbered == 2


def test_a_grid_known_by_name_and_parent_keeps_its_code() -> None:
    found = read(sheet(f",grid {EAST}002,{EAST}", f",新,{EAST}"), there=TREE)
    assert [(draft.code, draft.name) for draft in found.drafts] == [
        (f"{EAST}002", f"grid {EAST}002"),
        (f"{EAST}003", "新"),
    ]


def test_a_parent_may_be_called_by_its_name() -> None:
    found = read(sheet("a,东片,", "b,一组,东片", f"c,二组,grid {EAST}"), there=TREE)
    assert [draft.parent for draft in found.drafts] == [None, "a", EAST]


def test_outlines_go_to_their_grids_and_give_the_middle_to_those_without() -> None:
    found = read(town_sheet(), outlines(SHAPES))
    assert (len(found.drafts), found.faults) == (8, ())
    draft = next(one for one in found.drafts if one.code == f"{WEST}002")
    assert draft.centre == Position(36.005, 117.005)
    assert draft.outline is not UNSET


def test_outlines_alone_change_outlines_alone() -> None:
    draft = one(read(None, outlines({EAST: box(0, 0)}), TREE))
    assert (draft.code, draft.name, draft.parent, draft.centre is not UNSET) == (EAST, UNSET, UNSET, True)


def test_outlines_with_names_are_a_tree_by_themselves() -> None:
    drawn = collection([feature(CITY, box(0, 0), name="区"), feature(TOWN, box(0, 0), 名称="镇", 上级=CITY)])
    found = read(None, drawn)
    assert [(draft.code, draft.name, draft.parent) for draft in found.drafts] == [
        (CITY, "区", UNSET),
        (TOWN, "镇", CITY),
    ]


def test_the_outline_of_a_known_grid_may_come_beside_a_sheet_of_others() -> None:
    found = read(sheet(f"{EAST},东,{TOWN}"), outlines({WEST: box(0, 0)}), TREE)
    assert [draft.code for draft in found.drafts] == [EAST, WEST]


def bad(row: str, column: str, code: str, words: str, number: int = 3) -> object:
    return pytest.param(row, number, column, code, words, id=code)


@pytest.mark.parametrize(
    ("row", "number", "column", "code", "words"),
    [
        bad("a b,x", "编码", "grid.code", "leave them out"),
        bad(f"{EAST},x", "编码", "grid.twice", "stands in row 2 already"),
        bad("x,y,nowhere", "上级", "grid.parent", "there is no grid nowhere"),
        bad(f"{WEST}009,y,{EAST}", "上级", "grid.code_parent", "does not begin with its parent's"),
        bad(f",,{EAST}", "名称", "grid.name", "write at least one"),
        bad(f",y,{TOWN}", "编码", "grid.code", "has not: write a code"),
        bad("x,y,,圆的", "类型", "grid.kind", "is none of basic, 基础"),
        bad("x,y,,,省", "层级", "grid.tier", "is none of village, 村"),
        bad("x,y,,,,370102", "行政区划", "grid.region", "has not 12 digits"),
        bad("x,y,,,,,,,91,117", "纬度", "grid.latitude", "is no number up to 90"),
        bad("x,y,,,,,,,36,east", "经度", "grid.longitude", "is no number up to 180"),
        bad("x,y,,,,,,,36,", "经度", "grid.longitude", "write both or none"),
        bad("x,y,,,,,,,,,-5", "半径", "grid.radius_m", "more than 0 metres"),
        bad("x,y,,,,,,,,,,2026年", "启用日期", "grid.since", "write it as 2026-11-23"),
        bad("x,y,,,,,,,,,,2027-01-01", "启用日期", "grid.since", "in the future"),
        bad("=1+1,y", "编码", "table.formula", "paste its value"),
    ],
)
def test_a_fault_says_row_column_and_what_to_write(
    row: str, number: int, column: str, code: str, words: str
) -> None:
    found = read(sheet(f"{EAST},东,{TOWN}", row + "," * (11 - row.count(",")), head=ALL), there=TREE)
    assert [(one.row, one.column, one.code) for one in found.faults] == [(number, column, code)]
    assert words in found.faults[0].message
    assert found.faulty == 1


@pytest.mark.parametrize(
    ("drawn", "code", "words"),
    [
        (outlines({"999": box(0, 0)}), "outline.unknown", "feature 1: its code '999' is in no row"),
        (
            collection([feature(EAST, box(0, 0)), feature(EAST, box(1, 0))]),
            "outline.twice",
            "send one MultiPolygon",
        ),
    ],
)
def test_outlines_that_belong_to_nobody_or_twice_are_faults(drawn: bytes, code: str, words: str) -> None:
    (fault,) = read(sheet(f"{EAST},东,"), drawn).faults
    assert (fault.code, words in fault.message) == (code, True)


def test_faults_of_the_plan_get_their_row_and_heading() -> None:
    found = read(sheet(f"{EAST},东,{TOWN}"), there=TREE)
    (fault,) = found.placed([PlanFault(GridCode(EAST), "parent", "grid.cycle", "words")])
    assert (fault.row, fault.column, fault.code) == (2, "上级", "grid.cycle")


def test_nothing_sent_is_refused() -> None:
    with pytest.raises(Rejected, match="nothing was sent"):
        read(None)


def test_a_grid_given_up_does_not_lend_its_name() -> None:
    gone = record(f"{EAST}001", name="旧", until=NOW)
    found = read(sheet(f",旧,{EAST}"), there={gone.code: gone, GridCode(EAST): TREE[GridCode(EAST)]})
    assert [draft.code for draft in found.drafts] == [f"{EAST}002"], "and its code is not given again"


def test_a_known_grid_keeps_its_code_when_it_moves() -> None:
    draft = one(read(sheet(f"{EAST}001,n,{WEST}"), there=TREE))
    assert (draft.code, draft.parent) == (f"{EAST}001", WEST)
