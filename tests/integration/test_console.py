"""The desk's console in a real Chromium: by keyboard, by mouse, with an alarm's states and what an operator does about them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.support.console import CHROMIUM, PATIENCE_MS, Town, town_in, write_down_a_fire
from tests.support.database import Database
from tests.support.response import TOWN
from tocsin.core.detections import Kind
from tocsin.core.watch import Beat
from tocsin.wiring import CONSOLE

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Chromium is not installed: apt install chromium"),
    pytest.mark.skipif(
        not (CONSOLE / "index.html").is_file(), reason="the console is not built: make console"
    ),
]


@pytest.fixture
async def town(database: Database, tmp_path: Path) -> AsyncIterator[Town]:
    async with town_in(database, tmp_path) as found:
        yield found


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
        await ann.get_by_role("button", name="前往").tap()
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

        # What an operator registered does not hold after all: the clock runs again.
        await desk.get_by_role("button", name="证明不实…").click()
        await desk.get_by_role("dialog").get_by_role("button", name="登记有误").click()
        await expect(log).to_contain_text("到场证明被认定不实：登记有误", timeout=PATIENCE_MS)
        await expect(stopped).not_to_contain_text("按时到场", timeout=PATIENCE_MS)


async def test_two_incidents_are_noted_graded_merged_closed_and_rejected(town: Town) -> None:
    async with town.page("desk") as desk:
        await write_down_a_fire(desk, "祠堂后面冒黑烟")
        await town.sees(Kind.FLOOD)
        rows = desk.get_by_role("listitem")
        await expect(rows).to_have_count(2, timeout=PATIENCE_MS)
        await rows.filter(has_text="火情").get_by_role("link").first.click()
        await desk.get_by_role("button", name="确认属实").click()
        await expect(desk.get_by_text("已确认，待出发").first).to_be_visible(timeout=PATIENCE_MS)
        log = desk.get_by_role("region", name="事件日志")

        await desk.get_by_role("button", name="添加备注").click()
        await desk.get_by_label("备注内容").fill("屋里可能有老人")
        await desk.get_by_role("dialog").get_by_role("button", name="保存").click()
        await expect(log).to_contain_text("备注：屋里可能有老人", timeout=PATIENCE_MS)

        await desk.get_by_role("button", name="改等级").click()
        await desk.get_by_role("menuitem", name=re.compile("特别重大")).click()
        await expect(log).to_contain_text("改为特别重大", timeout=PATIENCE_MS)

        await desk.get_by_role("link", name="事件队列").first.click()
        await rows.filter(has_text="水情").get_by_role("link").first.click()
        await desk.get_by_role("button", name="合并到…").click()
        await desk.get_by_role("dialog").get_by_role("button", name=re.compile("火情")).click()
        await expect(desk.get_by_text("已合并").first).to_be_visible(timeout=PATIENCE_MS)
        await desk.get_by_role("link", name="已并入事件，点此查看").click()

        await desk.get_by_role("button", name="办结").click()
        await desk.get_by_role("dialog").get_by_role("button", name="处置完毕").click()
        await expect(desk.get_by_text("已办结").first).to_be_visible(timeout=PATIENCE_MS)

        await write_down_a_fire(desk, "又有烟")
        await rows.filter(has_text="火情").filter(has_text="待确认").get_by_role("link").first.click()
        await desk.get_by_role("button", name="排除").click()
        await desk.get_by_role("dialog").get_by_role("button", name="误报").click()
        await expect(desk.get_by_text("已排除").first).to_be_visible(timeout=PATIENCE_MS)


async def test_an_alarm_is_acknowledged_shelved_with_a_reason_and_comes_back(town: Town) -> None:
    async with town.page("desk") as desk:
        await town.sees()
        await desk.get_by_role("link", name="报警", exact=True).click()
        row = desk.locator("tr.ant-table-row").filter(has_text="祠堂摄像头")
        await expect(row.locator('[data-state="unacknowledged"]')).to_be_visible(timeout=PATIENCE_MS)
        await row.get_by_role("button", name="确认").click()
        await expect(row.locator('[data-state="acknowledged"]')).to_be_visible(timeout=PATIENCE_MS)

        await row.get_by_role("button", name="更多").click()
        await desk.get_by_role("menuitem", name="搁置…").click()
        dialog = desk.get_by_role("dialog")
        await expect(
            dialog.get_by_role("button", name="搁置", exact=True)
        ).to_be_disabled()  # without a reason
        await dialog.get_by_label("原因").fill("祠堂在办酒席，灶台冒烟")
        await dialog.get_by_text("30 分钟").click()
        await dialog.get_by_role("button", name="搁置", exact=True).click()
        await expect(row.locator('[data-state="shelved"]')).to_be_visible(timeout=PATIENCE_MS)
        await expect(row).to_contain_text("搁置原因：祠堂在办酒席，灶台冒烟")
        await expect(row).to_contain_text(re.compile(r"还剩 (29|30):\d\d"))

        await row.get_by_role("button", name="取消搁置").click()
        await expect(row.locator('[data-state="shelved"]')).to_have_count(0, timeout=PATIENCE_MS)
        await row.get_by_role("button", name="更多").click()
        await desk.get_by_role("menuitem", name="经过").click()
        await expect(desk.get_by_role("dialog")).to_contain_text("搁置（祠堂在办酒席，灶台冒烟） · 林晓")


async def test_a_spot_is_false_for_a_week_with_its_picture_and_box_shown(town: Town) -> None:
    async with town.page("desk") as desk:
        await town.sees()
        await desk.get_by_role("link", name="报警", exact=True).click()
        row = desk.locator("tr.ant-table-row").filter(has_text="祠堂摄像头")
        await row.get_by_role("button", name="更多").click()
        await desk.get_by_role("menuitem", name="此处误报至…").click()
        dialog = desk.get_by_role("dialog")
        await expect(dialog.locator(".picture .box")).to_be_visible(timeout=PATIENCE_MS)
        await dialog.get_by_label("原因").fill("灶台烟囱，每天做饭冒烟")
        await dialog.get_by_role("button", name="标为误报").click()
        await expect(dialog).to_have_count(0, timeout=PATIENCE_MS)
        await desk.get_by_role("link", name="检修与误报").click()
        spot = desk.locator("tr.ant-table-row").filter(has_text="灶台烟囱")
        await expect(spot).to_contain_text("只在框内", timeout=PATIENCE_MS)
        await spot.get_by_role("button", name="恢复报警").click()
        await desk.get_by_role("tooltip").get_by_role("button", name="恢复报警").click()
        await expect(spot).to_contain_text("已结束", timeout=PATIENCE_MS)


async def test_maintenance_is_added_and_ended_before_its_time(town: Town) -> None:
    async with town.page("desk") as desk:
        await desk.get_by_role("link", name="报警", exact=True).click()
        await desk.get_by_role("link", name="检修与误报").click()
        await desk.get_by_role("button", name="登记检修").click()
        dialog = desk.get_by_role("dialog")
        await dialog.locator("#device").click()
        await desk.get_by_title("祠堂摄像头").click()
        await dialog.get_by_label("原因").fill("更换摄像头电源")
        await dialog.get_by_role("button", name="登记", exact=True).click()
        row = desk.locator("tr.ant-table-row").filter(has_text="更换摄像头电源")
        await expect(row).to_contain_text("检修中", timeout=PATIENCE_MS)
        await town.sees()
        await desk.get_by_role("link", name="报警列表").click()
        alarm = desk.locator("tr.ant-table-row").filter(has_text="祠堂摄像头")
        await expect(alarm.locator('[data-state="out_of_service"]')).to_be_visible(timeout=PATIENCE_MS)
        await desk.get_by_role("link", name="检修与误报").click()
        await row.get_by_role("button", name="提前结束").click()
        await desk.get_by_role("tooltip").get_by_role("button", name="提前结束").click()
        await expect(row).to_contain_text("已结束", timeout=PATIENCE_MS)


async def test_the_load_of_alarms_is_judged_in_plain_words(town: Town) -> None:
    async with town.page("desk") as desk:
        await town.sees()
        await desk.get_by_role("link", name="报警", exact=True).click()
        await desk.get_by_role("link", name="报警负荷").click()
        await expect(desk.get_by_role("status").filter(has_text="负荷可接受")).to_be_visible(
            timeout=PATIENCE_MS
        )
        await expect(desk.locator(".hours-chart svg")).to_be_visible(timeout=PATIENCE_MS)
        await expect(desk.get_by_role("region", name="最频繁的十个报警")).to_contain_text("祠堂摄像头")


async def test_a_town_goes_on_alert_with_a_reason_and_every_desk_sees_it(town: Town) -> None:
    async with town.page("desk") as desk:
        await desk.get_by_role("link", name="预案").click()
        await desk.get_by_role("button", name="转入战时…").click()
        dialog = desk.get_by_role("dialog")
        await dialog.locator("#readiness-grid").fill(TOWN)
        await desk.get_by_title(f"name of {TOWN}", exact=True).click()
        await expect(dialog.get_by_role("button", name="转入战时", exact=True)).to_be_disabled()
        await dialog.get_by_label("原因").fill("暴雨红色预警")
        await dialog.get_by_role("button", name="转入战时", exact=True).click()
        banner = desk.get_by_role("status").filter(has_text="战时状态")
        await expect(banner).to_contain_text("暴雨红色预警", timeout=PATIENCE_MS)
        await desk.get_by_role("link", name="事件队列").click()
        await expect(banner).to_be_visible()
        await desk.get_by_role("link", name="预案").click()
        await desk.get_by_role("button", name="恢复平时").click()
        await desk.get_by_role("dialog").get_by_label("原因").fill("预警已解除")
        await desk.get_by_role("dialog").get_by_role("button", name="恢复平时").click()
        await expect(banner).to_have_count(0, timeout=PATIENCE_MS)


async def test_channels_are_shown_and_tested_and_the_watch_tells_who_lives(town: Town) -> None:
    clock = town.made.clock
    await town.made.watch.beat([Beat(name="relay@node-1", role="relay", host="node-1", clock=clock.now())])
    async with town.page("desk") as desk:
        await desk.get_by_role("link", name="通知渠道").click()
        await expect(desk.get_by_role("region", name="系统自检")).to_contain_text(
            "通知发送", timeout=PATIENCE_MS
        )
        tests = desk.get_by_role("region", name="人员渠道测试")
        await tests.get_by_label("人员", exact=True).click()
        await desk.get_by_title("Ann").click()
        await tests.get_by_role("button", name="立即测试").click()
        row = tests.locator("tr.ant-table-row").filter(has_text="Ann")
        await expect(row.first).to_contain_text("排队中", timeout=PATIENCE_MS)


@pytest.mark.parametrize("width", [390, 1440])
async def test_no_page_is_wider_than_its_screen(town: Town, width: int) -> None:
    await town.sees()
    async with town.page("desk", viewport={"width": width, "height": 844}) as desk:
        await expect(desk.get_by_role("listitem").first).to_be_visible(timeout=PATIENCE_MS)
        for path in (
            "/queue",
            "/alarms",
            "/alarms/load",
            "/alarms/maintenance",
            "/policies",
            "/channels",
            "/devices",
        ):
            await desk.goto(town.address + path)
            await expect(desk.get_by_role("heading").first).to_be_visible(timeout=PATIENCE_MS)
            if path == "/alarms/load":
                await expect(desk.locator(".hours-chart svg")).to_be_visible(timeout=PATIENCE_MS)
            assert await _overflow(desk) <= 0, path


async def _overflow(page: Page) -> int:
    return int(await page.evaluate("document.documentElement.scrollWidth - innerWidth"))
