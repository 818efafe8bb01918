"""A centre with its console in a real Chromium: people sign in, cameras see things, links are opened.

Each page is asked for in Chinese; a failure names the picture of what the person saw and what the page
complained of.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import cv2
import msgspec
import numpy as np
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.support.database import Database
from tests.support.edge import free_port
from tests.support.field import detection
from tests.support.response import ANN, CAMERA, CONTACTS, GRIDS, PEOPLE, TOWN, VILLAGE
from tocsin.alerts.links import Link, keys_of
from tocsin.alerts.ports import Intake
from tocsin.alerts.proof_ports import PlaceTag
from tocsin.api.auth import hash_password
from tocsin.core.clock import SystemClock
from tocsin.core.detections import Evidence, Kind, Phase
from tocsin.core.frames import Box
from tocsin.core.ids import CollectorId, IncidentId, NoticeId, PersonId, PictureHash
from tocsin.ingest.ports import CollectorEntry
from tocsin.roles import Role as Part
from tocsin.roles import serve
from tocsin.settings import Settings
from tocsin.town.ports import Account, DevicePlace, DutyShift, Person, Role
from tocsin.wiring import Centre, centre

CHROMIUM: Final = shutil.which("chromium") or "/usr/bin/chromium"
SWITCHES: Final = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PASSWORD: Final = "three bells at noon"
DESK: Final = PersonId("desk")
PATIENCE_MS: Final = 15_000
PHONE: Final[dict[str, object]] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}
LINK_KEY: Final = "a key of links that only this test knows"


@dataclass(frozen=True)
class Town:
    """A centre that answers browsers, and where a failed test leaves its pictures."""

    address: str
    browser: Browser
    pictures: Path
    made: Centre

    @asynccontextmanager
    async def opened(self, name: str, path: str, **options: object) -> AsyncIterator[Page]:
        """Open an address in a browser of its own, without signing in."""
        context = await self.browser.new_context(locale="zh-CN", **options)  # type: ignore[arg-type]
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
        try:
            await page.goto(f"{self.address}{path}")
            yield page
            assert faults == []
        except Exception as error:
            picture = self.pictures / f"{name}.png"
            await page.screenshot(path=picture, full_page=True)
            error.add_note(f"what {name} saw: {picture}; faults of the page: {faults}")
            raise
        finally:
            await context.close()

    @asynccontextmanager
    async def page(self, name: str, **options: object) -> AsyncIterator[Page]:
        """Sign in as somebody."""
        async with self.opened(name, "/", **options) as page:
            await page.get_by_label("用户名").fill(name)
            await page.get_by_label("密码", exact=True).fill(PASSWORD)
            await page.get_by_role("button", name="登录").click()
            yield page

    async def sees(self, kind: Kind = Kind.SMOKE, *, severity: float = 0.8) -> None:
        """Let the camera at the gate see something, with a picture and a box in it."""
        at = SystemClock().now()
        data = cv2.imencode(".jpg", np.full((180, 320, 3), 90, np.uint8))[1].tobytes()
        picture = PictureHash(hashlib.sha256(data).hexdigest())
        await self.made.pictures.put(picture, data)
        boxes = (Box(0.2, 0.3, 0.25, 0.3, "smoke", 0.9),)
        said = msgspec.structs.replace(
            detection("box/camera-1/smoke", Phase.RAISE, at).detection,
            device=CAMERA,
            kind=kind,
            severity=severity,
            evidence=Evidence(first=at, last=at, boxes=boxes, pictures=(picture,)),
        )
        async with self.made.pool.connection() as database:
            await database.execute(
                "insert into picture (sha256, camera, collector, observed, received, bytes_total, complete)"
                " values (%s, %s, 'box', %s, %s, %s, true) on conflict do nothing",
                (picture, CAMERA, at, at, len(data)),
            )
            await database.execute(
                "insert into detection (at, id, collector, device, stream, detector, kind, phase, grid, observed, began,"
                " raised, score, body) values (%s, %s, 'box', %s, %s, %s, %s, 'raise', %s, %s, %s, true, 0.9, %s)",
                (
                    at,
                    said.id,
                    CAMERA,
                    said.stream,
                    said.detector,
                    kind,
                    VILLAGE,
                    at,
                    at,
                    msgspec.json.encode(said),
                ),
            )
        async with self.made.alerts_store.unit() as unit:
            intake = Intake(detection=said, age=timedelta(seconds=1), raised=True, grid=VILLAGE, began=at)
            await self.made.alerts.intake(unit, [intake])

    async def hang_tag(self) -> str:
        """Hang a code at the place; gives its secret."""
        secret = "a-secret-on-the-wall-0001"
        made = PlaceTag(
            id="tag-1", grid=VILLAGE, device=None, name="祠堂东门", made=SystemClock().now(), made_by=DESK
        )
        await self.made.proofs.add_tag(made, hashlib.sha256(secret.encode()).digest())
        return secret

    def link(self, incident: str, person: PersonId = ANN) -> str:
        """Give the path of a person's one-tap link."""
        now = SystemClock().now()
        token = keys_of(LINK_KEY, "the test").sign(
            Link(
                incident=IncidentId(incident),
                person=person,
                notice=NoticeId("notice-1"),
                issued=now,
                expires=now + timedelta(hours=2),
            )
        )
        return f"/go/{token}"


