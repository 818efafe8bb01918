from __future__ import annotations

from tests.support.cases import TOWN, WorkCase
from tests.support.incidents import DEFAULT
from tocsin.alerts import commands as ask
from tocsin.alerts.outlook import look
from tocsin.core.incidents import State


def test_an_open_case_waits_on_somebody_and_something_comes_next() -> None:
    case = WorkCase().dispatched()
    found = look(case.incident, DEFAULT, TOWN, case.now)
    assert found.incident == case.incident
    assert [one.who for one in found.waits_on] == ["organisation:sanitation"]
    assert found.upcoming


def test_after_the_end_nothing_comes_by_itself() -> None:
    case = WorkCase().checked()
    case.do(ask.Close(reason_code="handled"))
    assert case.incident.state is State.CLOSED
    assert look(case.incident, DEFAULT, TOWN, case.now).upcoming == ()
