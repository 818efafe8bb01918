from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.incidents import INCIDENT, START
from tocsin.alerts.model import Notice
from tocsin.alerts.notices import _TEMPLATES, GRADE_WORDS, KIND_WORDS, TEXT_CHARACTERS_MAX, write
from tocsin.alerts.ports import ClaimedNotice
from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.ids import NoticeId, PersonId
from tocsin.core.incidents import Grade
from tocsin.core.responders import Channel


def claimed(
    template: str = "call", *, language: str = "zh", drill: bool = False, **details: object
) -> ClaimedNotice:
    notice = Notice(
        id=NoticeId("n"), incident=INCIDENT, person=PersonId("ve1"), tier=Tier.VILLAGE, channel=Channel.WECOM_BOT,
        template=template, step=0, priority=0, not_before=START, expires=START, drill=drill,
    )  # fmt: skip
    values: dict[str, object] = {
        "notice": notice, "attempt": 1, "address": "bot-1", "person_name": "王强", "language": language,
        "kind": Kind.SMOKE, "grade": Grade.III, "grid_name": "上沙村", "place_name": "东塘仓库", "began": START,
        "confirmed": START, "due": START + timedelta(seconds=180),
    }  # fmt: skip
    return ClaimedNotice(**(values | details))  # type: ignore[arg-type]


def test_call_says_what_where_and_by_when() -> None:
    message = write(claimed(), START + timedelta(seconds=10), link="https://t/i/42")
    assert message.title == "上沙村东塘仓库烟雾"
    assert message.text == "上沙村东塘仓库烟雾，较大。请于14:06:00前到场（剩2分50秒）。"
    assert (message.address, message.link, message.seconds_left) == ("bot-1", "https://t/i/42", 170)


def test_call_in_english() -> None:
    message = write(claimed(language="en"), START)
    assert message.text == "Smoke at 东塘仓库, 上沙村, grade III. Be there by 14:06:00 (3 min left)."


@pytest.mark.parametrize(
    ("left", "zh", "en"),
    [
        (180, "剩3分钟", "3 min left"),
        (179.9, "剩2分59秒", "2 min 59 s left"),
        (59, "剩59秒", "59 s left"),
        (0, "已超时", "at once"),
        (-5, "已超时", "at once"),
    ],
)
def test_what_is_left_is_never_rounded_up(left: float, zh: str, en: str) -> None:
    now = START + timedelta(seconds=180 - left)
    assert zh in write(claimed(), now).text
    assert en in write(claimed(language="en"), now).text


def test_without_a_deadline_it_only_asks_to_go() -> None:
    assert "请到现场处置" in write(claimed(due=None), START).text
    assert "Please go there." in write(claimed(language="en", due=None), START).text
    assert write(claimed(due=None), START).seconds_left is None


def test_the_words_of_a_drill_say_so_in_pieces_too() -> None:
    assert write(claimed(), START).words["what"] == "烟雾"
    assert write(claimed(drill=True), START).words["what"] == "演练：烟雾"
    assert write(claimed(drill=True, language="en"), START).words["what"] == "drill: Smoke"


def test_drill_says_so_first() -> None:
    assert write(claimed(drill=True), START).text.startswith("【演练】")
    assert write(claimed(drill=True, language="en"), START).title.startswith("DRILL: ")


def test_place_is_said_once_when_it_is_the_grid() -> None:
    assert write(claimed(place_name="上沙村"), START).title == "上沙村烟雾"
    assert write(claimed(place_name=""), START).title == "上沙村烟雾"


