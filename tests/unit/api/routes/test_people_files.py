"""People in and out as sheets."""

import asyncio
from typing import Any

import httpx

from tests.support.api import TOWNSHIP, WANG, World
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, OrganisationCode
from tocsin.core.responders import Channel
from tocsin.town.catalogue import CatalogueSheet
from tocsin.town.organisations import OrganisationEntry, OrganisationKind
from tocsin.town.ports import ContactAddress, Role

NUMBER = ContactAddress(person=WANG, channel=Channel.SMS, address="13900000001", rank=1)


async def bring(client: httpx.AsyncClient, text: str) -> dict[str, Any]:
    answer = await client.post(
        "/api/people/import", files={"sheet": ("people.csv", text.encode(), "text/csv")}
    )
    assert answer.status_code == 202, answer.text
    async with asyncio.timeout(10):
        while True:
            job: dict[str, Any] = (await client.get(f"/api/jobs/{answer.json()['id']}")).json()
            if job["state"] in {"done", "failed"}:
                return job
            await asyncio.sleep(0)


async def test_people_come_in_as_a_job_with_faults_by_row_and_column() -> None:
    world = World()
    running = asyncio.create_task(world.jobs.run(stop := asyncio.Event()))
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        wrong = await bring(client, "人员编号,姓名,任职网格\nli,李,201\n")
        (fault,) = wrong["faults"]
        assert (fault["row"], fault["column"], fault["code"]) == (2, "任职网格", "people.grid")
        assert "li" not in world.town.staffed.members
        done = await bring(client, "人员编号,姓名,任职网格,角色\nli,李,101,网格员\n")
        assert (done["faults"], done["report"]["changed"]) == ([], 1)
        assert [one["role"] for one in (await client.get("/api/people/li")).json()["appointments"]] == [
            "grid_member"
        ]
        assert (await client.post("/api/people/import", files={"other": b"x"})).status_code in {409, 422}
    stop.set()
    await running


async def test_a_sheet_appoints_nobody_for_an_organisation_of_the_neighbour() -> None:
    world = World()
    entries = [
        OrganisationEntry(
            code=OrganisationCode(code),
            name=code,
            kind=OrganisationKind.DEPARTMENT,
            tier=Tier.CITY,
            grid=GridCode(grid),
        )
        for code, grid in (("city", "1"), ("neighbour", "20"))
    ]
    await world.catalogue.save(CatalogueSheet(organisations=tuple(entries)))
    running = asyncio.create_task(world.jobs.run(stop := asyncio.Event()))
    head = "人员编号,姓名,任职网格,角色,机构编码"
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        wrong = await bring(client, f"{head}\nli,李,101,网格员,neighbour\n")
        assert [one["code"] for one in wrong["faults"]] == ["people.organisation"]
        assert (await bring(client, f"{head}\nli,李,101,网格员,city\n"))["faults"] == []
    async with world.signed_in(Role.ADMINISTRATOR) as client:
        assert (await bring(client, f"{head}\nli,李,101,网格员,neighbour\n"))["faults"] == []
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        same = (await client.get("/api/people/export.csv")).content.decode("utf-8-sig")
        assert "neighbour" in same
        again = await bring(client, same)
        assert (again["faults"], again["report"]["changed"]) == ([], 0)
    stop.set()
    await running


async def test_an_export_has_no_numbers_unless_an_administrator_says_why() -> None:
    world = World()
    world.town.staffed.contacts[WANG] = (NUMBER,)
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        text = (await client.get("/api/people/export.csv")).content.decode("utf-8-sig")
        assert text.splitlines()[0].startswith("人员编号,姓名")
        assert "wang,Wang,101,101," in text
        assert "chen" not in text
        assert NUMBER.address not in text
        asked = await client.get("/api/people/export.csv?numbers=true&reason=a+list+for+the+wall")
        assert asked.status_code == 403
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        assert (await client.get("/api/people/export.csv?numbers=true")).json()["code"] == "people.reason"
        assert world.people.readings == []
        found = await client.get("/api/people/export.csv?numbers=true&reason=a+list+for+the+wall")
        assert NUMBER.address in found.text
    (reading,) = world.people.readings
    assert (reading.reason, WANG in reading.people) == ("a list for the wall", True)
