"""What providers send to us later: receipts, short messages of people, keys pressed during a call.  Pure.

`read` takes the body as the provider publishes it (Aliyun `SmsReport`, `SmsUp`, `VoiceReport` and
`VoiceCallReport`, Tencent's callbacks, our own form for webhooks); `thanks` is the answer that ends its
repetitions.  One entry that cannot be understood harms no other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Literal

from tocsin.alerts.reach_ports import Receipt
from tocsin.core.errors import Rejected
from tocsin.core.responders import Channel

Form = Literal["aliyun_sms", "aliyun_voice", "tencent_sms", "webhook"]
ENTRIES_MAX: Final = 500
CHARACTERS_MAX: Final = 200
TEXT_CHARACTERS_MAX: Final = 500
OF_NOTICE: Final = "notice:"
"""Before a name that is ours, told back by the provider."""

DEFAULT_PROVIDER: Final[Mapping[Form, str]] = {
    "aliyun_sms": "aliyun", "aliyun_voice": "aliyun", "tencent_sms": "tencent", "webhook": "webhook",
}  # fmt: skip
CHANNEL: Final[Mapping[Form, Channel]] = {
    "aliyun_sms": Channel.SMS, "aliyun_voice": Channel.VOICE, "tencent_sms": Channel.SMS, "webhook": Channel.WEBHOOK,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A short message that somebody sent to us."""

    sender: str
    text: str
    reference: str
    """The same in every repetition by the provider, another for every message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A key that somebody pressed during a call."""

    provider_id: str
    key: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """All that one request says."""

    receipts: tuple[Receipt, ...] = ()
    texts: tuple[Text, ...] = ()
    pressed: tuple[Pressed, ...] = ()
    strange: int = 0
    """Entries that could not be understood."""


def source(form: Form, provider: str) -> str:
    """Name a provider together with its channel: `sms/aliyun`."""
    return f"{CHANNEL[form]}/{provider or DEFAULT_PROVIDER[form]}"


def thanks(form: Form) -> dict[str, object]:
    """Give the answer by which the provider knows that we have it."""
    match form:
        case "aliyun_sms" | "aliyun_voice":
            return {"code": 0, "msg": "成功"}
        case "tencent_sms":
            return {"result": 0, "errmsg": "OK"}
        case "webhook":
            return {"ok": True}


def read(form: Form, provider: str, body: bytes) -> Heard:
    """Read one request; raises `Rejected` (`hook.form`) when it is not what this provider sends."""
    try:
        content: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Rejected(
            "hook.form",
            f"the body is no JSON ({type(error).__name__}): is another provider set to this address?",
        ) from error
    entries = content if isinstance(content, list) else [content]
    if len(entries) > ENTRIES_MAX or not all(isinstance(one, dict) for one in entries):
        raise Rejected("hook.form", f"send a JSON object, or a list of at most {ENTRIES_MAX} of them")
    name = source(form, provider)
    receipts: list[Receipt] = []
    texts: list[Text] = []
    pressed: list[Pressed] = []
    strange = 0
    for entry in entries:
        found = _READERS[form](entry, name)
        strange += not found
        receipts += [one for one in found if isinstance(one, Receipt)]
        texts += [one for one in found if isinstance(one, Text)]
        pressed += [one for one in found if isinstance(one, Pressed)]
    return Heard(receipts=tuple(receipts), texts=tuple(texts), pressed=tuple(pressed), strange=strange)


