"""How people are reached: the providers as they are, and tests of everybody's channels."""

from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Path, Query

from tocsin.alerts.reach_ports import TrialRow
from tocsin.api.access import Desk, Keeper, Staff, within
from tocsin.api.deps import Deps
from tocsin.api.params import NAME, MostQuery
from tocsin.api.schemas.channels import (
    AnswerTestBody,
    ChannelList,
    ChannelTestBody,
    ChannelTestList,
    ChannelTestsOrdered,
    ChannelTestView,
    ChannelView,
    Unreachable,
)
from tocsin.core.errors import NotFound
from tocsin.core.ids import PersonId

router = APIRouter(prefix="/api", tags=["channels"])

PersonPath = Annotated[
    PersonId, Path(description="The person's id.", min_length=1, max_length=64, pattern=NAME)
]


@router.get("/channels", operation_id="listChannels", summary="Providers of all channels")
async def list_channels(_: Staff, deps: Deps) -> ChannelList:
    """List every provider that a relay ever offered, with its health and its last hour."""
    rows = await deps.trials.channels()
    items = [
        ChannelView(
            channel=row.channel,
            provider=row.provider,
            offered=row.offered,
            up=row.up,
            since=row.since,
            failures=row.failures,
            last_ok=row.last_ok,
            reason=row.reason,
            waiting=row.waiting,
            sent_hour=row.sent_hour,
            failed_hour=row.failed_hour,
        )
        for row in rows
    ]
    return ChannelList(items=items, now=deps.clock.now())


@router.post("/people/{person}/channel-test", operation_id="testChannels", summary="Test a person's channels")
async def order_tests(
    person: PersonPath, body: ChannelTestBody, caller: Keeper, deps: Deps
) -> ChannelTestsOrdered:
    """Order a test of one channel, or of all; relays send it within their budgets.

    One that is on its way already is not ordered again, so that the request may be repeated.
    """
    known = await deps.town.person(person)
    grid = None if known is None else await deps.town.grid(known.grid)
    if grid is None or not within(caller.scope, grid.path):
        raise NotFound("person.unknown", f"there is no person {person} that you may test")
    channels = [] if body.channel is None else [body.channel]
    return ChannelTestsOrdered(tests=list(await deps.trials.ask(person, channels, caller.person)))


@router.get("/channel-tests", operation_id="listChannelTests", summary="Tests of channels")
async def list_channel_tests(
    caller: Desk,
    deps: Deps,
    person: Annotated[
        PersonId | None, Query(description="Only those of this person.", max_length=64, pattern=NAME)
    ] = None,
    most: MostQuery = 100,
) -> ChannelTestList:
    """List tests within the caller's scope, newest first, and who cannot be reached at all."""
    rows = await deps.trials.rows(caller.scope, person, most)
    silent = await deps.trials.unreachable(caller.scope)
    return ChannelTestList(
        items=[_test(row) for row in rows],
        unreachable=[
            Unreachable(person=who, person_name=name, reason=reason) for who, name, reason in silent
        ],
        now=deps.clock.now(),
    )


@router.post("/channel-tests/answer", operation_id="answerChannelTest", summary="Answer a test")
async def answer_channel_test(body: AnswerTestBody, deps: Deps) -> ChannelTestView:
    """Note that a test reached its person; posted by the page of its link, which needs no sign-in."""
    row = await deps.trials.answer(sha256(body.token.encode()).digest())
    if row is None:
        raise NotFound("test.unknown", "this test is unknown or more than a week old: ask for a new one")
    return _test(row)


def _test(row: TrialRow) -> ChannelTestView:
    return ChannelTestView(
        id=row.id,
        person=row.person,
        person_name=row.person_name,
        channel=row.channel,
        provider=row.provider,
        asked=row.asked,
        outcome=row.outcome,
        reason=row.reason,
        settled=row.settled,
        answered=row.answered,
        score=row.score,
    )