@asynccontextmanager
async def town_in(database: Database, folder: Path) -> AsyncIterator[Town]:
    """Run the API and the console over an empty database until the block ends."""
    port = free_port()
    (folder / "links").write_text(LINK_KEY)
    address = f"http://127.0.0.1:{port}"
    settings = Settings.model_validate(
        {
            "data": str(folder),
            "store": {"dsn": database.dsn},
            "http": {"port": port},
            "api": {"public_url": address, "link_key_file": str(folder / "links"), "cookie_secure": False},
        }
    )
    stop, ready = asyncio.Event(), asyncio.Event()
    async with centre(settings) as made:
        await _settle(made)
        async with asyncio.TaskGroup() as group:
            group.create_task(serve(made, frozenset({Part.API}), stop, ready))
            try:
                await ready.wait()
                async with async_playwright() as play:
                    browser = await play.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
                    yield Town(address, browser, folder, made)
                    await browser.close()
            finally:
                stop.set()


async def _settle(made: Centre) -> None:
    since = SystemClock().now()
    stored = hash_password(PASSWORD)
    await made.town.add_grids(GRIDS)
    await made.town.add_people((*PEOPLE, Person(id=DESK, name="林晓", grid=TOWN, tier=None)), CONTACTS)
    await made.town.add_duty(
        [DutyShift(person=one.id, grid=one.grid, since=since, until=None) for one in PEOPLE]
    )
    await made.admin.add_collector(
        CollectorEntry(
            id=CollectorId("box"),
            partition=5,
            grid=VILLAGE,
            name="石桥村采集器",
            enabled=True,
            secret_hash=stored,
        )
    )
    await made.town.add_devices(
        [
            DevicePlace(
                device=CAMERA,
                collector="box",
                kind="camera",
                name="祠堂摄像头",
                grid=VILLAGE,
                latitude=30.27,
                longitude=119.88,
                certified=False,
            )
        ]
    )
    scope = next(grid.path for grid in GRIDS if grid.code == TOWN)
    for name, person, role in (("desk", DESK, Role.OPERATOR), ("ann", ANN, Role.RESPONDER)):
        await made.town.add_account(
            Account(name=name, person=person, role=role, scope=scope, password_hash=stored)
        )


async def write_down_a_fire(page: Page, words: str = "祠堂后面冒黑烟") -> None:
    """Report a fire by hand, as an operator on the telephone does."""
    await page.get_by_role("link", name="电话登记").click()
    await page.get_by_label("在哪个网格").fill(VILLAGE)
    await page.get_by_title(f"name of {VILLAGE}", exact=True).click()
    await page.get_by_label("来电人怎么说").fill(words)
    await page.get_by_role("button", name="登记", exact=True).click()
    await expect(page.get_by_text("已登记")).to_be_visible(timeout=PATIENCE_MS)
    await page.get_by_role("link", name="事件队列").click()
