from __future__ import annotations

import json

import pytest

from tocsin.alerts.reach_ports import Receipt
from tocsin.alerts.receipts import ENTRIES_MAX, Heard, read, source, thanks
from tocsin.core.errors import Rejected

NOTICE = "6f2b6f6e-7a53-5d0f-9d43-7c6f6373696e"
SMS_REPORT = {
    "phone_number": "13800001111", "send_time": "2026-01-01 00:00:00", "report_time": "2026-01-01 00:00:05",
    "success": True, "err_code": "DELIVERED", "err_msg": "用户接收成功", "sms_size": "1", "biz_id": "biz-1", "out_id": "",
}  # fmt: skip
SMS_UP = {
    "phone_number": "13800001111", "send_time": "2026-01-01 00:00:00", "content": "1", "sign_name": "村务",
    "dest_code": "1234", "sequence_id": 77,
}  # fmt: skip
VOICE = {
    "call_id": "call-1", "duration": "12", "status_code": "200000", "status_msg": "用户接听", "out_id": NOTICE, "dtmf": "1",
    "start_time": "2026-01-01 00:00:00", "end_time": "2026-01-01 00:00:12", "callee": "13800001111",
}  # fmt: skip
TENCENT = {
    "user_receive_time": "2026-01-01 08:03:04", "nationcode": "86", "mobile": "13800001111", "report_status": "SUCCESS",
    "errmsg": "DELIVRD", "description": "用户短信送达成功", "sid": "sid-1",
}  # fmt: skip
TENCENT_UP = {
    "extend": "01",
    "mobile": "13800001111",
    "nationcode": "86",
    "sign": "村务",
    "text": "1",
    "time": 1457336869,
}


def heard(form: str, *entries: object, bare: bool = False) -> Heard:
    body = entries[0] if bare else list(entries)
    return read(form, "", json.dumps(body).encode())  # type: ignore[arg-type]


def test_aliyun_says_that_a_message_came_or_why_not() -> None:
    failed = SMS_REPORT | {"success": False, "err_code": "MK:0001", "err_msg": "空号", "biz_id": "biz-2"}
    assert heard("aliyun_sms", SMS_REPORT, failed).receipts == (
        Receipt(provider="sms/aliyun", provider_id="biz-1", delivered=True),
        Receipt(provider="sms/aliyun", provider_id="biz-2", delivered=False, reason="MK:0001: 空号"),
    )


def test_a_receipt_that_tells_our_name_back_is_known_by_it() -> None:
    (receipt,) = heard("aliyun_sms", SMS_REPORT | {"out_id": NOTICE}).receipts
    assert receipt.provider_id == f"notice:{NOTICE}"
    (receipt,) = heard("aliyun_sms", SMS_REPORT | {"out_id": f"test-{NOTICE}"}).receipts
    assert receipt.provider_id == f"notice:test-{NOTICE}"
    (receipt,) = heard("aliyun_sms", SMS_REPORT | {"out_id": "somebody else's"}).receipts
    assert receipt.provider_id == "biz-1"


def test_aliyun_passes_a_short_message_on() -> None:
    (text,) = heard("aliyun_sms", SMS_UP).texts
    assert (text.sender, text.text, text.reference) == ("13800001111", "1", "77")


def test_tencent_passes_receipts_and_short_messages_on() -> None:
    failed = TENCENT | {"report_status": "FAIL", "errmsg": "UNDELIV", "description": "空号"}
    assert heard("tencent_sms", TENCENT, failed).receipts == (
        Receipt(provider="sms/tencent", provider_id="sid-1", delivered=True),
        Receipt(provider="sms/tencent", provider_id="sid-1", delivered=False, reason="UNDELIV: 空号"),
    )
    (text,) = heard("tencent_sms", TENCENT_UP, bare=True).texts
    assert (text.sender, text.text) == ("13800001111", "1")
    assert "13800001111" not in text.reference
    (again,) = heard("tencent_sms", TENCENT_UP, bare=True).texts
    assert again.reference == text.reference
    (other,) = heard("tencent_sms", TENCENT_UP | {"time": 1457336870}, bare=True).texts
    assert other.reference != text.reference


