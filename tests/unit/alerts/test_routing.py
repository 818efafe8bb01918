from __future__ import annotations

import pytest
from msgspec import structs

from tests.support.incidents import CLOCKS_ONLY, STAFF, Case, opening, person, staged
from tocsin.alerts import commands as ask
from tocsin.alerts.draft import Draft
from tocsin.alerts.routing import beyond, found, routed
from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.ids import OrganisationCode
from tocsin.core.incidents import Actor, Grade, Mode, Routed
from tocsin.core.organisations import Authority, Organisation
from tocsin.core.responders import Directory

VILLAGE = Organisation(code=OrganisationCode("v1"), tier=Tier.VILLAGE, authorities=(Authority("", Grade.IV),))
STATION = Organisation(
    code=OrganisationCode("t1"), tier=Tier.TOWNSHIP, authorities=(Authority("04", Grade.III),)
)
BRIGADE = Organisation(code=OrganisationCode("c1"), tier=Tier.CITY, authorities=(Authority("04", Grade.I),))
GOVERNED: Directory = structs.replace(
    STAFF, organisations=(VILLAGE, STATION, BRIGADE), matters=((Kind.SMOKE, "0401"),)
)
WAY = ((Tier.VILLAGE, "v1"), (Tier.TOWNSHIP, "t1"), (Tier.CITY, "c1"))
ANN = Actor("person", "ann")


def routes(case: Case) -> list[Routed]:
    return [one.event for one in case.log if isinstance(one.event, Routed)]


def test_without_organisations_nothing_is_said() -> None:
    case = Case()
    case.open()
    case.confirm()
    assert routes(case) == []
    assert (case.incident.route, case.incident.beyond) == ((), False)


def test_confirmation_freezes_who_answers_for_it() -> None:
    case = Case(staff=GOVERNED)
    case.open(grade=Grade.IV)
    assert routes(case) == []
    case.confirm()
    assert routes(case) == [Routed(matter="0401", organisations=WAY)]
    assert (case.incident.matter, case.incident.mode) == ("0401", Mode.STAGED)
    assert set(case.incident.clocks) == {Tier.VILLAGE}
    case.staff = structs.replace(GOVERNED, organisations=(BRIGADE,))
    case.at(20).do(ask.Activate(tier=Tier.CITY), ANN)
    assert case.incident.route == WAY


def test_beyond_authority_the_next_tiers_are_called_at_once() -> None:
    helpless = structs.replace(VILLAGE, authorities=(Authority("09", Grade.IV),))
    modest = structs.replace(STATION, tier=Tier.VILLAGE, authorities=(Authority("04", Grade.IV),))
    case = Case(CLOCKS_ONLY, structs.replace(GOVERNED, organisations=(helpless, modest, BRIGADE)))
    case.open(grade=Grade.IV)
    case.confirm()
    assert (case.incident.beyond, case.incident.mode) == (False, Mode.STAGED)
    case.at(10).do(ask.ChangeGrade(grade=Grade.III), ANN)
    assert (case.incident.beyond, case.incident.mode) == (True, Mode.PARALLEL)
    assert set(case.incident.clocks) == set(Tier)


@pytest.mark.parametrize(("highest", "mode"), [(Grade.IV, Mode.STAGED), (Grade.III, Mode.STAGED)])
def test_within_authority_the_policy_says_how(highest: Grade, mode: Mode) -> None:
    able = structs.replace(VILLAGE, authorities=(Authority("", highest),))
    case = Case(staff=structs.replace(GOVERNED, organisations=(able, BRIGADE)))
    case.open(grade=Grade.IV)
    case.confirm()
    assert (case.incident.beyond, case.incident.mode) == (False, mode)


def test_a_grade_beyond_the_nearest_tier_calls_all_though_the_policy_would_wait() -> None:
    case = Case(staged(), GOVERNED)
    case.open(grade=Grade.III)
    case.confirm()
    assert (case.incident.beyond, case.incident.mode) == (True, Mode.PARALLEL)
    assert set(case.incident.clocks) == set(Tier)


def test_what_stands_in_the_log_is_not_said_again() -> None:
    case = Case(staff=GOVERNED)
    case.open(grade=Grade.IV)
    case.confirm()
    draft = Draft(case.incident, case.now, case.policy, GOVERNED)
    routed(draft)
    assert draft.events == []
    routed(draft, "0499")
    assert draft.events == [Routed(matter="0499", organisations=WAY)]


def test_a_matter_that_somebody_named_wins_over_that_of_the_kind() -> None:
    case = Case(staff=GOVERNED)
    case.do(structs.replace(opening(), matter="0901"))
    draft = Draft(case.incident, case.now, case.policy, GOVERNED)
    chosen = found(draft, Grade.IV)
    assert chosen is not None
    assert (chosen[0], chosen[1].organisations) == ("0901", WAY[:1])
    assert not beyond(draft, Grade.IV)


def test_a_drill_calls_its_own_people_and_nobody_else() -> None:
    mine = (person("ve2"), person("to1"))
    case = Case(staff=GOVERNED)
    case.do(structs.replace(opening(Kind.CALL, drill=True), participants=mine))
    case.run_until(9000)
    assert set(case.incident.calls) == set(mine)
    assert {notice.person for notice in case.told} == set(mine)
    assert case.verdicts() == {"village": "missed", "township": "missed", "city": "missed"}


def test_a_drill_without_names_calls_whoever_is_on_duty() -> None:
    case = Case(staff=GOVERNED)
    case.do(opening(Kind.CALL, drill=True))
    case.run_until(9000)
    assert {person("ve1"), person("to1"), person("ci1"), person("boss")} <= {
        notice.person for notice in case.told
    }


def test_supervisors_of_a_drill_are_those_who_were_named() -> None:
    case = Case(staff=GOVERNED)
    case.do(structs.replace(opening(drill=True), participants=(person("boss"),)))
    case.run_until(9000)
    assert {notice.person for notice in case.told} == {person("boss")}
