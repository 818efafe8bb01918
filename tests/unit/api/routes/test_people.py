"""People and appointments over HTTP: who sees and changes whom."""

from tests.support.api import CHEN, TOWNSHIP, WANG, WEIR, World
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, OrganisationCode
from tocsin.core.responders import Channel
from tocsin.town.catalogue import CatalogueSheet
from tocsin.town.organisations import OrganisationEntry, OrganisationKind
from tocsin.town.ports import ContactAddress, Role

APPOINT = {"person": WANG, "grid": "102", "role": "grid_leader", "tier": "village", "full_time": True}


async def test_a_township_sees_nobody_of_its_neighbour() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        names = [one["id"] for one in (await client.get("/api/people")).json()["items"]]
        assert WANG in names
        assert CHEN not in names
        assert (await client.get(f"/api/people/{CHEN}")).status_code == 404
        assert (await client.get(f"/api/people/{WANG}")).json()["appointments"][0]["grid"] == "101"
        listed = (await client.get("/api/appointments")).json()["items"]
        assert CHEN not in {one["person"] for one in listed}
        assert (await client.get("/api/appointments?grid=201")).status_code == 404


async def test_an_administrator_adds_and_changes_people_of_their_own_scope_only() -> None:
    world = World()
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        body = {"id": "li", "name": "李", "grid": "101", "contacts": [{"channel": "sms", "address": "139"}]}
        made = await client.post("/api/people", json=body)
        assert made.status_code == 201
        assert made.json()["channels"] == ["sms"]
        assert made.json()["tier"] is None
        assert (await client.post("/api/people", json=body)).status_code == 409
        assert (await client.post("/api/people", json={**body, "id": "x", "grid": "201"})).status_code == 404
        change = {"name": "王", "grid": "102", "language": "en"}
        changed = await client.put(f"/api/people/{WANG}", json=change)
        assert (changed.json()["name"], changed.json()["grid"], changed.json()["tier"]) == (
            "王",
            "102",
            "village",
        )
        out = await client.put(f"/api/people/{WANG}", json={"name": "王", "grid": "201"})
        assert (out.status_code, out.json()["code"]) == (404, "grid.unknown")
        assert (await client.put(f"/api/people/{CHEN}", json=change)).status_code == 404
    assert world.town.staffed.members[WANG].grid == "102"
    assert world.town.staffed.members[CHEN].grid == "201"


async def test_an_administrator_appoints_to_grids_of_their_own_scope_only() -> None:
    world = World()
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        made = await client.post("/api/appointments", json={**APPOINT, "id": "a1"})
        assert (made.status_code, made.json()["grid_name"]) == (
            201,
            world.town.staffed.places[GridCode("102")].name,
        )
        assert made.json()["role"] == "grid_leader"
        assert (await client.post("/api/appointments", json={**APPOINT, "grid": "201"})).status_code == 404
        assert (await client.post("/api/appointments", json={**APPOINT, "person": CHEN})).status_code == 404
        taken = await client.post("/api/appointments", json={**APPOINT, "id": "main.chen"})
        assert taken.status_code == 409
        before = {**APPOINT, "since": "2026-11-22T00:00:00Z", "until": "2026-11-21T00:00:00Z"}
        assert (await client.post("/api/appointments", json=before)).json()["code"] == "appointment.until"
        assert (await client.delete("/api/appointments/main.chen")).status_code == 404
        assert (await client.delete("/api/appointments/main.wang")).status_code == 204
        assert (await client.delete("/api/appointments/main.wang")).status_code == 404
    assert not world.town.staffed.appointments["main.wang"].holds(world.clock.now())
    assert world.town.staffed.appointments["main.chen"].holds(world.clock.now())


async def organised() -> World:
    """A world with an organisation of the city, and one of the neighbour."""
    world = World()
    await world.catalogue.save(
        CatalogueSheet(
            organisations=tuple(
                OrganisationEntry(
                    code=OrganisationCode(code),
                    name=code,
                    kind=OrganisationKind.DEPARTMENT,
                    tier=Tier.CITY,
                    grid=GridCode(grid),
                )
                for code, grid in (("city", "1"), ("neighbour", "20"))
            )
        )
    )
    return world


async def test_nobody_is_appointed_for_an_organisation_of_the_neighbour() -> None:
    world = await organised()
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        for code in ("neighbour", "nobody"):
            refused = await client.post("/api/appointments", json={**APPOINT, "organisation": code})
            assert (refused.status_code, refused.json()["code"]) == (404, "organisation.unknown")
        made = await client.post("/api/appointments", json={**APPOINT, "id": "a1", "organisation": "city"})
        assert (made.status_code, made.json()["organisation"]) == (201, "city")
    async with world.signed_in(Role.ADMINISTRATOR) as client:
        await client.post("/api/appointments", json={**APPOINT, "id": "a1", "organisation": "neighbour"})
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        kept = await client.post(
            "/api/appointments", json={**APPOINT, "id": "a1", "organisation": "neighbour", "order": 2}
        )
        assert kept.status_code == 201, "whoever sees both has decided it"


async def test_a_siren_is_nobodys_address() -> None:
    world = World()
    body = {
        "name": "王",
        "grid": "101",
        "contacts": [{"channel": "mqtt", "address": "collector-of-the-farm"}],
    }
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        for answer in (
            await client.post("/api/people", json={**body, "id": "li"}),
            await client.put(f"/api/people/{WANG}", json=body),
        ):
            assert (answer.status_code, answer.json()["code"]) == (422, "people.channel")
    assert "li" not in world.town.staffed.members


async def test_who_is_appointed_here_but_belongs_elsewhere_is_seen_and_not_changed() -> None:
    world = World()
    async with world.signed_in(Role.ADMINISTRATOR) as client:
        await client.post("/api/appointments", json={**APPOINT, "person": CHEN, "grid": "101"})
    async with world.signed_in(Role.ADMINISTRATOR, WEIR) as client:
        seen = (await client.get(f"/api/people/{CHEN}")).json()
        assert [one["grid"] for one in seen["appointments"]] == ["101"]
        refused = await client.put(f"/api/people/{CHEN}", json={"name": "Chen", "grid": "101"})
        assert refused.json()["code"] == "person.elsewhere"
        reading = await client.post(f"/api/people/{CHEN}/contacts", json={"reason": "drill"})
        assert reading.json()["code"] == "person.elsewhere"


async def test_numbers_are_read_with_a_reason_that_is_kept() -> None:
    world = World()
    number = ContactAddress(person=WANG, channel=Channel.SMS, address="13900000001", rank=1)
    world.town.staffed.contacts[WANG] = (number,)
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        assert "13900000001" not in (await client.get(f"/api/people/{WANG}")).text
        assert (await client.post(f"/api/people/{WANG}/contacts", json={"reason": ""})).status_code == 422
        assert world.people.readings == []
        found = await client.post(f"/api/people/{WANG}/contacts", json={"reason": "tell him of the drill"})
        assert found.json()["items"] == [{"channel": "sms", "address": "13900000001"}]
        (reading,) = (await client.get(f"/api/people/{WANG}/readings")).json()["items"]
        assert (reading["reader"], reading["reason"]) == ("ada", "tell him of the drill")
        assert (
            await client.post(f"/api/people/{CHEN}/contacts", json={"reason": "drill"})
        ).status_code == 404
