"""One-tap links, tags, photos and signed acts over the real rules and PostgreSQL: what opens, and all that must not."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import stat
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.database import Database
from tests.support.response import ANN, BOB, CONTACTS, GRIDS, PEOPLE, TOWN, VILLAGE
from tocsin.alerts.links import Link, LinkKeys
from tocsin.api.app import create_app
from tocsin.api.auth import hash_password
from tocsin.core.clock import SystemClock
from tocsin.core.ids import CollectorId, IncidentId, NoticeId, PersonId
from tocsin.ingest.ports import CollectorEntry
from tocsin.settings import Settings
from tocsin.town.ports import Account, DevicePlace, DutyShift, Person, Role
from tocsin.wiring import Centre, centre, read_link_keys, with_own_links

PASSWORD = "three bells at noon"
STORED = hash_password(PASSWORD)
DESK = PersonId("desk")
HERE = {"latitude": 30.25, "longitude": 119.5, "accuracy_m": 8.0}
"""The centre of the village's grid."""


@dataclass
class Town:
    """A connected centre, its application, and people who act."""

    made: Centre
    app: Any
    desk: httpx.AsyncClient
    phone: httpx.AsyncClient
    """Somebody without a session."""
    acts: Iterator[str] = field(default_factory=lambda: (f"act-{number:08}" for number in range(10_000)))

    async def incident(self, *, kind: str = "fire") -> IncidentId:
        body = {"act": next(self.acts), "kind": kind, "grid": VILLAGE, "words": "fire", "caller": "110"}
        answer = await self.desk.post("/api/reports", json=body)
        assert answer.status_code == 201, answer.text
        name = IncidentId(answer.json()["incident"])
        await self.post(f"/api/incidents/{name}/confirm", {})
        return name

    async def post(self, url: str, body: dict[str, Any]) -> Any:
        answer = await self.desk.post(url, json={"act": next(self.acts), **body})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def token(self, incident: IncidentId, person: PersonId = ANN, *, expires: datetime | None = None) -> str:
        keys, now = self.made.links, SystemClock().now()
        assert keys is not None
        return keys.sign(
            Link(
                incident=incident,
                person=person,
                notice=NoticeId("notice-1"),
                issued=now,
                expires=expires or now + timedelta(days=7),
            )
        )

    async def taps(self, token: str, what: str, **more: object) -> httpx.Response:
        body = {"token": token, "act": next(self.acts), "what": what, **more}
        return await self.phone.post("/api/go/act", json=body)

    async def versions(self, incident: IncidentId) -> int:
        log = await self.made.queries.log(incident)
        return len(log)

    async def events(self, incident: IncidentId) -> list[str]:
        return [line.event.__struct_config__.tag for line in await self.made.queries.log(incident)]

    async def verdict(self, incident: IncidentId) -> str | None:
        page = (await self.desk.get(f"/api/incidents/{incident}")).json()
        clocks = {clock["tier"]: clock["verdict"] for clock in page["standing"]["clocks"]}
        found: str | None = clocks["village"]
        return found


@pytest.fixture
async def town(database: Database, tmp_path: Path) -> AsyncIterator[Town]:
    key = tmp_path / "link.key"
    key.write_text("k" * 40)
    settings = Settings.model_validate(
        {
            "data": str(tmp_path),
            "store": {"dsn": database.dsn},
            "api": {"link_key_file": str(key), "public_url": "https://bell", "cookie_secure": True},
        }
    )
    async with centre(settings) as made:
        since = SystemClock().now()
        await made.town.add_grids(GRIDS)
        await made.town.add_people((*PEOPLE, Person(id=DESK, name="Desk", grid=TOWN, tier=None)), CONTACTS)
        await made.town.add_duty(
            [DutyShift(person=one.id, grid=one.grid, since=since, until=None) for one in PEOPLE]
        )
        scope = next(grid.path for grid in GRIDS if grid.code == TOWN)
        for name, person, role in (("desk", DESK, Role.OPERATOR), ("ann", ANN, Role.RESPONDER)):
            await made.town.add_account(
                Account(name=name, person=person, role=role, scope=scope, password_hash=STORED)
            )
        app = create_app(replace(made.api_deps(), console=None))
        transport = httpx.ASGITransport(app=app)
        async with (
            httpx.AsyncClient(transport=transport, base_url="https://bell") as desk,
            httpx.AsyncClient(transport=transport, base_url="https://bell") as phone,
        ):
            await sign_in(desk, "desk")
            yield Town(made, app, desk, phone)


