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


def test_without_settings_there_are_log_and_siren_only(client: httpx.AsyncClient, clock: ManualClock) -> None:
    assert set(build(ChannelsConfig(), client=client, publish=_publish, clock=clock)) == {
        Channel.LOG,
        Channel.MQTT,
    }


def test_without_a_broker_there_is_no_siren(client: httpx.AsyncClient, clock: ManualClock) -> None:
    assert set(build(ChannelsConfig(), client=client, publish=None, clock=clock)) == {Channel.LOG}
