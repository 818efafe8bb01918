"""Sweeps in memory, for tests of the HTTP face; the real ones are tested on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from typing_extensions import override

from tocsin.api.access import within
from tocsin.core.clock import ManualClock
from tocsin.core.errors import NotFound
from tocsin.core.grids import Grid
from tocsin.core.ids import GridCode, PersonId
from tocsin.town.sweeps import (
    Answer,
    NewSweep,
    Part,
    RollRow,
    RollState,
    Sweep,
    SweepAnswer,
    SweepCounts,
    Sweeps,
)


class FakeSweeps(Sweeps):
    """A roll-call of the villages; `persons` says who answers for each."""

    def __init__(self, clock: ManualClock, grids: Sequence[Grid]) -> None:
        self._clock = clock
        self._grids = grids
        self.known: dict[str, tuple[NewSweep, Sweep]] = {}
        self.rows: dict[tuple[str, GridCode], RollRow] = {}
        self.persons: dict[GridCode, PersonId] = {}

    @override
    async def start(self, sweep: NewSweep) -> None:
        if sweep.id in self.known:
            return
        grid = next(one for one in self._grids if one.code == sweep.grid)
        now = self._clock.now()
        self.known[sweep.id] = sweep, Sweep(
            id=sweep.id, grid=grid.code, grid_name=grid.name, path=grid.path, kind=sweep.kind, title=sweep.title,
            words=sweep.words, drill=sweep.drill, started=now, started_by=sweep.by, started_by_name=sweep.by.title(),
            until=now + sweep.lasts, ended=None, counts=self._counts(sweep.id, ""),
        )  # fmt: skip
        below = [one for one in self._grids if within(grid.path, one.path)]
        for one in below:
            if not any(other.parent == one.code for other in below):
                self.rows[sweep.id, one.code] = RollRow(
                    grid=one.code, name=one.name, path=one.path, person=self.persons.get(one.code), person_name="",
                    state=RollState.ASKED, told="sent", reminded=False, answered=None, answered_by=None, answer=None,
                    found=None, words="",
                )  # fmt: skip

    @override
    async def sweep(self, scope: str, sweep: str) -> Sweep | None:
        found = self.known.get(sweep)
        if found is None or not (within(scope, found[1].path) or within(found[1].path, scope)):
            return None
        return replace(found[1], counts=self._counts(sweep, scope))

    @override
    async def sweeps(self, scope: str, *, before: datetime | None, most: int) -> Sequence[Sweep]:
        found = [await self.sweep(scope, one) for one in self.known]
        return [one for one in found if one is not None][:most]

    @override
    async def sweeps_of(self, person: PersonId, *, most: int, sweep: str | None = None) -> Sequence[Sweep]:
        mine = {name for (name, _), row in self.rows.items() if row.person == person}
        return [self.known[one][1] for one in sorted(mine) if sweep in {None, one}][:most]

    @override
    async def parts(self, scope: str, sweep: str) -> Sequence[Part]:
        top = self.known[sweep][1]
        return [Part(grid=top.grid, name=top.grid_name, counts=self._counts(sweep, scope))]

    @override
    async def roll(
        self,
        scope: str,
        sweep: str,
        *,
        person: PersonId | None = None,
        state: RollState | None = None,
        after: str | None = None,
        most: int,
    ) -> Sequence[RollRow]:
        rows = [row for (name, _), row in self.rows.items() if name == sweep and within(scope, row.path)]
        return [
            row
            for row in sorted(rows, key=lambda row: row.path)
            if (person is None or row.person == person)
            and (state is None or row.state is state)
            and (after is None or row.path > after)
        ][:most]

    @override
    async def answer(
        self, sweep: str, grid: GridCode, answer: Answer, by: PersonId, *, scope: str | None
    ) -> RollRow:
        row = self.rows.get((sweep, grid))
        if row is None or not (row.person == by if scope is None else within(scope, row.path)):
            raise NotFound("sweep.unknown", "not yours")
        made = replace(
            row, state=RollState.ANSWERED, answered=self._clock.now(), answered_by=by, answer=answer.answer,
            found=answer.found, words=answer.words,
        )  # fmt: skip
        self.rows[sweep, grid] = made
        return made

    @override
    async def end(self, sweep: str, by: PersonId) -> None:
        order, found = self.known[sweep]
        self.known[sweep] = order, replace(found, ended=self._clock.now())

    def _counts(self, sweep: str, scope: str) -> SweepCounts:
        rows = [row for (name, _), row in self.rows.items() if name == sweep and within(scope, row.path)]
        said = [row.answer for row in rows if row.answer is not None]
        return SweepCounts(
            total=len(rows), looking=0, nobody=0, answered=len(said), late=0, clear=said.count(SweepAnswer.CLEAR),
            found=said.count(SweepAnswer.FOUND), unable=said.count(SweepAnswer.UNABLE),
            items=sum(row.found or 0 for row in rows),
        )  # fmt: skip
