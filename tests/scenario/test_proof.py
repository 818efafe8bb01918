"""Arrival and its proof, told as stories: graded, proved later, taken back, and everybody told who must know."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.support.site import NOON, VILLAGE, Site, story
from tocsin.alerts import commands as ask
from tocsin.alerts.proof_ports import PlaceTag
from tocsin.alerts.proving import Shown
from tocsin.core.errors import Rejected
from tocsin.core.grids import Position, Tier
from tocsin.core.ids import DeviceId, PersonId, PictureHash
from tocsin.core.incidents import Actor, Basis
from tocsin.store.memory.proofs import MemoryProofStore

SECRET = "a-secret-on-the-barn-door"
OTHER_PLACE = Position(30.5, 119.9, 10.0)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with story() as told:
        yield told


async def confirmed(site: Site) -> None:
    """Ann confirms smoke at 0:20; at grade III all three tiers are called at once."""
    await site.at("00:00").sees("cam-1")
    await (
        site.at("00:20").confirms("ann").then_told("li", "wang", "zhao", "sun").told("village", about="siren")
    )


async def small(site: Site) -> None:
    """Ann confirms something small at 0:20: the village alone is called."""
    await site.at("00:00").sees("cam-1", severity=0.1)
    await site.at("00:20").confirms("ann").then_told("li", "wang")


async def arrives(site: Site, who: str, shown: Shown, *, act: str, basis: Basis = Basis.DECLARED) -> None:
    command = ask.Arrive(person=PersonId(who), basis=basis)
    await site.service.command(site.incident().id, command, Actor("person", who), act=act, shown=shown)


async def hang_up(site: Site, *, device: str | None = None) -> None:
    store = MemoryProofStore(lambda: site.store.tables.of_proofs, site.town, site.clock)
    name = DeviceId(f"box/{device}") if device else None
    tag = PlaceTag(id="tag-1", grid=VILLAGE, device=name, name="谷仓", made=NOON, made_by="ann")
    await store.add_tag(tag, hashlib.sha256(SECRET.encode()).digest())


async def test_camera_that_sees_somebody_makes_a_word_an_arrival(site: Site) -> None:
    await small(site)
    await site.at("00:30").goes("li")
    await site.at("02:00").does(lambda: word("li"), "li").verdicts(village=None)
    await site.at("02:30").sees("cam-1", "presence").verdicts(village="arrived")
    await site.at("02:30").told("wang", about="recall")
    clock = site.incident().clocks[Tier.VILLAGE]
    assert (clock.basis, clock.at) == (Basis.CAMERA, NOON + timedelta(minutes=2, seconds=30))
    assert {kind for _, kind, _ in site.store.tables.alarms} == {"smoke"}, "a person in sight is no alarm"


async def test_word_after_the_camera_saw_somebody_counts_as_well(site: Site) -> None:
    await small(site)
    await site.at("00:30").goes("li")
    await site.at("01:30").sees("cam-1", "presence").verdicts(village=None)
    await site.at("01:50").sees_no_more("cam-1", "presence")
    await site.at("02:10").does(lambda: word("li"), "li").verdicts(village="arrived")
    await site.at("02:10").told("wang", about="recall")
    assert site.events().count("sighted") == 2


async def test_camera_of_another_place_proves_nothing(site: Site) -> None:
    await small(site)
    await site.at("00:30").goes("li")
    await site.at("01:30").sees("smoke-1", "presence")
    await site.at("02:10").does(lambda: word("li"), "li").verdicts(village=None)
    assert "sighted" not in site.events()


def word(who: str) -> ask.Arrive:
    return ask.Arrive(person=PersonId(who), basis=Basis.DECLARED)


async def test_refuted_photo_calls_everybody_again_and_the_township_at_the_deadline(site: Site) -> None:
    await small(site)
    incident = site.incident().id
    await site.at("00:30").goes("li")
    await site.at("01:00").nobody_is_told()
    code = await site.service.photo_challenge(incident, PersonId("li"))
    shown = Shown(challenge=code.id, picture=PictureHash("a" * 64))
    await arrives(site, "li", shown, act="photo-1")
    await site.at("01:00").told("wang", about="recall").verdicts(village="arrived")
    await site.service.refute(incident, Tier.VILLAGE, "old_picture", Actor("person", "ann"), act="refute-1")
    await site.at("01:00").told("li", "wang").verdicts(village=None)
    (proof,) = site.store.tables.of_proofs.proofs.values()
    assert (proof.details["code"], proof.refuted) == (code.code, site.clock.now())
    await site.at("01:10").goes("wang")
    await site.at("03:20").told("zhao").told("boss", about="missed_below")
    await site.at("03:20").verdicts(village="missed", township=None)
    await site.at("03:30").closes("ann").then_told("li", "wang", "zhao", about="recall")


async def test_phone_that_had_no_network_takes_the_miss_back_and_a_refutation_brings_it_again(
    site: Site,
) -> None:
    await small(site)
    await site.at("00:30").goes("li")
    await site.at("03:20").told("zhao").told("boss", about="missed_below")
    await site.at("03:25").goes("zhao").verdicts(village="missed", township=None)
    await site.at("05:00").arrives("li", at="03:00")
    await site.at("05:00").told("wang", "zhao", about="recall")
    await site.at("05:00").verdicts(village="arrived", township="stood_down")
    incident = site.incident().id
    await site.service.refute(incident, Tier.VILLAGE, "wrong_place", Actor("person", "ann"), act="refute-1")
    await site.at("05:00").told("zhao").verdicts(village="missed", township=None)
    await site.at("05:10").goes("zhao")
    await site.at("06:00").arrives("zhao").verdicts(village="missed", township="arrived")


async def test_tag_proves_an_arrival_and_the_same_tap_twice_is_one(site: Site) -> None:
    await hang_up(site, device="cam-1")
    await small(site)
    await site.at("00:30").goes("li")
    for _ in range(2):
        await arrives(site, "li", Shown(tag=f"https://bell.example/tag/{SECRET}"), act="tap-1")
    await site.at("01:00").told("wang", about="recall").verdicts(village="arrived")
    assert site.events().count("arrived") == 1
    (proof,) = site.store.tables.of_proofs.proofs.values()
    assert (proof.basis, proof.details["tag_name"]) == (Basis.TAG, "谷仓")


async def test_tag_of_another_place_is_refused_and_nothing_is_noted(site: Site) -> None:
    await hang_up(site)
    village = site.town.grids[VILLAGE]
    site.town.grids[VILLAGE] = type(village)(
        **{name: getattr(village, name) for name in village.__struct_fields__} | {"centre": OTHER_PLACE}
    )
    await small(site)
    with pytest.raises(Rejected, match="another place"):
        await arrives(site, "li", Shown(tag=SECRET), act="tap-1")
    assert "arrived" not in site.events()
    assert site.store.tables.of_proofs.proofs == {}


async def test_position_is_kept_only_of_somebody_who_arrives(site: Site) -> None:
    await small(site)
    await site.at("00:30").goes("li")
    assert site.store.tables.positions == []
    await site.at("01:00").arrives("li").then_told("wang", about="recall")
    (kept,) = site.store.tables.positions
    assert kept[1] == "li"
    await site.at("01:10").arrives("li")
    assert len(site.store.tables.positions) == 1, "what says nothing new is not kept"


async def test_act_sent_by_many_at_one_time_gives_one_event(site: Site) -> None:
    await hang_up(site, device="cam-1")
    await small(site)
    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(arrives(site, "li", Shown(tag=SECRET), act="tap-1"))
    await site.at("00:20").told("wang", about="recall")
    assert site.events().count("arrived") == 1


async def test_word_that_nothing_is_there_waits_for_an_operator_and_a_proof_does_not(site: Site) -> None:
    await confirmed(site)
    await site.at("00:30").goes("li").goes("wang").goes("zhao").goes("sun")
    await site.at("01:00").finds_nothing("li").state("accepted").nobody_is_told()
    await site.at("01:30").finds_nothing("wang", proved=True).state("rejected")
    await site.at("01:30").told("li", "zhao", "sun", about="recall")
