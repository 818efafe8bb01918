"""Which open incident a new alarm or report belongs to: by kind family, place and time, or none.

The shell gives it the open incidents of the family in the township, read under the lock of
(kind, township); the choice depends on nothing else and not on their order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tocsin.alerts.geometry import distance_m
from tocsin.alerts.policy_model import Family, ResponsePolicy
from tocsin.alerts.ports import OpenIncident
from tocsin.core.detections import Kind
from tocsin.core.grids import Position
from tocsin.core.ids import DeviceId, GridCode, IncidentId, collector_of

BY_GRID: Final = frozenset({Kind.LINK_LOSS, Kind.POWER_LOSS})
"""A family with one of these is about a whole village: metres mean nothing, its grid and its box do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """What is new: an alarm or a report, with its place and time."""

    kind: Kind
    grid: GridCode
    place: Position | None
    at: datetime
    device: DeviceId | None = None


def kinds_together(kind: Kind, policy: ResponsePolicy) -> tuple[Kind, ...]:
    """Give the kinds whose incidents a kind may join, sorted; lock and read these."""
    return tuple(sorted(policy.family(kind).kinds))


def lock_kind(kind: Kind, policy: ResponsePolicy) -> Kind:
    """Give the one kind under which a whole family is locked, so that smoke and fire exclude each other."""
    return min(policy.family(kind).kinds)


def choose(sign: Sign, candidates: Iterable[OpenIncident], policy: ResponsePolicy) -> IncidentId | None:
    """Choose the incident that a sign belongs to; None when it is a happening of its own.

    Of several: one that has the same device, then the nearest in place, the nearest in time, the
    oldest, the smallest id.
    """
    family = policy.family(sign.kind)
    fitting = [
        (_rank(sign, candidate), candidate.id) for candidate in candidates if _fits(sign, candidate, family)
    ]
    return min(fitting)[1] if fitting else None


def _fits(sign: Sign, candidate: OpenIncident, family: Family) -> bool:
    if candidate.kind not in family.kinds:
        return False
    if candidate.filed and sign.device is not None:
        # An alarm that joined a case would ring nobody: it asks for an answer of its own.
        return False
    if not candidate.began - family.within <= sign.at <= candidate.last_alarm + family.within:
        return False
    if sign.device is not None and sign.device in candidate.devices:
        return True
    if family.kinds & BY_GRID:
        return sign.grid == candidate.grid or _same_box(sign, candidate)
    if sign.place is not None and candidate.place is not None:
        return distance_m(sign.place, candidate.place) <= family.distance_m
    # Without both places only the same grid is near enough.
    return sign.grid == candidate.grid


def _same_box(sign: Sign, candidate: OpenIncident) -> bool:
    boxes = {collector_of(device) for device in candidate.devices}
    return sign.device is not None and collector_of(sign.device) in boxes


def _rank(sign: Sign, candidate: OpenIncident) -> tuple[bool, float, float, datetime]:
    other_device = sign.device is None or sign.device not in candidate.devices
    metres = float("inf")
    if sign.place is not None and candidate.place is not None:
        metres = distance_m(sign.place, candidate.place)
    seconds = abs((sign.at - candidate.last_alarm).total_seconds())
    return other_device, metres, seconds, candidate.began