async def sign_in(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.post("/api/session", json={"name": name, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]


def jpeg() -> bytes:
    done, encoded = cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))
    assert done
    return encoded.tobytes()


async def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


# What a link does.


async def test_link_shows_the_call_and_takes_every_act_without_a_session(town: Town) -> None:
    incident = await town.incident()
    token = town.token(incident)
    shown = (await town.phone.post("/api/go/open", json={"token": token})).json()
    assert shown["incident"]["id"] == incident
    assert shown["person_name"] == "Ann"
    assert (shown["incident"]["exact"], shown["incident"]["place"]["latitude"]) == (False, 30.25)
    for what in ("see", "accept"):
        answer = await town.taps(token, what)
        assert answer.status_code == 200, answer.text
    arrived = await town.taps(token, "arrive", position=HERE, position_age_s=3)
    assert arrived.json()["incident"]["clocks"][0]["verdict"] == "arrived"
    for what in ("help", "done"):
        assert (await town.taps(token, what)).status_code == 200
    assert not town.phone.cookies, "a link gives no session"
    events = await town.events(incident)
    assert {"seen", "accepted", "arrived", "help_asked", "handled"} <= set(events)
    actors = {line.actor.id for line in await town.made.queries.log(incident) if line.actor.kind == "person"}
    assert actors == {DESK, ANN}


