from dataclasses import replace

import pytest

from tests.support.site import BARN, NOON, VILLAGE, Site
from tocsin.alerts.commands import AttachReport, Open, Reject
from tocsin.alerts.ports import Report
from tocsin.alerts.reporting import Said, Target, find_target
from tocsin.core.detections import Kind
from tocsin.core.errors import NotFound
from tocsin.core.ids import GridCode, PersonId, ReportId
from tocsin.core.incidents import SYSTEM, Actor, Grade, Source

REPORT = Report(
    id=ReportId("report-1"),
    kind=Kind.FIRE,
    grid=VILLAGE,
    words="flames",
    caller="",
    place=BARN,
    reported_by=PersonId("ann"),
    at=NOON,
)


async def target(site: Site, report: Report = REPORT, matter: str = "") -> Target:
    async with site.store.unit() as unit:
        return await find_target(unit, site.policies, report, "call-1", matter)


async def made() -> Site:
    site = Site()
    await site.policies.keep(site.store)
    return site


async def test_a_report_alone_begins_an_incident_with_the_reporters_grade() -> None:
    found = await target(await made())
    command = found.command(REPORT, 0.5, Grade.II, NOON)
    assert isinstance(command, Open)
    assert (command.grade, command.report, command.place) == (Grade.II, "report-1", BARN)
    assert found == await target(await made()), "the same act names the same incident"


async def test_a_report_joins_the_family_of_what_is_open() -> None:
    site = await made()
    await site.at("00:00").sees("cam-1")
    found = await target(site)
    assert found.name == site.incident().id
    assert found.command(REPORT, 0.5, None, NOON) == AttachReport(report=ReportId("report-1"))


async def test_an_act_that_was_committed_names_its_incident_and_asks_nothing() -> None:
    site = await made()
    await site.at("00:00").sees("cam-1")
    await site.at("00:10").reports("ann", "fire", act="call-1")
    assert (await target(site)).answered


async def test_the_same_act_gives_the_first_answer_after_the_incident_that_it_joined_has_ended() -> None:
    site = await made()
    await site.at("00:00").sees("cam-1")
    await site.at("00:10").reports("ann", "fire", act="call-1")
    joined = site.incident().id
    await site.service.command(joined, Reject(reason_code="test"), SYSTEM)
    found = await target(site, replace(REPORT, id=ReportId("report-call-1")))
    assert (found.answered, found.name) == (True, joined)


async def test_an_unknown_grid_is_refused() -> None:
    with pytest.raises(NotFound, match="grid"):
        await target(await made(), type(REPORT)(**{**_fields(), "grid": GridCode("9")}))


def _fields() -> dict[str, object]:
    return {name: getattr(REPORT, name) for name in Report.__slots__}


async def test_a_report_from_the_field_opens_as_reported_with_its_source_and_matter() -> None:
    found = await target(await made())
    said = Said(source=Source.MEMBER, reported=True, matter="0101")
    command = found.command(REPORT, 0.5, None, NOON, said)
    assert isinstance(command, Open)
    assert (command.source, command.reported, command.matter) == (Source.MEMBER, True, "0101")
    by_desk = found.command(REPORT, 0.5, None, NOON)
    assert isinstance(by_desk, Open)
    assert (by_desk.source, by_desk.reported) == (Source.DESK, False)


@pytest.mark.parametrize(
    ("kind", "first", "second", "joins"),
    [
        (Kind.OTHER, "0101", "0101", True),
        (Kind.OTHER, "", "", True),
        (Kind.OTHER, "0101", "0204", False),
        (Kind.OTHER, "", "0204", False),
        (Kind.FIRE, "", "0204", True),
        (Kind.FIRE, "0101", "0204", False),
    ],
)
async def test_another_matter_is_another_happening(
    kind: Kind, first: str, second: str, *, joins: bool
) -> None:
    site = await made()
    report = replace(REPORT, id=ReportId("report-0"), kind=kind)
    actor = Actor("person", "ann")
    name = await site.service.report(
        report, severity=0.5, grade=None, actor=actor, act="act-1", said=Said(matter=first)
    )
    found = await target(site, replace(REPORT, kind=kind), second)
    assert (found.name == name) is joins
