"""Who feeds whom: the one place where the stages meet.

Ingest hands detections over inside its own transaction; the alerts of a flush therefore commit
with its readings or not at all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from tocsin.alerts.ports import AlertsUnit, Intake
from tocsin.alerts.service import AlertService
from tocsin.ingest.ports import Flush, IncomingDetection

UnitOf = Callable[[Flush], AlertsUnit]
"""Makes the alerts' view of a flush's own transaction."""


def attach(
    alerts: AlertService, unit_of: UnitOf
) -> Callable[[Flush, Sequence[IncomingDetection]], Awaitable[None]]:
    """Give ingest what it calls with the new detections of a flush."""

    async def attached(flush: Flush, incoming: Sequence[IncomingDetection]) -> None:
        await alerts.intake(unit_of(flush), [_intake(item) for item in incoming])

    return attached


def _intake(item: IncomingDetection) -> Intake:
    return Intake(
        detection=item.detection, age=item.age, raised=item.raised, grid=item.grid, began=item.began
    )
