"""Who is called for a place, out of those who are on duty for it.  Pure.

The store says who is on duty (active, a running shift and an appointment for the grid or above it); here
stands who of them answers: near before far in the village, a dedicated grid's own staff alone
when it has any, and each person once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tocsin.core.grids import TIERS, GridKind, Tier
from tocsin.core.ids import GridCode, PersonId
from tocsin.core.responders import Channel, Directory, Responder


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDuty:
    """One person on duty for a grid or for one above it, by one appointment."""

    person: PersonId
    tier: Tier
    home: GridCode
    """The grid they are appointed to."""
    depth: int
    """Levels of their grid's path: the larger, the nearer."""
    order: int
    supervisor: bool
    department: str
    """Code of the organisation; empty without one."""
    channels: tuple[Channel, ...]


def directory(grid: GridCode, kind: GridKind, on_duty: Iterable[OnDuty]) -> Directory:
    """Sort those on duty into the order of call and rank them from 1 within each tier.

    Somebody without an address stays in it, with no channels: that a person could not be told is
    a fact of the incident.  Supervisors are ranked among themselves.
    """
    everybody = _once(on_duty)
    responders: list[Responder] = []
    for tier in TIERS:
        staff = [one for one in everybody if one.tier is tier]
        called = _nearest(grid, kind, [one for one in staff if not one.supervisor], tier)
        above = sorted((one for one in staff if one.supervisor), key=lambda one: (one.order, one.person))
        responders += _ranked(called) + _ranked(above)
    return Directory(grid, tuple(responders))


def _once(on_duty: Iterable[OnDuty]) -> list[OnDuty]:
    """Leave one of several appointments of a person: the nearest; of these to be called goes before to supervise."""
    everybody = list(on_duty)
    if len({one.person for one in everybody}) == len(everybody):
        return everybody
    chosen: dict[PersonId, OnDuty] = {}
    for one in sorted(
        everybody, key=lambda one: (-one.depth, one.supervisor, TIERS.index(one.tier), one.order)
    ):
        chosen.setdefault(one.person, one)
    return list(chosen.values())


def _nearest(grid: GridCode, kind: GridKind, staff: list[OnDuty], tier: Tier) -> list[OnDuty]:
    if tier is not Tier.VILLAGE:
        return sorted(staff, key=lambda one: (one.order, one.person))
    own = [one for one in staff if one.home == grid]
    if kind is GridKind.DEDICATED and own:
        staff = own
    return sorted(staff, key=lambda one: (-one.depth, one.order, one.person))


def _ranked(staff: Sequence[OnDuty]) -> list[Responder]:
    return [
        Responder(
            person=one.person,
            tier=one.tier,
            grid=one.home,
            order=rank,
            channels=one.channels,
            supervisor=one.supervisor,
            department=one.department,
        )
        for rank, one in enumerate(staff, start=1)
    ]
