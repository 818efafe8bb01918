"""Who would get it, and why: the same answer as the core gives, in words of a closed list."""

from __future__ import annotations

from tests.unit.town.test_organisations import organisation
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, OrganisationCode
from tocsin.core.incident_words import Grade
from tocsin.core.organisations import Authority, route
from tocsin.town.organisations import Serving, for_directory
from tocsin.town.routing import Why, along, directories_of, preview, reporting_line

A, B, C = GridCode("a"), GridCode("b"), GridCode("c")
COMMITTEE = Serving(organisation("committee", Tier.VILLAGE, authorities=(Authority("01", Grade.IV),)), 0)
SQUAD = Serving(organisation("squad", Tier.TOWNSHIP, authorities=(Authority("", Grade.III),)), 1)
SECOND = Serving(organisation("second", Tier.TOWNSHIP, order=2, authorities=(Authority("", Grade.III),)), 1)
BUREAU = Serving(organisation("bureau", authorities=(Authority("01", Grade.I),)), 2)
FIRE = Serving(organisation("fire", authorities=(Authority("04", Grade.I),)), 2)
ALL = [BUREAU, FIRE, SECOND, COMMITTEE, SQUAD]


def reasons(matter: str, grade: Grade) -> dict[str, Why]:
    return {one.organisation: one.why for one in preview(matter, grade, ALL).asked}


def test_the_nearest_that_may_leads_and_each_other_says_why_not() -> None:
    shown = preview("0102", Grade.IV, ALL)
    assert (shown.route.lead, shown.route.beyond, shown.next) == ("committee", False, None)
    assert reasons("0102", Grade.IV) == {
        "committee": Why.LEADS,
        "squad": Why.NAMED,
        "second": Why.NOT_FIRST,
        "bureau": Why.NAMED,
        "fire": Why.NO_AUTHORITY,
    }
    second = next(one for one in shown.asked if one.organisation == "second")
    assert second.before == "squad"
    assert shown.route == route("0102", Grade.IV, for_directory(ALL))


def test_beyond_the_nearest_says_who_is_next() -> None:
    shown = preview("0102", Grade.III, ALL)
    assert (shown.route.lead, shown.route.beyond, shown.next) == ("squad", True, "squad")
    assert reasons("0102", Grade.III)["committee"] is Why.BEYOND
    assert preview("0102", Grade.I, ALL).next == "bureau"


def test_beyond_everybody_names_the_next_tier_still() -> None:
    shown = preview("0102", Grade.I, [COMMITTEE, SQUAD])
    assert (shown.route.lead, shown.route.beyond, shown.next) == (None, True, "squad")
    assert preview("0102", Grade.I, [COMMITTEE]).next is None


def test_nobody_knows_the_matter() -> None:
    shown = preview("0501", Grade.IV, [FIRE])
    assert (shown.route.organisations, shown.route.lead, shown.route.beyond) == ((), None, False)
    assert [one.why for one in shown.asked] == [Why.NO_AUTHORITY]
    assert shown.asked[0].authority is None


def test_a_reporting_line_ends_at_the_top_and_in_a_circle() -> None:
    assert reporting_line(A, {A: B, B: C, C: None}) == [A, B, C]
    assert reporting_line(A, {A: C, B: C, C: None}) == [A, C]
    assert reporting_line(A, {A: B, B: A}) == [A, B]
    assert reporting_line(A, {}) == [A]


def test_the_nearest_of_a_line_comes_first_and_others_do_not_serve() -> None:
    here = organisation("here", grid=A)
    there = organisation("there", grid=B, order=1)
    gone = organisation("gone", grid=A, active=False)
    found = along([A, B], [there, gone, organisation("elsewhere", grid=C), here])
    assert [(one.entry.code, one.steps) for one in found] == [("here", 0), ("there", 1)]


def test_lines_that_meet_the_same_organisations_share_one_answer() -> None:
    city = organisation("city", grid=C)
    village = organisation("village", Tier.VILLAGE, grid=B)
    found = directories_of({A: [A, C], B: [B, C], C: [C]}, [city, village])
    assert found[A] is found[C]
    assert [one.code for one in found[B]] == [OrganisationCode("village"), OrganisationCode("city")]
