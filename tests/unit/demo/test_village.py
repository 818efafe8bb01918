from dataclasses import replace

from tocsin.core.grids import GridKind, Tier
from tocsin.core.ids import SEGMENT, GridCode
from tocsin.core.incident_words import Grade
from tocsin.core.units import check_unit
from tocsin.demo import script, village
from tocsin.demo.scenes import SCENES
from tocsin.town.catalogue import check_sheet, read, sample_text
from tocsin.town.routing import along, preview


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


def test_the_organisations_are_sound_and_every_village_has_who_answers_first() -> None:
    sample = read(sample_text(), grid=village.CITY)
    own = tuple(village.organisations())
    assert check_sheet(replace(sample, organisations=(*sample.organisations, *own))) == []
    lines = {grid.code: grid.path.split(".")[::-1] for grid in village.grids()}
    for home in village.VILLAGES:
        line = [GridCode(code) for code in lines[home.code]]
        shown = preview("0401", Grade.III, along(line, [*sample.organisations, *own]))
        assert shown.route.organisations == (
            (Tier.VILLAGE, f"{home.pinyin}-cunwei"), (Tier.TOWNSHIP, "qingshi"), (Tier.CITY, "fire"),
        )  # fmt: skip
        assert not shown.route.beyond, "the demo's incidents go as they went before there were organisations"


def test_who_is_of_an_organisation_is_of_one_that_there_is() -> None:
    known = {one.code for one in village.organisations()}
    assert {person.department for person in village.people() if person.department} <= known
    assert set(village.WORKS_FOR.values()) <= known
    assert set(village.WORKS_FOR) <= {name for name, *_ in village.ACCOUNTS}
