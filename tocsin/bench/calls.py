"""Two hundred people called at one instant through WeCom, against a provider that holds to its budget.

The provider refuses what exceeds the application's budget and drops what exceeds a member's without a
word, as the real one does: a relay that sends too fast loses calls.  The relay, its budgets and its
outbox are the real ones; the provider is a transport in this process.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

import httpx
from pydantic import SecretStr

from tocsin.alerts.change import change_of
from tocsin.alerts.channels.config import WecomAppConfig
from tocsin.alerts.channels.wecom_app import WecomAppChannel
from tocsin.alerts.commands import AddNote
from tocsin.alerts.config import RelayConfig
from tocsin.alerts.incident import fold
from tocsin.alerts.model import Notice
from tocsin.alerts.ports import ChannelAdapter
from tocsin.alerts.providers import Providers
from tocsin.alerts.recorder import Recorder
from tocsin.alerts.relay import Relay
from tocsin.bench.engine import Bench, name_of, village
from tocsin.core.clock import SystemClock
from tocsin.core.errors import InvariantBroken
from tocsin.core.ids import IncidentId, NoticeId, PersonId, derived_id
from tocsin.core.incidents import SYSTEM
from tocsin.core.responders import Channel
from tocsin.store.notices import PgNoticeStore
from tocsin.store.reach import PgReachStore
from tocsin.store.town import PgTownStore
from tocsin.town.ports import ContactAddress, Person

PER_MINUTE: Final = 10_000
"""What the provider takes of one application."""
MEMBER_PER_MINUTE: Final = 30
"""What the provider takes for one member; more is dropped without a word."""
LIMIT_SECONDS: Final = 60.0
"""Who is not reached by then counts as lost."""


@dataclass(frozen=True, slots=True)
class Calls:
    """What became of the calls."""

    people: int
    lost: int
    """People who were not reached."""
    twice: int
    over: int
    """Sendings beyond the provider's budget."""
    seconds: float
    """Until the last of them was reached."""


@dataclass(slots=True)
class Provider:
    """Takes messages within its budgets; beyond the member's it says yes and drops them."""

    wanted: int = 0
    all_reached: asyncio.Event = field(default_factory=asyncio.Event)
    reached: Counter[str] = field(default_factory=Counter)
    over: int = 0
    _recent: deque[tuple[float, str]] = field(default_factory=deque)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if request.url.path == "/cgi-bin/gettoken":
            return _json({"errcode": 0, "access_token": "token", "expires_in": 7200})
        now, member = asyncio.get_running_loop().time(), str(json.loads(request.content)["touser"])
        while self._recent and now - self._recent[0][0] >= 60:
            self._recent.popleft()
        if len(self._recent) >= PER_MINUTE:
            self.over += 1
            return _json({"errcode": 45009, "errmsg": "reach max api quota limit"})
        if sum(one == member for _, one in self._recent) >= MEMBER_PER_MINUTE:
            self.over += 1
        else:
            self.reached[member] += 1
            if len(self.reached) >= self.wanted:
                self.all_reached.set()
        self._recent.append((now, member))
        return _json({"errcode": 0, "errmsg": "ok", "msgid": f"m{len(self._recent)}"})


def _json(body: Mapping[str, object]) -> httpx.Response:
    # As a stream, which is how the channel reads it: a reply is bounded before it is read.
    return httpx.Response(200, stream=httpx.ByteStream(json.dumps(body).encode()))


async def measure(bench: Bench, people: int) -> Calls:
    """Put the calls into the outbox at one instant and let one relay send them."""
    await _contacts(bench, people)
    incident = name_of("calls", 0)
    await bench.open("calls", 1, timedelta(), await bench.now())
    await bench.let_run_from(await bench.now())
    await _put(bench, incident, people)
    provider, clock, stop = Provider(people), SystemClock(), asyncio.Event()
    config = WecomAppConfig(corp_id="bench", agent_id=1, secret=SecretStr("bench-secret"))
    async with httpx.AsyncClient(transport=httpx.MockTransport(provider.answer)) as client:
        adapters: dict[Channel, list[ChannelAdapter]] = {
            Channel.WECOM_APP: [WecomAppChannel(config, client, clock)]
        }
        relay = Relay(
            PgNoticeStore(bench.connections),
            Recorder(bench.service),
            Providers(adapters, PgReachStore(bench.connections), clock=clock, person=()),
            config=RelayConfig(),
            clock=clock,
            name="bench",
            wait=bench.store.wait,
        )
        began = clock.monotonic()
        async with asyncio.TaskGroup() as group:
            running = group.create_task(relay.run(stop))
            with suppress(TimeoutError):
                async with asyncio.timeout(LIMIT_SECONDS):
                    await provider.all_reached.wait()
            seconds = clock.monotonic() - began
            stop.set()
            await running
    return Calls(
        people=people,
        lost=people - len(provider.reached),
        twice=sum(times > 1 for times in provider.reached.values()),
        over=provider.over,
        seconds=seconds,
    )


def _person(number: int) -> PersonId:
    return PersonId(f"called-{number:03d}")


async def _contacts(bench: Bench, people: int) -> None:
    grid = village(0)
    await PgTownStore(bench.connections).add_people(
        [
            Person(id=_person(one), name=f"Person {one}", grid=grid.code, tier=grid.tier)
            for one in range(people)
        ],
        [
            ContactAddress(person=_person(one), channel=Channel.WECOM_APP, address=_person(one), rank=1)
            for one in range(people)
        ],
    )


async def _put(bench: Bench, incident: IncidentId, people: int) -> None:
    """Save a call for each person with a note, as a decision would."""
    async with bench.store.unit() as unit:
        state = fold((await unit.load([incident]))[incident])
        made = change_of(
            incident,
            state,
            [AddNote(note="bench")],
            now=unit.now,
            policy=bench.policies.for_grid(village(0)).policy,
            directory=await unit.directory(state.grid),
            actor=SYSTEM,
        )
        if made is None:
            raise InvariantBroken("a note changed nothing")
        calls = tuple(
            Notice(
                id=NoticeId(derived_id("notice", incident, _person(one))),
                incident=incident,
                person=_person(one),
                tier=village(0).tier,
                channel=Channel.WECOM_APP,
                template="call",
                step=0,
                priority=0,
                not_before=unit.now,
                expires=unit.now + timedelta(minutes=3),
            )
            for one in range(people)
        )
        await unit.save([replace(made, notices=calls)])