async def test_same_act_twice_is_one_event_and_one_answer(town: Town) -> None:
    incident = await town.incident()
    body = {"token": town.token(incident), "act": "tap-0001", "what": "accept"}
    answers = [(await town.phone.post("/api/go/act", json=body)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert (await town.events(incident)).count("accepted") == 1


async def test_link_that_a_chat_program_fetches_changes_nothing(town: Town) -> None:
    incident = await town.incident()
    before, token = await town.versions(incident), town.token(incident)
    urls = [f"/go/{token}", f"/api/go/open?token={token}", f"/api/go/act?token={token}&what=accept"]
    for method, url in itertools.product(("GET", "HEAD", "OPTIONS"), urls):
        answer = await town.phone.request(method, url)
        assert answer.status_code in {200, 404, 405}, (url, answer.status_code)
        assert answer.headers["referrer-policy"] == "no-referrer"
    opened = await town.phone.post("/api/go/open", json={"token": token})
    assert opened.headers["cache-control"] == "no-store"
    assert await town.versions(incident) == before


async def test_links_stand_in_notices_to_people_and_nowhere_else(town: Town) -> None:
    await town.incident()
    claimed = await town.made.notices.claim("relay", 10, timedelta(seconds=30))
    mine = [town.made.link_of(one) for one in claimed if one.notice.person is not None]
    assert mine
    assert all(link.startswith("https://bell/go/") for link in mine)
    siren = replace(claimed[0], notice=replace(claimed[0].notice, person=None))
    assert town.made.link_of(siren) == ""
    opened = await town.phone.post("/api/go/open", json={"token": mine[0].rpartition("/")[2]})
    assert opened.status_code == 200


# What opens nothing.


async def test_whatever_opens_nothing_is_refused_alike(town: Town, tmp_path: Path) -> None:
    incident = await town.incident()
    good, now = town.token(incident), SystemClock().now()
    foreign = LinkKeys((b"f" * 40,)).sign(
        Link(incident=incident, person=ANN, notice=NoticeId("n"), issued=now, expires=now + timedelta(days=1))
    )
    tokens = {
        "forged": good[:-6] + ("AAAAAA" if not good.endswith("AAAAAA") else "BBBBBB"),
        "cut": good[:-4],
        "foreign": foreign,
        "expired": town.token(incident, expires=now - timedelta(seconds=2)),
        "other incident": town.token(IncidentId("no-such-incident")),
        "other person": town.token(incident, PersonId("nobody")),
        "nonsense": "x",
    }
    before, answers = await town.versions(incident), {}
    for name, token in tokens.items():
        for url, body in (
            ("/api/go/open", {"token": token}),
            ("/api/go/act", {"token": token, "act": "tap-0001", "what": "accept"}),
            ("/api/go/photo-challenge", {"token": token}),
        ):
            answer = await town.phone.post(url, json=body)
            answers[name, url] = (answer.status_code, answer.text)
    assert len(set(answers.values())) == 1, "a difference tells who guesses what is true"
    assert next(iter(answers.values()))[0] == 404
    assert await town.versions(incident) == before


async def test_link_of_one_incident_or_person_does_nothing_to_another(town: Town) -> None:
    one, other = await town.incident(), await town.incident(kind="flood")
    assert one != other
    before = await town.versions(other)
    await town.taps(town.token(one), "accept")
    assert await town.versions(other) == before


async def test_link_ends_two_hours_after_the_incident_and_takes_claims_until_then(
    town: Town, database: Database
) -> None:
    incident = await town.incident()
    token = town.token(incident)
    before_end = SystemClock().now()
    await town.post(f"/api/incidents/{incident}/close", {"reason": "handled"})
    assert (await town.phone.post("/api/go/open", json={"token": token})).json()["acts"] == ["arrive"]
    assert await refusal(await town.taps(token, "accept")) == (422, "incident.closed")
    late = await town.taps(token, "arrive", position=HERE)
    assert await refusal(late) == (422, "incident.closed")
    claim = await town.taps(token, "arrive", position=HERE, at=before_end.isoformat())
    assert claim.status_code == 200, claim.text
    assert await town.verdict(incident) == "arrived"
    await database.execute("update incident set ended = ended - interval '2 hours 1 second'")
    assert await refusal(await town.phone.post("/api/go/open", json={"token": token})) == (
        404,
        "link.unknown",
    )
    assert (await town.taps(token, "arrive", at=before_end.isoformat())).status_code == 404


async def test_link_of_somebody_who_left_opens_nothing(town: Town) -> None:
    incident = await town.incident()
    token = town.token(incident)
    (ann,) = (one for one in PEOPLE if one.id == ANN)
    await town.made.town.add_people([replace(ann, active=False)], [])
    assert (await town.phone.post("/api/go/open", json={"token": token})).status_code == 404


async def test_link_is_bounded_in_its_use_and_others_go_on(town: Town) -> None:
    incident = await town.incident()
    token = town.token(incident)
    codes = [(await town.phone.post("/api/go/open", json={"token": token})).status_code for _ in range(61)]
    assert codes == [200] * 60 + [429]
    bob = town.token(incident, BOB)
    assert (await town.phone.post("/api/go/open", json={"token": bob})).status_code == 200


# Tags.


async def make_tag(town: Town, **body: object) -> tuple[str, str]:
    answer = await town.desk.post("/api/tags", json={"grid": VILLAGE, "name": "仓库门", **body})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["svg"].startswith("<?xml")
    assert made["address"].startswith("https://bell/tag/")
    return made["id"], made["address"]


async def test_tag_at_the_scene_proves_an_arrival_and_one_elsewhere_does_not(town: Town) -> None:
    incident = await town.incident()
    token = town.token(incident)
    await town.made.admin.add_collector(CollectorEntry(CollectorId("box"), 0, VILLAGE, "box", True, "-"))
    await town.made.town.add_devices([device("box/far", 30.9)])
    _, elsewhere = await make_tag(town, device="box/far")
    assert await refusal(await town.taps(token, "arrive", tag=elsewhere)) == (422, "tag.elsewhere")
    name, here = await make_tag(town)
    assert (await town.taps(token, "arrive", tag=here)).status_code == 200
    assert await town.verdict(incident) == "arrived"
    (proof,) = (await town.desk.get(f"/api/incidents/{incident}/proofs")).json()["items"]
    assert (proof["basis"], proof["details"]["tag"], proof["details"]["tag_name"]) == ("tag", name, "仓库门")
    listed = (await town.desk.get("/api/tags")).json()["items"]
    assert here.rpartition("/")[2] not in json.dumps(listed), "the secret is shown once"


async def test_tag_out_of_use_proves_nothing(town: Town) -> None:
    incident = await town.incident()
    name, here = await make_tag(town)
    assert (await town.desk.post(f"/api/tags/{name}/revoke")).status_code == 204
    for tag in (here, "https://bell/tag/never-was-a-tag-of-ours"):
        answer = await town.taps(town.token(incident), "arrive", tag=tag)
        assert await refusal(answer) == (422, "tag.unknown")
    assert (await town.desk.post("/api/tags/nowhere/revoke")).status_code == 404


def device(name: str, latitude: float) -> Any:

    return DevicePlace(
        device=name,
        collector="box",
        kind="camera",
        name=name,
        grid=VILLAGE,
        latitude=latitude,
        longitude=119.5,
    )


# Photos.


async def test_photo_with_its_code_is_kept_shown_and_can_be_refuted(town: Town) -> None:
    incident, picture = await town.incident(), jpeg()
    token = town.token(incident)
    asked = (await town.phone.post("/api/go/photo-challenge", json={"token": token})).json()
    assert len(asked["code"]) == 4
    form = {"token": token, "act": "photo-0001", "challenge": asked["challenge"]}
    sent = [
        await town.phone.post("/api/go/arrive-photo", data=form, files={"photo": ("x.jpg", picture)})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in sent] == [200, 200], sent[0].text
    assert (await town.events(incident)).count("arrived") == 1
    (proof,) = (await town.desk.get(f"/api/incidents/{incident}/proofs")).json()["items"]
    assert (proof["basis"], proof["accepted"]) == ("photo", True)
    assert proof["details"]["code"] == asked["code"]
    assert proof["picture"] == hashlib.sha256(picture).hexdigest()
    view = await town.desk.get(f"/api/pictures/{proof['picture']}", params={"incident": incident})
    assert view.content == picture
    await town.post(f"/api/incidents/{incident}/refute", {"tier": "village", "reason": "old_picture"})
    assert await town.verdict(incident) is None
    (proof,) = (await town.desk.get(f"/api/incidents/{incident}/proofs")).json()["items"]
    assert proof["refuted"] is not None
    (row,) = await town.made.proofs.proofs(incident)
    assert row.refuted is not None


async def test_code_is_good_once_and_for_its_own_person(town: Town) -> None:
    incident = await town.incident()
    ann, bob = town.token(incident), town.token(incident, BOB)
    asked = (await town.phone.post("/api/go/photo-challenge", json={"token": ann})).json()

    async def send(token: str, act: str) -> httpx.Response:
        form = {"token": token, "act": act, "challenge": asked["challenge"]}
        return await town.phone.post("/api/go/arrive-photo", data=form, files={"photo": ("x.jpg", jpeg())})

    assert await refusal(await send(bob, "photo-0001")) == (422, "photo.challenge")
    assert (await send(ann, "photo-0002")).status_code == 200
    assert await refusal(await send(ann, "photo-0003")) == (422, "photo.challenge")


async def test_what_is_no_photo_is_refused_and_uses_no_code_up(town: Town) -> None:
    incident = await town.incident()
    token = town.token(incident)
    asked = (await town.phone.post("/api/go/photo-challenge", json={"token": token})).json()
    form = {"token": token, "act": "photo-0001", "challenge": asked["challenge"]}

    async def send(data: bytes) -> httpx.Response:
        return await town.phone.post("/api/go/arrive-photo", data=form, files={"photo": ("x.jpg", data)})

    refused = {
        b"\xff\xd8\xff" + b"x" * 100: "photo.form",
        b"GIF89a": "photo.form",
        b"": "photo.size",
        b"\xff\xd8\xff" + b"x" * 4 * 1024 * 1024: "photo.size",
        b"x" * (4 * 1024 * 1024 + 70_000): "body.too_large",
    }
    for data, code in refused.items():
        assert (await send(data)).json()["code"] == code
    assert (await send(jpeg())).status_code == 200


# Acts that a phone signed.


async def test_signed_act_is_believed_once_and_marked_signed(town: Town) -> None:
    incident = await town.incident()
    key = ec.generate_private_key(ec.SECP256R1())
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    transport = httpx.ASGITransport(app=town.app)
    async with httpx.AsyncClient(transport=transport, base_url="https://bell") as ann:
        await sign_in(ann, "ann")
        body = {"public_key": base64.b64encode(spki).decode(), "name": "red one"}
        phone = (await ann.post("/api/phones", json=body)).json()["phone"]
        at = SystemClock().now().isoformat()

        async def send(act: str, counter: int, *, signer: Any = key, path: str = "arrive") -> httpx.Response:
            url = f"/api/incidents/{incident}/{path}"
            text = json.dumps({"act": act, "at": at, "position": HERE, "position_age_s": 2})
            message = f"{counter}\n{at}\nPOST /api/incidents/{incident}/arrive\n{text}".encode()
            r, s = utils.decode_dss_signature(signer.sign(message, ec.ECDSA(SHA256())))
            raw = base64.b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode()
            headers = {
                "X-Act-Phone": phone,
                "X-Act-Counter": str(counter),
                "X-Act-Signature": raw,
                "Content-Type": "application/json",
            }
            return await ann.post(url, content=text, headers=headers)

        other = ec.generate_private_key(ec.SECP256R1())
        assert await refusal(await send("signed-0001", 1, signer=other)) == (422, "act.signature")
        assert await refusal(await send("signed-0001", 1, path="nothing-here")) == (422, "act.signature")
        first = await send("signed-0001", 7)
        assert first.status_code == 200, first.text
        assert (await send("signed-0001", 7)).status_code == 200, "the same act again is answered"
        for counter in (7, 6):
            assert await refusal(await send("signed-0002", counter)) == (422, "act.replayed")
        (proof,) = await town.made.proofs.proofs(incident)
        assert (proof.details["signed"], proof.details["phone"], proof.details["counter"]) == (True, phone, 7)
        assert (await ann.delete(f"/api/phones/{phone}")).status_code == 204
        assert await refusal(await send("signed-0003", 8)) == (422, "act.phone")


async def test_key_that_is_none_is_refused(town: Town) -> None:
    transport = httpx.ASGITransport(app=town.app)
    async with httpx.AsyncClient(transport=transport, base_url="https://bell") as ann:
        await sign_in(ann, "ann")
        for key in ("A" * 120, base64.b64encode(b"x" * 91).decode()):
            answer = await ann.post("/api/phones", json={"public_key": key})
            assert await refusal(answer) == (422, "phone.key")


# Where people were stands nowhere but in rows that go.


async def test_position_stands_in_its_row_and_never_in_the_log(town: Town, database: Database) -> None:
    incident = await town.incident()
    there = HERE | {"latitude": 30.251234}
    assert (await town.taps(town.token(incident), "arrive", position=there)).status_code == 200
    bodies = await database.execute("select convert_from(body, 'UTF8') from incident_event")
    assert "30.251234" not in str(bodies)
    assert await database.execute("select latitude from position") == [(30.251234,)]


async def test_embedded_centre_makes_a_key_of_its_own_that_nobody_else_reads(tmp_path: Path) -> None:

    first, second = (with_own_links(Settings(data=tmp_path / "data")) for _ in range(2))
    path = first.api.link_key_file
    assert path is not None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_link_keys(first) == read_link_keys(second)
    assert (
        read_link_keys(with_own_links(Settings.model_validate({"store": {"dsn": "postgresql:///x"}}))) is None
    )
