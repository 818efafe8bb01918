"""The pages of the town in a real Chromium: a bad and a good import, the life of a case, figures to their rows, gaps of duty.

The town has a department whose account takes its case on, an operator who files, dispatches, checks, closes and
calls back, a leader who looks at figures, and a village without anybody on duty.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from playwright.async_api import Locator, Page, expect

from tests.support.console import CHROMIUM, DESK, PASSWORD, PATIENCE_MS, PHONE, Town, town_in
from tests.support.database import Database
from tests.support.response import CITY, GRIDS, OTHER, SCHOOL, STREET, TOWN, VILLAGE
from tocsin.api.auth import hash_password
from tocsin.core.clock import SystemClock
from tocsin.core.ids import OrganisationCode, PersonId
from tocsin.core.responders import Channel
from tocsin.town import catalogue
from tocsin.town.ports import Account, ContactAddress, DutyShift, Person, Role
from tocsin.wiring import CONSOLE

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Chromium is not installed: apt install chromium"),
    pytest.mark.skipif(
        not (CONSOLE / "index.html").is_file(), reason="the console is not built: make console"
    ),
]
NAMES = {
    CITY: "临山市",
    TOWN: "双溪镇",
    OTHER: "云岭镇",
    VILLAGE: "石桥村",
    STREET: "石桥村一网格",
    SCHOOL: "石桥小学",
}
MATTERS = """
categories:
  - {code: "01", name: 市容环境}
platforms:
  - {code: environment, name: 环境整治}
matters:
  - {code: "0102", name: 暴露垃圾, platform: environment,
     limits: {dispatch: 1 working_hour, accept: 1 working_hour, handle: 4 working_hours, check: 4 working_hours}}
organisations:
  - {code: zongzhi, name: 双溪镇综治中心, kind: centre, tier: township, grid: "3301101", handles: true,
     authority: [{category: "", highest: IV}]}
  - {code: huanwei, name: 环卫所, kind: team, tier: township, grid: "3301101", handles: true, platforms: [environment],
     authority: [{category: "01", highest: II}]}
"""
SHEET = "编码,名称,上级,类型,层级\n3301101201002,石桥村二网格,3301101201,基础,村\n"
FAULTY = (
    "编码,名称,上级,类型,层级\n3301101201002,石桥村二网格,9999,基础,村\n3301101201003,,3301101201,方的,村\n"
)
OUTLINES = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"code": code},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [[west, 30.0], [west + 0.01, 30.0], [west + 0.012, 30.01], [west, 30.01], [west, 30.0]]
                ],
            },
        }
        for code, west in (("3301101201001", 120.0), ("3301101201002", 120.013))
    ],
}
PAGES = ("网格", "人员", "值班", "机构与事项", "督办", "统计", "考核", "清查", "演练")
SHOTS = os.environ.get("TOCSIN_TEST_SHOTS")
"""A folder for pictures of the pages, to look at."""


@pytest.fixture
async def town(database: Database, tmp_path: Path) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(town_in(database, tmp_path))
        await _furnish(made)
        yield made


async def _furnish(town: Town) -> None:
    """Give places their names, the town its matters and organisations, and each role an account."""
    made = town.made
    await made.town.add_grids([msgspec.structs.replace(grid, name=NAMES[grid.code]) for grid in GRIDS])
    sheet = catalogue.read(MATTERS, grid=TOWN, known=await made.catalogue.known())
    await made.catalogue.save(sheet)
    stored = hash_password(PASSWORD)
    scope = next(grid.path for grid in GRIDS if grid.code == TOWN)
    staff = (
        ("adm", "周主任", Role.ADMINISTRATOR, str(CITY), None),
        ("lead", "吴书记", Role.SUPERVISOR, scope, None),
        ("office", "郑所长", Role.DEPARTMENT, scope, OrganisationCode("huanwei")),
    )
    for name, called, role, where, organisation in staff:
        person = Person(id=PersonId(name), name=called, grid=TOWN, tier=None)
        await made.town.add_people([person], [])
        await made.town.add_account(
            Account(
                name=name,
                person=person.id,
                role=role,
                scope=where,
                password_hash=stored,
                organisation=organisation,
            )
        )
    for one, called in (("ann", "王强"), ("bob", "李梅"), ("cat", "陈涛")):
        found = await made.town.person(PersonId(one))
        assert found is not None
        contact = ContactAddress(person=found.id, channel=Channel.VOICE, address="13800000000", rank=1)
        await made.town.add_people([replace(found, name=called)], [contact])
    await made.town.add_duty([DutyShift(person=DESK, grid=TOWN, since=SystemClock().now(), until=None)])


async def shoot(page: Page, name: str) -> None:
    if SHOTS is not None:
        await page.wait_for_timeout(400)
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


async def go(page: Page, name: str) -> None:
    """Open a page of the group 「治理」."""
    await page.get_by_role("navigation", name="主导航").get_by_role("link", name="治理").click()
    await page.get_by_role("navigation", name="治理").get_by_role("link", name=name, exact=True).click()


async def report_rubbish(desk: Page) -> None:
    """Write down what somebody telephoned, and open its incident."""
    await desk.get_by_role("link", name="电话登记").click()
    await desk.get_by_text("其他", exact=True).click()
    await desk.get_by_label("在哪个网格").fill("石桥村")
    await desk.get_by_title("石桥村", exact=True).first.click()
    await desk.get_by_label("来电人怎么说").fill("村口堆了两车垃圾，已经发臭")
    await desk.get_by_role("button", name="登记", exact=True).click()
    await desk.get_by_role("link", name="查看事件").click()
    await expect(desk.get_by_role("region", name="事件日志")).to_be_visible(timeout=PATIENCE_MS)


def moves(page: Page) -> Locator:
    return page.get_by_role("group", name="办理")


async def move(page: Page, name: str) -> Locator:
    """Press a button of the case's moves; gives the dialog that it opens."""
    await moves(page).get_by_role("button", name=name, exact=True).click()
    return page.get_by_role("dialog")


