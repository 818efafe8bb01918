"""The catalogue is checked as a whole; a finer matter takes limits from the coarser one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from tocsin.core.detections import Kind
from tocsin.core.incident_words import Stage
from tocsin.core.working_time import Calendar, Limit, Unit
from tocsin.town.matters import (
    CATEGORY_CODE,
    PLATFORM_CODE,
    Category,
    Matter,
    Platform,
    WorkingTime,
    check_matters,
    check_named,
    check_time,
    coarser_codes,
    kinds_of,
    terms_of,
)
from tocsin.town.organisations import Fault

RUBBISH = Matter(code="0102", name="暴露垃圾", limits={Stage.HANDLE: Limit(4, Unit.WORKING_HOUR)})
FIRE = Matter(code="0401", name="火情", kinds=(Kind.FIRE,))


def faults(*matters: Matter, known: Mapping[str, tuple[Kind, ...]] | None = None) -> list[Fault]:
    return check_matters(matters, categories={"01", "04"}, platforms={"services"}, known=known or {})


def test_what_is_sound_has_no_fault() -> None:
    finer = Matter(code="010203", name="大件垃圾", platform="services")
    assert faults(RUBBISH, FIRE, finer) == []
    assert faults(finer, known={"0102": ()}) == []


@pytest.mark.parametrize(
    ("wrong", "where", "says"),
    [
        ({"code": "041"}, "code", "4, 6 or 8 digits"),
        ({"code": "04010"}, "code", "4, 6 or 8 digits"),
        ({"code": "9901"}, "code", "category 99"),
        ({"code": "040299"}, "code", "finer than 0402"),
        ({"name": ""}, "name", "1 to 100"),
        ({"platform": "nowhere"}, "platform", "use one of services"),
        ({"kinds": (Kind.FIRE, Kind.FIRE)}, "kinds", "twice"),
        ({"limits": {Stage.CHECK: Limit(0, Unit.DAY)}}, "limits.check", "write 1 to 1000"),
        ({"limits": {Stage.CHECK: Limit(401, Unit.WORKING_DAY)}}, "limits.check", "write 1 to 400"),
    ],
)
def test_each_fault_is_named_with_what_to_write(wrong: dict[str, object], where: str, says: str) -> None:
    found = faults(replace(FIRE, **wrong))  # type: ignore[arg-type]  # fields by name
    assert f"matters[0].{where}" in [one.where for one in found]
    assert any(says in one.sentence for one in found)


def test_a_kind_stands_for_one_active_matter_only() -> None:
    other = Matter(code="0402", name="烟雾", kinds=(Kind.FIRE,))
    assert ["0401 already" in one.sentence for one in faults(other, known={"0401": (Kind.FIRE,)})] == [True]
    assert faults(replace(other, active=False), known={"0401": (Kind.FIRE,)}) == []
    assert faults(other, replace(FIRE, kinds=()), known={"0401": (Kind.FIRE,)}) == [], "the new word wins"
    assert len(faults(FIRE, other)) == 2


def test_the_same_code_twice_is_a_fault() -> None:
    assert ["stands twice" in one.sentence for one in faults(RUBBISH, RUBBISH)] == [True]


def test_categories_and_platforms_need_their_form_once_each() -> None:
    wrong = [Category(code="1", name="x"), Category(code="01", name=""), Category(code="01", name="y")]
    assert [one.where for one in check_named(wrong, "categories", CATEGORY_CODE)] == [
        "categories[0].code", "categories[1].name", "categories[2].code",
    ]  # fmt: skip
    named = [Platform(code="Services", name="x"), Platform(code="services", name="x")]
    assert [one.where for one in check_named(named, "platforms", PLATFORM_CODE)] == ["platforms[0].code"]


@pytest.mark.parametrize(
    ("calendar", "where"),
    [
        (Calendar(hours=()), "calendar.hours"),
        (Calendar(hours=((600, 500),)), "calendar.hours[0]"),
        (Calendar(hours=((500, 700), (650, 800))), "calendar.hours[1]"),
        (Calendar(hours=((500, 1441),)), "calendar.hours[0]"),
        (Calendar(closed=(date(2026, 6, 1),), worked=(date(2026, 6, 1),)), "calendar.worked"),
        (Calendar(closed=tuple(date.fromordinal(740_000 + n) for n in range(401))), "calendar.closed"),
    ],
)
def test_working_time_that_cannot_be_is_a_fault(calendar: Calendar, where: str) -> None:
    assert [one.where for one in check_time(WorkingTime(calendar=calendar))] == [where]


def test_a_share_of_a_limit_lies_between_a_tenth_and_the_whole() -> None:
    assert [one.where for one in check_time(WorkingTime(warn_at=0.0))] == ["calendar.warn_at"]
    assert check_time(WorkingTime()) == []


def test_limits_come_from_the_coarser_matter_where_the_finer_has_none() -> None:
    finer = Matter(code="010203", name="x", limits={Stage.CHECK: Limit(1, Unit.DAY)})
    finest = Matter(code="01020304", name="x", limits={Stage.HANDLE: Limit(9, Unit.DAY)})
    assert coarser_codes("01020304") == ["0102", "010203"]
    assert coarser_codes("0102") == []
    terms = terms_of(finest, [finer, RUBBISH], WorkingTime())
    assert terms.limits == {Stage.HANDLE: Limit(9, Unit.DAY), Stage.CHECK: Limit(1, Unit.DAY)}
    assert terms_of(None, [RUBBISH], WorkingTime()).limits == {}


def test_a_kind_finds_its_active_matter() -> None:
    old = Matter(code="0499", name="x", kinds=(Kind.CALL,), active=False)
    assert kinds_of([old, FIRE, RUBBISH]) == ((Kind.FIRE, "0401"),)


def test_a_category_is_the_beginning_of_the_code() -> None:
    assert FIRE.category == "04"
