"""What people do so that alarms ask only for the attention they are worth: shelves, windows, false spots.

Every act has a reason, an end and a line in the journal, and lies in the scope of who does it. None of them
silences a one-button call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from tocsin.alerts.alarm import chatters, is_stale, state_of
from tocsin.alerts.alarm_model import Alarm, AlarmState, FalseSpot, Turn, Window
from tocsin.alerts.alarm_review import review
from tocsin.alerts.alarm_silence import (
    SPOT_DAYS_MOST,
    around_boxes,
    check_span,
    checked_reason,
    refuse_call,
    shelve,
)
from tocsin.alerts.intake import Spot, locate
from tocsin.alerts.ports import AlertsStore, AlertsUnit
from tocsin.alerts.service import AlertService
from tocsin.core.detections import Kind
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.ids import AlarmId, DeviceId, GridCode, PersonId, derived_id

log = structlog.get_logger()

Change = Callable[[Alarm, Spot, datetime], Alarm]


@dataclass(frozen=True, slots=True)
class Marks:
    """What an operator sees of an alarm besides its condition."""

    state: AlarmState
    stale: bool
    chattering: bool


class AlarmDesk:
    """Answer people; safe to call from any number of tasks and processes."""

    def __init__(self, store: AlertsStore, alerts: AlertService) -> None:
        self._store = store
        self._alerts = alerts

    async def shelve(
        self, scope: str, alarm: AlarmId, person: PersonId, *, reason: str, span: timedelta
    ) -> None:
        """Put an alarm aside for a while; again moves the end.

        Raises `NotFound` (`alarm.unknown`) and `Rejected` (`alarm.call`, `alarm.shelve_time`, `reason.empty`,
        `reason.too_long`).
        """

        def change(found: Alarm, place: Spot, now: datetime) -> Alarm:
            policy = place.version.policy
            return shelve(found, person, reason, span=span, now=now, policy=policy)

        await self._change(scope, alarm, person, change, (Turn.SHELVED, " ".join(reason.split())))

    async def unshelve(self, scope: str, alarm: AlarmId, person: PersonId) -> None:
        """Take an alarm off its shelf; what stands asks for attention again. Raises `NotFound` (`alarm.unknown`)."""

        def change(found: Alarm, _: Spot, now: datetime) -> Alarm:
            return found if found.shelved_until is None else replace(found, shelved_until=now)

        await self._change(scope, alarm, person, change, None)

    async def add_window(
        self,
        scope: str,
        person: PersonId,
        *,
        grid: GridCode | None,
        device: DeviceId | None,
        since: datetime,
        until: datetime,
        reason: str,
    ) -> Window:
        """Take a grid and all below it, a collector or a device out of service for a while; the same again is one.

        Raises `NotFound` (`grid.unknown`, `device.unknown`) and `Rejected` (`maintenance.place`,
        `maintenance.span`, `alarm.call`, `reason.empty`, `reason.too_long`).
        """
        words = checked_reason(reason, "maintenance")

        async def once() -> Window:
            async with self._store.unit() as unit:
                check_span(since, until, unit.now)
                path = await self._path_of(unit, scope, grid, device)
                for known in await unit.windows():
                    if (known.grid, known.device, known.since, known.until) == (grid, device, since, until):
                        return known
                window = Window(
                    id=derived_id(
                        "maintenance", path, device or "", str(since), str(until), unit.now.isoformat()
                    ),
                    grid=grid,
                    grid_path=path if grid is not None else "",
                    device=device,
                    since=since,
                    until=until,
                    reason=words,
                    person=person,
                    made=unit.now,
                )
                await unit.save_window(window)
                await unit.wake_covered(window)
                return window

        return await self._alerts.again(once)

    async def end_window(self, scope: str, window: str, person: PersonId) -> None:
        """End a maintenance window before its time; again changes nothing. Raises `NotFound` (`maintenance.unknown`)."""

        async def once() -> None:
            async with self._store.unit() as unit:
                found = await unit.window(window)
                if found is None or not await self._sees(unit, scope, found.grid, found.device):
                    raise NotFound(
                        "maintenance.unknown",
                        f"there is no maintenance window {window[:64]} that you may see",
                    )
                if not found.over(unit.now):
                    ended = replace(found, ended=unit.now)
                    await unit.save_window(ended)
                    await unit.wake_covered(ended)

        await self._alerts.again(once)
        log.info("maintenance.ended", window=window, person=person)

    async def add_spot(
        self, scope: str, alarm: AlarmId, person: PersonId, *, whole: bool, days: int, reason: str
    ) -> FalseSpot:
        """Teach that an alarm's newest detection was false at its spot, until some days have passed; the same again is one.

        Raises `NotFound` (`alarm.unknown`) and `Rejected` (`alarm.call`, `spot.days`, `reason.empty`,
        `reason.too_long`).
        """
        words = checked_reason(reason, "a false spot")
        if not 1 <= days <= SPOT_DAYS_MOST:
            raise Rejected(
                "spot.days",
                f"a false spot holds for 1 to {SPOT_DAYS_MOST} days: leaves fall, walls are built",
            )

        async def once() -> FalseSpot:
            async with self._store.unit() as unit:
                found, _ = await self._find(unit, scope, alarm)
                refuse_call(found.kind, "called false")
                detection = None if whole else await unit.newest_detection(found)
                box = None if detection is None else around_boxes(detection.evidence.boxes)
                for known in await unit.false_spots([found.device]):
                    if (known.kind, known.box) == (found.kind, box):
                        return known
                spot = FalseSpot(
                    id=derived_id("spot", found.id, person, str(box), unit.now.isoformat()),
                    device=found.device,
                    kind=found.kind,
                    box=box,
                    until=unit.now + timedelta(days=days),
                    reason=words,
                    person=person,
                    made=unit.now,
                )
                await unit.save_spot(spot)
                return spot

        return await self._alerts.again(once)

    async def end_spot(self, scope: str, spot: str, person: PersonId) -> None:
        """Forget a false spot; again changes nothing. Raises `NotFound` (`spot.unknown`)."""

        async def once() -> None:
            async with self._store.unit() as unit:
                found = await unit.spot(spot)
                if found is None or not await self._sees(unit, scope, None, found.device):
                    raise NotFound("spot.unknown", f"there is no false spot {spot[:64]} that you may see")
                if found.ended is None:
                    await unit.save_spot(replace(found, ended=unit.now))

        await self._alerts.again(once)
        log.info("spot.ended", spot=spot, person=person)

    def marks(self, alarm: Alarm, grid_path: str, now: datetime) -> Marks:
        """Say what an operator sees of an alarm, under the policy that holds at its place."""
        policy = self._alerts.policies.for_path(grid_path).policy
        return Marks(
            state_of(alarm, now), is_stale(alarm, now, policy), alarm.raised and chatters(alarm, policy)
        )

    async def _change(
        self, scope: str, alarm: AlarmId, person: PersonId, change: Change, said: tuple[Turn, str] | None
    ) -> None:
        async def once() -> None:
            async with self._store.unit() as unit:
                _, place = await self._find(unit, scope, alarm)
                await review(
                    unit,
                    self._alerts.policies,
                    alarm,
                    edit=lambda found: change(found, place, unit.now),
                    actor=person,
                    said=() if said is None else (said,),
                )

        await self._alerts.again(once)

    async def _find(self, unit: AlertsUnit, scope: str, alarm: AlarmId) -> tuple[Alarm, Spot]:
        seen = await locate(unit, self._alerts.policies, await unit.look_at([alarm]))
        for found, place in seen.items():
            if inside(scope, place.site.grid.path):
                return found, place
        raise NotFound("alarm.unknown", f"there is no alarm {alarm[:64]} that you may see")

    async def _path_of(
        self, unit: AlertsUnit, scope: str, grid: GridCode | None, device: DeviceId | None
    ) -> str:
        if (grid is None) == (device is None):
            raise Rejected("maintenance.place", "name a grid, or a device or collector, and not both")
        if grid is not None:
            path = (await unit.grid(grid)).path
            if not inside(scope, path):
                raise NotFound("grid.unknown", f"there is no grid {grid[:64]} that you may see")
            return path
        site = None if device is None else (await unit.sites([device])).get(device)
        if device is None or site is None or not inside(scope, site.grid.path):
            raise NotFound(
                "device.unknown", f"there is no device or collector {str(device)[:130]} that you may see"
            )
        if set(await unit.kinds_of(device)) == {Kind.CALL}:
            refuse_call(Kind.CALL, "taken out of service")
        return site.grid.path

    async def _sees(
        self, unit: AlertsUnit, scope: str, grid: GridCode | None, device: DeviceId | None
    ) -> bool:
        if grid is not None:
            return inside(scope, (await unit.grid(grid)).path)
        site = None if device is None else (await unit.sites([device])).get(device)
        return site is not None and inside(scope, site.grid.path)


def inside(scope: str, path: str) -> bool:
    """Say whether a grid path lies in a subtree; the empty scope holds everything."""
    return scope in {"", path} or path.startswith(f"{scope}.")
