"""Facts for figures over logs in memory: what a report counts is read anew each time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

from typing_extensions import override

from tocsin.alerts.evolve import fold
from tocsin.api.access import within
from tocsin.core.ids import IncidentId
from tocsin.core.incidents import Recorded, ReportedUp
from tocsin.town.fact_reader import facts_of
from tocsin.town.figure_ports import FigureStore, OpenCounts, OpenItem, OpenWanted, Selection
from tocsin.town.figures import Counted

PIECE = 3
"""So few at once that a test of ten incidents sees several pieces."""


class FakeFigures(FigureStore):
    """Answers from logs; grids have no class and are named after their code."""

    def __init__(
        self,
        logs: Mapping[IncidentId, Sequence[Recorded]],
        path_of: Callable[[IncidentId], str] = lambda _: "1",
    ) -> None:
        self.logs = logs
        self.path_of = path_of
        self.selections: list[Selection] = []

    @override
    async def bring_up(self, wanted: Selection) -> int:
        self.selections.append(wanted)
        return len(self.logs)

    @override
    async def counted(self, wanted: Selection) -> AsyncGenerator[Sequence[Counted], None]:
        found = []
        for incident, log in self.logs.items():
            facts = facts_of(log)
            if (
                wanted.since <= facts.opened < wanted.until
                and within(wanted.scope, self.path_of(incident))
                and (facts.drill or not wanted.drill)
                and wanted.kind in {None, facts.kind}
                and wanted.grade in {None, facts.grade}
                and wanted.source in {None, facts.source}
                and facts.matter.startswith(wanted.matter or "")
                and wanted.organisation in {None, facts.organisation}
            ):
                found.append(Counted(facts, self.path_of(incident)))
        found.sort(key=lambda one: (one.facts.opened, one.facts.incident))
        for begin in range(0, len(found), PIECE):
            yield found[begin : begin + PIECE]

    @override
    async def differing(self, wanted: Selection) -> tuple[int, Sequence[IncidentId]]:
        return len(self.logs), []

    @override
    async def names(self, dimension: str, keys: Sequence[str]) -> Mapping[str, str]:
        return {key: f"grid {key}" for key in keys} if dimension == "grid" else {}

    @override
    async def open_items(self, wanted: OpenWanted) -> Sequence[OpenItem]:
        items = [item for incident in self.logs if (item := self._item(incident, wanted)) is not None]
        items.sort(key=lambda one: (one.grid_path, one.opened, one.incident))
        places = [one.incident for one in items]
        first = places.index(wanted.after) + 1 if wanted.after in places else 0
        return [
            one
            for one in items[first:]
            if (not wanted.overdue or (one.stage_due is not None and one.stage_due < wanted.now))
            and (not wanted.report_missing or one.report_missing)
        ][: wanted.most]

    @override
    async def open_counts(self, wanted: OpenWanted) -> OpenCounts:
        items = [item for incident in self.logs if (item := self._item(incident, wanted)) is not None]
        overdue = [one for one in items if one.stage_due is not None and one.stage_due < wanted.now]
        return OpenCounts(len(items), len(overdue), sum(one.report_missing for one in items))

    def _item(self, incident: IncidentId, wanted: OpenWanted) -> OpenItem | None:
        log = self.logs[incident]
        now, path = fold(log), self.path_of(incident)
        lead = None if now.work is None else now.work.lead
        if not now.state.open or now.drill or not within(wanted.scope, path):
            return None
        if wanted.organisation not in {None, lead}:
            return None
        told = any(isinstance(line.event, ReportedUp) for line in log)
        return OpenItem(
            incident=incident,
            state=now.state,
            kind=now.kind,
            grade=now.grade,
            source=now.source,
            grid=now.grid,
            grid_name=f"grid {now.grid}",
            grid_path=path,
            opened=now.opened,
            confirmed=now.confirmed,
            matter=now.matter,
            matter_name="",
            level=None if now.work is None else now.work.level,
            lead=lead,
            lead_name="",
            stage=None if now.work is None else now.work.stage,
            stage_due=None if now.work is None else now.work.due,
            next_due=None,
            report_missing=now.confirmed is not None and now.grade != "IV" and not told,
        )
