"""Responders' pages at phone size in a real Chromium: one-tap links, no network, a reload, proofs, a test of a channel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.support.console import CHROMIUM, PATIENCE_MS, PHONE, Town, town_in, write_down_a_fire
from tests.support.database import Database
from tocsin.wiring import CONSOLE

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Chromium is not installed: apt install chromium"),
    pytest.mark.skipif(
        not (CONSOLE / "index.html").is_file(), reason="the console is not built: make console"
    ),
]
AT_THE_PLACE = {
    "permissions": ["geolocation"],
    "geolocation": {"latitude": 30.25, "longitude": 119.5, "accuracy": 10},
}


@pytest.fixture
async def town(database: Database, tmp_path: Path) -> AsyncIterator[Town]:
    async with town_in(database, tmp_path) as found:
        yield found


async def confirmed_fire(desk: Page) -> str:
    """Report and confirm a fire; gives the incident's id and stays on its page."""
    await write_down_a_fire(desk)
    row = desk.get_by_role("listitem").filter(has_text="火情")
    await row.get_by_role("button", name="确认属实").click()
    await expect(row).to_contain_text("已确认", timeout=PATIENCE_MS)
    incident = await row.get_attribute("data-incident")
    assert incident is not None
    await row.get_by_role("link").first.click()
    return incident


async def kept_by_the_browser(page: Page) -> None:
    """Wait until the service worker serves this page and holds its parts."""
    await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    await page.wait_for_function(
        """async () => {
          if (navigator.serviceWorker.controller === null) return false
          const kept = await caches.open('tocsin-shell-1')
          const parts = performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname)
          const mine = parts.filter((one) => one.startsWith('/assets/') && !one.includes('worker'))
          for (const one of ['/', ...mine]) if ((await kept.match(one)) === undefined) return false
          return true
        }""",
        timeout=PATIENCE_MS,
    )


async def no_token_is_left(page: Page, token: str) -> None:
    """The token is in no address and in no store that other pages or the next person see."""
    assert token not in page.url
    assert token not in await page.evaluate("JSON.stringify(localStorage) + document.cookie")


async def offline(context: BrowserContext, *, away: bool) -> None:
    await context.set_offline(away)


async def test_an_act_without_network_waits_on_the_phone_and_is_sent_when_it_is_back(town: Town) -> None:
    async with town.page("desk") as desk, town.page("ann", **PHONE, **AT_THE_PLACE) as ann:
        await expect(ann.get_by_text("目前没有您的任务")).to_be_visible(timeout=PATIENCE_MS)
        incident = await confirmed_fire(desk)
        await ann.get_by_role("link", name="火情").tap()
        going = ann.get_by_role("button", name="前往")
        await expect(going).to_be_visible(timeout=PATIENCE_MS)
        await kept_by_the_browser(ann)
        await offline(ann.context, away=True)
        await going.tap()
        await expect(ann.get_by_text("1 项待发送")).to_be_visible(timeout=PATIENCE_MS)
        await ann.reload()
        await expect(ann.get_by_role("heading", name="火情")).to_be_visible(timeout=PATIENCE_MS)
        assert incident in ann.url
        await expect(ann.get_by_role("button", name="前往")).to_contain_text("待发送", timeout=PATIENCE_MS)
        await expect(desk.get_by_text("人员已出发")).to_have_count(0)
        await offline(ann.context, away=False)
        await expect(desk.get_by_text("人员已出发").first).to_be_visible(timeout=PATIENCE_MS)
        await expect(ann.get_by_role("button", name="前往")).not_to_contain_text(
            "待发送", timeout=PATIENCE_MS
        )


async def test_a_link_changes_nothing_until_it_is_tapped_and_arrival_by_position_stops_the_clock(
    town: Town,
) -> None:
    async with town.page("desk") as desk:
        incident = await confirmed_fire(desk)
        path = town.link(incident)
        async with town.opened("ann", path, **PHONE, **AT_THE_PLACE) as ann:
            await expect(ann.get_by_role("heading", name="火情")).to_be_visible(timeout=PATIENCE_MS)
            await no_token_is_left(ann, path.rsplit("/", 1)[-1])
            log = desk.get_by_role("region", name="事件日志")
            await expect(log).not_to_contain_text("已查看通知")
            await ann.get_by_role("button", name="已知晓").tap()
            await expect(log).to_contain_text("村级Ann已查看通知", timeout=PATIENCE_MS)
            await ann.get_by_role("button", name="前往").tap()
            await expect(log).to_contain_text("村级Ann已出发", timeout=PATIENCE_MS)
            await ann.get_by_role("button", name="已到达").tap()
            await expect(log).to_contain_text("村级判定：按时到场", timeout=PATIENCE_MS)
            await expect(ann.get_by_text("按时到场")).to_be_visible(timeout=PATIENCE_MS)
            proofs = desk.get_by_role("region", name="到场证明")
            await expect(proofs).to_contain_text("手机定位", timeout=PATIENCE_MS)
            await expect(proofs).to_contain_text("精度 ±10 米")
            await ann.get_by_role("button", name="完成").tap()
            await expect(desk.get_by_text("已处置，待办结").first).to_be_visible(timeout=PATIENCE_MS)


