from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.support.api import SMOKE, START, WANG, World
from tocsin.alerts import commands as ask
from tocsin.alerts.proving import NOTHING, Shown
from tocsin.api import acting
from tocsin.api.schemas.base import Place
from tocsin.api.schemas.commands import ArriveBody, NothingHereBody
from tocsin.core.errors import Rejected
from tocsin.core.grids import Position
from tocsin.core.ids import PictureHash
from tocsin.core.incidents import Actor, Basis

HERE = Place(latitude=30.0, longitude=120.0, accuracy_m=9)
ACTOR = Actor("person", WANG)


def test_arrival_without_a_position_is_a_word_and_its_age_means_nothing() -> None:
    said = acting.arrival(WANG, ArriveBody(act="act-0001", position_age_s=4))
    assert said == ask.Arrive(person=WANG, basis=Basis.DECLARED)


def test_arrival_and_nothing_here_carry_the_same_proof() -> None:
    fields = {"act": "act-0001", "position": HERE, "position_age_s": 4, "position_mock": True, "at": START}
    came = acting.arrival(WANG, ArriveBody.model_validate(fields))
    nothing = acting.nothing_here(WANG, NothingHereBody.model_validate(fields))
    there = Position(30.0, 120.0, 9)
    assert (came.basis, came.position, came.age_s, came.mock, came.at) == (
        Basis.POSITION,
        there,
        4,
        True,
        START,
    )
    names = ("person", "basis", "position", "age_s", "mock", "at")
    assert [getattr(came, name) for name in names] == [getattr(nothing, name) for name in names]


@pytest.mark.parametrize(
    ("what", "command"),
    [
        ("see", ask.See(person=WANG)),
        ("accept", ask.Accept(person=WANG)),
        ("help", ask.AskHelp(person=WANG)),
        ("done", ask.ReportDone(person=WANG)),
        ("real", ask.SayReal(person=WANG)),
        ("refuse", ask.Refuse(person=WANG, reason_code="ill")),
    ],
)
def test_each_word_is_its_command(what: str, command: ask.Command) -> None:
    assert acting.simple(what, WANG, "ill") == command


def test_refusal_without_a_reason_is_asked_for_one() -> None:
    with pytest.raises(Rejected, match="say why"):
        acting.simple("refuse", WANG, None)


def test_photo_shows_its_code_and_picture() -> None:
    name = PictureHash("a" * 64)
    command, shown = acting.photo(WANG, START, "code-1", name)
    assert command == ask.Arrive(person=WANG, at=START, basis=Basis.PHOTO)
    assert shown == Shown(challenge="code-1", picture=name)


def test_tag_is_added_to_what_is_shown() -> None:
    signed = Shown(phone="phone-1", counter=3)
    assert acting.with_tag(signed, None) is signed
    assert acting.with_tag(signed, "t") == Shown(phone="phone-1", counter=3, tag="t")


@pytest.mark.parametrize(("seconds", "taken"), [(120, True), (121, False)])
async def test_phone_may_run_two_minutes_ahead(seconds: int, *, taken: bool) -> None:
    world = World()
    at = world.clock.now() + timedelta(seconds=seconds)
    sending = acting.submit(
        world.deps, SMOKE, ask.See(person=WANG), ACTOR, act="act-0001", at=at, shown=NOTHING
    )
    if taken:
        await sending
    else:
        with pytest.raises(Rejected, match="future"):
            await sending
    assert len(world.alerts.asked) == taken


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "2000-01-01T00:00:00Z"])
async def test_instant_that_could_never_be_read_again_reaches_no_incident(at: str) -> None:
    world = World()
    with pytest.raises(Rejected) as refused:
        await acting.submit(
            world.deps,
            SMOKE,
            ask.See(person=WANG),
            ACTOR,
            act="act-0001",
            at=datetime.fromisoformat(at),
            shown=NOTHING,
        )
    assert (refused.value.code, world.alerts.asked) == ("act.past", [])
