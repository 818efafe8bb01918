from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.api import OFFICE, World
from tests.support.cases import SANITATION, WATER, WorkCase
from tocsin.alerts.model import Incident
from tocsin.alerts.transitions import Who
from tocsin.api.access import Caller
from tocsin.api.errors import HttpRefusal
from tocsin.api.moving import leading, moves, parts, speaking_for
from tocsin.api.schemas.case import OwnBody
from tocsin.core.errors import Rejected
from tocsin.core.ids import OrganisationCode, PersonId
from tocsin.town.ports import Role, Session

ACT = "act-00000001"


def caller(role: Role, organisation: OrganisationCode | None = None, person: str | None = None) -> Caller:
    world = World()
    account = world.account(role, "", None if person is None else PersonId(person))
    account = replace(account, organisation=organisation)
    now = world.clock.now()
    return Caller(Session(token_hash=b"", csrf="", account=account, created=now, expires=now))


def at_work() -> Incident:
    return WorkCase().taken_on(SANITATION, WATER).incident


def test_the_desk_may_say_for_organisations_what_these_told_it() -> None:
    assert parts(caller(Role.OPERATOR), at_work()) == {Who.DESK, Who.LEADER, Who.LEAD, Who.PARTNER}
    assert parts(caller(Role.OPERATOR), WorkCase().reported().incident) == {Who.DESK, Who.LEADER}
    assert "finish_work" in moves(caller(Role.OPERATOR), at_work())


def test_a_department_acts_in_the_part_of_its_organisation_alone() -> None:
    assert parts(caller(Role.DEPARTMENT, SANITATION), at_work()) == {Who.LEAD}
    assert parts(caller(Role.DEPARTMENT, WATER), at_work()) == {Who.PARTNER}
    assert parts(caller(Role.DEPARTMENT, OFFICE), at_work()) == frozenset()
    assert parts(caller(Role.DEPARTMENT), at_work()) == frozenset()
    lead, partner = (moves(caller(Role.DEPARTMENT, one), at_work()) for one in (SANITATION, WATER))
    assert {"begin_work", "finish_work", "return", "ask_extension", "hand_up", "join"} <= set(lead)
    assert set(partner) == {"begin_work", "finish_work"}
    assert moves(caller(Role.DEPARTMENT, OFFICE), at_work()) == []


def test_a_leader_oversees_and_decides_nothing_that_is_the_desks() -> None:
    found = set(moves(caller(Role.SUPERVISOR), at_work()))
    assert {"urge", "supervise", "confirm_grade"} <= found
    assert not found & {"confirm", "close", "reject", "dispatch", "check", "merge"}


def test_a_responder_may_act_only_where_they_were_called() -> None:
    assert moves(caller(Role.RESPONDER, None, "wang"), at_work()) == []


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.ENGINEER])
def test_who_keeps_the_town_has_no_move(role: Role) -> None:
    assert moves(caller(role), at_work()) == []


def test_moves_stand_in_the_order_of_a_life() -> None:
    found = moves(caller(Role.OPERATOR), WorkCase().reported().incident)
    assert found.index("receive") < found.index("file") < found.index("close")


def test_a_department_speaks_for_its_own_organisation_alone() -> None:
    own = caller(Role.DEPARTMENT, SANITATION)
    assert speaking_for(own, OwnBody(act=ACT)) == SANITATION
    assert speaking_for(own, OwnBody(act=ACT, organisation="sanitation")) == SANITATION
    with pytest.raises(Rejected) as refused:
        speaking_for(own, OwnBody(act=ACT, organisation="water"))
    assert refused.value.code == "case.organisation"
    with pytest.raises(HttpRefusal) as nobody:
        speaking_for(caller(Role.DEPARTMENT), OwnBody(act=ACT))
    assert nobody.value.code == "account.organisation"


def test_an_operator_says_who_told_them() -> None:
    desk = caller(Role.OPERATOR)
    said = OwnBody(act=ACT, organisation="water", note="the engineer telephoned")
    assert speaking_for(desk, said) == WATER
    for body in (OwnBody(act=ACT), OwnBody(act=ACT, organisation="water"), OwnBody(act=ACT, note="hm")):
        with pytest.raises(Rejected) as refused:
            speaking_for(desk, body)
        assert refused.value.code == "case.hearsay"


def test_only_the_lead_of_this_moment_speaks_as_the_lead() -> None:
    demand = leading(caller(Role.DEPARTMENT, SANITATION))
    assert demand is not None
    demand(at_work(), [])
    with pytest.raises(Rejected) as refused:
        demand(WorkCase().dispatched(WATER).incident, [])
    assert refused.value.code == "case.not_lead"
    assert leading(caller(Role.OPERATOR)) is None
