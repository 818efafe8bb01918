"""Any number of nodes on one database, in time that is travelled: engines, relays and services, and phones that count.

Instants are visited one by one: the database's clock is stopped there, every node fires and sends until
nothing is left to do, all at once; then people act.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from zlib import crc32

from typing_extensions import override

from tests.support.database import Database
from tests.support.response import travel
from tocsin.alerts import commands as ask
from tocsin.alerts.change import change_of
from tocsin.alerts.config import EscalatorConfig, RelayConfig
from tocsin.alerts.escalator import Escalator
from tocsin.alerts.policy_book import PolicyBook
from tocsin.alerts.ports import Answer, ChannelAdapter, Message, RefusedBy, Sent
from tocsin.alerts.providers import Providers
from tocsin.alerts.recorder import Recorder
from tocsin.alerts.relay import Relay
from tocsin.alerts.service import AlertService
from tocsin.bench.engine import settle, village
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Rejected
from tocsin.core.ids import IncidentId, NoticeId
from tocsin.core.incidents import SYSTEM, Actor
from tocsin.core.responders import Channel
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.notices import PgNoticeStore
from tocsin.store.reach import PgReachStore
from tocsin.store.town import PgTownStore
from tocsin.store.wakeups import Wakeups

DEAD_NUMBERS: Final = 7
"""One address in so many takes nothing by the first channel."""


@dataclass(frozen=True)
class Act:
    """What somebody does, or what opens an incident."""

    at: datetime
    incident: int
    command: ask.Command
    occurred: datetime | None = None
    """When it is claimed to have been done; None is at once."""


@dataclass
class Phones:
    """What reached people, by notice."""

    sent: Counter[NoticeId] = field(default_factory=Counter)


class _Phone(ChannelAdapter):
    def __init__(self, channel: Channel, phones: Phones) -> None:
        self._channel, self._phones = channel, phones

    @property
    @override
    def channel(self) -> Channel:
        return self._channel

    @override
    async def send(self, message: Message) -> Answer:
        await asyncio.sleep(0)
        if self._channel is Channel.WECOM_BOT and crc32(message.address.encode()) % DEAD_NUMBERS == 0:
            return RefusedBy("errcode 60111: no such user")
        self._phones.sent[message.notice] += 1
        return Sent("taken")


class _Node:
    """One engine, one relay and one service, as one process has them."""

    def __init__(self, database: Database, phones: Phones, clock: ManualClock, name: str) -> None:
        self.store = PgAlertsStore(database.pool, Wakeups(database.dsn))
        self.policies = PolicyBook({})
        self.service = AlertService(self.store, self.policies)
        self.escalator = Escalator(self.store, self.service, EscalatorConfig(batch=7), clock)
        self.recorder = Recorder(self.service)
        self.notices = PgNoticeStore(database.pool)
        adapters = {one: [_Phone(one, phones)] for one in Channel}
        self.relay = Relay(
            self.notices,
            self.recorder,
            Providers(adapters, PgReachStore(database.pool), clock=clock, person=()),
            config=RelayConfig(),
            clock=clock,
            name=name,
            wait=self.store.wait,
        )

    async def fire(self) -> int:
        """Fire what is due, until this node finds nothing more."""
        did = 0
        while found := (await self.escalator.fire()).incidents:
            did += found
        return did

    async def send(self) -> int:
        """Send what may be sent now, and record what became of it."""
        did = 0
        async with asyncio.TaskGroup() as keeping:
            keeping.create_task(self.recorder.run())
            async with asyncio.TaskGroup() as sending:
                did += await self.relay.turn(sending)
            await self.recorder.finish()
        return did


class Nodes:
    """Nodes on one database.

    `in_step`: at one instant all fire before any sends, so that what a deadline withdraws has not gone out
    on another node by then. Otherwise each does both as it comes.
    """

    def __init__(self, database: Database, number: int, start: datetime, *, in_step: bool) -> None:
        self.database = database
        self.in_step = in_step
        self.phones = Phones()
        self.clock = ManualClock(start)
        self.nodes = [_Node(database, self.phones, self.clock, f"node-{one}") for one in range(number)]
        self.refused: Counter[str] = Counter()
        self.results: Any = None

    async def begin(self) -> None:
        """Put the town there."""
        await settle(PgTownStore(self.database.pool))
        await self._go(self.clock.now())
        for node in self.nodes:
            await node.policies.keep(node.store)

    async def play(
        self, acts: Sequence[Act], until: datetime, away: tuple[datetime, datetime] | None = None
    ) -> None:
        """Visit every instant at which something is due or done; nobody works while the nodes are away."""
        coming = sorted(acts, key=lambda act: (act.at, act.incident))
        while True:
            wanted = [act.at for act in coming[:1]] + await self._due()
            at = max(min(wanted, default=until), self.clock.now())
            if away is not None and away[0] <= at < away[1]:
                at = away[1]
            if at >= until:
                break
            await self._go(at)
            await self._work()
            now = [act for act in coming if act.at <= at]
            coming = coming[len(now) :]
            for turn in _turns(now):
                await asyncio.gather(*(self._act(act, number) for number, act in enumerate(turn)))
            await self._work()
        await self._go(until)
        await self._work()

    async def _go(self, to: datetime) -> None:
        if to > self.clock.now():
            self.clock.advance(to - self.clock.now())
        await travel(self.database, to)

    async def _due(self) -> list[datetime]:
        node = self.nodes[0]
        found = [await node.store.next_due(), await node.notices.next_send()]
        return [one[1] for one in found if one is not None]

    async def _work(self) -> None:
        if self.in_step:
            while await self._all(_Node.fire) or await self._all(_Node.send):
                pass
        else:
            while await self._all(_fire_and_send):
                pass

    async def _all(self, work: Callable[[_Node], Awaitable[int]]) -> bool:
        return any(await asyncio.gather(*(work(node) for node in self.nodes)))

    async def _act(self, act: Act, number: int) -> None:
        node, name = self.nodes[number % len(self.nodes)], incident_name(act.incident)
        if isinstance(act.command, ask.Open):
            await self._open(node, name, act)
            return
        who = getattr(act.command, "person", None)
        actor = Actor("person", who) if who else Actor("person", "ann")
        try:
            await node.service.command(name, act.command, actor, occurred=act.occurred)
        except Rejected as rejected:
            self.refused[rejected.code] += 1

    async def _open(self, node: _Node, name: IncidentId, act: Act) -> None:
        async with node.store.unit() as unit:
            grid = village(act.incident)
            version = node.policies.for_grid(grid)
            change = change_of(
                name,
                None,
                [act.command],
                now=unit.now,
                policy=version.policy,
                directory=await unit.directory(grid.code),
                actor=SYSTEM,
            )
            assert change is not None
            await unit.save([change])

    async def verdicts(self) -> Mapping[str, object]:
        """Give every incident's end and each tier's verdict with its instants."""
        rows = await self.database.execute(
            "select i.id, i.state, c.tier, c.verdict, c.activated, c.due, c.at, c.basis, c.cause"
            " from incident i left join incident_clock c on c.incident = i.id order by i.id, c.tier"
        )
        return {f"{row[0]}/{row[2]}": row for row in rows}

    async def told(self) -> list[tuple[object, ...]]:
        """Give every notice with what became of it."""
        return await self.database.execute(
            "select id, incident, person, template, channel, state from notice order by id"
        )

    async def sent_late(self) -> int:
        """Count what was sent after it had expired."""
        rows = await self.database.execute("select count(*) from notice where sent_at > expires")
        return int(rows[0][0])


async def _fire_and_send(node: _Node) -> int:
    return await node.fire() + await node.send()


def incident_name(number: int) -> IncidentId:
    return IncidentId(f"incident-{number:05d}")


def _turns(acts: Sequence[Act]) -> list[list[Act]]:
    """Split acts so that no turn has two of one incident: those stay in their order."""
    turns: list[list[Act]] = []
    place: Counter[int] = Counter()
    for act in acts:
        number = place[act.incident]
        place[act.incident] += 1
        if number == len(turns):
            turns.append([])
        turns[number].append(act)
    return turns


def grid_of_seconds(instant: datetime, seconds: int) -> datetime:
    """Move an instant to the next whole number of seconds: fewer instants to visit."""
    rest = instant.timestamp() % seconds
    return instant + timedelta(seconds=(seconds - rest) % seconds)
