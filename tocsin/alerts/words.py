"""What became of a notice, in words that an operator reads: Chinese first.  Pure.

`reason` is as the relay writes it: a stable code, a colon, and what the provider said.
"""

from __future__ import annotations

from typing import Final

_STATES: Final = {
    "pending": "等待发送",
    "leased": "正在发送",
    "sent": "已被服务商接收",
    "delivered": "已送达",
    "failed": "未能送出",
    "expired": "已过时效，未发送",
    "cancelled": "已取消，无需再发",
    "refused": "被拒绝",
    "unknown": "结果不明",
}
_CODES: Final = {
    "throttled": "发送次数已达上限，到点自动再发",
    "busy": "同一渠道发送繁忙，稍后再发",
    "refused": "服务商拒绝",
    "unknown": "服务商没有回应，可能已送出",
    "provider_down": "服务商中断，已改走其他渠道或等待恢复",
    "channel_not_offered": "本系统未开通此渠道",
    "no_address": "此人没有该渠道的联系方式",
    "not_sent_in_time": "时限内没有发出",
    "not_delivered": "服务商回执：未送达",
}


def outcome(state: str, reason: str) -> str:
    """Say it in one sentence without a stop; a code that is not known is told as it is."""
    told = _STATES.get(state, state)
    code, _, said = reason.partition(": ")
    code, _, last = code.partition(", last ")
    parts = [told, *(_CODES.get(one, one) for one in (code, last) if one), said]
    return "：".join(part for part in parts if part)
