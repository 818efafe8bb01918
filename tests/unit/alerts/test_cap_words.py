from __future__ import annotations

from tests.support.incidents import CLOCKS_ONLY, Case
from tocsin.alerts import commands as ask
from tocsin.alerts.cap_words import CATEGORY, words_of
from tocsin.core.detections import Kind
from tocsin.core.incidents import Actor


def test_every_kind_has_a_category() -> None:
    assert set(CATEGORY) == set(Kind)


def test_both_languages_say_what_where_how_bad_and_who_was_called() -> None:
    case = Case(CLOCKS_ONLY)
    case.open()
    case.confirm()
    chinese, english = words_of(case.incident, "东村", cancelled=False)
    assert (chinese.language, chinese.event) == ("zh-CN", "烟雾")
    assert chinese.description == "东村烟雾，等级：较大，已启动村级、镇级、市级响应。"
    assert (english.language, english.event) == ("en-US", "Smoke")
    assert english.description == "Smoke at 东村, grade III. Called: village, township, city."


def test_the_end_and_a_cancel_say_so() -> None:
    case = Case(CLOCKS_ONLY)
    case.open()
    case.confirm()
    chinese, english = words_of(case.incident, "东村", cancelled=True)
    assert (chinese.headline, english.headline) == ("东村烟雾，已解除", "Smoke at 东村, cancelled")
    case.do(ask.Close(reason_code="handled"), Actor("person", "ann"))
    chinese, english = words_of(case.incident, "东村", cancelled=False)
    assert (chinese.headline, english.headline) == ("东村烟雾，已处置完毕", "Smoke at 东村, dealt with")
