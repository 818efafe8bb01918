from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from tests.support.cases import OFFICE, SANITATION, TERMS, TOWN, WATER, WorkCase, worker
from tests.support.incidents import DEFAULT, START, person
from tocsin.alerts.casework import (
    begin,
    call_organisation,
    demand,
    demand_lead,
    demand_part,
    demand_span,
    organisation_of,
)
from tocsin.alerts.draft import Draft
from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.core.ids import OrganisationCode
from tocsin.core.incidents import Called, Stage
from tocsin.core.responders import Channel
from tocsin.core.working_time import Calendar


def draft(case: WorkCase) -> Draft:
    return Draft(case.state, case.now, case.policy, case.staff)


def code(caught: pytest.ExceptionInfo[Rejected]) -> str:
    return caught.value.code


def test_a_move_of_the_table_passes_and_another_says_when() -> None:
    case = WorkCase().dispatched()
    assert demand(draft(case), "take_on", "take it on") is case.incident
    with pytest.raises(Rejected, match="it can be done while it is filed") as caught:
        demand(draft(case), "file", "file it")
    assert code(caught) == "move.file"


def test_only_who_has_it_is_the_lead_and_who_helps_has_a_part() -> None:
    incident = WorkCase().dispatched(SANITATION, WATER).incident
    assert demand_lead(incident, SANITATION, "act").lead == SANITATION
    assert demand_part(incident, WATER, "act").partners == (WATER,)
    with pytest.raises(Rejected, match="sanitation has it"):
        demand_lead(incident, WATER, "act")
    with pytest.raises(Rejected, match="it has no part"):
        demand_part(incident, OFFICE, "act")
    with pytest.raises(Rejected, match="nobody has it"):
        demand_lead(WorkCase().filed().incident, WATER, "act")


def test_a_code_that_is_too_long_is_cut_in_the_sentence() -> None:
    long = OrganisationCode("x" * 500)
    with pytest.raises(Rejected) as caught:
        organisation_of(draft(WorkCase().filed()), long)
    assert len(str(caught.value)) < 200


def test_a_stage_has_no_limit_where_clocks_run() -> None:
    filed = draft(WorkCase().filed())
    assert begin(filed, Stage.ACCEPT).due == TERMS.due(Stage.ACCEPT, START)
    urgent = WorkCase().filed()
    urgent.confirm()
    assert begin(draft(urgent), Stage.ACCEPT).due is None


@pytest.mark.parametrize(
    "calendar", [Calendar(hours=()), Calendar(hours=((510, 510),))], ids=["no hours", "empty hours"]
)
def test_a_calendar_without_working_time_is_refused(calendar: Calendar) -> None:
    with pytest.raises(Rejected) as caught:
        demand_span(structs.replace(TERMS, calendar=calendar), Stage.DISPATCH, START)
    assert code(caught) == "terms.calendar"


def test_people_without_a_channel_do_not_count_and_the_next_is_called() -> None:
    mute = structs.replace(worker("sa0", Tier.CITY, 0, SANITATION), channels=())
    case = WorkCase(staff=structs.replace(TOWN, responders=(mute, *TOWN.responders))).filed()
    one = draft(case)
    call_organisation(one, SANITATION, case.now, "task")
    assert [event.person for event in one.events if isinstance(event, Called)] == ["sa0", "sa1"]


def test_nobody_is_rung_who_can_be_told_otherwise() -> None:
    policy = replace(DEFAULT, channels=dict.fromkeys(Tier, (Channel.VOICE, Channel.SMTP)))
    loud = worker("lo1", Tier.CITY, 0, WATER, Channel.VOICE, Channel.SMTP)
    case = WorkCase(policy, structs.replace(TOWN, responders=(loud,))).filed()
    one = draft(case)
    call_organisation(one, WATER, case.now + timedelta(hours=1), "task")
    (called,) = one.events
    assert isinstance(called, Called)
    assert (called.person, called.channels, called.more) == (person("lo1"), (Channel.SMTP,), 1)