def test_a_call_that_was_answered_is_delivered_and_its_key_is_heard() -> None:
    found = heard("aliyun_voice", VOICE)
    assert found.receipts == (
        Receipt(provider="voice/aliyun", provider_id=f"notice:{NOTICE}", delivered=True),
    )
    (pressed,) = found.pressed
    assert (pressed.provider_id, pressed.key, pressed.reference) == (f"notice:{NOTICE}", "1", "call-1:1")


def test_a_call_that_nobody_answered_is_not_delivered() -> None:
    silent = VOICE | {"duration": "0", "dtmf": "", "status_code": "200005", "status_msg": "用户拒接"}
    found = heard("aliyun_voice", silent)
    assert [(one.delivered, one.reason) for one in found.receipts] == [(False, "200005: 用户拒接")]
    assert found.pressed == ()


def test_a_state_in_the_midst_of_a_call_tells_the_key_only() -> None:
    state = {"call_id": "call-1", "status_code": "300000", "dtmf": "2", "out_id": NOTICE}
    found = heard("aliyun_voice", state)
    assert found.receipts == ()
    assert [one.key for one in found.pressed] == ["2"]
    ringing = heard("aliyun_voice", {"call_id": "call-1", "status_code": "200001"})
    assert (ringing.receipts, ringing.strange) == ((), 0)


def test_our_own_form_takes_receipts_and_answers() -> None:
    found = heard(
        "webhook",
        {"notice": "n-1", "delivered": False, "reason": "screen off"},
        {"from": "+8613800001111", "text": "17", "id": "m-1"},
    )
    assert found.receipts == (
        Receipt(provider="webhook/webhook", provider_id="notice:n-1", delivered=False, reason="screen off"),
    )
    assert [(one.text, one.reference) for one in found.texts] == [("17", "m-1")]


@pytest.mark.parametrize("form", ["aliyun_sms", "aliyun_voice", "tencent_sms", "webhook"])
@pytest.mark.parametrize(
    "entry",
    [{}, {"biz_id": "1"}, {"biz_id": 1, "success": "yes"}, {"text": None}, {"content": "1"}, {"sid": []}],
)
def test_what_cannot_be_understood_is_counted_and_harms_no_other(form: str, entry: dict[str, object]) -> None:
    assert heard(form, entry) == Heard(strange=1)


def test_one_strange_entry_leaves_the_others() -> None:
    found = heard("aliyun_sms", {}, SMS_REPORT)
    assert (found.strange, len(found.receipts)) == (1, 1)


@pytest.mark.parametrize("body", [b"", b"phone=1", b"[1]", b'"x"', b"[" * 100_000, b"\xff", b"null"])
def test_what_is_no_list_of_objects_is_refused_with_a_sentence(body: bytes) -> None:
    with pytest.raises(Rejected, match="JSON"):
        read("aliyun_sms", "", body)


def test_more_entries_than_a_provider_sends_are_refused() -> None:
    with pytest.raises(Rejected, match="at most"):
        heard("aliyun_sms", *[SMS_REPORT] * (ENTRIES_MAX + 1))


def test_words_of_providers_are_bounded() -> None:
    long = "字" * 5000
    (receipt,) = heard("aliyun_sms", SMS_REPORT | {"success": False, "err_msg": long}).receipts
    assert len(receipt.reason) < 500
    (text,) = heard("aliyun_sms", SMS_UP | {"content": long}).texts
    assert len(text.text) == 500


def test_each_provider_gets_the_answer_that_it_waits_for() -> None:
    assert thanks("aliyun_sms") == thanks("aliyun_voice") == {"code": 0, "msg": "成功"}
    assert thanks("tencent_sms") == {"result": 0, "errmsg": "OK"}
    assert thanks("webhook") == {"ok": True}


def test_a_provider_is_named_with_its_channel() -> None:
    assert source("aliyun_voice", "") == "voice/aliyun"
    assert source("aliyun_sms", "second") == "sms/second"


def test_half_a_letter_harms_no_other_entry() -> None:
    body = json.dumps(
        [TENCENT | {"errmsg": "\ud800bad", "report_status": "FAIL"}, TENCENT | {"sid": "sid-\udc00"}]
    )
    receipts = read("tencent_sms", "", body.encode()).receipts
    assert [(one.provider_id, one.reason.encode()[:3]) for one in receipts] == [
        ("sid-1", b"bad"),
        ("sid-", b""),
    ]
    assert read("tencent_sms", "", json.dumps(TENCENT_UP | {"text": "1\ud800"}).encode()).texts[0].text == "1"