async def says(page: Page, sentence: str) -> None:
    """Wait until the log has a sentence."""
    await expect(page.get_by_role("region", name="事件日志")).to_contain_text(sentence, timeout=PATIENCE_MS)


async def file_and_dispatch(desk: Page) -> None:
    dialog = await move(desk, "立案")
    await dialog.get_by_label("事项").fill("暴露垃圾")
    # By the keyboard: a list that still opens may lose a click.
    await expect(desk.get_by_title("0102 暴露垃圾").last).to_be_visible(timeout=PATIENCE_MS)
    await desk.keyboard.press("Enter")
    await expect(dialog.get_by_title("0102 暴露垃圾")).to_be_visible(timeout=PATIENCE_MS)
    await shoot(desk, "case-file")
    await dialog.get_by_role("button", name="立案", exact=True).click()
    await says(desk, "立案：暴露垃圾")
    await expect(desk.get_by_role("region", name="办理情况")).to_contain_text("工作时间", timeout=PATIENCE_MS)
    dialog = await move(desk, "派遣")
    await shoot(desk, "case-dispatch")
    await dialog.get_by_role("button", name="派遣", exact=True).click()
    await says(desk, "派遣给环卫所")
    await expect(desk.get_by_label("正在等待")).to_contain_text("等待环卫所签收")


async def test_a_faulty_file_of_grids_is_told_by_row_and_a_good_one_is_written(
    town: Town, tmp_path: Path
) -> None:
    sheet, bad, outlines = tmp_path / "grids.csv", tmp_path / "bad.csv", tmp_path / "grids.geojson"
    sheet.write_text(SHEET)
    bad.write_text(FAULTY)
    outlines.write_text(json.dumps(OUTLINES))
    async with town.page("adm") as adm:
        await go(adm, "网格")
        await adm.get_by_role("button", name="导入…").click()
        dialog = adm.get_by_role("dialog")
        await dialog.get_by_label("表格（CSV 或 Excel）").set_input_files(bad)
        await dialog.get_by_role("button", name="试运行", exact=True).click()
        row = dialog.get_by_role("row").filter(has_text="上级")
        await expect(row.first).to_contain_text("没有这个上级", timeout=PATIENCE_MS)
        await expect(row.first).to_contain_text("2")
        await expect(dialog.get_by_role("row").filter(has_text="类型")).to_contain_text("3")
        await expect(dialog.get_by_role("button", name="正式写入")).to_have_count(0)
        await shoot(adm, "import-faults")

        await dialog.get_by_label("表格（CSV 或 Excel）").set_input_files(sheet)
        await dialog.get_by_label("边界图（GeoJSON）").set_input_files(outlines)
        await dialog.get_by_role("button", name="试运行", exact=True).click()
        await expect(dialog.get_by_text("将新增 1 个")).to_be_visible(timeout=PATIENCE_MS)
        await shoot(adm, "import-tried")
        await dialog.get_by_label("为什么改").fill("石桥村新设二网格")
        await dialog.get_by_role("button", name="正式写入").click()
        await expect(dialog.get_by_text("已新增 1 个")).to_be_visible(timeout=PATIENCE_MS)
        await dialog.get_by_role("button", name="完成").click()

        await adm.get_by_placeholder("按名称或编码查找").fill("二网格")
        await adm.get_by_role("button", name="石桥村二网格").click()
        await expect(adm.get_by_role("img", name=re.compile("石桥村二网格的边界"))).to_be_visible(
            timeout=PATIENCE_MS
        )
        await shoot(adm, "grid-outline")


