from datetime import datetime, timedelta

import pytest

from tests.support.response import ANN, CONTACTS, GRIDS, PEOPLE, STREET, TOWN, VILLAGE
from tocsin.core.grids import Tier
from tocsin.core.ids import OrganisationCode, PersonId
from tocsin.core.responders import Channel
from tocsin.core.working_time import LOCAL
from tocsin.town.appointments import Appointment, AppointmentRole, main_appointment
from tocsin.town.grids import within
from tocsin.town.people_ports import AppointmentRow, StaffRow
from tocsin.town.people_sheet import Known, PeopleSheet, as_sheet, changed, names, read_people, read_rows

PATHS = {grid.code: grid.path for grid in GRIDS}
SCOPE = PATHS[TOWN]
LEADER = Appointment(
    id="a1",
    person=ANN,
    grid=STREET,
    role=AppointmentRole.GRID_LEADER,
    tier=None,
    supervisor=True,
    order=7,
    full_time=True,
    since=datetime(2026, 1, 5, 9, 30, tzinfo=LOCAL),
    until=datetime(2028, 12, 31, 18, tzinfo=LOCAL),
)


def row_of(*appointments: Appointment) -> StaffRow:
    return StaffRow(
        person=PEOPLE[0],
        grid_path=PATHS[VILLAGE],
        appointments=tuple(
            AppointmentRow(appointment=one, person_name="Ann", grid_name="", grid_path=PATHS[one.grid])
            for one in appointments
        ),
    )


STAFF = row_of(main_appointment(PEOPLE[0]), LEADER)


def known(*rows: StaffRow, scope: str = SCOPE) -> Known:
    return Known(
        scope=scope,
        grids={grid.code: grid for grid in GRIDS if within(grid.path, scope)},
        people={row.person.id: row for row in rows},
        organisations={OrganisationCode("fire")},
    )


def read(text: str, *rows: StaffRow) -> PeopleSheet:
    return read_people(read_rows(text.encode()), known(*rows))


def faults(text: str, *rows: StaffRow) -> list[tuple[int | None, str, str]]:
    made = read(text, *rows)
    assert made.faulty == len(made.faults)
    return [(one.row, one.column, one.code) for one in made.faults]


def test_a_row_is_a_person_with_addresses_and_an_appointment() -> None:
    made = read(
        "人员编号,姓名,任职网格,角色,层级,机构编码,专职,聘期开始,聘期结束,手机号,邮箱\n"
        f"li,李,{STREET},网格员,,fire,专职,2026-07-01,2029-06-30,139 0000 0001,li@example.org\n"
    )
    assert made.faults == []
    (person,) = made.people.values()
    assert (person.id, person.name, person.grid, person.language, person.active) == (
        "li",
        "李",
        STREET,
        "zh",
        True,
    )
    (held,) = made.appointments.values()
    assert (held.role, held.tier, held.organisation, held.full_time) == (
        AppointmentRole.GRID_MEMBER,
        Tier.VILLAGE,
        "fire",
        True,
    )
    assert held.since == datetime(2026, 7, 1, tzinfo=LOCAL)
    assert held.until == datetime(2029, 7, 1, tzinfo=LOCAL), "the last day is in it"
    assert [(one.channel, one.rank) for one in made.contacts] == [(Channel.SMS, 1), (Channel.SMTP, 2)]


def test_two_rows_of_one_person_are_two_appointments_and_the_same_sheet_again_is_the_same() -> None:
    text = f"person,name,home,grid,role,tier\nli,Li,{VILLAGE},{VILLAGE},cadre,village\nli,Li,{VILLAGE},{STREET},police,none\n"
    made = read(text)
    assert made.faults == []
    assert len(made.people) == 1
    assert {(one.grid, one.tier) for one in made.appointments.values()} == {
        (VILLAGE, Tier.VILLAGE),
        (STREET, None),
    }
    assert read(text).appointments == made.appointments


