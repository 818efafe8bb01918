"""Organisations are checked as a whole, and only those that handle are asked, nearest first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, OrganisationCode
from tocsin.core.incident_words import Grade
from tocsin.core.organisations import Authority
from tocsin.town.organisations import (
    Fault,
    OrganisationEntry,
    OrganisationKind,
    Serving,
    check,
    for_directory,
)


def organisation(code: str, tier: Tier = Tier.CITY, **more: object) -> OrganisationEntry:
    made = OrganisationEntry(
        code=OrganisationCode(code),
        name=code,
        kind=OrganisationKind.DEPARTMENT,
        tier=tier,
        grid=GridCode("3301"),
        handles=True,
    )
    return replace(made, **more)  # type: ignore[arg-type]  # fields by name


def faults(*entries: OrganisationEntry, known: dict[str, str | None] | None = None) -> list[Fault]:
    stored = {
        OrganisationCode(code): None if above is None else OrganisationCode(above)
        for code, above in (known or {}).items()
    }
    return check(entries, known=stored, categories={"01", "04"}, platforms={"services"})


def test_what_is_sound_has_no_fault() -> None:
    assert faults(
        organisation("fire", authorities=(Authority("", Grade.IV), Authority("0401", Grade.I))),
        organisation("消防中队", Tier.TOWNSHIP, parent=OrganisationCode("fire"), platforms=("services",)),
        organisation("box", handles=False, collects=True),
    ) == []  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "where", "says"),
    [
        ({"code": OrganisationCode("a b")}, "code", "without full stop"),
        ({"code": OrganisationCode("a.b")}, "code", "without full stop"),
        ({"name": " "}, "name", "1 to 100"),
        ({"name": "a\nb"}, "name", "printable"),
        ({"order": 0}, "order", "between 1 and"),
        ({"handles": False}, "handles", "neither collects nor handles"),
        (
            {"handles": False, "collects": True, "authorities": (Authority("", Grade.I),)},
            "authority",
            "only an organisation that handles",
        ),
        ({"platforms": ("nowhere",)}, "platforms", "use one of services"),
        ({"platforms": ("services", "services")}, "platforms", "each once"),
        ({"authorities": (Authority("x1", Grade.I),)}, "authority[0].category", "0 to 8 digits"),
        ({"authorities": (Authority("99", Grade.I),)}, "authority[0].category", "use one of 01, 04"),
        (
            {"authorities": (Authority("01", Grade.I), Authority("01", Grade.II))},
            "authority[1].category",
            "stands twice",
        ),
        ({"parent": OrganisationCode("nobody")}, "parent", "not known"),
        ({"parent": OrganisationCode("fire")}, "parent", "above itself"),
    ],
)
def test_each_fault_is_named_with_what_to_write(wrong: dict[str, object], where: str, says: str) -> None:
    found = faults(replace(organisation("fire"), **wrong))  # type: ignore[arg-type]  # fields by name
    assert [one.where for one in found] == [f"organisations[0].{where}"]
    assert says in found[0].sentence


def test_a_circle_through_what_is_stored_is_found() -> None:
    found = faults(organisation("a", parent=OrganisationCode("c")), known={"c": "b", "b": "a", "a": None})
    assert ["above itself" in one.sentence for one in found] == [True]


def test_the_same_code_twice_is_a_fault() -> None:
    assert ["stands twice" in one.sentence for one in faults(organisation("a"), organisation("a"))] == [True]


def test_the_nearer_grid_goes_before_the_order_and_the_order_before_the_code() -> None:
    near = Serving(organisation("z-near", Tier.VILLAGE, order=9), 0)
    far = Serving(organisation("a-far", Tier.VILLAGE), 1)
    second = Serving(organisation("b-second", Tier.VILLAGE, order=10), 0)
    city = Serving(organisation("city"), 3)
    given = for_directory([city, far, second, near])
    assert [(one.code, one.order) for one in given] == [
        ("z-near", 1),
        ("b-second", 2),
        ("a-far", 3),
        ("city", 1),
    ]


def test_who_only_collects_or_is_given_up_is_not_asked() -> None:
    silent = Serving(organisation("eyes", collects=True, handles=False), 0)
    gone = Serving(organisation("gone", active=False), 0)
    assert for_directory([silent, gone]) == ()
