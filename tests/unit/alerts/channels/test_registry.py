from pathlib import Path

import httpx

from tocsin.alerts.channels.registry import build
from tocsin.alerts.config import ChannelsConfig, SmtpConfig, WebhookConfig, WecomBotConfig
from tocsin.core.clock import ManualClock
from tocsin.core.responders import Channel


async def _publish(topic: str, payload: bytes) -> None: ...


def test_every_configured_channel_is_offered_under_its_name(
    client: httpx.AsyncClient, clock: ManualClock
) -> None:
    config = ChannelsConfig(
        webhook=WebhookConfig(signing_key="k" * 16),
        wecom_bot=WecomBotConfig(),
        smtp=SmtpConfig(host="mail.example.org", sender="a@example.org"),
    )
    offered = build(config, client=client, publish=_publish, clock=clock)
    assert set(offered) == {Channel.LOG, Channel.MQTT, Channel.WEBHOOK, Channel.WECOM_BOT, Channel.SMTP}
    assert all(one.channel is name for name, providers in offered.items() for one in providers)


def test_the_providers_of_a_channel_stand_in_order_of_preference(
    client: httpx.AsyncClient, clock: ManualClock, tmp_path: Path
) -> None:
    aliyun = {
        "access_key_id": "LTAI5tExampleKeyId",
        "access_key_secret": "s3cret",
        "templates": {"*": {"code": "T_1"}},
    }
    tencent = {
        "kind": "tencent",
        "secret_id": "AKIDExample",
        "secret_key": "s3cret",
        "app_id": "1400006666",
        "signature": "警钟",
        "templates": {"*": {"code": "2001"}},
    }
    config = ChannelsConfig.model_validate(
        {
            "wecom_app": {"corp_id": "ww0123", "agent_id": 1, "secret": "s3cret"},
            "dingtalk": {},
            "feishu": {},
            "sms": [tencent, aliyun | {"kind": "aliyun", "signature": "警钟"}],
            "voice": [aliyun, aliyun | {"name": "second"}],
            "web_push": {"key_file": str(tmp_path / "push.pem"), "contact": "mailto:ops@example.org"},
        }
    )
    offered = build(config, client=client, publish=_publish, clock=clock)
    assert [one.provider for one in offered[Channel.SMS]] == ["tencent", "aliyun"]
    assert [one.provider for one in offered[Channel.VOICE]] == ["aliyun", "second"]
    assert [one.provider for one in offered[Channel.DINGTALK]] == ["dingtalk"]
    assert set(offered) == set(Channel) - {Channel.WEBHOOK, Channel.WECOM_BOT, Channel.SMTP}
    assert "s3cret" not in repr(offered)


def test_without_settings_there_are_log_and_siren_only(client: httpx.AsyncClient, clock: ManualClock) -> None:
    assert set(build(ChannelsConfig(), client=client, publish=_publish, clock=clock)) == {
        Channel.LOG,
        Channel.MQTT,
    }


def test_without_a_broker_there_is_no_siren(client: httpx.AsyncClient, clock: ManualClock) -> None:
    assert set(build(ChannelsConfig(), client=client, publish=None, clock=clock)) == {Channel.LOG}