async def test_a_case_goes_from_the_telephone_to_the_call_back(town: Town) -> None:
    async with town.page("desk") as desk, town.page("office", **PHONE) as office:
        await report_rubbish(desk)
        await file_and_dispatch(desk)
        await shoot(desk, "case-dispatched")

        await expect(office.get_by_role("heading", name="待办")).to_be_visible(timeout=PATIENCE_MS)
        card = office.get_by_role("link", name=re.compile("暴露垃圾"))
        await expect(card).to_contain_text("待签收", timeout=PATIENCE_MS)
        await shoot(office, "todo-phone")
        await card.tap()
        await moves(office).get_by_role("button", name="签收", exact=True).tap()
        await says(office, "环卫所已签收")
        await shoot(office, "case-phone")
        assert await _too_wide(office) == 0
        dialog = await move(office, "处置反馈")
        await dialog.get_by_label(re.compile("补充说明")).fill("两车垃圾已清运，照片已发群里")
        await dialog.get_by_role("button", name="处置反馈", exact=True).tap()
        await says(office, "环卫所报告办完")

        await expect(desk.get_by_label("正在等待")).to_contain_text("等待值班室核查", timeout=PATIENCE_MS)
        dialog = await move(desk, "核查通过…")
        await dialog.get_by_role("button", name="核查通过…").click()
        await says(desk, "核查通过")
        await desk.get_by_role("button", name="办结").click()
        await desk.get_by_role("dialog").get_by_role("button", name="处置完毕").click()
        await says(desk, "事件办结")
        dialog = await move(desk, "回访")
        await dialog.get_by_role("radio").nth(-2).click()
        await shoot(desk, "case-call-back")
        await dialog.get_by_role("button", name="回访", exact=True).click()
        await says(desk, "第 1 次回访：满意")
        await expect(desk.get_by_role("region", name="办理情况")).to_contain_text("满意")
        await shoot(desk, "case-closed")


async def test_a_leader_goes_from_a_figure_to_the_incident_behind_it(town: Town) -> None:
    async with town.page("desk") as desk, town.page("lead") as lead:
        await report_rubbish(desk)
        await file_and_dispatch(desk)
        await desk.get_by_role("link", name="事件队列").first.click()
        row = desk.get_by_role("listitem").filter(has_text="暴露垃圾")
        await expect(row).to_contain_text("环卫所", timeout=PATIENCE_MS)
        await expect(row).to_contain_text("待签收")
        await desk.get_by_text("筛选", exact=True).click()
        await desk.get_by_label("只看超期").click()
        await expect(desk.get_by_text("没有符合条件的事件")).to_be_visible(timeout=PATIENCE_MS)
        await desk.get_by_role("button", name="清除筛选").click()
        await expect(row).to_be_visible(timeout=PATIENCE_MS)
        await shoot(desk, "queue-case")
        await go(desk, "机构与事项")
        for tab in ("事项", "流程名称"):
            await desk.get_by_role("tab", name=tab).click()
            await shoot(desk, f"desk-{tab}")
        await expect(lead.get_by_role("heading", name="督办")).to_be_visible(timeout=PATIENCE_MS)
        await lead.get_by_text(re.compile("全部未办结")).click()
        await expect(lead.get_by_role("link", name=re.compile("暴露垃圾"))).to_be_visible(timeout=PATIENCE_MS)
        await shoot(lead, "overdue")
        await lead.get_by_role("link", name="看统计").click()
        await lead.get_by_role("button", name="立案率").click()
        behind = lead.get_by_role("dialog")
        await expect(behind).to_contain_text("1/1", timeout=PATIENCE_MS)
        await shoot(lead, "figure-rows")
        await behind.get_by_role("link", name=re.compile("石桥村")).click()
        await says(lead, "立案：暴露垃圾")
        dialog = await move(lead, "督办")
        await dialog.get_by_text("群众投诉").click()
        await dialog.get_by_role("button", name="督办", exact=True).click()
        await says(lead, "督办（签收）：群众投诉")
        await lead.get_by_role("link", name="治理").click()
        await lead.get_by_role("navigation", name="治理").get_by_role("link", name="统计").click()
        async with lead.expect_download() as file:
            await lead.get_by_role("link", name="导出 Excel").click()
        assert (await file.value).suggested_filename.endswith(".xlsx")


