from dataclasses import replace

import pytest

from tests.support.site import BARN, NOON, VILLAGE, Site
from tocsin.alerts.commands import AttachReport, Open, Reject
from tocsin.alerts.ports import Report
from tocsin.alerts.reporting import Target, find_target
from tocsin.core.detections import Kind
from tocsin.core.errors import NotFound
from tocsin.core.ids import GridCode, PersonId, ReportId
from tocsin.core.incidents import SYSTEM, Grade

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


async def target(site: Site, report: Report = REPORT) -> Target:
    async with site.store.unit() as unit:
        return await find_target(unit, site.policies, report, "call-1")


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
