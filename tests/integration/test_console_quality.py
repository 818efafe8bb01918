"""The pages about detectors in a real Chromium: figures with their bounds, drills, and a replay before a change goes live."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.support import centre as places
from tests.support.console import CHROMIUM, PATIENCE_MS, PHONE, SWITCHES, Town
from tests.support.database import Database
from tests.support.detecting import burning, yard
from tests.support.edge import free_port
from tests.support.replaying import CAMERA, Past, past
from tocsin.api.auth import hash_password
from tocsin.core.ids import PersonId
from tocsin.detectors.camera import PictureBank
from tocsin.roles import Role as Part
from tocsin.roles import serve
from tocsin.town.ports import Account, Person, Role
from tocsin.wiring import CONSOLE

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Chromium is not installed: apt install chromium"),
    pytest.mark.skipif(
        not (CONSOLE / "index.html").is_file(), reason="the console is not built: make console"
    ),
]
RULES = """
detectors:
  - {name: river-high, detector: threshold, match: "*/level", unit: m, kind: flood, above: 3, hysteresis: 0.2}
cameras:
  default: [{detector: motion, name: yard, kind: fire}]
"""
HOUR = 3600.0
SHOTS = os.environ.get("TOCSIN_TEST_SHOTS")
"""A folder for pictures of the pages, to look at."""


async def floods(history: Past) -> None:
    """Six floods, an hour and more apart: three real, one false, two of which nobody said anything; a fire that is real."""
    for number, (peak, real) in enumerate(
        ((3.4, True), (3.5, True), (4.6, True), (3.2, False), (3.3, None), (4.9, None))
    ):
        begin = number * 3 * HOUR
        for minute, level in enumerate((1.0, peak, peak, 1.0)):
            await history.flush(begin + 60 * minute, level=level)
        newest = (await history.incidents())[-1][0]
        if real is not None:
            await history.judge(newest, real=real, seconds=begin + 600)
    bank = PictureBank(history.made.detectors.camera(CAMERA), camera=CAMERA)
    said = []
    begin = 20 * HOUR
    for number in range(24):
        frame = await history.sees(begin + number, yard(number) if number < 12 else burning(number))
        said += bank.observe(frame)
    await history.says(said, begin + 25)
    await history.judge((await history.incidents())[-1][0], real=True, seconds=begin + 60)


@pytest.fixture
async def town(database: Database, tmp_path: Path) -> AsyncIterator[Town]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    more = {
        "http": {"port": port},
        "api": {"public_url": address, "cookie_secure": False},
        "embedded_broker": None,
    }
    async with past(database, tmp_path, RULES, **more) as history:
        made = history.made
        ella = Person(id=PersonId("ella"), name="何工", grid=places.TOWN, tier=None)
        await made.town.add_people([ella], [])
        await made.town.add_account(
            Account(
                name="ella",
                person=ella.id,
                role=Role.ENGINEER,
                scope=f"{places.CITY}.{places.TOWN}",
                password_hash=hash_password(places.PASSWORD),
            )
        )
        await floods(history)
        await history.returns()
        stop, ready = asyncio.Event(), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(serve(made, frozenset({Part.API}), stop, ready))
            try:
                await ready.wait()
                async with async_playwright() as play:
                    browser = await play.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
                    yield Town(address, browser, tmp_path, made)
                    await browser.close()
            finally:
                stop.set()


async def shoot(page: Page, name: str) -> None:
    if SHOTS is not None:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


async def test_an_operator_sees_shares_with_their_bounds_and_what_stands_behind(town: Town) -> None:
    async with town.page("desk") as desk:
        await desk.get_by_role("link", name="检测质量").click()
        sums = desk.get_by_role("region", name="按检测规则")
        row = sums.get_by_role("row").filter(has_text="river-high")
        await expect(row).to_contain_text("75%", timeout=PATIENCE_MS)
        await expect(row).to_contain_text("3/4 · 30%–95%")
        await expect(row).to_contain_text("例数少")
        await expect(sums.get_by_role("row").filter(has_text="yard")).to_contain_text("1/1 · 21%–100%")
        await shoot(desk, "quality-desk")
        await row.get_by_role("button", name="1", exact=True).click()
        behind = desk.get_by_role("dialog")
        await expect(behind.get_by_role("listitem")).to_have_count(1)
        await expect(behind).to_contain_text("误报")
        await shoot(desk, "quality-behind")
        await behind.get_by_role("link", name=re.compile("水情")).click()
        await expect(desk.get_by_role("region", name="事件日志")).to_be_visible(timeout=PATIENCE_MS)


async def test_a_drill_is_arranged_and_taken_back(town: Town) -> None:
    async with town.page("ella") as ella:
        await ella.get_by_role("link", name="检测质量").click()
        await ella.get_by_role("button", name="安排演练").click()
        dialog = ella.get_by_role("dialog")
        await dialog.get_by_label("设备", exact=True).click()
        await ella.get_by_title("Yard").click()
        await dialog.get_by_label("安排的内容").fill("在院子东侧点燃一枚烟饼")
        await dialog.get_by_role("button", name="安排", exact=True).click()
        row = ella.get_by_role("row").filter(has_text="烟饼")
        await expect(row).to_contain_text("尚未结束", timeout=PATIENCE_MS)
        await row.get_by_role("button", name="撤回").click()
        await ella.get_by_role("tooltip").get_by_role("button", name="撤回").click()
        await expect(row).to_contain_text("已撤回", timeout=PATIENCE_MS)


async def test_an_engineer_sees_what_another_configuration_would_have_missed(
    town: Town, tmp_path: Path
) -> None:
    async with town.page("ella") as ella:
        await ella.get_by_role("link", name="检测质量").click()
        await ella.get_by_role("link", name="回放对比").click()
        text = ella.get_by_role("textbox", name=re.compile("新的检测配置"))
        await text.fill(RULES.replace("threshold", "thresold"))
        await ella.get_by_role("button", name="开始回放").click()
        await expect(ella.get_by_text("第 3 行")).to_be_visible(timeout=PATIENCE_MS)
        await shoot(ella, "replay-faults")
        await expect(ella.get_by_text("还没有回放过。")).to_be_visible()

        file = tmp_path / "detectors.yaml"
        file.write_text(RULES.replace("above: 3", "above: 4"))
        await ella.locator("input[type=file]").set_input_files(file)
        await expect(text).to_have_value(re.compile("above: 4"))
        await _three_days(ella)
        await ella.get_by_role("button", name="开始回放").click()
        result = ella.get_by_role("region", name="回放结果")
        await expect(result).to_be_visible(timeout=90_000)
        await expect(result.get_by_role("alert")).to_contain_text("漏掉 2 件属实的事件")
        rows = result.get_by_role("region", name="会变化的事件")
        await expect(rows.get_by_role("row").filter(has_text="丢失")).to_have_count(4)
        await expect(rows.get_by_role("row").filter(has_text="误报")).to_have_count(1)
        await expect(result.get_by_role("region", name="能比对的范围")).to_contain_text(
            "实际有 7 件事件，按现用配置回放能重现 7 件"
        )
        await shoot(ella, "replay-desk")


async def test_both_pages_are_readable_on_a_phone(town: Town) -> None:
    async with town.page("ella", **PHONE) as ella:
        await ella.get_by_role("link", name="检测质量").tap()
        await expect(ella.get_by_text("river-high").first).to_be_visible(timeout=PATIENCE_MS)
        await shoot(ella, "quality-phone")
        assert await _too_wide(ella) == 0
        await ella.get_by_role("link", name="回放对比").tap()
        text = ella.get_by_role("textbox", name=re.compile("新的检测配置"))
        await text.fill(RULES.replace("above: 3", "above: 4"))
        await _three_days(ella)
        await ella.get_by_role("button", name="开始回放").tap()
        await expect(ella.get_by_role("region", name="回放结果")).to_be_visible(timeout=90_000)
        await shoot(ella, "replay-phone")
        assert await _too_wide(ella) == 0


async def _three_days(page: Page) -> None:
    """Choose the last three days, by the keyboard."""
    begin = page.locator("#replay-span")
    end = await page.locator("#replay-span-end").input_value()
    await begin.click()
    shown = await page.evaluate(
        "() => { const at = new Date(Date.now() - 3 * 86400000); const two = (n) => String(n).padStart(2, '0');"
        " return `${two(at.getMonth() + 1)}-${two(at.getDate())} 00:00` }"
    )
    await begin.fill(shown)
    await page.keyboard.press("Enter")
    await page.locator("#replay-span-end").fill(end)
    await page.keyboard.press("Enter")


async def _too_wide(page: Page) -> int:
    """How many pixels the page is wider than the phone."""
    return int(await page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth"))