async def test_who_cannot_be_reached_on_duty_stands_on_top_in_red(town: Town) -> None:
    async with town.page("desk") as desk:
        await go(desk, "值班")
        gaps = desk.get_by_role("alert").filter(has_text="值班缺口")
        await expect(gaps).to_contain_text("石桥村", timeout=PATIENCE_MS)
        await expect(gaps).to_contain_text("请到“人员”补登电话")
        board = desk.get_by_role("region", name="一周值班")
        await expect(board.get_by_role("row").filter(has_text="石桥村")).to_contain_text("王强")
        await shoot(desk, "duty")


async def test_a_member_reports_from_the_phone_and_every_page_fits_a_phone(town: Town) -> None:
    async with town.page("ann", **PHONE) as ann:
        await ann.get_by_role("link", name="上报情况").tap()
        await ann.get_by_label("看到了什么").fill("河边护栏断了一截")
        await ann.get_by_label("在哪个网格").select_option("石桥村")
        await shoot(ann, "field-report")
        await ann.get_by_role("button", name="上报", exact=True).tap()
        await ann.get_by_role("link", name="查看事件").tap()
        await expect(ann.get_by_text("已上报，待受理")).to_be_visible(timeout=PATIENCE_MS)
        await expect(ann.get_by_label("正在等待")).to_contain_text("等待值班室受理")
        await shoot(ann, "field-reported")
        assert await _too_wide(ann) == 0
    async with town.page("desk", **PHONE) as desk:
        await desk.get_by_role("link", name=re.compile("其他 石桥村")).first.tap()
        await moves(desk).get_by_role("button", name="受理", exact=True).tap()
        await says(desk, "受理")
        for name in PAGES:
            await go(desk, name)
            await expect(desk.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE_MS)
            await expect(desk.locator(".ant-spin-spinning")).to_have_count(0, timeout=PATIENCE_MS)
            await shoot(desk, f"phone-{name}")
            assert await _too_wide(desk) == 0, name
            words = await desk.locator("main").inner_text()
            assert not re.search(r"\b(undefined|null|NaN)\b|\{\{", words), words


async def test_a_sweep_is_called_answered_on_a_phone_and_an_exercise_prepared(town: Town) -> None:
    async with town.page("desk") as desk, town.page("ann", **PHONE) as ann:
        await go(desk, "清查")
        await desk.get_by_role("button", name="发起清查").click()
        dialog = desk.get_by_role("dialog")
        await dialog.get_by_label("清查什么").fill("燃气瓶安全")
        await dialog.get_by_label("范围（包括以下全部网格）").fill("石桥村")
        await desk.get_by_title("石桥村", exact=True).first.click()
        await dialog.get_by_role("button", name="发出").click()
        await desk.get_by_role("link", name=re.compile("燃气瓶安全")).click()
        await expect(desk.get_by_role("region", name="点名").last).to_contain_text(
            "石桥村", timeout=PATIENCE_MS
        )
        await shoot(desk, "sweep")
        await ann.get_by_role("link", name="清查").tap()
        await ann.get_by_role("button", name="没有问题").first.tap()
        await expect(ann.get_by_role("status").filter(has_text="没有问题").first).to_be_visible(
            timeout=PATIENCE_MS
        )
        await shoot(ann, "field-sweep")
        await expect(desk.get_by_text(re.compile(r"1/\d 已答复"))).to_be_visible(timeout=PATIENCE_MS)

        await go(desk, "演练")
        await desk.get_by_role("button", name="安排演练").click()
        dialog = desk.get_by_role("dialog")
        await dialog.get_by_label("名称", exact=True).fill("夜间火情演练")
        await dialog.get_by_label("在哪个网格").fill("石桥村")
        await desk.get_by_title("石桥村", exact=True).first.click()
        await dialog.get_by_label("参加人员").fill("王强")
        await desk.get_by_title(re.compile("王强")).first.click()
        await desk.keyboard.press("Escape")
        await dialog.get_by_label("名称", exact=True).click()
        await dialog.get_by_role("button", name="保存").click()
        await expect(desk.get_by_role("link", name=re.compile("夜间火情演练"))).to_contain_text(
            "待开始", timeout=PATIENCE_MS
        )
        await shoot(desk, "exercise")


async def _too_wide(page: Page) -> int:
    """How many pixels the page is wider than the phone."""
    return int(await page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth"))
