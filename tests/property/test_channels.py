"""Whatever a provider answers and whatever stands as an address: an answer with a name, never an exception."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.alerts.channels import dingtalk, feishu, tencent_sms, webhook, wecom_bot
from tocsin.alerts.channels.aliyun import judge
from tocsin.alerts.channels.http import PROVIDER_ID_CHARACTERS_MAX, Reply, excerpt, hide
from tocsin.alerts.channels.phone_number import callable_number, mobile
from tocsin.alerts.channels.web_push import read_subscription
from tocsin.alerts.channels.wecom_bot import bot_key
from tocsin.alerts.channels.wording import shorten
from tocsin.alerts.ports import Answer, RefusedBy, Sent, Unknown
from tocsin.core.errors import Rejected

NAMES = st.sampled_from(
    ["errcode", "errmsg", "code", "msg", "StatusCode", "Code", "Message", "BizId", "Response", "Error",
     "SendStatusSet", "SerialNo", "ok", "error", "id", "retry"]
)  # fmt: skip
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["OK", "Ok", 0, -1]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
READERS: dict[str, tuple[Callable[[Reply], Answer], Callable[[object], bool]]] = {
    "dingtalk": (dingtalk._read, lambda body: _is(body, "errcode", 0)),
    "wecom_bot": (wecom_bot._read, lambda body: _is(body, "errcode", 0)),
    "feishu": (feishu._read, lambda body: _is(body, "code", 0) or _is(body, "StatusCode", 0)),
    "aliyun": (lambda reply: judge(reply, "BizId"), lambda body: _is(body, "Code", "OK")),
    "tencent": (tencent_sms._read, lambda body: '"Ok"' in json.dumps(body)),
    "webhook": (webhook._read, lambda _: True),
}


def _is(body: object, name: str, value: object) -> bool:
    return isinstance(body, dict) and type(body.get(name)) is type(value) and body.get(name) == value


@pytest.mark.parametrize("name", READERS)
@given(body=VALUES)
def test_only_a_clear_yes_is_sent(name: str, body: object) -> None:
    read, may_be_yes = READERS[name]
    answer = read(Reply(200, json.dumps(body).encode()))
    match answer:
        case Sent(provider_id=provider_id):
            assert may_be_yes(body)
            assert len(provider_id) <= max(PROVIDER_ID_CHARACTERS_MAX, 160)
        case RefusedBy(reason=reason) | Unknown(reason=reason):
            assert reason
            assert reason.isprintable()
            assert len(reason) < 400


@pytest.mark.parametrize("name", READERS)
@given(body=st.binary(max_size=200))
def test_any_bytes_are_an_answer(name: str, body: bytes) -> None:
    answer = READERS[name][0](Reply(200, body))
    assert isinstance(answer, Sent | RefusedBy | Unknown)


@given(address=st.text(max_size=200) | st.from_regex(r"https://[^ ]*#?.*", fullmatch=True))
def test_any_text_may_stand_as_an_address(address: str) -> None:
    for token in (dingtalk.read_address(address), feishu.read_address(address)):
        assert token is None or (token[0].isascii() and token[0].isprintable())
    key = bot_key(address)
    assert key is None or key.isascii()
    for read in (mobile, callable_number):
        with suppress(Rejected):
            number = read(address)
            assert number.isascii()
            assert number.isdecimal()
            assert 10 <= len(number) <= 12
    with suppress(Rejected):
        read_subscription(address)


@given(text=st.text(max_size=300), most=st.integers(3, 200))
def test_a_cut_text_is_the_beginning_of_the_whole(text: str, most: int) -> None:
    cut = shorten(text, most)
    assert len(cut.encode()) <= most or cut == text
    assert text.startswith(cut.removesuffix("…"))


@given(before=st.text(max_size=50), secret=st.from_regex(r"[A-Za-z0-9/+=_&火\"-]{4,40}", fullmatch=True))
def test_a_secret_is_hidden_in_every_form(before: str, secret: str) -> None:
    for form in (secret, json.dumps(secret), json.dumps(f"https://x/{secret}")):
        assert secret not in hide(before + form, (secret,)).replace("…", " ")
    assert len(excerpt(before * 10)) <= 160
