"""Who deals with what: the most particular authority, then the order, and what lies beyond all of them."""

from __future__ import annotations

from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.ids import OrganisationCode
from tocsin.core.incident_words import Grade
from tocsin.core.organisations import Authority, Organisation, Route, matter_of, route

CITY = OrganisationCode("fire-bureau")
TOWN = OrganisationCode("town-squad")


def organisation(code: str, tier: Tier, *authorities: tuple[str, Grade], order: int = 1) -> Organisation:
    may = tuple(Authority(category, highest) for category, highest in authorities)
    return Organisation(code=OrganisationCode(code), tier=tier, order=order, authorities=may)


TOWNSHIP = organisation(TOWN, Tier.TOWNSHIP, ("04", Grade.III))
DEPARTMENT = organisation(CITY, Tier.CITY, ("0401", Grade.I))


def test_the_nearest_that_may_leads_and_the_others_are_named() -> None:
    found = route("0401", Grade.III, [DEPARTMENT, TOWNSHIP])
    assert found == Route(((Tier.TOWNSHIP, TOWN), (Tier.CITY, CITY)), TOWN, False)


def test_a_worse_grade_is_beyond_and_goes_to_the_next_tier() -> None:
    found = route("0401", Grade.II, [TOWNSHIP, DEPARTMENT])
    assert (found.lead, found.beyond) == (CITY, True)


def test_what_nobody_may_has_no_lead() -> None:
    assert route("0402", Grade.I, [TOWNSHIP, DEPARTMENT]) == Route(((Tier.TOWNSHIP, TOWN),), None, True)


def test_who_does_not_know_a_matter_is_not_asked() -> None:
    assert route("0501", Grade.IV, [TOWNSHIP, DEPARTMENT]) == Route((), None, False)


def test_the_most_particular_authority_wins_then_the_order_then_the_code() -> None:
    wide = organisation("a-wide", Tier.CITY, ("", Grade.I))
    second = organisation("b-second", Tier.CITY, ("0401", Grade.I), order=2)
    same = organisation("c-same", Tier.CITY, ("0401", Grade.I), order=2)
    assert route("0401", Grade.IV, [wide, same, second]).lead == "b-second"
    assert route("0401", Grade.IV, [wide, same, second, DEPARTMENT]).lead == CITY


def test_a_particular_authority_narrows_a_wide_one() -> None:
    both = organisation("both", Tier.TOWNSHIP, ("04", Grade.II), ("0401", Grade.IV))
    assert both.may("0402", Grade.II)
    assert not both.may("0401", Grade.II)


def test_a_kind_finds_its_matter() -> None:
    known = [(Kind.FIRE, "0401"), (Kind.FLOOD, "0403")]
    assert (matter_of(Kind.FLOOD, known), matter_of(Kind.CALL, known)) == ("0403", "")
