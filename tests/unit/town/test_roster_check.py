from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.support.response import ANN, BOB, CITY, PEOPLE, STREET, TOWN, VILLAGE
from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.core.ids import PersonId
from tocsin.town.appointments import main_appointment
from tocsin.town.people_ports import AppointmentRow, StaffRow
from tocsin.town.roster import ChangeKind, Pattern, Roster, RosterChange, Slot
from tocsin.town.roster_check import check_change, check_pattern, check_people

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SLOT = Slot(begins=1200, lasts=720, order=("a", ""))
PATTERN = Pattern(groups={"a": (ANN,)}, slots=(SLOT,), first=date(2026, 5, 1))
ROSTER = Roster(id="r", grid=VILLAGE, name="r", pattern=PATTERN, since=NOW, tier=Tier.VILLAGE)
PATH = f"{CITY}.{TOWN}.{VILLAGE}"
CHANGE = RosterChange(
    id="c", roster="r", kind=ChangeKind.SWAP, person=ANN, other=BOB, since=NOW, until=NOW + timedelta(days=1)
)


def staff(
    path: str = PATH, *, active: bool = True, tier: Tier | None = Tier.VILLAGE
) -> dict[PersonId, StaffRow]:
    held = replace(main_appointment(PEOPLE[0]), tier=tier)
    row = AppointmentRow(appointment=held, person_name="Ann", grid_name="", grid_path=path)
    return {ANN: StaffRow(person=replace(PEOPLE[0], active=active), grid_path=path, appointments=(row,))}


def test_a_sound_pattern_passes() -> None:
    check_pattern(PATTERN)


def changed(slot: Slot = SLOT, **groups: tuple[PersonId, ...]) -> Pattern:
    return Pattern(groups={"a": (ANN,), **groups}, slots=(slot,), first=date(2026, 5, 1))


def slot(**fields: object) -> Slot:
    return Slot(**{"begins": 0, "lasts": 60, "order": ("a",), **fields})  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (Pattern(groups={"a": (ANN,)}, slots=(), first=date(2026, 5, 1)), "1 to 50 slots"),
        (Pattern(groups={}, slots=(SLOT,), first=date(2026, 5, 1)), "1 to 50 groups"),
        (changed(b=()), "at least one person"),
        (changed(slot(order=("a", "b")), b=(BOB, BOB)), "twice"),
        (changed(b=(BOB,)), "group b is in no slot's order"),
        (changed(slot(order=("a", "z"))), "'z', which is not there"),
        (changed(slot(order=())), "needs an order"),
        (changed(slot(begins=1440)), "within the day"),
        (changed(slot(lasts=0)), "at most 24 hours"),
        (changed(slot(weekdays=(0,))), "Monday"),
        (changed(a=tuple(PersonId(str(number)) for number in range(201))), "make two of it"),
    ],
)
def test_a_pattern_that_makes_no_sense_is_refused_with_what_to_write(wrong: Pattern, said: str) -> None:
    with pytest.raises(Rejected, match=said):
        check_pattern(wrong)


@pytest.mark.parametrize("path", [PATH, f"{CITY}.{TOWN}", f"{PATH}.{STREET}"])
def test_who_is_appointed_on_the_line_of_the_grid_may_be_in_its_roster(path: str) -> None:
    check_people(ROSTER, PATH, staff(path))
    check_people(replace(ROSTER, tier=None), PATH, staff(path, tier=Tier.CITY))


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({}, "there is no person ann"),
        (staff(active=False), "has left"),
        (staff(f"{CITY}.{TOWN}.other"), "not appointed to grid"),
        (staff(tier=Tier.CITY), "for the village"),
        (staff(tier=None), "not appointed"),
    ],
)
def test_who_would_never_be_called_is_refused(known: dict[PersonId, StaffRow], said: str) -> None:
    with pytest.raises(Rejected, match=said):
        check_people(ROSTER, PATH, known)


def test_a_change_that_can_come_true_passes() -> None:
    for kind, other in ((ChangeKind.SWAP, BOB), (ChangeKind.ABSENCE, None), (ChangeKind.ABSENCE, BOB)):
        check_change(replace(CHANGE, kind=kind, other=other), ROSTER, NOW)
    check_change(replace(CHANGE, kind=ChangeKind.EXTRA, person=BOB, other=None), ROSTER, NOW)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"until": NOW}, "after `since`"),
        ({"until": NOW + timedelta(days=367)}, "366 days"),
        ({"since": NOW - timedelta(days=2), "until": NOW}, "is over"),
        ({"other": None}, "with whom"),
        ({"other": ANN}, "with whom"),
        ({"person": BOB, "other": ANN}, "in no group"),
        ({"kind": ChangeKind.EXTRA}, "leave `other` out"),
    ],
)
def test_a_change_that_cannot_come_true_is_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(Rejected, match=said):
        check_change(replace(CHANGE, **wrong), ROSTER, NOW)  # type: ignore[arg-type]  # by name
