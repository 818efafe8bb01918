import pytest

from tocsin.alerts.words import outcome


@pytest.mark.parametrize(
    ("state", "reason", "said"),
    [
        ("sent", "", "已被服务商接收"),
        ("delivered", "", "已送达"),
        ("pending", "throttled", "等待发送：发送次数已达上限，到点自动再发"),
        ("failed", "refused: errcode 93000: invalid webhook url", "未能送出：服务商拒绝：errcode 93000: invalid webhook url"),
        ("failed", "unknown: no answer within 8 s", "未能送出：服务商没有回应，可能已送出：no answer within 8 s"),
        ("failed", "provider_down", "未能送出：服务商中断，已改走其他渠道或等待恢复"),
        ("failed", "not_delivered: MK:0001: 空号", "未能送出：服务商回执：未送达：MK:0001: 空号"),
        ("expired", "not_sent_in_time, last throttled", "已过时效，未发送：时限内没有发出：发送次数已达上限，到点自动再发"),
        ("strange", "new_code", "strange：new_code"),
    ],
)  # fmt: skip
def test_an_operator_reads_what_became_of_a_notice_and_why(state: str, reason: str, said: str) -> None:
    assert outcome(state, reason) == said