@pytest.mark.parametrize("template", [*_TEMPLATES, "unheard_of"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_template_reads_whole_in_both_languages(template: str, language: str) -> None:
    message = write(claimed(template, language=language), START)
    assert "{" not in message.text + message.title
    assert "上沙村" in message.text


@pytest.mark.parametrize("template", _TEMPLATES)
def test_longest_chinese_text_fits_two_short_messages(template: str) -> None:
    longest = claimed(template, kind=Kind.TAMPER, grade=Grade.I, grid_name="村" * 500, place_name="仓" * 500)
    assert len(write(longest, START).text) <= TEXT_CHARACTERS_MAX


@pytest.mark.parametrize("template", ["call", "look", "nobody_there", "not_closed"])
@pytest.mark.parametrize("drill", [False, True])
def test_a_short_message_fits_two_with_its_link_and_the_digits_of_the_answer(
    template: str,
    drill: bool,  # noqa: FBT001 a parameter of the test
) -> None:
    longest = claimed(
        template, drill=drill, kind=Kind.TAMPER, grade=Grade.I, grid_name="村" * 500, place_name="仓" * 500
    )
    by_sms = replace(longest, notice=replace(longest.notice, channel=Channel.SMS))
    link, reply = "https://bell.example.org/go/" + "x" * 22, "回复199前往 299到达 399不能去 499求援 599无事"
    message = write(by_sms, START, link=link, reply=reply)
    assert len(message.text) + 1 + len(link) <= TEXT_CHARACTERS_MAX
    assert message.text.endswith(reply)
    assert message.words["reply"] == reply


def test_names_are_cut_only_where_there_is_no_room() -> None:
    by_sms = claimed(place_name="东塘仓库北门外第二排第三间")
    by_sms = replace(by_sms, notice=replace(by_sms.notice, channel=Channel.SMS))
    assert "东塘仓库北门外第二排第三间" in write(by_sms, START, reply="回复1前往").text


def test_a_reminder_says_that_it_is_done_and_not_closed() -> None:
    assert "待结案" in write(claimed("not_closed"), START).title
    assert "nobody has closed it" in write(claimed("not_closed", language="en"), START).text


def test_names_from_outside_cannot_break_the_line_or_the_template() -> None:
    message = write(claimed(place_name="东塘\n{what}\n仓库"), START)
    assert "\n" not in message.text
    assert "{what}" in message.text


def test_every_kind_and_grade_has_both_names() -> None:
    assert set(KIND_WORDS) == set(Kind)
    assert set(GRADE_WORDS) == set(Grade)


DUE = START + timedelta(days=2, hours=3)


@pytest.mark.parametrize(
    ("template", "zh", "en"),
    [
        ("task", "上沙村东塘仓库暴露垃圾已派遣至贵单位，请签收办理。", "was dispatched to you: take it on."),
        ("urge", "上沙村东塘仓库暴露垃圾尚未办理，请抓紧。", "still waits for you."),
        ("supervise", "上沙村东塘仓库暴露垃圾已列入督办，请立即办理并反馈。", "is under supervision."),
        ("waits", "上沙村东塘仓库暴露垃圾等待处理过久，请督促。", "has waited too long."),
    ],
)
def test_what_is_said_of_a_case_names_its_matter_and_its_limit(template: str, zh: str, en: str) -> None:
    matter = ("暴露垃圾", "Uncovered rubbish")
    chinese = write(claimed(template, matter=matter, due=DUE), START)
    assert chinese.text == zh + "时限：7月16日17:03。"
    english = write(claimed(template, language="en", matter=matter, due=DUE), START)
    assert english.text.startswith("Uncovered rubbish at 东塘仓库, 上沙村")
    assert en in english.text
    assert english.text.endswith("Limit: 2026-07-16 17:03.")


def test_a_limit_of_today_is_said_so_and_none_is_not_said() -> None:
    today = write(claimed("urge", due=START + timedelta(hours=2)), START)
    assert today.text.endswith("时限：今日16:03。")
    assert write(claimed("urge", due=None), START).text.endswith("请抓紧。")


def test_a_case_without_a_matter_is_named_by_its_kind() -> None:
    assert "烟雾" in write(claimed("task"), START).title
    assert "暴露垃圾" in write(claimed("task", language="en", matter=("暴露垃圾", "")), START).title
