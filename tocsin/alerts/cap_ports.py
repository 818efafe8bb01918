"""What gives incidents to other authorities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from tocsin.alerts.cap import CapPlace
from tocsin.core.ids import IncidentId
from tocsin.core.incidents import Recorded


@dataclass(frozen=True, slots=True)
class CapSource:
    """An incident as messages are made of it."""

    place: CapPlace
    log: Sequence[Recorded]


class CapStore(Protocol):
    """Reads logs of confirmed incidents with their places."""

    async def recent(self, scope: str, within: timedelta, most: int) -> Sequence[CapSource]:
        """Give the confirmed incidents of a scope that were opened within a span, newest first."""
        ...

    async def find(self, scope: str, incident: IncidentId) -> CapSource | None:
        """Give one incident of a scope; None when there is none."""
        ...