_NAME: Final = re.compile(r"(test-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_Found = list[Receipt | Text | Pressed]


def _aliyun_sms(entry: Mapping[str, Any], name: str) -> _Found:
    if "content" in entry:
        sender, text = _text(entry, "phone_number"), _text(entry, "content", TEXT_CHARACTERS_MAX)
        if not sender:
            return []
        reference = _text(entry, "sequence_id") or _digest(sender, text, _text(entry, "send_time"))
        return [Text(sender=sender, text=text, reference=reference)]
    message = _text(entry, "biz_id")
    if not message or not isinstance(entry.get("success"), bool):
        return []
    reason = "" if entry["success"] else _join(_text(entry, "err_code"), _text(entry, "err_msg"))
    return [
        Receipt(provider=name, provider_id=_ours(entry) or message, delivered=entry["success"], reason=reason)
    ]


def _tencent_sms(entry: Mapping[str, Any], name: str) -> _Found:
    if "text" in entry:
        sender, text = _text(entry, "mobile"), _text(entry, "text", TEXT_CHARACTERS_MAX)
        if not sender:
            return []
        reference = _digest(sender, text, _text(entry, "time"))
        return [Text(sender=sender, text=text, reference=reference)]
    message, status = _text(entry, "sid"), entry.get("report_status")
    if not message or status not in {"SUCCESS", "FAIL"}:
        return []
    delivered = status == "SUCCESS"
    reason = "" if delivered else _join(_text(entry, "errmsg"), _text(entry, "description"))
    return [Receipt(provider=name, provider_id=message, delivered=delivered, reason=reason)]


def _aliyun_voice(entry: Mapping[str, Any], name: str) -> _Found:
    """A record at the end of a call, or a state in its midst, which only tells the key."""
    call = _text(entry, "call_id")
    if not call:
        return []
    found: _Found = []
    if "duration" in entry or "end_time" in entry:
        seconds = _text(entry, "duration")
        answered = seconds.isdecimal() and int(seconds[:9]) > 0
        reason = (
            ""
            if answered
            else _join(_text(entry, "status_code"), _text(entry, "status_msg") or "not answered")
        )
        named = _ours(entry) or call
        found.append(Receipt(provider=name, provider_id=named, delivered=answered, reason=reason))
    key = _text(entry, "dtmf")[:1]
    if key.isdecimal():
        found.append(Pressed(provider_id=_ours(entry) or call, key=key, reference=f"{call}:{key}"))
    return found or ([Pressed(provider_id=call, key="", reference="")] if "status_code" in entry else [])


def _webhook(entry: Mapping[str, Any], name: str) -> _Found:
    """`{"notice": …, "delivered": true, "reason": ""}`, or `{"from": …, "text": …, "id": …}`."""
    if "text" in entry:
        sender, reference = _text(entry, "from"), _text(entry, "id")
        text = _text(entry, "text", TEXT_CHARACTERS_MAX)
        return [Text(sender=sender, text=text, reference=reference)] if sender and reference else []
    message, own = _text(entry, "id"), _text(entry, "notice")
    if not (message or own) or not isinstance(entry.get("delivered"), bool):
        return []
    return [
        Receipt(
            provider=name,
            provider_id=f"{OF_NOTICE}{own}" if own else message,
            delivered=entry["delivered"],
            reason=_text(entry, "reason"),
        )
    ]


_READERS: Final = {
    "aliyun_sms": _aliyun_sms,
    "aliyun_voice": _aliyun_voice,
    "tencent_sms": _tencent_sms,
    "webhook": _webhook,
}


def _text(entry: Mapping[str, Any], field: str, most: int = CHARACTERS_MAX) -> str:
    value = entry.get(field)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    # Half a pair of surrogates is a letter to JSON and nothing that the database can keep.
    text = str(value).encode(errors="ignore").decode()
    return text.replace("\0", "").strip()[:most]


def _ours(entry: Mapping[str, Any]) -> str:
    """Give the name of the notice or test where the provider tells it back: known before its own is."""
    own = _text(entry, "out_id")
    return f"{OF_NOTICE}{own}" if _NAME.fullmatch(own) else ""


def _join(code: str, words: str) -> str:
    return ": ".join(part for part in (code, words) if part)


def _digest(*parts: str) -> str:
    """Name a message by what it says, where the provider gives it no name; holds no number."""
    return sha256("\x1f".join(parts).encode()).hexdigest()[:32]
