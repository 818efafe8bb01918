"""Sheets over HTTP: a sheet with a fault changes nothing, and nobody reaches beyond their scope."""

from __future__ import annotations

import httpx
import pytest

from tests.support.api import TOWNSHIP, World
from tests.support.jobs import finish
from tests.unit.town.test_organisations import organisation
from tocsin.core.ids import GridCode, OrganisationCode
from tocsin.town.catalogue import CatalogueSheet, read, sample_text
from tocsin.town.jobs import Job
from tocsin.town.ports import Role

HEAD = "code,name,kind,tier,grid,handles,parent\n"


@pytest.fixture
async def world() -> World:
    made = World()
    await made.catalogue.save(read(sample_text(), grid=made.town.grids_known[0].code))
    return made


async def sent(world: World, client: httpx.AsyncClient, noun: str, *texts: bytes) -> list[Job]:
    """Send sheets, and wait until their jobs have ended, one after the other."""
    made: list[str] = []
    for text in texts:
        answer = await client.post(f"/api/{noun}/import", files={"csv": ("sheet.csv", text, "text/csv")})
        assert answer.status_code == 202, answer.text
        made.append(answer.json()["id"])
    await finish(world.job_store, world.jobs, made[-1])
    return [job for one in made if (job := await world.jobs.job(one)) is not None]


async def test_matters_go_out_and_come_in(world: World) -> None:
    async with world.signed_in(Role.ADMINISTRATOR) as client:
        out = await client.get("/api/matters/export.csv")
        assert out.headers["content-type"].startswith("text/csv")
        (job,) = await sent(
            world, client, "matters", out.content.replace("暴露垃圾".encode(), "垃圾".encode())
        )
    assert (job.faulty, job.report) == (0, {"rows": 41, "saved": 41})
    found = await world.catalogue.matter("0102")
    assert found is not None
    assert found.name == "垃圾"


async def test_a_sheet_with_a_fault_changes_nothing(world: World) -> None:
    async with world.signed_in(Role.ADMINISTRATOR) as client:
        (job,) = await sent(world, client, "matters", b"code,name\n0102,new\n9901,x\n")
        shown = (await client.get(f"/api/jobs/{job.id}")).json()
    assert shown["faults"][0]["row"] == 3
    assert shown["report"] == {"rows": 2, "saved": 0}
    found = await world.catalogue.matter("0102")
    assert found is not None
    assert found.name == "暴露垃圾"


async def test_a_township_brings_in_its_own_organisations_alone(world: World) -> None:
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        rows = (
            "squad,队,team,township,10,yes,gongan",
            "far,队,team,township,20,yes,",
            "gongan,队,team,township,10,yes,",
            "child,队,team,township,10,yes,theirs",
        )
        sheets = [f"{HEAD}{row}\n".encode() for row in rows]
        theirs = organisation("theirs", grid=GridCode("20"))
        await world.catalogue.save(CatalogueSheet(organisations=(theirs,)))
        good, far, police, child = await sent(world, client, "organisations", *sheets)
        out = (await client.get("/api/organisations/export.csv")).content.decode("utf-8-sig")
        matters = await client.post(
            "/api/matters/import", files={"csv": ("a.csv", b"code,name\n", "text/csv")}
        )
    assert (good.faulty, far.faulty, police.faulty) == (0, 1, 1)
    assert [(one.column, one.row) for one in child.faults] == [("parent", 2)], (
        "nothing is learned of the neighbour"
    )
    assert await world.catalogue.organisation(OrganisationCode("far")) is None
    kept = await world.catalogue.organisation(OrganisationCode("gongan"))
    assert kept is not None
    assert kept.entry.name == "公安局"
    assert [line.split(",")[0] for line in out.splitlines()] == ["代码", "squad"], (
        "what stands above is not theirs"
    )
    assert (matters.status_code, matters.json()["code"]) == (403, "scope.too_small")


async def test_a_sheet_is_asked_for(world: World) -> None:
    async with world.signed_in(Role.ADMINISTRATOR) as client:
        answer = await client.post("/api/organisations/import", files={"other": ("a", b"x", "text/csv")})
    assert answer.status_code == 422
