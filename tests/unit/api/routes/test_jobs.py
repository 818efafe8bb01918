from __future__ import annotations

import pytest

from tests.support.api import ADA, ANN, FARM, TOWNSHIP, WEIR, World
from tests.support.jobs import finish
from tocsin.core.ids import PersonId
from tocsin.town.jobs import JobFile, JobKind, Outcome, Progress
from tocsin.town.ports import Role
from tocsin.town.tables import Fault


async def work(progress: Progress) -> Outcome:
    file = JobFile("人员.csv", "text/csv", b"x")
    return Outcome(
        faults=[Fault(3, "电话", "people.phone", "13800000000 is known")], report={"rows": 2}, file=file
    )


async def ask(world: World, person: PersonId, scope: str) -> str:
    return (await world.jobs.start(JobKind.PEOPLE_IMPORT, work, person=person, scope=scope)).id


async def test_a_job_shows_its_faults_its_report_and_its_file() -> None:
    world = World()
    job = await ask(world, ADA, TOWNSHIP)
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        assert (await client.get(f"/api/jobs/{job}/result")).json()["code"] == "job.file"
        await finish(world.job_store, world.jobs, job)
        body = (await client.get(f"/api/jobs/{job}")).json()
        assert (body["state"], body["kind"], body["faulty"], body["report"], body["file"]) == (
            "done", "people_import", 1, {"rows": 2}, "人员.csv",
        )  # fmt: skip
        assert body["faults"] == [
            {"row": 3, "column": "电话", "code": "people.phone", "message": "13800000000 is known"}
        ]
        (listed,) = (await client.get("/api/jobs")).json()["items"]
        assert (listed["faults"], listed["report"]) == ([], None), "a list quotes nobody's telephone number"
        result = await client.get(f"/api/jobs/{job}/result")
        assert (result.content, result.headers["content-type"]) == (b"x", "text/csv; charset=utf-8")
        assert "filename*=UTF-8''%E4%BA%BA%E5%91%98.csv" in result.headers["content-disposition"]


async def test_a_job_is_cancelled() -> None:
    world = World()
    job = await ask(world, ADA, TOWNSHIP)
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        assert (await client.post(f"/api/jobs/{job}/cancel")).status_code == 204
        await finish(world.job_store, world.jobs, job)
        body = (await client.get(f"/api/jobs/{job}")).json()
        assert (body["state"], body["reason_code"]) == ("failed", "job.stopped")


@pytest.mark.parametrize(
    ("role", "scope", "seen"),
    [
        (Role.ADMINISTRATOR, "", {"ada-weir", "ann-weir", "ada-farm"}),
        (Role.ADMINISTRATOR, TOWNSHIP, {"ada-weir", "ann-weir"}),
        (Role.OPERATOR, "", {"ann-weir"}),
        (Role.OPERATOR, FARM, set()),
    ],
)
async def test_others_jobs_are_for_the_administrators_of_their_scope(
    role: Role, scope: str, seen: set[str]
) -> None:
    world = World()
    jobs = {
        "ada-weir": await ask(world, ADA, WEIR),
        "ann-weir": await ask(world, ANN, WEIR),
        "ada-farm": await ask(world, ADA, FARM),
    }
    async with world.signed_in(role, scope) as client:
        listed = {one["id"] for one in (await client.get("/api/jobs")).json()["items"]}
        assert listed == {jobs[name] for name in seen}
        for name, job in jobs.items():
            for method, path in (("GET", ""), ("GET", "/result"), ("POST", "/cancel")):
                answer = await client.request(method, f"/api/jobs/{job}{path}")
                unknown = answer.status_code == 404 and answer.json()["code"] == "job.unknown"
                assert unknown is (name not in seen)
