"""A township with departments behind the real HTTP face, the real rules and PostgreSQL, where time is moved by hand.

`Loops` signs people in, gives their moves, lets time pass and fires what falls due, and keeps the states that a
case went through, so that a test can ask for them under a town's own names.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from tests.support.database import Database
from tests.support.response import CITY, GRIDS, OTHER, TOWN, VILLAGE, travel
from tocsin.alerts.config import EscalatorConfig
from tocsin.alerts.escalator import Escalator
from tocsin.api.access import COOKIE, token_hash
from tocsin.api.app import create_app
from tocsin.core.clock import ManualClock
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, OrganisationCode, PersonId
from tocsin.core.incidents import State
from tocsin.core.responders import Channel
from tocsin.core.working_time import LOCAL
from tocsin.settings import Settings
from tocsin.town import catalogue
from tocsin.town.ports import Account, ContactAddress, DutyShift, Person, Role, Session
from tocsin.town.profiles import profile
from tocsin.wiring import Centre, centre

MONDAY = datetime(2026, 5, 11, 9, 0, tzinfo=LOCAL)
"""A working day, half an hour after work begins."""
WORDS = """
categories:
  - {code: "01", name: 市容环境}
  - {code: "02", name: 矛盾纠纷}
matters:
  - {code: "0102", name: 暴露垃圾,
     limits: {dispatch: 1 working_hour, accept: 1 working_hour, handle: 4 working_hours, check: 4 working_hours,
              close: 1 working_day}}
  - {code: "0103", name: 积存渣土, limits: {accept: 2 working_hours, handle: 2 working_days}}
organisations:
  - {code: zongzhi, name: 镇综治中心, kind: centre, tier: township, grid: "3301101", handles: true,
     authority: [{category: "", highest: IV}]}
  - {code: huanwei, name: 环卫处, kind: team, tier: city, handles: true, authority: [{category: "01", highest: II}]}
  - {code: zhifa, name: 执法局, kind: department, tier: city, handles: true,
     authority: [{category: "0103", highest: II}]}
  - {code: sifa, name: 司法局, kind: department, tier: city, handles: true, authority: [{category: "02", highest: II}]}
"""
"""Matters and organisations of the township; limits in working hours and days."""
STAFF: dict[str, tuple[Role, GridCode, str | None]] = {
    "desk": (Role.OPERATOR, TOWN, None),
    "desk2": (Role.OPERATOR, TOWN, None),
    "leader": (Role.SUPERVISOR, TOWN, None),
    "member": (Role.RESPONDER, VILLAGE, None),
    "neighbour": (Role.OPERATOR, OTHER, None),
    "huanwei": (Role.DEPARTMENT, CITY, "huanwei"),
    "zhifa": (Role.DEPARTMENT, CITY, "zhifa"),
    "zongzhi": (Role.DEPARTMENT, TOWN, "zongzhi"),
    "sifa": (Role.DEPARTMENT, CITY, "sifa"),
}
"""Who signs in: role, grid, organisation."""


@dataclass
class Loops:
    """The township, those signed in, and the case at hand."""

    centre: Centre
    app: FastAPI
    database: Database
    clock: ManualClock
    escalator: Escalator
    clients: dict[str, httpx.AsyncClient]
    incident: str = ""
    states: list[State] = field(default_factory=list)
    acts: itertools.count[int] = field(default_factory=itertools.count)

    async def at(self, instant: datetime) -> None:
        """Let time pass to an instant, firing each deadline on the way at its own."""
        while (found := await self.centre.alerts_store.next_due()) is not None and found[1] <= instant:
            await self._set(max(found))
            while (await self.escalator.fire()).incidents:
                pass
        await self._set(instant)

    async def after(self, **span: float) -> None:
        """Let a span pass."""
        await self.at(self.clock.now() + timedelta(**span))

    async def _set(self, instant: datetime) -> None:
        await travel(self.database, instant)
        self.clock.jump(instant)

    async def says(self, who: str, path: str, *, act: str = "", expect: int = 200, **body: object) -> Any:
        """Let somebody make a move on the case at hand; gives the answer's body."""
        body = {"act": act or f"act-{next(self.acts):08}", **body}
        answer = await self.clients[who].post(f"/api/incidents/{self.incident}/{path}", json=body)
        assert answer.status_code == expect, (who, path, answer.text)
        found = answer.json()
        if answer.status_code == 200:
            self._note(State(found["state"] if "state" in found else found["standing"]["state"]))
        return found

    async def reports(self, who: str, words: str, expect: int = 201, **body: object) -> str:
        """Let somebody report something, which is the case at hand from now on."""
        body = {"act": f"act-{next(self.acts):08}", "kind": "other", "grid": VILLAGE, "words": words, **body}
        answer = await self.clients[who].post("/api/reports", json=body)
        assert answer.status_code == expect, answer.text
        if expect == 201:
            self.incident = answer.json()["incident"]
            self.states = []
            self._note(State((await self.page("desk"))["standing"]["state"]))
        return self.incident

    def _note(self, state: State) -> None:
        if not self.states or self.states[-1] is not state:
            self.states.append(state)

    async def page(self, who: str, expect: int = 200) -> Any:
        """Read the case at hand as somebody sees it."""
        answer = await self.clients[who].get(f"/api/incidents/{self.incident}")
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def listed(self, who: str, query: str = "") -> list[str]:
        """Give the ids that somebody is listed."""
        answer = await self.clients[who].get(f"/api/incidents{query}")
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    async def events(self) -> list[str]:
        """Name the events of the case at hand in order."""
        return [line["event"]["event"] for line in (await self.page("desk"))["log"]]

    def under(self, name: str) -> list[str]:
        """Give the steps that the case went through, in the words of a profile."""
        return profile(name).steps(self.states)


