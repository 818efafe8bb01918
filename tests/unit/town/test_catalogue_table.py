"""Sheets of matters and organisations: out and in again unchanged, every fault by row and column."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode
from tocsin.core.incident_words import Grade, Stage
from tocsin.core.organisations import Authority
from tocsin.core.working_time import Limit, Unit
from tocsin.town.catalogue import CatalogueSheet, Known, read, sample_text
from tocsin.town.catalogue_table import read_matters, read_organisations, write_matters, write_organisations
from tocsin.town.organisations import OrganisationKind
from tocsin.town.tables import Fault

SAMPLE = read(sample_text(), grid=GridCode("371481"))
KNOWN = Known(
    platforms=frozenset(one.code for one in SAMPLE.platforms),
    categories=frozenset(one.code for one in SAMPLE.categories),
    matters={},
    organisations={},
)


def faults_of(text: str, *, organisations: bool = False) -> list[tuple[int | None, str, str]]:
    reader = read_organisations if organisations else read_matters
    _, _, faults = reader(text.encode(), KNOWN)
    return [(one.row, one.column, one.message) for one in faults]


def test_the_sample_goes_out_and_comes_in_unchanged() -> None:
    matters, _, faults = read_matters(write_matters(SAMPLE.matters), KNOWN)
    assert faults == []
    assert matters == CatalogueSheet(matters=SAMPLE.matters)
    organisations, _, faults = read_organisations(write_organisations(SAMPLE.organisations), KNOWN)
    assert faults == []
    assert organisations == CatalogueSheet(organisations=SAMPLE.organisations)


def test_people_write_in_chinese() -> None:
    sheet, _, faults = read_matters(
        "事项代码,事项名称,平台,事件种类,等级,紧急,处置时限,核查时限\n"
        '0102,暴露垃圾,environment,"smoke、fire",较大,是,4工作时,15 工作日\n'.encode(),
        KNOWN,
    )
    assert faults == []
    (one,) = sheet.matters
    assert (one.kinds, one.grade, one.urgent) == ((Kind.SMOKE, Kind.FIRE), Grade.III, True)
    assert one.limits == {
        Stage.HANDLE: Limit(4, Unit.WORKING_HOUR),
        Stage.CHECK: Limit(15, Unit.WORKING_DAY),
    }
    sheet, _, faults = read_organisations(
        "代码,名称,类型,层级,网格,采集,处置,权限\n消防队,消防中队,队伍,镇级,371481101,是,是,04:重大；全部：IV\n".encode(),
        KNOWN,
    )
    assert faults == []
    (squad,) = sheet.organisations
    assert (squad.kind, squad.tier, squad.collects) == (OrganisationKind.TEAM, Tier.TOWNSHIP, True)
    assert squad.authorities == (Authority("04", Grade.II), Authority("", Grade.IV))


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        ("9901,x,,,,,,", "code", "category 99"),
        ("041,x,,,,,,", "code", "4, 6 or 8 digits"),
        ("0401,,,,,,,", "name", "1 to 100"),
        ("0401,x,nowhere,,,,,", "platform", "use one of"),
        ("0401,x,,feuer,,,,", "kinds", "no kind of happening"),
        ("0401,x,,,V,,,", "grade", "特别重大"),
        ("0401,x,,,,perhaps,,", "urgent", "是 or 否"),
        ("0401,x,,,,,four hours,", "handle", "4工作时"),
        ("0401,x,,,,,4周,", "handle", "4工作时"),
        ("0401,x,,,,,0工作时,", "handle", "write 1 to"),
        ("0401,x,,,,,,maybe", "active", "是 or 否"),
    ],
)
def test_a_fault_of_a_matter_has_its_row_and_column(row: str, column: str, says: str) -> None:
    head = "code,name,platform,kinds,grade,urgent,handle,active\n"
    ((number, named, message),) = faults_of(f"{head}0101,good,,,,,,\n{row}\n")
    assert (number, named) == (3, column)
    assert says in message


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        ("a b,x,team,city,1,yes,,1", "code", "without full stop"),
        ("a,x,squad,city,1,yes,,1", "kind", "村居"),
        ("a,x,team,county,1,yes,,1", "tier", "村级"),
        ("a,x,team,city,1,no,,1", "handles", "neither"),
        ("a,x,team,city,1,yes,four,1", "authority", "04:II"),
        ("a,x,team,city,1,yes,99:I,1", "authority", "use one of 01"),
        ("a,x,team,city,1,yes,,first", "order", "whole number"),
        ("a,x,team,city,1,yes,,0", "order", "between 1 and"),
        ("good,x,team,city,1,yes,,1", "code", "stands twice"),
    ],
)
def test_a_fault_of_an_organisation_has_its_row_and_column(row: str, column: str, says: str) -> None:
    head = "code,name,kind,tier,grid,handles,authority,order\n"
    ((number, named, message),) = faults_of(
        f"{head}good,x,team,city,1,yes,04:I,1\n{row}\n", organisations=True
    )
    assert (number, named) == (3, column)
    assert says in message


def test_all_faults_are_told_at_once_and_none_of_stand_ins() -> None:
    found = faults_of("code,name,kinds,grade,urgent\n0101,x,feuer,V,perhaps\n9901,y,,,\n")
    assert [column for _, column, _ in found] == ["kinds", "grade", "urgent"]


def test_a_sheet_of_the_wrong_form_is_a_fault_of_its_own() -> None:
    _, _, faults = read_matters(b"code,name\n0101,x,too much\n", KNOWN)
    assert [one.code for one in faults] == ["table.width"]


def test_what_is_stored_counts() -> None:
    stored = replace(KNOWN, matters={"0401": (Kind.FIRE,)})
    _, _, faults = read_matters(b"code,name,kinds\n0402,x,fire\n", stored)
    assert faults == [
        Fault(2, "kinds", "catalogue.kinds", "fire stands for 0401 already: leave it with one matter")
    ]
