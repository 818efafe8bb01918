"""Import and check of the tree of grids as one piece of work: read, plan, check, write, with progress.

Used by the command line and by jobs. A file with any fault changes nothing; what the four checks find
is reported and keeps nobody from writing, for a tree is seldom whole on the first day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from tocsin.core.ids import GridCode, PersonId
from tocsin.town.grid_check import CheckReport, Tolerance, check
from tocsin.town.grid_import import Import, read_import
from tocsin.town.grid_plan import Plan, plan
from tocsin.town.grid_ports import GridDraft, GridLevel, GridRecord, PlacesStore, Watched, Written
from tocsin.town.grids import within
from tocsin.town.jobs import Outcome, Progress
from tocsin.town.tables import Fault

_STEPS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be done."""

    sheet: bytes | None = None
    outlines: bytes | None = None
    close_missing: bool = False
    """Give up what lies below the file's topmost grids and is not in it."""
    dry_run: bool = False
    scope: str = ""
    """Nothing outside of it is touched."""
    person: PersonId | None = None
    reason: str = ""
    since: datetime | None = None
    """For new grids; the instant of writing when left out."""
    divisions: Mapping[str, str] | None = None
    """Official codes that must have a grid, with their names."""
    tolerance: Tolerance | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it."""

    read: Import | None
    faults: tuple[Fault, ...]
    faulty: int
    written: Written | None
    """What was written, or would be; None when faults forbid it, or when nothing was sent."""
    report: CheckReport | None
    """What the checks found in the tree as it is after the import; None when faults forbid it."""

    def outcome(self) -> Outcome:
        """Give it as the outcome of a job."""
        numbered = 0 if self.read is None else self.read.numbered
        said = {"numbered": numbered, "written": self.written, "check": self.report}
        plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(said))
        return Outcome(faults=self.faults, faulty=self.faulty, report=plain)


async def import_grids(store: PlacesStore, order: Order, now: datetime, progress: Progress) -> Result:
    """Read the files, check the tree that comes of them, and write it unless it is a dry run.

    Raises `Rejected` where a file cannot be read at all, or somebody changed the tree meanwhile.
    """
    progress(0, _STEPS)
    known = await store.all(outlines=True)
    progress(10, _STEPS)
    read, made = await progress.aside(_planned, order, known, now)
    progress(40, _STEPS)
    faults = (*read.faults, *read.placed(made.faults), *_beyond(known, made, read, order.scope))
    faulty = read.faulty + len(faults) - len(read.faults)
    if faulty:
        return Result(read, faults, faulty, None, None)
    tree = _after(known, made, order.scope)
    report = await _check(store, tree, order, progress, made)
    written = Written(len(made.new), len(made.changed), made.below, len(made.closed), made.same)
    if not order.dry_run:
        progress(80, _STEPS)
        closed = [one.code for one in made.closed]
        written = await store.write(
            read.drafts, close=closed, person=order.person, reason=order.reason, since=order.since
        )
    progress(_STEPS, _STEPS)
    return Result(read, (), 0, written, report)


async def check_grids(store: PlacesStore, order: Order, progress: Progress) -> Result:
    """Check the tree as it is."""
    progress(0, _STEPS)
    tree = await store.records(order.scope, outlines=True)
    progress(40, _STEPS)
    report = await _check(store, tree, order, progress, None)
    progress(_STEPS, _STEPS)
    return Result(None, (), 0, None, report)


def _planned(order: Order, known: Mapping[GridCode, GridRecord], now: datetime) -> tuple[Import, Plan]:
    read = read_import(order.sheet, order.outlines, known, now)
    close = _missing(read.drafts, known, order.scope) if order.close_missing else []
    return read, plan(known, read.drafts, close, now, since=order.since)


def _missing(drafts: Sequence[GridDraft], known: Mapping[GridCode, GridRecord], scope: str) -> list[GridCode]:
    """Give open grids below the file's topmost ones that are not in it; a file of one town leaves others alone."""
    there = {draft.code for draft in drafts}
    paths = [known[code].grid.path for code in there if code in known]
    tops = {path for path in paths if not any(part in there for part in path.split(".")[:-1])}
    return [
        one.code
        for one in known.values()
        if one.until is None
        and one.code not in there
        and within(one.grid.path, scope)
        and any(within(one.grid.path, top) for top in tops)
    ]


def _beyond(known: Mapping[GridCode, GridRecord], made: Plan, read: Import, scope: str) -> list[Fault]:
    """Find what a scope does not hold: grids where they come to lie or lay before, and where they newly report."""
    faults = []
    for one in made.rows:
        before, to = known.get(one.code), known.get(one.report_to or one.code)
        if not all(within(there.grid.path, scope) for there in (one, before or one)):
            said = f"grid {one.code} lies outside of what you may change: leave it out"
            faults.append(Fault(read.rows.get(one.code), "编码", "grid.scope", said))
        elif (
            to is not None
            and not within(to.grid.path, scope)
            and (before is None or before.report_to != one.report_to)
        ):
            said = f"{one.code} would report to {to.code}, outside of what you may change: ask whoever may"
            faults.append(Fault(read.rows.get(one.code), "报告对象", "grid.scope", said))
    return faults


def _after(known: Mapping[GridCode, GridRecord], made: Plan, scope: str) -> list[GridRecord]:
    tree = {**known, **{one.code: one for one in made.rows}}
    return [one for one in tree.values() if one.until is None and within(one.grid.path, scope)]


async def _check(
    store: PlacesStore, tree: Sequence[GridRecord], order: Order, progress: Progress, made: Plan | None
) -> CheckReport:
    codes = {one.code for one in tree}
    roots = {GridCode(one.grid.path.partition(".")[0]) for one in tree}
    levels: dict[GridCode, Sequence[GridLevel]] = {root: await store.levels(root) for root in sorted(roots)}
    watched = _followed(await store.watched(order.scope), codes)
    institutions = None if made is not None else await store.institutions()

    def told(done: int, total: int) -> None:
        progress(40 + 40 * done // total, _STEPS)

    return await progress.aside(
        check,
        tree,
        watched=watched,
        levels=levels,
        divisions=order.divisions,
        institutions=institutions,
        tolerance=order.tolerance,
        told=told,
    )


def _followed(watched: Sequence[Watched], codes: set[GridCode]) -> list[Watched]:
    """A device of a grid that is given up is looked for wherever it stands."""
    return [one if one.grid in codes else replace(one, grid=GridCode("")) for one in watched]
