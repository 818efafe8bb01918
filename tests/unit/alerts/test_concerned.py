from __future__ import annotations

import pytest

from tests.support.api import ANN, CHEN, SMOKE, WANG, World, recorded
from tocsin.alerts.concerned import answers_for, concerns, organisations, people
from tocsin.core.grids import Tier
from tocsin.core.ids import NoticeId, OrganisationCode, ReportId
from tocsin.core.incidents import (
    SYSTEM,
    Accepted,
    Actor,
    Dispatched,
    HandedUp,
    IncidentEvent,
    NoticeSettled,
    Outcome,
    PartnerJoined,
    ReportAttached,
    Routed,
    TakenOn,
)
from tocsin.core.responders import Channel

FIRE, POLICE, ROADS = (OrganisationCode(code) for code in ("fire", "police", "roads"))
TOLD = NoticeSettled(notice=NoticeId("n"), person=CHEN, channel=Channel.LOG, outcome=Outcome.SENT)
SIREN = NoticeSettled(notice=NoticeId("n"), person=None, channel=Channel.MQTT, outcome=Outcome.SENT)


@pytest.mark.parametrize(
    ("event", "named"),
    [
        (Routed(matter="0101", organisations=((Tier.VILLAGE, FIRE), (Tier.CITY, POLICE))), (FIRE, POLICE)),
        (Dispatched(lead=FIRE, partners=(ROADS,), level=Tier.CITY), (FIRE, ROADS)),
        (PartnerJoined(organisation=POLICE), (POLICE,)),
        (TakenOn(organisation=FIRE), ()),
        (HandedUp(level=Tier.CITY, was=Tier.VILLAGE, reason_code="grade"), ()),
        (Accepted(person=WANG, tier=Tier.VILLAGE), ()),
    ],
)
def test_who_is_named_by_a_route_a_dispatch_or_a_joining_answers_for_it(
    event: IncidentEvent, named: tuple[OrganisationCode, ...]
) -> None:
    assert organisations(event) == named
    log = [*World().logs[SMOKE], recorded(SMOKE, 5, event)]
    assert {one for one in (FIRE, POLICE, ROADS) if answers_for(log, one)} == set(named)


def test_nobody_answers_without_an_organisation() -> None:
    log = [recorded(SMOKE, 1, PartnerJoined(organisation=POLICE))]
    assert not answers_for(log, None)
    assert not answers_for([], POLICE)


def test_who_is_called_told_or_reports_is_concerned_and_who_only_acts_is_not() -> None:
    world = World()
    assert concerns(world.logs[SMOKE], WANG)
    assert not concerns(world.logs[SMOKE], ANN), "she confirmed it"
    assert people(TOLD, SYSTEM) == (CHEN,)
    assert people(SIREN, SYSTEM) == ()
    assert people(ReportAttached(report=ReportId("r")), Actor("person", CHEN)) == (CHEN,)
    assert people(ReportAttached(report=ReportId("r")), SYSTEM) == ()
