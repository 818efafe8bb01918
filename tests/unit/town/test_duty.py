from tests.support.response import ANN, BOB, CAT, CITY, SCHOOL, STREET, TOWN, VILLAGE
from tocsin.core.grids import GridKind, Tier
from tocsin.core.ids import GridCode, PersonId
from tocsin.core.responders import Channel
from tocsin.town.duty import OnDuty, directory


def on(
    person: PersonId,
    *,
    tier: Tier = Tier.VILLAGE,
    home: GridCode = VILLAGE,
    depth: int = 3,
    order: int = 1,
    supervisor: bool = False,
) -> OnDuty:
    return OnDuty(
        person=person,
        tier=tier,
        home=home,
        depth=depth,
        order=order,
        supervisor=supervisor,
        department="",
        channels=(Channel.LOG,),
    )


def test_in_the_village_the_nearer_is_called_first() -> None:
    near = on(BOB, home=STREET, depth=4, order=9)
    found = directory(STREET, GridKind.BASIC, [on(ANN), near])
    assert [(one.person, one.order) for one in found.on(Tier.VILLAGE)] == [(BOB, 1), (ANN, 2)]


def test_above_the_village_the_order_alone_counts() -> None:
    city = on(ANN, tier=Tier.CITY, home=CITY, depth=1, order=1)
    district = on(BOB, tier=Tier.CITY, home=TOWN, depth=2, order=2)
    found = directory(STREET, GridKind.BASIC, [district, city])
    assert [one.person for one in found.on(Tier.CITY)] == [ANN, BOB]


def test_tiers_follow_each_other_and_supervisors_are_ranked_apart() -> None:
    staff = [
        on(CAT, tier=Tier.TOWNSHIP, home=TOWN, depth=2),
        on(BOB, supervisor=True, order=3),
        on(ANN, order=5),
    ]
    found = directory(STREET, GridKind.BASIC, staff)
    assert [(one.person, one.order) for one in found.responders] == [(ANN, 1), (BOB, 1), (CAT, 1)]
    assert [one.person for one in found.supervisors()] == [BOB]


def test_a_dedicated_grid_with_staff_of_its_own_calls_nobody_else_of_the_village() -> None:
    staff = [on(ANN), on(BOB, home=SCHOOL, depth=4), on(CAT, tier=Tier.TOWNSHIP, home=TOWN, depth=2)]
    assert [one.person for one in directory(SCHOOL, GridKind.DEDICATED, staff).responders] == [BOB, CAT]
    assert [one.person for one in directory(SCHOOL, GridKind.BASIC, staff).responders] == [BOB, ANN, CAT]


def test_a_supervisor_alone_is_no_staff() -> None:
    staff = [on(ANN), on(BOB, home=SCHOOL, depth=4, supervisor=True)]
    assert [one.person for one in directory(SCHOOL, GridKind.DEDICATED, staff).on(Tier.VILLAGE)] == [ANN]


def test_nobody_on_duty_is_an_empty_directory() -> None:
    assert directory(SCHOOL, GridKind.DEDICATED, []).responders == ()


def test_the_order_of_input_changes_nothing() -> None:
    staff = [on(ANN), on(BOB), on(CAT, order=0)]
    assert directory(VILLAGE, GridKind.BASIC, staff) == directory(VILLAGE, GridKind.BASIC, staff[::-1])


def test_somebody_with_several_appointments_is_called_once_by_the_nearest() -> None:
    village, street = on(ANN, order=1), on(ANN, home=STREET, depth=4, order=9)
    town = on(ANN, tier=Tier.TOWNSHIP, home=TOWN, depth=2)
    for staff in ([village, street, town], [town, street, village]):
        (found,) = directory(STREET, GridKind.BASIC, staff).responders
        assert (found.person, found.tier, found.grid) == (ANN, Tier.VILLAGE, STREET)
    supervises = on(ANN, supervisor=True)
    (found,) = directory(STREET, GridKind.BASIC, [supervises, village]).responders
    assert not found.supervisor, "to be called goes before to supervise"
