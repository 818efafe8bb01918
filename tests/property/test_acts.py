"""The same act sent any number of times, in any mixture with others, is taken once."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.site import BARN, NOON, Site
from tocsin.alerts import commands as ask
from tocsin.alerts.proof_ports import PhoneKey
from tocsin.alerts.proving import Shown
from tocsin.core.errors import Rejected
from tocsin.core.ids import PersonId
from tocsin.core.incidents import Actor, Basis

PEOPLE = st.sampled_from([PersonId(name) for name in ("li", "wang", "zhao", "sun")])
WHATS = st.sampled_from(["see", "accept", "refuse", "help", "arrive", "real", "nothing", "done"])
ACTS = st.lists(st.tuples(st.integers(0, 9), PEOPLE, WHATS), min_size=1, max_size=10)
ORDER = st.lists(st.integers(0, 9), max_size=25)


def command(who: PersonId, what: str) -> ask.Command:
    match what:
        case "see":
            return ask.See(person=who)
        case "accept":
            return ask.Accept(person=who)
        case "refuse":
            return ask.Refuse(person=who, reason_code="ill")
        case "help":
            return ask.AskHelp(person=who)
        case "arrive":
            return ask.Arrive(person=who, basis=Basis.POSITION, position=BARN)
        case "real":
            return ask.SayReal(person=who)
        case "nothing":
            return ask.SayNothingHere(person=who)
        case _:
            return ask.ReportDone(person=who)


async def begun() -> Site:
    site = Site()
    await site.policies.keep(site.store)
    await site.at("00:00").sees("cam-1")
    incident = site.incident().id
    await site.service.command(incident, ask.Confirm(), Actor("person", "ann"))
    for name in ("li", "wang", "zhao", "sun"):
        site.store.tables.of_proofs.phones[name] = PhoneKey(
            id=name, person=PersonId(name), public_key=b"k", name="", made=NOON
        )
    return site


async def send(site: Site, number: int, who: PersonId, what: str) -> bool:
    """Send one act as its phone signed it; say whether it was taken."""
    shown = Shown(phone=who, counter=number + 1)
    try:
        await site.service.command(
            site.incident().id, command(who, what), Actor("person", who), act=f"act-{number}", shown=shown
        )
    except Rejected:
        return False
    return True


@settings(max_examples=40, deadline=None)
@given(acts=ACTS, order=ORDER)
def test_an_act_that_was_taken_never_gives_a_second_event(
    acts: list[tuple[int, PersonId, str]], order: list[int]
) -> None:
    async def tell() -> None:
        site = await begun()
        sent = {number: (who, what) for number, who, what in acts}
        taken: set[int] = set()
        for number in [*sent, *order]:
            if number not in sent:
                continue
            before = site.incident().version
            site.clock.advance(timedelta(seconds=1))
            answered = await send(site, number, *sent[number])
            if number in taken:
                assert answered, "a repeated act is answered"
                assert site.incident().version == before, "and adds nothing"
            if answered:
                taken.add(number)

    asyncio.run(tell())


@settings(max_examples=25, deadline=None)
@given(acts=ACTS, copies=st.integers(2, 4))
def test_copies_that_arrive_together_are_one(acts: list[tuple[int, PersonId, str]], copies: int) -> None:
    async def tell(number_of_copies: int) -> list[str]:
        site = await begun()
        for number, (who, what) in {number: (who, what) for number, who, what in acts}.items():
            with suppress(Rejected):
                await asyncio.gather(*(send(site, number, who, what) for _ in range(number_of_copies)))
        return site.events()

    assert asyncio.run(tell(copies)) == asyncio.run(tell(1))
