from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.incidents import INCIDENT, START
from tocsin.alerts.commands import Accept, Arrive, AskHelp, Refuse, SayNothingHere
from tocsin.alerts.model import Notice
from tocsin.alerts.reach_ports import OpenCode
from tocsin.alerts.replies import Said, answerable, command, digits, hint, meant, read
from tocsin.alerts.replies import trial_hint as hint_of_test
from tocsin.core.grids import Tier
from tocsin.core.ids import IncidentId, NoticeId, PersonId
from tocsin.core.incidents import Basis
from tocsin.core.responders import Channel

ANN, BOB = PersonId("ann"), PersonId("bob")


def code(number: int, *, alone: bool = False, person: PersonId = ANN, minutes: int = 0) -> OpenCode:
    return OpenCode(
        person=person,
        incident=IncidentId(f"i-{number}"),
        number=number,
        alone=alone,
        made=START + timedelta(minutes=minutes),
    )


def notice(template: str = "call", channel: Channel = Channel.SMS) -> Notice:
    return Notice(
        id=NoticeId("n"), incident=INCIDENT, person=ANN, tier=Tier.VILLAGE, channel=channel, template=template, step=0,
        priority=0, not_before=START, expires=START,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1", Said(1, None)),
        (" １ ", Said(1, None)),
        ("2。", Said(2, None)),
        ("17", Said(1, 7)),
        ("1 7", Said(1, 7)),
        ("1-7", Said(1, 7)),
        ("1、7", Said(1, 7)),
        ("299", Said(2, 99)),
        ("9", Said(9, None)),
        ("前往", Said(1, None)),
        ("到了！", Said(2, None)),
        ("Help", Said(4, None)),
    ],
)
def test_an_answer_is_read_however_it_is_typed(text: str, said: Said) -> None:
    assert read(text) == said


@pytest.mark.parametrize(
    "text", ["", "0", "6", "7", "10", "107", "1000", "13800001111", "好的", "1是什么意思", "TD", "1" * 600]
)
def test_what_says_none_of_our_words_is_no_answer(text: str) -> None:
    assert read(text) is None


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading(text: str) -> None:
    said = read(text)
    assert said is None or said.digit in {1, 2, 3, 4, 5, 9}


@given(digit=st.integers(1, 5), number=st.integers(1, 99))
def test_what_the_notice_tells_is_read_as_it_was_meant(digit: int, number: int) -> None:
    assert read(f"{digit}{number}") == Said(digit, number)


def test_one_open_call_is_meant_by_the_digit_alone() -> None:
    assert meant(Said(1, None), [code(4, alone=True)]) == code(4, alone=True)
    assert meant(Said(1, None), [code(4)]) == code(4), "the first was closed meanwhile"


def test_of_two_open_calls_the_digit_means_the_one_told_without_a_number() -> None:
    both = [code(4, alone=True), code(5)]
    assert meant(Said(1, None), both) == both[0]
    assert meant(Said(1, 5), both) == both[1]
    assert meant(Said(1, 4), both) == both[0]
    assert meant(Said(1, 6), both) is None


def test_an_answer_that_could_mean_two_calls_is_none() -> None:
    assert meant(Said(1, None), [code(4), code(5)]) is None
    assert meant(Said(1, None), [code(4, alone=True), code(4, alone=True, person=BOB)]) is None
    assert meant(Said(1, 4), [code(4), code(4, person=BOB)]) is None, "two people share a telephone"
    assert meant(Said(1, None), []) is None


def test_the_later_of_two_texts_without_number_is_the_one_on_the_screen() -> None:
    first, second = code(4, alone=True), code(5, alone=True, minutes=1)
    assert meant(Said(1, None), [first, second]) == second


def test_a_digit_is_the_same_act_as_the_tap() -> None:
    assert command(1, ANN) == Accept(person=ANN)
    assert command(2, ANN) == Arrive(person=ANN, basis=Basis.DECLARED), "a word proves nothing"
    assert command(3, ANN) == Refuse(person=ANN, reason_code="other")
    assert command(4, ANN) == AskHelp(person=ANN)
    assert command(5, ANN) == SayNothingHere(person=ANN)
    assert command(9, ANN) is None


def test_a_call_tells_how_to_answer_and_its_number_only_when_it_is_needed() -> None:
    assert hint(notice(), code(7, alone=True), english=False) == "回复1前往 2到达 3不能去 4求援"
    assert hint(notice(), code(7), english=False) == "回复17前往 27到达 37不能去 47求援"
    assert hint(notice("look"), code(7, alone=True), english=False).endswith("5无事")
    assert hint(notice(), code(7), english=True) == "Reply 17 going, 27 arrived, 37 cannot, 47 help."


def test_a_hint_with_the_longest_number_fits_a_variable_of_a_registered_template() -> None:
    assert len(hint(notice("look"), code(99), english=False)) <= 35


def test_keys_of_a_call_need_no_number() -> None:
    told = hint(notice(channel=Channel.VOICE), None, english=False)
    assert told == "前往请按1，已到达请按2，不能去请按3，需要支援请按4。"
    assert "5 for nothing here" in hint(notice("look", Channel.VOICE), None, english=True)


def test_only_who_is_asked_to_go_is_told_how_to_answer() -> None:
    assert answerable(notice())
    assert not answerable(notice("recall"))
    assert not answerable(notice(channel=Channel.WECOM_APP))
    assert not answerable(replace(notice(), tier=None))


def test_a_test_is_answered_by_one_digit() -> None:
    assert hint_of_test(Channel.SMS, english=False) == "收到请回复9"
    assert "9" in hint_of_test(Channel.VOICE, english=True)


@pytest.mark.parametrize(
    "written",
    ["13800001111", "+86 138 0000 1111", "008613800001111", "86-13800001111", "１３８００００１１１１"],
)
def test_a_number_is_compared_by_its_digits(written: str) -> None:
    assert digits(written) == "13800001111"


def test_a_landline_that_begins_with_86_keeps_it() -> None:
    assert digits("8612345") == "8612345"
    assert digits("") == ""