async def test_a_link_works_without_network_over_a_reload_and_tells_the_time_of_the_tap(town: Town) -> None:
    async with town.page("desk") as desk:
        incident = await confirmed_fire(desk)
        async with town.opened("ann", town.link(incident), **PHONE, **AT_THE_PLACE) as ann:
            await expect(ann.get_by_role("heading", name="火情")).to_be_visible(timeout=PATIENCE_MS)
            await kept_by_the_browser(ann)
            await offline(ann.context, away=True)
            await ann.get_by_role("button", name="前往").tap()
            await expect(ann.get_by_text("1 项待发送")).to_be_visible(timeout=PATIENCE_MS)
            await ann.reload()
            await expect(ann.get_by_role("heading", name="火情")).to_be_visible(timeout=PATIENCE_MS)
            await ann.get_by_role("button", name="已到达").tap()
            await expect(ann.get_by_text("2 项待发送")).to_be_visible(timeout=PATIENCE_MS)
            await offline(ann.context, away=False)
            await expect(desk.get_by_role("region", name="事件日志")).to_contain_text(
                "村级判定：按时到场", timeout=PATIENCE_MS
            )
            await expect(ann.get_by_text("待发送")).to_have_count(0, timeout=PATIENCE_MS)


async def test_an_act_that_is_refused_for_good_is_shown_and_blocks_nothing(town: Town) -> None:
    async with town.page("desk") as desk:
        incident = await confirmed_fire(desk)
        async with town.opened("ann", town.link(incident), **PHONE) as ann:
            await expect(ann.get_by_role("heading", name="火情")).to_be_visible(timeout=PATIENCE_MS)
            await offline(ann.context, away=True)
            await ann.get_by_role("button", name="前往").tap()
            await expect(ann.get_by_text("1 项待发送")).to_be_visible(timeout=PATIENCE_MS)
            await ann.get_by_role("button", name="请求支援").tap()
            await desk.get_by_role("button", name="排除").click()
            await desk.get_by_role("dialog").get_by_role("button", name="误报").click()
            await expect(desk.get_by_text("已排除").first).to_be_visible(timeout=PATIENCE_MS)
            await offline(ann.context, away=False)
            await expect(ann.get_by_text("未被接受").first).to_be_visible(timeout=PATIENCE_MS)
            await expect(ann.get_by_text("项待发送")).to_have_count(0, timeout=PATIENCE_MS)
            await expect(ann.get_by_text("事件已结束")).to_be_visible(timeout=PATIENCE_MS)


async def test_a_photo_with_the_code_is_shown_beside_it_and_can_be_refuted(
    town: Town, tmp_path: Path
) -> None:
    photo = tmp_path / "scene.jpg"
    cv2.imwrite(str(photo), np.full((1200, 1600, 3), 120, np.uint8))
    async with town.page("desk") as desk:
        incident = await confirmed_fire(desk)
        async with town.opened("ann", town.link(incident), **PHONE) as ann:
            await ann.get_by_role("button", name="拍照到场").tap()
            code = (await ann.get_by_label("校验码").inner_text()).strip()
            async with ann.expect_file_chooser() as chooser:
                await ann.get_by_text("拍照", exact=True).tap()
            await (await chooser.value).set_files(photo)
            proofs = desk.get_by_role("region", name="到场证明")
            await expect(proofs).to_contain_text("现场照片", timeout=PATIENCE_MS)
            await expect(proofs.locator(".code")).to_have_text(code)
            await expect(proofs.get_by_role("img", name="到场照片")).to_be_visible()
            await expect(desk.locator('.clock[data-tier="village"]')).to_contain_text(
                "按时到场", timeout=PATIENCE_MS
            )
            await proofs.get_by_role("button", name="证明不实…").click()
            await desk.get_by_role("dialog").get_by_role("button", name="照片是旧的").click()
            await expect(proofs).to_contain_text("被认定不实", timeout=PATIENCE_MS)
            await expect(desk.locator('.clock[data-tier="village"]')).not_to_contain_text("按时到场")


async def test_the_code_at_the_place_proves_arrival_for_the_call_that_is_open_on_the_phone(
    town: Town,
) -> None:
    async with town.page("desk") as desk:
        incident = await confirmed_fire(desk)
        tag = f"/tag/{await town.hang_tag()}"
        async with town.opened("ann", town.link(incident), **PHONE) as ann:
            await expect(ann.get_by_role("heading", name="火情")).to_be_visible(timeout=PATIENCE_MS)
            scanned = await ann.context.new_page()  # as the phone's own camera opens it
            await scanned.goto(town.address + tag)
            await expect(scanned.get_by_role("heading", name="现场标牌")).to_be_visible(timeout=PATIENCE_MS)
            await no_token_is_left(scanned, tag.rsplit("/", 1)[-1])
            await scanned.get_by_role("button", name="登记我已到达").tap(timeout=PATIENCE_MS)
            await expect(scanned.get_by_text("已登记到场")).to_be_visible(timeout=PATIENCE_MS)
            proofs = desk.get_by_role("region", name="到场证明")
            await expect(proofs).to_contain_text("标牌：祠堂东门", timeout=PATIENCE_MS)
            await scanned.get_by_role("link", name="查看任务").tap()
            await expect(scanned.get_by_role("heading", name="火情")).to_be_visible(timeout=PATIENCE_MS)


async def test_a_forged_link_says_so_and_offers_nothing_to_tap(town: Town) -> None:
    async with town.opened("anybody", "/go/" + "A" * 80, **PHONE) as page:
        await expect(page.get_by_role("alert")).to_be_visible(timeout=PATIENCE_MS)
        await expect(page.get_by_role("button", name="前往")).to_have_count(0)


async def test_a_test_of_a_channel_is_answered_by_a_tap_and_not_by_opening(town: Town) -> None:
    async with town.opened("ann", "/test/abcdefgh-0123", **PHONE) as ann:
        await expect(ann.get_by_role("button", name="我收到了")).to_be_visible(timeout=PATIENCE_MS)
        await no_token_is_left(ann, "abcdefgh-0123")
        await ann.get_by_role("button", name="我收到了").tap()
        await expect(ann.get_by_role("alert")).to_contain_text("这次测试不存在", timeout=PATIENCE_MS)
