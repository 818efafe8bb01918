"""The console in a real Chromium: a report is confirmed by keyboard, a responder goes, arrival stops the clock."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.support.database import Database
from tests.support.edge import free_port
from tests.support.response import ANN, CONTACTS, GRIDS, PEOPLE, TOWN, VILLAGE
from tocsin.api.auth import hash_password
from tocsin.core.clock import SystemClock
from tocsin.core.ids import PersonId
from tocsin.roles import Role as Part
from tocsin.roles import serve
from tocsin.settings import Settings
from tocsin.town.ports import Account, DutyShift, Person, Role
from tocsin.wiring import CONSOLE, centre

CHROMIUM: Final = shutil.which("chromium") or "/usr/bin/chromium"
SWITCHES: Final = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PASSWORD: Final = "three bells at noon"
DESK: Final = PersonId("desk")
PATIENCE_MS: Final = 15_000

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Chromium is not installed: apt install chromium"),
    pytest.mark.skipif(
        not (CONSOLE / "index.html").is_file(), reason="the console is not built: make console"
    ),
]


@dataclass(frozen=True)
class Town:
    """A centre that answers browsers, and where a failed test leaves its pictures."""

    address: str
    browser: Browser
    pictures: Path

    @asynccontextmanager
    async def page(self, name: str, **options: object) -> AsyncIterator[Page]:
        """Sign in as somebody; a failure inside names the picture of what they saw, and what the page complained of."""
        context = await self.browser.new_context(locale="zh-CN", **options)  # type: ignore[arg-type]
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
        try:
            await page.goto(self.address)
            await page.get_by_label("用户名").fill(name)
            await page.get_by_label("密码", exact=True).fill(PASSWORD)
            await page.get_by_role("button", name="登录").click()
            yield page
            assert faults == []
        except Exception as error:
            picture = self.pictures / f"{name}.png"
            await page.screenshot(path=picture, full_page=True)
            error.add_note(f"what {name} saw: {picture}; faults of the page: {faults}")
            raise
        finally:
            await context.close()


@pytest.fixture
async def town(database: Database, tmp_path: Path) -> AsyncIterator[Town]:
    port = free_port()
    settings = Settings.model_validate(
        {"data": str(tmp_path), "store": {"dsn": database.dsn}, "http": {"port": port}}
    )
    stop, ready = asyncio.Event(), asyncio.Event()
    async with centre(settings) as made:
        since = SystemClock().now()
        stored = hash_password(PASSWORD)
        await made.town.add_grids(GRIDS)
        await made.town.add_people((*PEOPLE, Person(id=DESK, name="林晓", grid=TOWN, tier=None)), CONTACTS)
        await made.town.add_duty(
            [DutyShift(person=one.id, grid=one.grid, since=since, until=None) for one in PEOPLE]
        )
        scope = next(grid.path for grid in GRIDS if grid.code == TOWN)
        for name, person, role in (("desk", DESK, Role.OPERATOR), ("ann", ANN, Role.RESPONDER)):
            await made.town.add_account(
                Account(name=name, person=person, role=role, scope=scope, password_hash=stored)
            )
        async with asyncio.TaskGroup() as group:
            group.create_task(serve(made, frozenset({Part.API}), stop, ready))
            try:
                await ready.wait()
                async with async_playwright() as play:
                    browser = await play.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
                    yield Town(f"http://127.0.0.1:{port}", browser, tmp_path)
                    await browser.close()
            finally:
                stop.set()


async def write_down_a_fire(page: Page) -> None:
    """Report a fire by hand, as an operator on the telephone does."""
    await page.get_by_role("link", name="电话登记").click()
    await page.get_by_label("在哪个网格").fill(VILLAGE)
    await page.get_by_title(f"name of {VILLAGE}", exact=True).click()
    await page.get_by_label("来电人怎么说").fill("祠堂后面冒黑烟")
    await page.get_by_role("button", name="登记", exact=True).click()
    await expect(page.get_by_text("已登记")).to_be_visible(timeout=PATIENCE_MS)
    await page.get_by_role("link", name="事件队列").click()


async def test_an_incident_is_confirmed_by_keyboard_and_the_clock_stops_on_arrival(town: Town) -> None:
    async with town.page("desk") as desk, town.page("ann", has_touch=True) as ann:
        await expect(ann.get_by_text("目前没有您的任务")).to_be_visible(timeout=PATIENCE_MS)
        await write_down_a_fire(desk)
        row = desk.get_by_role("listitem").filter(has_text="火情")
        await expect(row).to_contain_text("待确认", timeout=PATIENCE_MS)
        await desk.keyboard.press("j")
        await desk.keyboard.press("c")
        await expect(row).to_contain_text("已确认", timeout=PATIENCE_MS)
        village = row.locator('.clock[data-tier="village"]')
        await expect(village).to_contain_text("剩余")
        shown = await village.locator(".clock-time").inner_text()
        assert re.fullmatch(r"[23]:\d\d", shown)
        await expect(village).not_to_contain_text(shown, timeout=PATIENCE_MS)  # it counts down

        await ann.get_by_role("link", name=re.compile("火情")).tap()
        await ann.get_by_role("button", name="出发").tap()
        await expect(row).to_contain_text("人员已出发", timeout=PATIENCE_MS)
        await expect(village).to_contain_text("剩余")  # saying "going" stops no clock
        await ann.get_by_role("button", name="已到达").tap()
        await expect(ann.get_by_text("证明不足")).to_be_visible(timeout=PATIENCE_MS)
        await expect(village).to_contain_text("剩余")  # the word of a phone without position proves nothing

        await desk.keyboard.press("Enter")
        await desk.get_by_role("button", name="登记村级到场").click()
        await desk.get_by_label("如何得知").fill("村干部来电，Ann 已在现场")
        await desk.get_by_role("dialog").get_by_role("button", name="登记到场").click()
        stopped = desk.locator('.clock[data-tier="village"]')
        await expect(stopped).to_contain_text("按时到场", timeout=PATIENCE_MS)
        await expect(ann.get_by_text("按时到场")).to_be_visible(timeout=PATIENCE_MS)
        log = desk.get_by_role("region", name="事件日志")
        await expect(log).to_contain_text("村级Ann称已到场")
        await expect(log).to_contain_text("备注：村干部来电，Ann 已在现场", timeout=PATIENCE_MS)
        await expect(log).to_contain_text("村级判定：按时到场")
        await expect(desk.get_by_text("祠堂后面冒黑烟").first).to_be_visible()


async def test_an_act_without_network_waits_on_the_phone_and_is_sent_when_it_is_back(town: Town) -> None:
    async with town.page("desk") as desk, town.page("ann", has_touch=True) as ann:
        await expect(ann.get_by_text("目前没有您的任务")).to_be_visible(timeout=PATIENCE_MS)
        await write_down_a_fire(desk)
        row = desk.get_by_role("listitem").filter(has_text="火情")
        await row.get_by_role("button", name="确认属实").click()
        await ann.get_by_role("link", name=re.compile("火情")).tap()
        going = ann.get_by_role("button", name="出发")
        await expect(going).to_be_visible(timeout=PATIENCE_MS)
        await ann.context.set_offline(True)
        await going.tap()
        await expect(ann.get_by_text("1 项待发送")).to_be_visible(timeout=PATIENCE_MS)
        await expect(going).to_contain_text("待发送")
        await expect(row).not_to_contain_text("人员已出发")
        await ann.context.set_offline(False)
        await expect(row).to_contain_text("人员已出发", timeout=PATIENCE_MS)
        await expect(going).not_to_contain_text("待发送", timeout=PATIENCE_MS)
