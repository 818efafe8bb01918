"""What `QualityQueries` and `Replays` answer in tests: plain lists that a test fills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from typing_extensions import override

from tocsin.alerts.quality_ports import (
    BehindFilter,
    DayFigures,
    DetectorFigures,
    Drill,
    HourFigures,
    JudgedIncident,
    QualityQueries,
    RecallFigures,
)
from tocsin.api.replays import ReplayRun, Replays, ReplayState
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.ids import PersonId

Span = tuple[str, datetime, datetime]


class FakeQuality(QualityQueries):
    """Answers from what it was given; remembers what it was asked."""

    def __init__(self) -> None:
        self.detector_rows: list[DetectorFigures] = []
        self.hour_rows: list[HourFigures] = []
        self.day_rows: list[DayFigures] = []
        self.recall_rows: list[RecallFigures] = []
        self.judged: list[JudgedIncident] = []
        self.kept: list[Drill] = []
        self.asked: list[Span] = []
        self.wanted: list[BehindFilter] = []
        self.withdrawn: list[tuple[str, str]] = []

    @override
    async def detectors(
        self, scope: str, since: datetime, until: datetime, most: int
    ) -> Sequence[DetectorFigures]:
        self.asked.append((scope, since, until))
        return self.detector_rows[:most]

    @override
    async def hours(self, scope: str, since: datetime, until: datetime, most: int) -> Sequence[HourFigures]:
        return self.hour_rows[:most]

    @override
    async def days(self, scope: str, since: datetime, until: datetime, most: int) -> Sequence[DayFigures]:
        return self.day_rows[:most]

    @override
    async def recall(
        self, scope: str, since: datetime, until: datetime, most: int
    ) -> Sequence[RecallFigures]:
        return self.recall_rows[:most]

    @override
    async def behind(self, wanted: BehindFilter) -> Sequence[JudgedIncident]:
        self.wanted.append(wanted)
        return self.judged[: wanted.most]

    @override
    async def drills(self, scope: str, since: datetime, until: datetime, most: int) -> Sequence[Drill]:
        self.asked.append((scope, since, until))
        return self.kept[:most]

    @override
    async def add_drill(self, drill: Drill, scope: str) -> None:
        if drill.device == "lost/camera-1":
            raise NotFound("device.unknown", "there is no such device")
        self.asked.append((scope, drill.since, drill.until))
        self.kept.append(drill)

    @override
    async def withdraw_drill(self, drill: str, scope: str, at: datetime) -> None:
        self.withdrawn.append((drill, scope))


class FakeReplays(Replays):
    """Runs nothing; a test says how a replay goes on."""

    def __init__(self) -> None:
        self.known: dict[str, ReplayRun] = {}
        self.texts: list[str] = []

    @override
    def start(
        self, text: str, *, person: PersonId, scope: str, since: datetime, until: datetime, now: datetime
    ) -> ReplayRun:
        if any(one.state is ReplayState.RUNNING for one in self.known.values()):
            raise Rejected("replay.busy", "another replay is running: wait until it has ended, or cancel it")
        name = f"run-{len(self.known) + 1}"
        self.texts.append(text)
        self.known[name] = ReplayRun(id=name, person=person, scope=scope, since=since, until=until, asked=now)
        return self.known[name]

    def goes_on(self, name: str, **changes: object) -> None:
        self.known[name] = replace(self.known[name], **changes)  # type: ignore[arg-type]

    @override
    def runs(self) -> Sequence[ReplayRun]:
        return list(reversed(self.known.values()))

    @override
    def cancel(self, run: str) -> None:
        self.goes_on(run, state=ReplayState.CANCELLED)
