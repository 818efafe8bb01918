from __future__ import annotations

import cv2
import numpy as np
import pytest
from structlog.testing import capture_logs

from tests.support.api import ANN, CHEN, FAR, FLOOD, OFFICE, SMOKE, TOWNSHIP, WANG, WEIR, World, recorded
from tocsin.core.incidents import PartnerJoined
from tocsin.town.ports import Role


def jpeg(width: int = 640, height: int = 360) -> bytes:
    return cv2.imencode(".jpg", np.full((height, width, 3), 90, np.uint8))[1].tobytes()


def width(data: bytes) -> int:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image.shape[1]


async def test_a_list_gets_the_reduced_picture_and_may_keep_it() -> None:
    world = World()
    sha256 = world.add_picture(jpeg())
    async with world.signed_in(Role.ENGINEER, TOWNSHIP) as client:
        answer = await client.get(f"/api/pictures/{sha256}")
        again = await client.get(f"/api/pictures/{sha256}", headers={"If-None-Match": answer.headers["etag"]})
    assert (answer.status_code, answer.headers["content-type"], width(answer.content)) == (
        200,
        "image/jpeg",
        160,
    )
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert (again.status_code, again.content) == (304, b"")


async def test_a_kept_picture_is_not_confirmed_to_strangers() -> None:
    world = World()
    sha256 = world.add_picture(jpeg())
    async with world.signed_in(Role.OPERATOR, FAR) as client:
        answer = await client.get(f"/api/pictures/{sha256}", headers={"If-None-Match": f'"{sha256}-160"'})
    assert (answer.status_code, answer.json()["code"]) == (404, "picture.unknown")


@pytest.mark.parametrize(("role", "person"), [(Role.OPERATOR, ANN), (Role.RESPONDER, WANG)])
async def test_who_handles_the_incident_sees_the_original_and_it_is_written_down(
    role: Role, person: str
) -> None:
    world = World()
    data = jpeg()
    sha256 = world.add_picture(data)
    async with world.signed_in(role, WEIR) as client:
        with capture_logs() as logs:
            answer = await client.get(f"/api/pictures/{sha256}?incident={SMOKE}")
    assert answer.content == data
    assert answer.headers["cache-control"] == "no-store"
    (line,) = [line for line in logs if line["event"] == "audit.picture_original"]
    assert (line["person"], line["incident"], line["picture"]) == (person, SMOKE, sha256)


async def test_a_reduced_view_is_not_written_down() -> None:
    world = World()
    sha256 = world.add_picture(jpeg())
    async with world.signed_in(Role.OPERATOR) as client:
        with capture_logs() as logs:
            await client.get(f"/api/pictures/{sha256}")
    assert not [line for line in logs if line["event"].startswith("audit")]


@pytest.mark.parametrize(
    ("role", "person", "scope", "incident", "status", "code"),
    [
        (Role.ENGINEER, None, "", SMOKE, 422, "picture.original"),
        (Role.ADMINISTRATOR, None, "", SMOKE, 422, "picture.original"),
        (Role.RESPONDER, CHEN, "", SMOKE, 404, "incident.unknown"),
        (Role.OPERATOR, None, FAR, SMOKE, 404, "incident.unknown"),
        (Role.OPERATOR, None, "", FLOOD, 404, "picture.unknown"),
    ],
)
async def test_nobody_else_sees_an_original(
    *, role: Role, person: str | None, scope: str, incident: str, status: int, code: str
) -> None:
    world = World()
    sha256 = world.add_picture(jpeg())
    async with world.signed_in(role, scope, person) as client:  # type: ignore[arg-type]  # a person's name
        with capture_logs() as logs:
            answer = await client.get(f"/api/pictures/{sha256}?incident={incident}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not [line for line in logs if line["event"].startswith("audit")]


async def test_a_picture_that_is_no_evidence_of_the_incident_stays_reduced() -> None:
    world = World()
    sha256 = world.add_picture(jpeg(), evidence=False)
    async with world.signed_in(Role.OPERATOR) as client:
        assert (await client.get(f"/api/pictures/{sha256}?incident={SMOKE}")).status_code == 404


async def test_a_picture_still_under_way_is_told_so() -> None:
    world = World()
    sha256 = world.add_picture(jpeg())
    del world.pictures.kept[sha256]
    async with world.signed_in(Role.OPERATOR) as client:
        assert (await client.get(f"/api/pictures/{sha256}")).json()["code"] == "picture.not_here"


async def test_a_damaged_picture_is_a_sentence_not_a_fault() -> None:
    world = World()
    sha256 = world.add_picture(b"damaged")
    async with world.signed_in(Role.OPERATOR) as client:
        answer = await client.get(f"/api/pictures/{sha256}")
    assert (answer.status_code, answer.json()["code"]) == (422, "picture.unreadable")


@pytest.mark.parametrize(("scope", "count"), [(TOWNSHIP, 1), (FAR, 0)])
async def test_a_cameras_pictures_of_the_subtree_are_listed(scope: str, count: int) -> None:
    world = World()
    world.add_picture(jpeg())
    async with world.signed_in(Role.OPERATOR, scope) as client:
        body = (await client.get("/api/pictures?camera=weir/camera-1")).json()
    assert len(body["items"]) == count


async def test_a_department_sees_pictures_of_what_is_routed_to_it_and_no_others() -> None:
    world = World()
    sha256 = world.add_picture(jpeg())
    async with world.signed_in(Role.DEPARTMENT) as client:
        assert (await client.get(f"/api/pictures/{sha256}")).status_code == 404
        for query in ("", "&reduced=true"):
            answer = await client.get(f"/api/pictures/{sha256}?incident={SMOKE}{query}")
            assert (answer.status_code, answer.json()["code"]) == (404, "incident.unknown")
        world.logs[SMOKE].append(recorded(SMOKE, 5, PartnerJoined(organisation=OFFICE), seconds=20))
        assert (await client.get(f"/api/pictures/{sha256}")).status_code == 404, "it names no incident"
        original = await client.get(f"/api/pictures/{sha256}?incident={SMOKE}")
        small = await client.get(f"/api/pictures/{sha256}?incident={SMOKE}&reduced=true")
        other = await client.get(f"/api/pictures/{'b' * 64}?incident={SMOKE}&reduced=true")
    assert original.status_code == small.status_code == 200
    assert (width(original.content), width(small.content)) == (640, 160)
    assert (other.status_code, other.json()["code"]) == (404, "picture.unknown")


async def test_an_engineer_sees_pictures_of_the_field_and_none_of_an_incident() -> None:
    world = World()
    sha256 = world.add_picture(jpeg())
    async with world.signed_in(Role.ENGINEER) as client:
        assert (await client.get(f"/api/pictures/{sha256}")).status_code == 200
        small = await client.get(f"/api/pictures/{sha256}?incident={SMOKE}&reduced=true")
    assert (small.status_code, small.json()["code"]) == (404, "incident.unknown")


async def test_a_leader_sees_the_reduced_one_because_originals_are_for_who_handles() -> None:
    world = World()
    sha256 = world.add_picture(jpeg())
    async with world.signed_in(Role.SUPERVISOR) as client:
        assert (await client.get(f"/api/pictures/{sha256}")).status_code == 200
        refused = await client.get(f"/api/pictures/{sha256}?incident={SMOKE}")
    assert (refused.status_code, refused.json()["code"]) == (422, "picture.original")