def test_what_is_written_down_is_read_again_and_changes_nothing() -> None:
    later = main_appointment(PEOPLE[0])
    again = Appointment(
        id="a2",
        person=ANN,
        grid=STREET,
        role=AppointmentRole.GRID_LEADER,
        since=datetime(2029, 1, 1, tzinfo=LOCAL),
    )
    row = row_of(later, LEADER, again)
    data = as_sheet([row], CONTACTS)
    made = read_people(read_rows(data), known(row))
    assert made.faults == []
    assert changed(made, known(row)) == []
    assert made.people[ANN].grid == VILLAGE
    assert {one.address for one in made.contacts} == {"ann@example.org"}
    assert STREET not in as_sheet([row], (), PATHS[TOWN] + ".elsewhere").decode()


def test_a_change_in_the_sheet_changes_the_appointment_that_is_there() -> None:
    text = f"person,name,grid,role,order\nann,Ann,{STREET},网格长,2\n"
    (one,) = changed(read(text, STAFF), known(STAFF))
    assert (one.id, one.order, one.until, one.since) == ("a1", 2, None, LEADER.since)
    main = f"person,name,grid,role\nann,Ann,{VILLAGE},网格员\n"
    (one,) = changed(read(main, STAFF), known(STAFF))
    assert (one.id, one.role) == ("main.ann", AppointmentRole.GRID_MEMBER)
    term = f"person,name,grid,role,since\nann,Ann,{STREET},网格长,2029-01-01\n"
    (one,) = changed(read(term, STAFF), known(STAFF))
    assert one.id not in {"a1", "main.ann"}


def test_who_has_left_stays_away() -> None:
    gone = StaffRow(
        person=PEOPLE[0].__class__(id=ANN, name="Ann", grid=VILLAGE, tier=None, active=False),
        grid_path=PATHS[VILLAGE],
    )
    assert not read(f"person,name,grid\nann,Ann,{VILLAGE}\n", gone).people[ANN].active


@pytest.mark.parametrize(
    ("heading", "cell", "code"),
    [
        ("person", "李", "people.id"),
        ("name", "", "people.name"),
        ("grid", "", "people.grid"),
        ("grid", "99", "people.grid"),
        ("grid", "3301102", "people.grid"),
        ("home", "3301102", "people.grid"),
        ("role", "boss", "people.role"),
        ("tier", "省", "people.tier"),
        ("organisation", "water", "people.organisation"),
        ("supervisor", "maybe", "people.supervisor"),
        ("order", "0", "people.order"),
        ("order", "٣", "people.order"),
        ("full_time", "half", "people.full_time"),
        ("since", "next week", "people.since"),
        ("since", "2026-02-30", "people.since"),
        ("until", "1999-01-01", "people.until"),
        ("language", "fr", "people.language"),
        ("sms", "call me", "people.number"),
        ("email", "li at example", "people.email"),
    ],
)
def test_a_fault_names_its_row_and_column_and_nothing_of_the_row_is_taken(
    heading: str, cell: str, code: str
) -> None:
    cells = {"person": "li", "name": "Li", "grid": STREET, heading: cell}
    text = f"{','.join(cells)}\n{','.join(cells.values())}\n"
    assert faults(text) == [(2, heading, code)]
    assert read(text).people == {}
    assert read(text).appointments == {}


def test_rows_that_contradict_each_other_are_named() -> None:
    head = "person,name,grid,role\n"
    assert faults(f"{head}li,Li,{STREET},cadre\nli,Lo,{VILLAGE},cadre\n")[0] == (3, "person", "people.twice")
    assert faults(f"{head}li,Li,{STREET},cadre\nli,Li,{STREET},cadre\n") == [(3, "grid", "people.again")]
    assert faults(f"{head}li,Li,{STREET},cadre\n", row_of()) == []
    backwards = f"person,name,grid,since,until\nli,Li,{STREET},2026-07-01,2026-06-30\n"
    assert faults(backwards) == [(2, "until", "people.until")]


def test_somebody_of_another_place_is_not_changed() -> None:
    far = StaffRow(person=PEOPLE[0], grid_path="3301.3301102")
    assert (2, "person", "people.elsewhere") in faults(f"person,name,grid\nann,Ann,{STREET}\n", far)


def test_names_are_gathered_before_the_store_is_asked() -> None:
    table = read_rows(f"person,name,grid,organisation\nli,Li,{STREET},fire\nbo,Bo,{STREET},\n".encode())
    assert names(table) == ({PersonId("li"), PersonId("bo")}, {OrganisationCode("fire")})
    assert LEADER.until is not None
    assert LEADER.until - LEADER.since > timedelta(days=1000)
