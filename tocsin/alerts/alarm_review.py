"""Looks at alarms without a detection: because their time has come, or because a person changes them.

In the caller's transaction, in the order of locks: the places of the alarms, the alarms, the incidents. What
is read before the locks only says which places to lock; everything is read again under them.
"""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.alerts.alarm_silence import Said
from tocsin.alerts.assign import Assigned, Candidates, Due, Edit, assign_due
from tocsin.alerts.intake import locate, lock, look_around, open_near, settle
from tocsin.alerts.policy_book import PolicyBook
from tocsin.alerts.ports import Alarm, AlertsUnit
from tocsin.core.errors import Conflict
from tocsin.core.ids import AlarmId, IncidentId
from tocsin.core.incidents import SYSTEM


async def review_due(unit: AlertsUnit, policies: PolicyBook, most: int) -> Sequence[Alarm]:
    """Step at most `most` alarms whose time has come and that nobody else holds; gives them as they were."""
    seen = await unit.due_alarms(most)
    if not seen:
        return ()
    held = await _hold(unit, policies, seen)
    due = [alarm for alarm in held if alarm.due is not None and alarm.due <= unit.now]
    await _step(unit, policies, due)
    return due


async def review(
    unit: AlertsUnit,
    policies: PolicyBook,
    alarm: AlarmId,
    *,
    edit: Edit | None = None,
    actor: str = SYSTEM.kind,
    said: Sequence[Said] = (),
) -> Assigned | None:
    """Step one alarm, by what a person does to it or by the time alone; None when there is no such alarm.

    Raises `Conflict` when somebody else holds it just now, and what `edit` raises.
    """
    seen = await unit.look_at([alarm])
    if not seen:
        return None
    held = await _hold(unit, policies, seen)
    if not held:
        raise Conflict(f"alarm {alarm} is being changed: try again")
    return await _step(unit, policies, held, edit=edit, actor=actor, said=tuple(said))


async def _hold(unit: AlertsUnit, policies: PolicyBook, seen: Sequence[Alarm]) -> Sequence[Alarm]:
    await lock(unit, (await locate(unit, policies, seen)).values())
    return await unit.hold_alarms(sorted(alarm.id for alarm in seen))


async def _step(
    unit: AlertsUnit,
    policies: PolicyBook,
    alarms: Sequence[Alarm],
    *,
    edit: Edit | None = None,
    actor: str = SYSTEM.kind,
    said: tuple[Said, ...] = (),
) -> Assigned:
    places = await locate(unit, policies, alarms)
    around = await look_around(unit, list(places.values()))
    candidates = await open_near(unit, places.values())
    batch = [Due(alarm, at.site, at.version, edit, actor, said) for alarm, at in places.items()]

    def decide(candidates: Candidates, dead: frozenset[IncidentId]) -> Assigned:
        return assign_due(batch, candidates, dead, now=unit.now, around=around)

    return await settle(unit, policies, candidates, decide)
