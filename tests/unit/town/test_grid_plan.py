from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest

from tests.support.places import CITY, EAST, LATER, NOW, TOWN, WEST, box, known, record, tree
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode
from tocsin.town.grid_plan import Plan, plan
from tocsin.town.grid_ports import GridDraft

TREE = known(tree())


def draft(code: str, **fields: object) -> GridDraft:
    return GridDraft(code=GridCode(code), **fields)  # type: ignore[arg-type]


def planned(*drafts: GridDraft, close: tuple[str, ...] = (), since: datetime | None = None) -> Plan:
    return plan(TREE, drafts, [GridCode(code) for code in close], NOW, since=since)


def test_a_new_grid_gets_its_path_and_level_and_begins_now() -> None:
    code = f"{EAST}003"
    made = planned(draft(code, name="new", parent=EAST))
    (one,) = made.new
    assert (one.grid.path, one.level, one.since, one.grid.tier) == (
        f"{CITY}.{TOWN}.{EAST}.{code}",
        4,
        NOW,
        Tier.VILLAGE,
    )
    assert (made.changed, made.closed, made.faults) == ((), (), ())


def test_what_a_draft_does_not_say_stays_and_nothing_changed_is_no_change() -> None:
    same = planned(draft(EAST, name=f"grid {EAST}"))
    assert (same.rows, same.same) == ((), 1)
    (one,) = planned(draft(EAST, name="东村")).changed
    assert (one.grid.name, one.outline, one.grid.path) == (
        "东村",
        TREE[GridCode(EAST)].outline,
        TREE[GridCode(EAST)].grid.path,
    )


def test_children_may_stand_before_their_parents() -> None:
    made = planned(
        draft("370102002001", name="v", parent="370102002"), draft("370102002", name="t", parent=CITY)
    )
    assert [one.grid.path for one in made.rows] == [f"{CITY}.370102002", f"{CITY}.370102002.370102002001"]


def test_a_subtree_moves_with_its_top() -> None:
    made = planned(draft(EAST, parent=CITY))
    assert {one.grid.path for one in made.changed} == {
        f"{CITY}.{EAST}", f"{CITY}.{EAST}.{EAST}001", f"{CITY}.{EAST}.{EAST}002",
    }  # fmt: skip
    assert {one.level for one in made.changed} == {2, 3}
    assert (made.below, made.moved) == (3, ((f"{CITY}.{TOWN}.{EAST}", f"{CITY}.{EAST}"),))


def test_the_longest_old_path_says_where_a_scope_leads() -> None:
    made = planned(draft(EAST, parent=CITY), draft(f"{EAST}001", parent=WEST))
    old = f"{CITY}.{TOWN}.{EAST}"
    assert moved_path(f"{old}.{EAST}001", made.moved) == f"{CITY}.{TOWN}.{WEST}.{EAST}001"
    assert moved_path(f"{old}.{EAST}002", made.moved) == f"{CITY}.{EAST}.{EAST}002"
    assert moved_path(f"{old}9", made.moved) == f"{old}9", "another grid whose code begins alike"


@pytest.mark.parametrize(
    ("drafts", "close", "code", "column"),
    [
        ([draft("x")], (), "grid.unknown", "code"),
        ([draft("x", name="x", parent="y")], (), "grid.parent", "parent"),
        ([draft(TOWN, parent=EAST)], (), "grid.cycle", "parent"),
        ([draft("x", name="x", parent="x")], (), "grid.cycle", "parent"),
        ([], (EAST,), "grid.parent_closed", "parent"),
        ([draft(EAST, report_to="y")], (), "grid.report_to", "report_to"),
        ([draft(EAST, report_to=f"{EAST}001")], (), "grid.report_cycle", "report_to"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_with_its_column(
    drafts: list[GridDraft], close: tuple[str, ...], code: str, column: str
) -> None:
    faults = planned(*drafts, close=close).faults
    assert {(one.code, one.column) for one in faults} == {(code, column)}


def test_a_line_of_grids_may_not_be_deeper_than_a_tree_is() -> None:
    line = [draft(f"d{n}", name="d", parent=f"d{n - 1}" if n else CITY) for n in range(14)]
    assert {one.code for one in planned(*line).faults} == {"grid.cycle"}
    assert planned(*line[:11]).faults == ()


def test_a_merge_of_villages_moves_the_grids_and_gives_one_up() -> None:
    made = planned(
        draft(f"{EAST}001", parent=WEST),
        draft(f"{EAST}002", parent=WEST),
        draft(WEST, outline=box(0, 0, 2, 2).wkb),
        close=(EAST,),
    )
    assert made.faults == ()
    assert [(one.code, one.until) for one in made.closed] == [(EAST, NOW)]
    assert (len(made.changed), made.below) == (3, 2)


def test_what_was_given_up_stays_where_it_was_and_may_come_back() -> None:
    gone = record(f"{EAST}001", until=NOW)
    tree_ = {**TREE, gone.code: gone}
    moved = plan(tree_, [draft(EAST, parent=CITY)], [], LATER)
    assert gone.code not in {one.code for one in moved.rows}
    (back,) = plan(tree_, [draft(f"{EAST}001", name="back")], [], LATER).changed
    assert (back.until, back.grid.name) == (None, "back")


def test_reports_to_somebody_who_is_given_up_are_told() -> None:
    one = record(f"{WEST}001", report_to=f"{EAST}001")
    faults = plan({**TREE, one.code: one}, [], [GridCode(f"{EAST}001")], NOW).faults
    assert [(fault.grid, fault.code) for fault in faults] == [(one.code, "grid.report_to")]


def moved_path(path: str, moved: Sequence[tuple[str, str]]) -> str:
    """Give where a path leads after grids moved; the longest old path that holds it decides."""
    for old, new in moved:
        if path == old or path.startswith(f"{old}."):
            return new + path[len(old) :]
    return path
