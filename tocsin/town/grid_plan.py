"""What a change of the tree of places means: which grids are new, changed, moved, given up.  Pure.

Drafts and what is known go in, whole records come out with their paths and levels, or every fault at
once.  A grid that moves takes its subtree along: all of it gets new paths, and scopes follow
(`moved`).  Nothing here reads or writes; the store does what the plan says in one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

from msgspec import UnsetType
from msgspec.structs import replace as replace_struct

from tocsin.core.grids import Grid, Tier
from tocsin.core.ids import GridCode
from tocsin.town.grid_ports import GridDraft, GridRecord

T = TypeVar("T")

DEPTH_MAX: Final = 12
"""Levels of a tree; the deepest in use has five."""
RADIUS_M: Final = 500.0


@dataclass(frozen=True, slots=True)
class PlanFault:
    """Why a grid cannot be what is wanted."""

    grid: GridCode
    column: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written."""

    new: tuple[GridRecord, ...]
    changed: tuple[GridRecord, ...]
    closed: tuple[GridRecord, ...]
    moved: tuple[tuple[str, str], ...]
    """Old path and new path of each grid that moved by itself, the longest old path first."""
    below: int
    """Grids whose path changed in all."""
    same: int
    faults: tuple[PlanFault, ...]

    @property
    def rows(self) -> tuple[GridRecord, ...]:
        """Everything to write, parents before children."""
        return tuple(
            sorted((*self.new, *self.changed, *self.closed), key=lambda one: (one.level, one.grid.path))
        )


def plan(
    known: Mapping[GridCode, GridRecord],
    drafts: Sequence[GridDraft],
    close: Sequence[GridCode],
    now: datetime,
    *,
    since: datetime | None = None,
) -> Plan:
    """Say what the drafts and closures make of the tree that is known, those given up among it."""
    faults: list[PlanFault] = []
    wanted = dict(known)
    for draft in drafts:
        before = wanted.get(draft.code)
        wanted[draft.code] = _drafted(draft, before, since or now)
        if before is None and isinstance(draft.name, UnsetType):
            faults.append(
                PlanFault(
                    draft.code,
                    "code",
                    "grid.unknown",
                    f"there is no grid {draft.code}: give it a name to make it one",
                )
            )
    touched = dict.fromkeys(draft.code for draft in drafts)  # in the order of the file
    for code in close:
        one = wanted.get(code)
        if one is not None and one.until is None:
            wanted[code] = replace(one, until=now)
    faults += _reference_faults(wanted, touched)
    placed, lost = _placed(wanted)
    faults += [
        PlanFault(
            code,
            "parent",
            "grid.cycle",
            f"grid {code} lies below itself, or deeper than {DEPTH_MAX} levels: write another parent",
        )
        for code in [one for one in lost if one in touched] or lost
    ]
    faults += _closing_faults(placed, {*touched, *close})
    if not lost:
        faults += _report_cycles(placed, touched)
    return _plan(known, placed, touched, tuple(faults))


def _drafted(draft: GridDraft, before: GridRecord | None, since: datetime) -> GridRecord:
    """Lay a draft over what there was; its path is put right later."""
    if before is None:
        before = _new(draft, since)
    grid, outline = before.grid, _or(draft.outline, before.outline)
    return GridRecord(
        grid=Grid(
            code=grid.code,
            name=_or(draft.name, grid.name),
            parent=_or(draft.parent, grid.parent),
            tier=_or(draft.tier, grid.tier),
            kind=_or(draft.kind, grid.kind),
            path=grid.path,
            centre=_or(draft.centre, grid.centre),
            radius_m=_or(draft.radius_m, grid.radius_m),
        ),
        level=before.level,
        region=_or(draft.region, before.region),
        report_to=_or(draft.report_to, before.report_to),
        grid_class=_or(draft.grid_class, before.grid_class),
        has_outline=before.has_outline if isinstance(draft.outline, UnsetType) else outline is not None,
        outline=outline,
        since=before.since,
    )


def _new(draft: GridDraft, since: datetime) -> GridRecord:
    code = draft.code
    grid = Grid(code=code, name=code, parent=None, tier=Tier.VILLAGE, path=code, radius_m=RADIUS_M)
    return GridRecord(grid=grid, level=1, since=_or(draft.since, since))


def _or(wanted: T | UnsetType, before: T) -> T:
    return before if isinstance(wanted, UnsetType) else wanted