@asynccontextmanager
async def loops(database: Database, folder: Path) -> AsyncIterator[Loops]:
    """Set the township up on a database of its own, on a Monday morning."""
    settings = Settings.model_validate({"data": str(folder), "store": {"dsn": database.dsn}})
    clock = ManualClock(MONDAY)
    await travel(database, MONDAY)
    async with centre(settings, clock=clock) as made, AsyncExitStack() as stack:
        await _settle(made)
        app = create_app(replace(made.api_deps(), console=None))
        clients = {name: await stack.enter_async_context(_client(app, name)) for name in STAFF}
        escalator = Escalator(made.alerts_store, made.alerts, EscalatorConfig(), clock)
        yield Loops(made, app, database, clock, escalator, clients)


async def _settle(made: Centre) -> None:
    await made.town.add_grids(GRIDS)
    people = [
        Person(id=PersonId(name), name=name.title(), grid=grid, tier=None)
        for name, (_, grid, _) in STAFF.items()
    ]
    called = [
        Person(id=PersonId("member"), name="Member", grid=VILLAGE, tier=Tier.VILLAGE),
        Person(id=PersonId("leader"), name="Leader", grid=TOWN, tier=Tier.TOWNSHIP, supervisor=True),
        Person(id=PersonId("worker"), name="Worker", grid=CITY, tier=Tier.CITY, department="huanwei"),
    ]
    contacts = [
        ContactAddress(person=one.id, channel=Channel.SMTP, address=f"{one.id}@example.org", rank=1)
        for one in called
    ]
    await made.town.add_people([*people, *called], contacts)
    always = MONDAY - timedelta(days=30)
    await made.town.add_duty(
        [DutyShift(person=one.id, grid=one.grid, since=always, until=None) for one in called]
    )
    await made.catalogue.save(catalogue.read(WORDS, grid=CITY))
    paths = {grid.code: grid.path for grid in GRIDS}
    for name, (role, grid, organisation) in STAFF.items():
        account = Account(
            name=name,
            person=PersonId(name),
            role=role,
            scope=paths[grid],
            password_hash="$argon2id$not-used",
            organisation=None if organisation is None else OrganisationCode(organisation),
        )
        await made.town.add_account(account)
        await made.town.open_session(
            Session(
                token_hash=token_hash(_token(name)),
                csrf=f"csrf-of-{name}",
                account=account,
                created=MONDAY,
                expires=MONDAY + timedelta(days=3650),
            )
        )


def _token(name: str) -> str:
    return f"token-of-{name}-with-padding"


def _client(app: FastAPI, name: str) -> httpx.AsyncClient:
    headers = {"Cookie": f"{COOKIE}={_token(name)}", "X-CSRF-Token": f"csrf-of-{name}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://bell", headers=headers)
