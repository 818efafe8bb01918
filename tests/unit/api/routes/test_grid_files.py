from __future__ import annotations

from tests.support.api import TOWNSHIP, World
from tests.support.jobs import finish
from tests.support.places import box, outlines
from tocsin.town.jobs import Job, JobState
from tocsin.town.ports import Role


async def ended(world: World, job: str) -> Job:
    return await finish(world.job_store, world.jobs, job)


async def test_a_sheet_and_outlines_come_in_as_a_job_of_the_caller() -> None:
    world = World()
    files = {
        "csv": ("grids.csv", "编码,名称,上级\n103,新村,10\n".encode()),
        "geojson": ("o.geojson", outlines({"103": box(0, 0)})),
    }
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        sent = await client.post("/api/grids/import", files=files, data={"reason": "new village"})
        assert (sent.status_code, sent.json()["kind"], sent.json()["state"]) == (
            202,
            "grid_import",
            "waiting",
        )
        job = await ended(world, sent.json()["id"])
        assert (job.state, job.faults) == (JobState.DONE, ())
        assert job.report is not None
        assert job.report["written"]["new"] == 1
        grid = (await client.get("/api/grids/103")).json()
        assert (grid["grid"]["name"], grid["grid"]["has_outline"]) == ("新村", True)


async def test_a_faulty_file_says_row_and_column_and_changes_nothing() -> None:
    world = World()
    files = {"csv": ("grids.csv", "编码,名称,上级\n103,新村,nowhere\n201,远村,20\n".encode("gb18030"))}
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        job = await ended(world, (await client.post("/api/grids/import", files=files)).json()["id"])
        assert {(one.row, one.code) for one in job.faults} >= {(2, "grid.parent"), (3, "grid.scope")}
        assert (await client.get("/api/grids/103")).status_code == 404


async def test_a_file_that_cannot_be_read_fails_its_job_with_the_reason() -> None:
    world = World()
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        sent = await client.post("/api/grids/import", files={"csv": ("x.csv", b"\xff\xfe")})
        job = await ended(world, sent.json()["id"])
        assert (job.state, job.reason_code) == (JobState.FAILED, "table.encoding")
        empty = await client.post("/api/grids/import", files={"csv": ("x.csv", b"")})
        assert (empty.status_code, empty.json()["code"]) == (422, "sheet.size")


async def test_a_check_looks_at_the_tree_or_at_files_and_changes_nothing() -> None:
    world = World()
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        job = await ended(world, (await client.post("/api/grids/check")).json()["id"])
        assert job.report is not None
        assert job.report["written"] is None
        assert {one["code"] for one in job.report["check"]["findings"]} == {"no_outline"}
        assert {one["grid"] for one in job.report["check"]["findings"]} == {"101", "102"}, (
            "the neighbour is not looked at"
        )
    world = World()
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        files = {"csv": ("grids.csv", "编码,名称,上级\n103,新村,10\n".encode())}
        job = await ended(world, (await client.post("/api/grids/check", files=files)).json()["id"])
        assert job.report is not None
        assert job.report["written"]["new"] == 1
        assert (await client.get("/api/grids/103")).status_code == 404


async def test_the_tree_goes_out_within_the_scope() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        sheet = await client.get("/api/grids/export.csv")
        lines = sheet.content.decode("utf-8-sig").splitlines()
        assert [line.split(",")[0] for line in lines] == ["编码", "10", "101", "102"]
        assert sheet.headers["content-disposition"] == 'attachment; filename="grids.csv"'
        drawn = await client.get("/api/grids/export.geojson")
        assert drawn.json() == {"type": "FeatureCollection", "features": []}
        assert (await client.get("/api/grids/export.shp")).status_code == 422