def _reference_faults(wanted: Mapping[GridCode, GridRecord], touched: Iterable[GridCode]) -> list[PlanFault]:
    faults = []
    for code in touched:
        one = wanted[code]
        above, to = one.grid.parent, one.report_to
        if above is not None and above not in wanted:
            faults.append(
                PlanFault(
                    code,
                    "parent",
                    "grid.parent",
                    f"the parent {above} does not exist: add it first, or above",
                )
            )
        if to is not None and (to not in wanted or wanted[to].until is not None):
            faults.append(
                PlanFault(
                    code,
                    "report_to",
                    "grid.report_to",
                    f"it reports to {to}, which does not exist: write a code that does",
                )
            )
    return faults


def _placed(wanted: Mapping[GridCode, GridRecord]) -> tuple[dict[GridCode, GridRecord], list[GridCode]]:
    """Give every grid its path and level; and those that hang in a loop or too deep."""
    paths: dict[GridCode, str] = {}
    lost: list[GridCode] = []
    for code in wanted:
        line: list[GridCode] = []
        at: GridCode | None = code
        while at is not None and at in wanted and at not in paths and len(line) <= DEPTH_MAX:
            line.append(at)
            at = wanted[at].grid.parent
        if len(line) > DEPTH_MAX:
            lost.append(code)
            continue
        path = "" if at is None or at not in paths else paths[at]
        for one in reversed(line):
            path = f"{path}.{one}" if path else str(one)
            paths[one] = path
    lost += [code for code, path in paths.items() if path.count(".") >= DEPTH_MAX]
    return {code: _at(record, paths.get(code, record.grid.path)) for code, record in wanted.items()}, lost


def _at(one: GridRecord, path: str) -> GridRecord:
    """Put a grid at a path; one that is given up stays where it was."""
    if one.until is not None:
        return one
    level = path.count(".") + 1
    if (path, level) == (one.grid.path, one.level):
        return one
    return replace(one, grid=replace_struct(one.grid, path=path), level=level)


def _closing_faults(placed: Mapping[GridCode, GridRecord], touched: Iterable[GridCode]) -> list[PlanFault]:
    """Nothing in force may hang below, or report to, what is given up."""
    ended = {code for code, one in placed.items() if one.until is not None}
    touched = set(touched)
    faults = []
    for code, one in placed.items() if ended else ():
        if one.until is not None:
            continue
        above, to = one.grid.parent, one.report_to
        if above in ended and {above, code} & touched:
            faults.append(
                PlanFault(
                    code,
                    "parent",
                    "grid.parent_closed",
                    f"its parent {above} is given up: move {code} under another, or give it up too",
                )
            )
        if to in ended and to in touched and code not in touched:
            faults.append(
                PlanFault(
                    code,
                    "report_to",
                    "grid.report_to",
                    f"it reports to {to}, which is given up: write another",
                )
            )
    return faults


def _report_cycles(placed: Mapping[GridCode, GridRecord], touched: Iterable[GridCode]) -> list[PlanFault]:
    """The reporting line leads to a root from everywhere."""
    if all(one.report_to is None for one in placed.values()):
        return []
    faults = []
    good: set[GridCode] = set()
    for code in touched:
        line: list[GridCode] = []
        at: GridCode | None = code
        while at is not None and at not in good and at in placed and at not in line:
            line.append(at)
            at = above(placed[at])
        if at in line:
            faults.append(
                PlanFault(
                    code,
                    "report_to",
                    "grid.report_cycle",
                    f"its reports come back to {at} and reach nobody: write another place to report to",
                )
            )
        else:
            good.update(line)
    return faults


def above(one: GridRecord) -> GridCode | None:
    """Give where a grid reports: where it says, else its parent."""
    return one.report_to if one.report_to is not None else one.grid.parent


def _plan(
    known: Mapping[GridCode, GridRecord],
    placed: Mapping[GridCode, GridRecord],
    touched: Collection[GridCode],
    faults: tuple[PlanFault, ...],
) -> Plan:
    new, changed, closed, moved = [], [], [], []
    below = same = 0
    for code, one in placed.items():
        before = known.get(code)
        if before is None:
            new.append(one)
        elif before == one:
            same += code in touched
        elif one.until is not None and before.until is None:
            closed.append(one)
        else:
            changed.append(one)
        if before is not None and before.grid.path != one.grid.path:
            below += 1
            if before.grid.parent != one.grid.parent:
                moved.append((before.grid.path, one.grid.path))
    moved.sort(key=lambda pair: (-len(pair[0]), pair[0]))
    return Plan(tuple(new), tuple(changed), tuple(closed), tuple(moved), below, same, faults)
