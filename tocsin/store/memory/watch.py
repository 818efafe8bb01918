"""Signs of life and findings in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from typing_extensions import override

from tocsin.core.clock import Clock
from tocsin.core.watch import Beat, FindingRow, SeenBeat, WatchStore


class MemoryWatchStore(WatchStore):
    """Keep both in dictionaries; its clock is the store's own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._beats: dict[str, SeenBeat] = {}
        self._findings: dict[tuple[str, str, datetime], FindingRow] = {}

    @override
    async def beat(self, beats: Sequence[Beat]) -> None:
        for one in beats:
            self._beats[one.name] = SeenBeat(
                name=one.name,
                role=one.role,
                host=one.host,
                at=self._clock.now(),
                clock=one.clock,
                disks=dict(one.disks),
            )

    @override
    async def leave(self, names: Sequence[str], host: str) -> None:
        for name in names:
            if name in self._beats and self._beats[name].host == host:
                del self._beats[name]

    @override
    async def beats(self) -> tuple[Sequence[SeenBeat], datetime]:
        return [self._beats[name] for name in sorted(self._beats)], self._clock.now()

    @override
    async def keep(self, findings: Sequence[FindingRow]) -> None:
        for one in findings:
            self._findings[one.code, one.subject, one.since] = one

    @override
    async def findings(self, since: datetime | None) -> Sequence[FindingRow]:
        shown = [
            one
            for one in self._findings.values()
            if one.until is None or (since is not None and one.until > since)
        ]
        return sorted(
            shown, key=lambda one: (one.until is not None, -one.since.timestamp(), one.code, one.subject)
        )
