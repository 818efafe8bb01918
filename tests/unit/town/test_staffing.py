from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, PersonId
from tocsin.town.appointments import Appointment
from tocsin.town.coverage import Place
from tocsin.town.staffing import SOON, StaffingCode, check_staffing

NOW = datetime(2026, 5, 1, tzinfo=UTC)
GRID = GridCode("v")
PLACE = Place(code=GRID, name="V", path="v", tier=Tier.VILLAGE)
ANN = Appointment(id="1", person=PersonId("ann"), grid=GRID, since=NOW - timedelta(days=9))


def codes(*appointments: Appointment) -> list[tuple[StaffingCode, str | None]]:
    return [(one.code, one.person) for one in check_staffing([PLACE], appointments, NOW)]


def test_a_grid_with_somebody_part_time_lacks_nothing() -> None:
    assert codes(ANN) == []


def test_a_grid_without_anybody_of_its_own_is_found_whoever_is_there_above_before_or_later() -> None:
    nobody = [(StaffingCode.NO_RESPONSIBLE, None)]
    assert codes() == nobody
    assert codes(replace(ANN, grid=GridCode("t"))) == nobody
    assert codes(replace(ANN, until=NOW)) == nobody
    assert codes(replace(ANN, since=NOW + timedelta(days=1))) == nobody


def test_for_each_full_time_member_there_is_one_part_time() -> None:
    full = replace(ANN, id="2", full_time=True)
    assert codes(full) == [(StaffingCode.PART_TIME_FEW, None)]
    assert codes(full, ANN) == []
    assert codes(full, ANN, replace(full, id="3")) == [(StaffingCode.PART_TIME_FEW, None)]


def test_an_appointment_that_ends_soon_is_named_unless_another_follows() -> None:
    end = NOW + SOON
    ending = replace(ANN, until=end)
    assert codes(ending) == [(StaffingCode.ENDS_SOON, "ann")]
    assert codes(replace(ANN, until=end + timedelta(seconds=1))) == []
    follows = replace(ANN, id="2", since=end)
    assert codes(ending, follows) == []
    assert codes(ending, replace(follows, since=end + timedelta(days=1))) == [(StaffingCode.ENDS_SOON, "ann")]
    assert codes(ending, replace(follows, person=PersonId("bob"))) == [(StaffingCode.ENDS_SOON, "ann")]
