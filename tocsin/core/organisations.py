"""Who may deal with what: organisations and their authority, as the response core sees them.  Pure.

A matter of the catalogue has a code of 2 + 2 digits: the first two are its category. Authority is given
for a category or a single matter, up to a grade; whatever is worse is for the next tier.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tocsin.core.detections import Kind
from tocsin.core.grids import TIERS, Tier
from tocsin.core.ids import OrganisationCode
from tocsin.core.incident_words import Grade

_WORST_FIRST = (Grade.I, Grade.II, Grade.III, Grade.IV)


class Authority(msgspec.Struct, frozen=True):
    """What an organisation may deal with by itself."""

    category: str
    """Code of a category or matter, or a beginning of one; empty for everything."""
    highest: Grade
    """The worst grade that it may deal with."""


class Organisation(msgspec.Struct, frozen=True, kw_only=True):
    """One that collects or handles, for a grid and what lies below."""

    code: OrganisationCode
    tier: Tier
    order: int = 1
    """Among those of its tier that may do the same, 1 is asked first."""
    authorities: tuple[Authority, ...] = ()

    def may(self, matter: str, grade: Grade) -> bool:
        """Say whether it may deal with a matter of a grade by itself."""
        found = self.authority(matter)
        return found is not None and _WORST_FIRST.index(grade) >= _WORST_FIRST.index(found.highest)

    def authority(self, matter: str) -> Authority | None:
        """Give the most particular authority that it has for a matter; None without any."""
        fitting = [one for one in self.authorities if matter.startswith(one.category)]
        return max(fitting, key=lambda one: len(one.category), default=None)


class Route(msgspec.Struct, frozen=True):
    """Who answers for a matter at a place."""

    organisations: tuple[tuple[Tier, OrganisationCode], ...]
    """Of each tier the first that knows the matter, nearest tier first."""
    lead: OrganisationCode | None
    """The nearest that may deal with it by itself; None when nobody may."""
    beyond: bool
    """The nearest tier that knows the matter may not deal with this grade by itself."""


def route(matter: str, grade: Grade, organisations: Sequence[Organisation]) -> Route:
    """Choose by category, grade and authority.

    In each tier the most particular authority wins, then the order, then the code.
    """
    named: list[tuple[Tier, OrganisationCode]] = []
    lead: OrganisationCode | None = None
    beyond = False
    for tier in TIERS:
        knowing = [one for one in organisations if one.tier is tier and one.authority(matter) is not None]
        if not knowing:
            continue
        able = [one for one in knowing if one.may(matter, grade)]
        best = min(able or knowing, key=lambda one: (-_particular(one, matter), one.order, one.code))
        beyond = beyond or (not named and not able)
        named.append((tier, best.code))
        if lead is None and able:
            lead = best.code
    return Route(tuple(named), lead, beyond)


def matter_of(kind: Kind, matters: Sequence[tuple[Kind, str]]) -> str:
    """Give the matter that a kind of happening stands for; empty when the catalogue names none."""
    return next((code for known, code in matters if known is kind), "")


def _particular(organisation: Organisation, matter: str) -> int:
    found = organisation.authority(matter)
    return 0 if found is None else len(found.category)
