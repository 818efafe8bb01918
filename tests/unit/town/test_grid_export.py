from __future__ import annotations

from tests.support.places import CITY, EAST, NOW, TOWN, known, record, tree
from tocsin.core.grids import GridKind, Position
from tocsin.town.grid_export import as_outlines, as_sheet
from tocsin.town.grid_import import read_import
from tocsin.town.grid_plan import plan

SCHOOL = record(
    f"{EAST}009", name="=学校", kind=GridKind.DEDICATED, centre=Position(36.123456789, -117.5), report_to=TOWN
)


def test_a_sheet_comes_in_again_and_changes_nothing() -> None:
    records = [*tree(), SCHOOL]
    read = read_import(as_sheet(records), None, known(records), NOW)
    assert read.faults == ()
    made = plan(known(records), [draft for draft in read.drafts if draft.code == SCHOOL.code], [], NOW)
    assert made.rows == ()


def test_a_tree_that_came_in_goes_out_and_in_without_a_change() -> None:
    read = read_import(as_sheet(tree()), as_outlines(tree()), {}, NOW)
    there = known(plan({}, read.drafts, [], NOW).rows)
    again = read_import(as_sheet(list(there.values())), as_outlines(list(there.values())), there, NOW)
    assert plan(there, again.drafts, [], NOW).rows == ()


def test_grids_without_outline_are_in_the_sheet_alone() -> None:
    sheet = as_sheet([record(CITY)]).decode("utf-8-sig").splitlines()
    assert sheet[0].startswith("编码,名称,上级,类型,层级")
    assert as_outlines([record(CITY)]) == b'{"type":"FeatureCollection","features":[\n\n]}\n'
