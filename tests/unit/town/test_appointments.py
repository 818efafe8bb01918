from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.response import ANN, CAT, PEOPLE, TOWN
from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.town.appointments import ALWAYS, check_department, main_appointment

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def test_the_main_appointment_says_what_a_person_comes_with() -> None:
    person = replace(PEOPLE[2], department="fire", supervisor=True, order=4)
    made = main_appointment(person)
    assert (made.id, made.person, made.grid, made.tier) == ("main.cat", CAT, TOWN, Tier.TOWNSHIP)
    assert (made.organisation, made.supervisor, made.order) == ("fire", True, 4)
    assert (made.since, made.until) == (ALWAYS, None)
    assert main_appointment(PEOPLE[0]).organisation is None
    assert made.id != main_appointment(replace(person, id=ANN)).id


def test_an_appointment_holds_from_its_beginning_until_just_before_its_end() -> None:
    made = replace(main_appointment(PEOPLE[0]), since=NOW, until=NOW + timedelta(hours=1))
    assert made.holds(NOW)
    assert not made.holds(NOW - timedelta(microseconds=1))
    assert not made.holds(NOW + timedelta(hours=1))
    assert replace(made, until=None).holds(NOW + timedelta(days=9999))


@pytest.mark.parametrize("department", ["fire brigade", "a.b", "a/b", "x" * 65])
def test_a_department_that_is_no_code_is_refused_with_what_to_write(department: str) -> None:
    with pytest.raises(Rejected, match="without spaces"):
        check_department(replace(PEOPLE[0], department=department))
    check_department(replace(PEOPLE[0], department="消防"))
    check_department(PEOPLE[0])
