from tocsin.core.grids import GridKind, Tier
from tocsin.core.ids import SEGMENT
from tocsin.core.units import check_unit
from tocsin.demo import script, village
from tocsin.demo.scenes import SCENES


def test_every_grid_stands_below_its_parent() -> None:
    paths = {grid.code: grid.path for grid in village.grids()}
    for grid in village.grids():
        assert grid.path == (grid.code if grid.parent is None else f"{paths[grid.parent]}.{grid.code}")


def test_the_village_is_as_large_as_promised() -> None:
    assert len(village.VILLAGES) == 4
    assert len(village.CAMERAS) == 6
    assert len(village.sensors()) == 40
    assert sum(grid.kind is GridKind.DEDICATED for grid in village.grids()) == 1


def test_every_tier_of_every_village_has_somebody_on_duty() -> None:
    on_duty = {shift.person for shift in village.duty()}
    staff = [person for person in village.people() if person.id in on_duty]
    for home in village.VILLAGES:
        assert any(p.tier is Tier.VILLAGE and p.grid == home.code for p in staff)
    assert any(p.tier is Tier.TOWNSHIP for p in staff)
    assert any(p.tier is Tier.CITY for p in staff)
    assert any(p.supervisor for p in staff)


def test_names_and_units_are_those_that_the_product_takes() -> None:
    for sensor in village.sensors():
        assert SEGMENT.fullmatch(sensor.device)
        check_unit(sensor.unit)
    assert {camera.scene for camera in village.CAMERAS} <= set(SCENES)
    assert {home.story for home in village.VILLAGES} == set(script.BEHAVIOUR)


def test_everybody_called_has_a_telephone_and_a_second_way() -> None:
    addresses = village.contacts("http://127.0.0.1:1/phone")
    called = {p.id for p in village.people() if p.tier is not None or p.supervisor}
    assert {a.person for a in addresses if a.rank == 1} == called
    assert {a.person for a in addresses if a.rank == 2} == called
