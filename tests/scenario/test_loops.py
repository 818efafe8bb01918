"""The five loops of towns, played by people through the API under their local names, with the real rules and store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.database import Database
from tests.support.loops import MONDAY, Loops, loops
from tocsin.town.profiles import profile


@pytest.fixture
async def town(database: Database, tmp_path: Path) -> AsyncIterator[Loops]:
    async with loops(database, tmp_path) as made:
        yield made


async def test_patrol_report_pass_on_handle_review(town: Loops) -> None:
    """巡查—上报—分转—处置—复核: straight through, with a partner, and struck off."""
    await town.reports("member", "垃圾堆在桥头", matter="0102")
    assert town.under("patrol") == ["巡查"]
    page = await town.page("desk")
    assert (page["incident"]["source"], page["incident"]["matter_name"]) == ("member", "暴露垃圾")
    assert "receive" in page["moves"]
    await town.says("desk", "receive")
    assert town.under("patrol")[-1] == "上报"
    await town.says("desk", "file", matter="0102", note="属实")
    await town.says("desk", "dispatch", lead="huanwei", partners=["zongzhi"])
    assert town.under("patrol")[-1] == "分转"
    page = await town.page("huanwei")
    assert (page["work"]["lead"]["name"], page["work"]["stage"]) == ("环卫处", "accept")
    assert [one["name"] for one in page["work"]["partners"]] == ["镇综治中心"]
    assert page["waits_on"][0]["who"] == "organisation:huanwei"
    await town.says("huanwei", "take-on")
    await town.says("huanwei", "begin-work")
    assert town.under("patrol")[-1] == "处置"
    await town.says("zongzhi", "finish-work", note="路口已围")
    assert (await town.page("desk"))["standing"]["state"] == "handling", "a partner's word is not the lead's"
    await town.says("huanwei", "finish-work", note="清理两车")
    assert town.under("patrol")[-1] == "处置"
    await town.says("desk", "check", passed=True)
    assert town.under("patrol") == list(profile("patrol").loop)
    await town.says("desk", "close", reason="handled")
    page = await town.page("member")
    assert page["standing"]["state"] == "closed", "who reported it sees how it ended"
    assert set(page["notes"].values()) == {"属实", "路口已围", "清理两车"}
    assert page["incident"]["ended"] is not None


async def test_collect_report_supervise_strike_off_evaluate(town: Loops) -> None:
    """收集—上报—督办—销号—评价: nobody acts in time, so it is urged and supervised by itself and by a leader."""
    await town.reports("member", "河边渣土", matter="0103")
    await town.says("desk", "receive")
    assert town.under("struck_off") == ["收集", "上报"]
    await town.says("desk", "file", matter="0103")
    await town.says("desk", "dispatch", lead="zhifa")
    assert town.under("struck_off")[-1] == "督办"
    await town.after(hours=1.9)
    assert "urged" in await town.events(), "before the limit of two working hours has passed"
    assert "supervised" not in await town.events()
    await town.after(hours=0.2)
    supervised = [line for line in (await town.page("desk"))["log"] if line["event"]["event"] == "supervised"]
    assert [line["event"]["reason_code"] for line in supervised] == ["overdue"]
    assert supervised[0]["actor"]["kind"] == "system"
    assert town.incident in await town.listed("desk", "?overdue=true")
    await town.says("leader", "supervise", reason="important", note="书记过问")
    await town.says("zhifa", "take-on")
    assert town.incident not in await town.listed("desk", "?overdue=true")
    await town.says("desk", "urge")
    await town.says("zhifa", "finish-work")
    await town.says("desk", "check", passed=True)
    await town.says("desk", "close", reason="handled")
    assert town.under("struck_off")[-1] == "销号"
    await town.says("desk", "evaluate", score=80)
    assert town.under("struck_off") == list(profile("struck_off").loop)


async def test_need_sorted_departments_fed_back_assessed(town: Loops) -> None:
    """需求采集—分类处置—部门联动—处置反馈—定期评估: given back, given again, handed up, helped, sent back once."""
    await town.reports("desk", "居民来电要求清运", source="citizen", matter="0103", caller="13800000000")
    await town.says("desk", "file", matter="0103")
    assert town.under("needs") == ["分类处置"], "the desk wrote it down itself"
    await town.says("desk", "dispatch", lead="zongzhi")
    await town.says("zongzhi", "take-on")
    await town.says("zongzhi", "hand-up", reason="beyond_means", note="需要机械")
    page = await town.page("desk")
    assert (page["work"]["level"], page["work"]["stage"]) == ("city", "dispatch")
    await town.says("zongzhi", "hand-up", reason="beyond_means", expect=422)
    await town.says("desk", "dispatch", lead="sifa")
    await town.says("sifa", "return", reason="not_ours", note="不属司法")
    assert (await town.page("desk"))["work"]["returns"] == 1
    await town.says("desk", "dispatch", lead="zhifa")
    await town.says("zhifa", "take-on")
    await town.says("zhifa", "join", organisation="huanwei")
    assert town.under("needs")[-1] == "部门联动"
    assert town.incident in await town.listed("huanwei")
    await town.says("zhifa", "finish-work")
    assert town.under("needs")[-1] == "处置反馈"
    await town.says("desk", "check", passed=False, reason="partly_done", note="还有一堆")
    assert (await town.page("zhifa"))["work"]["reworks"] == 1
    await town.says("zhifa", "finish-work")
    await town.says("desk", "check", passed=True)
    await town.says("desk", "close", reason="handled")
    await town.says("desk", "evaluate", expect=422)
    await town.says("desk", "call-back", reached=True, satisfaction=5)
    await town.says("desk", "evaluate", score=90)
    assert town.under("needs")[-1] == "定期评估"
    assert [step for step in profile("needs").loop if step in town.under("needs")] == [
        "分类处置", "部门联动", "处置反馈", "定期评估",
    ]  # fmt: skip
    assert (await town.page("desk"))["satisfaction"] == 5


async def test_collected_assigned_carried_out_supervised_fed_back_inspected(town: Loops) -> None:
    """信息收集—分流交办—执行处置—日常督办—信息反馈—督查考核: more time, unsatisfied, reopened, done."""
    await town.reports("member", "桥下渣土", matter="0103")
    assert town.under("assigned") == ["信息收集"]
    await town.says("desk", "receive")
    await town.says("desk", "file", matter="0103")
    await town.says("desk", "dispatch")
    page = await town.page("desk")
    assert page["work"]["lead"]["code"] == page["route"][0]["organisation"] == "zongzhi", "as the route names"
    await town.says("zongzhi", "take-on")
    assert town.under("assigned") == ["信息收集", "分流交办", "执行处置"]
    due = (await town.page("zongzhi"))["work"]["due"]
    until = (MONDAY + timedelta(days=10)).isoformat()
    await town.says("zongzhi", "ask-extension", until=until, reason="weather", note="连续下雨")
    assert {"who": "leader", "what": "extension"}.items() <= next(
        one for one in (await town.page("leader"))["waits_on"] if one["what"] == "extension"
    ).items()
    await town.says("leader", "answer-extension", granted=True)
    page = await town.page("zongzhi")
    assert page["work"]["extensions"] == 1
    assert page["work"]["due"] > due
    await town.says("leader", "supervise", reason="important")
    assert profile("assigned").moves["supervise"].zh == "日常督办"
    await town.says("zongzhi", "finish-work")
    assert town.under("assigned")[-1] == "信息反馈"
    await town.says("desk", "check", passed=True)
    await town.says("desk", "close", reason="handled")
    assert town.under("assigned")[-1] == "督查考核"
    await town.says("desk", "call-back", reached=True, satisfaction=1, note="渣土又来了")
    await town.says("desk", "reopen", reason="unsatisfied")
    assert (await town.page("desk"))["standing"]["state"] == "filed"
    await town.says("desk", "dispatch", lead="zhifa")
    for path in ("take-on", "finish-work"):
        await town.says("zhifa", path)
    await town.says("desk", "check", passed=True)
    await town.says("desk", "close", reason="handled")
    await town.says("desk", "call-back", reached=True, satisfaction=4)
    await town.says("desk", "evaluate")
    page = await town.page("desk")
    assert (page["standing"]["state"], page["reopened"], page["called_back"]) == ("evaluated", 1, 1)
    assert set(profile("assigned").loop) - {"日常督办"} == set(town.under("assigned"))


async def test_six_steps_that_nobody_listed_have_the_words_of_the_standard(town: Loops) -> None:
    """六步: under the names of the standard; another service is called in, and nobody answers the call back."""
    await town.reports("desk", "河道漂浮物", matter="0102")
    await town.says("desk", "file", matter="0102")
    await town.says("desk", "dispatch", lead="huanwei")
    await town.says("huanwei", "take-on")
    await town.says("desk", "transfer", service="119", reason="reinforcement", note="有人落水")
    await town.says("huanwei", "begin-work")
    await town.says("huanwei", "finish-work")
    await town.says("desk", "check", passed=True)
    await town.says("desk", "close", reason="handled")
    for _ in range(3):
        await town.says("desk", "call-back", reached=False)
    await town.says("desk", "evaluate")
    steps = town.under("six_steps")
    assert [step for step in steps if step in profile("six_steps").loop] == [
        "案卷建立", "任务派遣", "任务处理", "处理反馈", "核实结案", "综合评价",
    ]  # fmt: skip
    assert (await town.page("desk"))["transferred"] == ["119"]
