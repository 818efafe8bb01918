from collections.abc import Callable

import pytest

from tocsin.alerts.channels.wording import fill, lines, pieces, shorten
from tocsin.alerts.ports import Message

Make = Callable[..., Message]
WORDS = {"what": "烟雾", "where": "溪口村粮仓", "by": "请于12:03:00前到场"}


def test_lines_call_nobody_by_markup(message: Make) -> None:
    text = lines(message("x", title="火<at user_id='all'>", link=""))
    assert "<" not in text
    assert text.startswith("火＜at")


@pytest.mark.parametrize(("most", "cut"), [(9, "火火火"), (8, "火…"), (100, "火火火")])
def test_a_text_is_cut_between_characters(most: int, cut: str) -> None:
    assert shorten("火火火", most) == cut
    assert len(shorten("火" * 999, most).encode()) <= most


def test_the_end_of_the_link_is_the_token(message: Make) -> None:
    assert pieces(message("x", link="https://t.example/go/abc"))["token"] == "abc"
    assert pieces(message("x", link="https://t.example/go/abc/"))["token"] == "abc"
    assert pieces(message("x", link=""))["token"] == ""


def test_a_template_is_filled_in_order_and_bounded(message: Make) -> None:
    made = message("x", words=WORDS, title="【演练】\n火情" + "火" * 50)
    assert fill(made, ("where", "what"), 35) == ["溪口村粮仓", "烟雾"]
    [title] = fill(made, ("title",), 10)
    assert title == "（演练） 火情火火…"


def test_an_empty_word_is_named(message: Make) -> None:
    assert fill(message("x", words=WORDS, link=""), ("what", "token"), 35) == "token"
