"""What is checked of an act beside its words; the store's part is in the contract suite of proofs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.incidents import GRID, PLACE, START, Case, opening
from tests.support.response import ANN, VILLAGE, Response, in_memory
from tocsin.alerts import commands as ask
from tocsin.alerts.change import change_of
from tocsin.alerts.ports import AlertsUnit
from tocsin.alerts.proof_ports import PhoneKey, PlaceTag
from tocsin.alerts.proving import (
    NOTHING,
    Proved,
    Shown,
    challenge_for,
    fits,
    keep,
    proofs_of,
    prove,
    tag_hash,
)
from tocsin.core.errors import Rejected
from tocsin.core.grids import Position
from tocsin.core.ids import DeviceId, GridCode, PersonId, PictureHash
from tocsin.core.incidents import Actor, Basis
from tocsin.store.memory.alerts import MemoryAlertsStore

CAMERA = DeviceId("box/cam-1")
SECRET = "s" * 24
VE1 = PersonId("ve1")
FAR = Position(30.4, 119.9)


@pytest.fixture
async def response() -> AsyncIterator[Response]:
    async with in_memory() as made:
        yield made


@pytest.fixture
async def unit(response: Response) -> AsyncIterator[AlertsUnit]:
    async with response.store.unit() as opened:
        yield opened


def confirmed(**details: object) -> Case:
    case = Case()
    case.do(opening(**details))  # type: ignore[arg-type]
    case.confirm()
    return case


def tag(**details: object) -> PlaceTag:
    plain = PlaceTag(id="tag-1", grid=GRID, device=None, name="gate", made=START, made_by="ann")
    return replace(plain, **details)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hung", "at_scene"),
    [
        ({"device": CAMERA}, True),
        ({"device": CAMERA, "place": FAR}, True),
        ({"device": DeviceId("box/cam-9"), "place": FAR}, False),
        ({"place": PLACE}, True),
        ({"place": Position(30.3044, 119.9)}, True),
        ({"place": Position(30.3046, 119.9)}, False),
        ({"place": None}, True),
        ({"place": None, "grid": GridCode("1")}, False),
    ],
)
def test_tag_hangs_at_the_scene_or_it_does_not(hung: dict[str, object], *, at_scene: bool) -> None:
    assert fits(tag(**hung), confirmed().incident) is at_scene


@pytest.mark.parametrize(
    "given", [SECRET, f"https://bell.example/tag/{SECRET}", f" https://bell.example/tag/{SECRET}/ "]
)
def test_tag_is_known_by_its_secret_however_the_phone_reads_it(given: str) -> None:
    assert tag_hash(given) == tag_hash(SECRET)


@pytest.mark.parametrize("given", ["", "short", "https://bell.example/tag/", f"{SECRET}?x=1", "汉" * 30])
def test_what_is_no_tag_has_no_hash(given: str) -> None:
    assert tag_hash(given) is None


async def test_word_alone_shows_nothing_and_is_kept_nowhere(unit: AlertsUnit) -> None:
    command = ask.Arrive(person=VE1, basis=Basis.DECLARED)
    proved = await prove(unit, confirmed().incident, command, NOTHING, person=VE1, key="act-1")
    assert proved == Proved(command, {})


async def test_position_gets_a_row_whose_id_the_act_decides(unit: AlertsUnit) -> None:
    command = ask.Arrive(person=VE1, basis=Basis.POSITION, position=PLACE, age_s=4.0, mock=True)
    state = confirmed().incident
    first, same, other = [
        await prove(unit, state, command, NOTHING, person=VE1, key=key) for key in ("a", "a", "b")
    ]
    assert isinstance(first.command, ask.Arrive)
    assert first == same != other
    assert (first.command.basis, first.details) == (Basis.POSITION, {"age_s": 4.0, "mock": True})


async def test_signed_act_rises_the_counter_and_a_repeated_one_is_refused(response: Response) -> None:
    assert isinstance(response.store, MemoryAlertsStore)
    response.store.tables.of_proofs.phones["phone-1"] = PhoneKey(
        id="phone-1", person=VE1, public_key=b"k", name="", made=START
    )
    shown, state = Shown(phone="phone-1", counter=5), confirmed().incident
    async with response.store.unit() as unit:
        proved = await prove(unit, state, ask.Accept(person=VE1), shown, person=VE1, key="a")
        assert proved.details == {"phone": "phone-1", "counter": 5.0, "signed": True}
        for person in (VE1, None):
            with pytest.raises(Rejected, match="sent before"):
                await prove(unit, state, ask.Accept(person=VE1), shown, person=person, key="a")


@pytest.mark.parametrize("given", ["n" * 24, "not a tag"])
async def test_unknown_tag_is_refused_with_what_to_do(unit: AlertsUnit, given: str) -> None:
    command = ask.Arrive(person=VE1, basis=Basis.DECLARED)
    with pytest.raises(Rejected) as caught:
        await prove(unit, confirmed().incident, command, Shown(tag=given), person=VE1, key="a")
    assert caught.value.code == "tag.unknown"


async def test_code_is_given_again_while_half_of_its_time_is_left(response: Response) -> None:
    case = confirmed()
    async with response.store.unit() as unit:
        case.now = unit.now
        asked = [
            await challenge_for(unit, case.incident, case.policy, case.staff, person=VE1, fresh=fresh)
            for fresh in (("c-1", "0001"), ("c-2", "0002"))
        ]
    assert [one.code for one in asked] == ["0001", "0001"]
    await response.travel(asked[0].expires - timedelta(minutes=1))
    async with response.store.unit() as unit:
        later = await challenge_for(
            unit, case.incident, case.policy, case.staff, person=VE1, fresh=("c-3", "0003")
        )
        with pytest.raises(Rejected, match="not on duty"):
            await challenge_for(
                unit, case.incident, case.policy, case.staff, person=ANN, fresh=("c-4", "0004")
            )
    assert later.code == "0003"


async def test_code_is_not_given_for_what_has_ended(unit: AlertsUnit) -> None:
    case = confirmed()
    case.do(ask.Close(reason_code="handled"))
    with pytest.raises(Rejected, match="cannot take a photo"):
        await challenge_for(unit, case.incident, case.policy, case.staff, person=VE1, fresh=("c", "1"))


async def test_what_was_shown_is_kept_with_the_arrival_it_proves(response: Response) -> None:
    case = confirmed().at(60)
    command = ask.Arrive(person=VE1, basis=Basis.POSITION, position=PLACE, proof="proof-1")
    proved = Proved(command, {"tag": "tag-1"}, PictureHash("a" * 64))
    change = change_of(
        case.incident.id,
        case.incident,
        [command],
        now=case.now,
        policy=case.policy,
        directory=case.staff,
        actor=Actor("person", VE1),
    )
    assert change is not None
    (proof,) = proofs_of(change, proved, case.now)
    assert (proof.id, proof.basis, proof.picture) == ("proof-1", Basis.POSITION, "a" * 64)
    assert proof.details == {"tag": "tag-1", "distance_m": 0.0}
    assert "30.3" not in repr(proof)
    async with response.store.unit() as unit:
        await keep(unit, change, proved)
        await keep(unit, replace(change, events=()), proved)
    assert isinstance(response.store, MemoryAlertsStore)
    assert list(response.store.tables.of_proofs.proofs) == ["proof-1"]
    assert [kept[1:3] for kept in response.store.tables.positions] == [(VE1, PLACE)]
    assert VILLAGE in response.store.town.grids
