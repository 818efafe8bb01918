"""The demo's people outside the wire: phones that ring, and an operator at a desk.

A phone is called by the webhook channel like a real provider and answers through the API with the
account of its owner. What each person does is told by `script.BEHAVIOUR`; nothing here knows the
product's inside.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import structlog

from tocsin.core.clock import Clock
from tocsin.core.grids import Tier
from tocsin.demo import script, village

log = structlog.get_logger()


@dataclass(slots=True)
class Desk:
    """One signed-in browser or phone."""

    api: str
    account: str
    password: str
    client: httpx.AsyncClient = field(init=False)
    csrf: str = ""

    def __post_init__(self) -> None:
        self.client = httpx.AsyncClient(base_url=self.api, timeout=10.0, trust_env=False)

    async def get(self, path: str) -> Any:
        """Ask, signing in when needed; None when the API refuses or is away."""
        return await self._ask("GET", path, None)

    async def post(self, path: str, body: Mapping[str, object]) -> Any:
        """Act, signing in when needed; None when the API refuses or is away."""
        return await self._ask("POST", path, body)

    async def _ask(self, method: str, path: str, body: Mapping[str, object] | None) -> Any:
        for _ in range(3):
            try:
                if not self.csrf and not await self._sign_in():
                    return None
                answer = await self.client.request(
                    method, path, json=body, headers={"X-CSRF-Token": self.csrf}
                )
            except httpx.HTTPError as error:
                log.info("demo.api_away", account=self.account, reason=str(error))
                await asyncio.sleep(0.5)
                continue
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                self.csrf = ""
                continue
            if answer.is_success:
                return answer.json() if answer.content else {}
            log.info(
                "demo.refused",
                account=self.account,
                path=path,
                status=answer.status_code,
                answer=answer.text[:300],
            )
            return None
        return None

    async def _sign_in(self) -> bool:
        answer = await self.client.post(
            "/api/session", json={"name": self.account, "password": self.password}
        )
        if answer.is_success:
            self.csrf = str(answer.json()["csrf"])
        return answer.is_success


class People:
    """All phones and the operator of the demo."""

    def __init__(self, api: str, passwords: Mapping[str, str], speed: float, clock: Clock) -> None:
        self._desks = {name: Desk(api, name, word) for name, word in passwords.items()}
        self._speed = speed
        self._clock = clock
        self._answered: set[tuple[str, str]] = set()
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Sit at the desk and answer phones until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._tasks = group
            group.create_task(self._operate())

    async def ring(self, person: str, message: Mapping[str, Any]) -> bool:
        """Take a call of the webhook channel; False when the phone has no network."""
        incident = str(message.get("incident", ""))
        tier = next((p.tier for p in village.people() if p.id == person), None)
        if tier is None or message.get("template") not in {"call", "look"}:
            return True
        plan = await self._plan(incident, tier)
        if plan is None:
            return True
        if (person, incident) not in self._answered:
            self._answered.add((person, incident))
            if self._tasks is not None and plan.order_one(person):
                self._tasks.create_task(self._respond(person, incident, plan))
        return plan.behaviour.offline_until is None

    async def _plan(self, incident: str, tier: Tier) -> Plan | None:
        seen = await self._desks["operator"].get(f"/api/incidents/{incident}")
        if not seen:
            return None
        code = str(seen["incident"]["grid"])
        home = next((v for v in village.VILLAGES if code.startswith(v.code)), village.VILLAGES[0])
        place = seen["standing"]["place"] or {"latitude": home.latitude, "longitude": home.longitude}
        return Plan(script.BEHAVIOUR[home.story][tier], float(place["latitude"]), float(place["longitude"]))

    async def _respond(self, person: str, incident: str, plan: Plan) -> None:
        behaviour, began = plan.behaviour, self._clock.now()
        acts: list[tuple[float, str, dict[str, object]]] = []
        if behaviour.see is not None:
            acts.append((behaviour.see, "see", {}))
        if behaviour.accept is not None:
            acts.append((behaviour.accept, "accept", {}))
        if behaviour.arrive is not None:
            acts.append((behaviour.arrive, "arrive", {"position": plan.position()}))
        if behaviour.done is not None:
            acts.append((behaviour.done, "done", {}))
        for seconds, act, body in acts:
            at = began + timedelta(seconds=seconds / self._speed)
            sent = began + timedelta(seconds=max(seconds, behaviour.offline_until or 0) / self._speed)
            await asyncio.sleep(max(0.0, (sent - self._clock.now()).total_seconds()))
            claimed = {"at": at.astimezone(UTC).isoformat()} if sent > at else {}
            await self._desks[person].post(
                f"/api/incidents/{incident}/{act}", {"act": str(uuid.uuid4()), **body, **claimed}
            )

    async def _operate(self) -> None:
        """Confirm what waits too long, close what the scene calls done."""
        desk = self._desks["operator"]
        done_since: dict[str, datetime] = {}
        while True:
            await asyncio.sleep(min(1.0, 10.0 / self._speed))
            listed = await desk.get("/api/incidents?open=true&most=100")
            rows = [] if listed is None else listed["items"]
            now = self._clock.now()
            for row in rows:
                incident, state = str(row["id"]), str(row["state"])
                waited = (now - datetime.fromisoformat(str(row["opened"]))).total_seconds() * self._speed
                if state == "received" and waited >= script.CONFIRM_SECONDS:
                    await desk.post(f"/api/incidents/{incident}/confirm", {"act": str(uuid.uuid4())})
                elif state == "handled":
                    since = done_since.setdefault(incident, now)
                    if (now - since).total_seconds() * self._speed >= script.CLOSE_SECONDS:
                        await desk.post(
                            f"/api/incidents/{incident}/close",
                            {"act": str(uuid.uuid4()), "reason": "handled"},
                        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What one person will do about one incident, and where that is."""

    behaviour: script.Behaviour
    latitude: float
    longitude: float

    def position(self) -> dict[str, object]:
        """Give the place as the phone will measure it, 8 m sure."""
        return {"latitude": self.latitude, "longitude": self.longitude, "accuracy_m": 8.0}

    def order_one(self, person: str) -> bool:
        """Say whether this person answers calls: the second of each pair stays at home."""
        first = next(p for p in village.people() if p.id == person)
        return first.order == 1 or first.tier is Tier.CITY
