"""A catalogue is read as a whole, or refused with the line of every fault."""

from __future__ import annotations

from datetime import date

import pytest

from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.ids import GridCode, OrganisationCode
from tocsin.core.incident_words import Grade, Stage
from tocsin.core.organisations import Authority
from tocsin.core.working_time import Calendar, Limit, Unit
from tocsin.town.catalogue import (
    FAULTS_MAX,
    CatalogueSheet,
    Known,
    check_sheet,
    demand_sound,
    read,
    sample_text,
)
from tocsin.town.matters import Matter, WorkingTime
from tocsin.town.organisations import Fault

HERE = GridCode("371481")
TEXT = """
calendar: {hours: ["08:00-12:00", "13:30 - 17:00"], closed: [2026-12-31], worked: [2026-10-10], warn_at: 0.5}
platforms: [{code: services, name: 便民服务}]
categories: [{code: "04", name: 突发事件}]
matters:
  - {code: "0401", name: 火情, platform: services, kinds: [fire], grade: III, urgent: true, limits: {handle: 4 hours}}
organisations:
  - code: fire
    name: 消防队
    kind: team
    tier: city
    handles: true
    authority: [{category: "04", highest: I}]
"""


def refused(text: str, **more: object) -> str:
    with pytest.raises(Rejected) as caught:
        read(text, **more)  # type: ignore[arg-type]  # what a test gives
    return caught.value.reason


def test_what_is_written_is_read() -> None:
    sheet = read(TEXT, grid=HERE)
    assert sheet.time == WorkingTime(
        calendar=Calendar(
            hours=((480, 720), (810, 1020)), closed=(date(2026, 12, 31),), worked=(date(2026, 10, 10),)
        ),
        warn_at=0.5,
    )
    assert sheet.matters == (
        Matter(
            code="0401", name="火情", platform="services", kinds=(Kind.FIRE,), grade=Grade.III, urgent=True,
            limits={Stage.HANDLE: Limit(4, Unit.HOUR)},
        ),
    )  # fmt: skip
    (fire,) = sheet.organisations
    assert (fire.code, fire.grid, fire.authorities) == ("fire", HERE, (Authority("04", Grade.I),))


def test_the_shipped_sample_is_sound_and_holds_what_the_field_uses() -> None:
    sheet = read(sample_text(), grid=HERE)
    assert [one.name for one in sheet.categories] == [
        "市容环境", "宣传广告", "施工管理", "突发事件", "街面秩序", "其他",
    ]  # fmt: skip
    assert [one.name for one in sheet.platforms] == ["综合治理", "行政执法", "环境整治", "便民服务"]
    held = {kind for one in sheet.matters for kind in one.kinds}
    assert {Kind.FIRE, Kind.SMOKE, Kind.FLOOD, Kind.GAS, Kind.CALL, Kind.INTRUSION} <= held
    rubbish = next(one for one in sheet.matters if one.name == "暴露垃圾")
    assert rubbish.limits[Stage.HANDLE] == Limit(4, Unit.WORKING_HOUR)
    both = next(one for one in sheet.organisations if one.name == "执法局")
    assert {"enforcement", "environment"} <= set(both.platforms), "a department may work on several platforms"
    counted = {
        platform: sum(platform in one.platforms for one in sheet.organisations)
        for platform in ("governance", "enforcement", "environment", "services")
    }
    assert counted == {"governance": 5, "enforcement": 9, "environment": 5, "services": 18}


def test_a_place_is_asked_for_where_none_is_named() -> None:
    assert refused(TEXT) == (
        "line 8: organisations[0].grid: fire names no grid: write `grid:`, or give --grid"
    )
    assert read(TEXT.replace("tier: city", 'tier: city\n    grid: "371481"')).organisations[0].grid == HERE


@pytest.mark.parametrize(
    ("right", "wrong", "line", "says"),
    [
        ('"0401", name: 火情', "0401, name: 火情", 6, "in quotes"),
        ("4 hours", "four hours", 6, "an amount and its unit"),
        ("4 hours", "4 fortnights", 6, "an amount and its unit"),
        ("handle: 4", "handel: 4", 6, "'receive', 'dispatch'"),
        ("kinds: [fire]", "kinds: [feuer]", 6, "'fire'"),
        ("08:00-12:00", "morning", 2, "08:30-12:00"),
        ("13:30 - 17:00", "11:30 - 17:00", 2, "follow each other"),
        ("kind: team", "sort: team", 8, "Field required"),
        ("tier: city", "tier: county", 11, "'village', 'township' or 'city'"),
        ('category: "04"', 'category: "99"', 13, "use one of 04"),
        ("    handles: true\n", "", 8, "neither collects nor handles"),
    ],
)
def test_a_fault_is_told_with_its_line_and_what_to_write(
    right: str, wrong: str, line: int, says: str
) -> None:
    assert right in TEXT
    found = [one for one in refused(TEXT.replace(right, wrong), grid=HERE).splitlines() if says in one]
    assert found
    assert found[0].startswith(f"line {line}: ")


def test_all_faults_are_told_at_once() -> None:
    text = (
        "matters:\n" + "".join(f'  - {{code: "99{n:02}", name: x}}\n' for n in range(100)) + "  - {name: x}\n"
    )
    assert "Field required" in refused(text)
    told = refused(text.rsplit("  - ", 1)[0] + '  - {code: "9900", name: x}\n').splitlines()
    assert len(told) == FAULTS_MAX + 1
    assert told[-1] == "and 2 more"


def test_a_key_written_twice_is_a_fault() -> None:
    assert "written twice" in refused("matters: []\nmatters: []\n")


@pytest.mark.parametrize("text", ["", "- a", "a: [", "matters: 7"])
def test_what_is_no_catalogue_is_refused(text: str) -> None:
    assert refused(text)


def test_what_is_stored_need_not_be_repeated() -> None:
    text = 'matters: [{code: "040102", name: x, platform: services}]'
    known = Known(
        platforms=frozenset({"services"}),
        categories=frozenset({"04"}),
        matters={"0401": ()},
        organisations={},
    )
    assert len(read(text, known=known).matters) == 1
    assert "category 04" in refused(text)
    child = CatalogueSheet(
        organisations=tuple(
            one for one in read(sample_text(), grid=HERE).organisations if one.code == "huanweichu"
        )
    )
    assert any("parent" in one.where for one in check_sheet(child))
    above = Known(
        platforms=frozenset({"environment", "services"}),
        categories=frozenset({"01", "02", "03"}),
        organisations={OrganisationCode("zhujian"): None},
    )
    assert check_sheet(child, above) == []


def test_a_page_gets_its_faults_in_one_sentence() -> None:
    demand_sound([])
    with pytest.raises(Rejected, match=r"a: is wrong; b: too") as caught:
        demand_sound([Fault("a", "is wrong"), Fault("b", "too")])
    assert caught.value.code == "catalogue.faults"
