"""Matters, organisations and working time in memory: the twin of `store.catalogue`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from typing_extensions import override

from tocsin.core.detections import Kind
from tocsin.core.grids import Grid
from tocsin.core.ids import GridCode, OrganisationCode
from tocsin.core.organisations import Organisation
from tocsin.core.working_time import Terms
from tocsin.store.catalogue import no_grids, no_matter
from tocsin.town.catalogue import CatalogueSheet, Known
from tocsin.town.grids import within
from tocsin.town.matters import Category, Matter, Platform, WorkingTime, coarser_codes, kinds_of, terms_of
from tocsin.town.organisations import OrganisationEntry, Serving, for_directory
from tocsin.town.ports import Catalogue, OrganisationRow
from tocsin.town.routing import along, reporting_line

Places: TypeAlias = Callable[[], Mapping[GridCode, Grid]]


class MemoryCatalogue(Catalogue):
    """Keeps everything in dictionaries; `report_to` says where grids report that is not their parent."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._platforms: dict[str, Platform] = {}
        self._categories: dict[str, Category] = {}
        self._matters: dict[str, Matter] = {}
        self._organisations: dict[OrganisationCode, OrganisationEntry] = {}
        self._time = WorkingTime()
        self.report_to: dict[GridCode, GridCode] = {}

    @override
    async def matter(self, code: str) -> Matter | None:
        return self._matters.get(code)

    @override
    async def terms(self, code: str) -> Terms:
        if not code:
            return terms_of(None, (), self._time)
        found = self._matters.get(code)
        if found is None:
            raise no_matter(code)
        coarser = [self._matters[one] for one in coarser_codes(code) if one in self._matters]
        return terms_of(found, coarser, self._time)

    @override
    async def matters(self) -> Sequence[Matter]:
        return [self._matters[code] for code in sorted(self._matters)]

    @override
    async def categories(self) -> Sequence[Category]:
        return [self._categories[code] for code in sorted(self._categories)]

    @override
    async def platforms(self) -> Sequence[Platform]:
        return [self._platforms[code] for code in sorted(self._platforms)]

    @override
    async def working_time(self) -> WorkingTime:
        return self._time

    @override
    async def known(self) -> Known:
        return Known(
            platforms=frozenset(self._platforms),
            categories=frozenset(self._categories),
            matters={one.code: one.kinds if one.active else () for one in self._matters.values()},
            organisations={one.code: one.parent for one in self._organisations.values()},
        )

    @override
    async def save(self, sheet: CatalogueSheet) -> None:
        missing = sorted({one.grid for one in sheet.organisations} - self._places().keys())
        if missing:
            raise no_grids(missing)
        self._platforms |= {one.code: one for one in sheet.platforms}
        self._categories |= {one.code: one for one in sheet.categories}
        self._matters |= {one.code: one for one in sheet.matters}
        self._organisations |= {one.code: one for one in sheet.organisations}
        self._time = sheet.time or self._time

    @override
    async def organisation(self, code: OrganisationCode) -> OrganisationRow | None:
        found = self._organisations.get(code)
        return None if found is None else self._row(found)

    @override
    async def organisations(
        self, scope: str, *, after: OrganisationCode | None, most: int, platform: str = ""
    ) -> Sequence[OrganisationRow]:
        rows = [self._row(self._organisations[code]) for code in sorted(self._organisations)]
        return [
            row
            for row in rows
            if (within(row.grid_path, scope) or within(scope, row.grid_path))
            and (after is None or row.entry.code > after)
            and (not platform or platform in row.entry.platforms)
        ][:most]

    @override
    async def serving(self, grid: GridCode) -> Sequence[Serving]:
        return self._serving(grid)

    @override
    async def organisation_names(self, codes: Sequence[OrganisationCode]) -> Mapping[OrganisationCode, str]:
        known = self._organisations
        return {code: known[code].name for code in codes if code in known}

    def for_directory(self, grid: GridCode) -> tuple[tuple[Organisation, ...], tuple[tuple[Kind, str], ...]]:
        """Give what a directory holds of it: organisations and matters of kinds; nothing without organisations."""
        if not any(one.active and one.handles for one in self._organisations.values()):
            return (), ()
        return for_directory(self._serving(grid)), kinds_of(self._matters.values())

    def _serving(self, grid: GridCode) -> list[Serving]:
        above = {code: self.report_to.get(code, one.parent) for code, one in self._places().items()}
        return along(reporting_line(grid, above), self._organisations.values())

    def _row(self, entry: OrganisationEntry) -> OrganisationRow:
        grid = self._places()[entry.grid]
        return OrganisationRow(entry=entry, grid_name=grid.name, grid_path=grid.path)
