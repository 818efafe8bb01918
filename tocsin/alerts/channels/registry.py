"""Which channels this process offers, made from the settings; one line per channel."""

from __future__ import annotations

from typing import assert_never

import httpx

from tocsin.alerts.channels.aliyun_sms import AliyunSmsChannel
from tocsin.alerts.channels.aliyun_voice import AliyunVoiceChannel
from tocsin.alerts.channels.config import ChannelsConfig
from tocsin.alerts.channels.dingtalk import DingtalkChannel
from tocsin.alerts.channels.feishu import FeishuChannel
from tocsin.alerts.channels.log import LogChannel
from tocsin.alerts.channels.mqtt import MqttChannel, Publish
from tocsin.alerts.channels.phone_config import AliyunSmsConfig, TencentSmsConfig
from tocsin.alerts.channels.smtp import SmtpChannel
from tocsin.alerts.channels.tencent_sms import TencentSmsChannel
from tocsin.alerts.channels.web_push import WebPushChannel
from tocsin.alerts.channels.webhook import WebhookChannel
from tocsin.alerts.channels.wecom_app import WecomAppChannel
from tocsin.alerts.channels.wecom_bot import WecomBotChannel
from tocsin.alerts.ports import ChannelAdapter
from tocsin.core.clock import Clock
from tocsin.core.responders import Channel


def build(
    config: ChannelsConfig, *, client: httpx.AsyncClient, publish: Publish | None, clock: Clock
) -> dict[Channel, tuple[ChannelAdapter, ...]]:
    """Make the configured channels, the providers of each in order of preference.

    `publish` None leaves the sirens out (a process without a broker).

    Raises `ValueError` or `Rejected` with a sentence when a secret or an address is wrong.
    """
    adapters: list[ChannelAdapter] = []
    if config.log:
        adapters.append(LogChannel())
    if config.webhook is not None:
        adapters.append(WebhookChannel(config.webhook, client, clock))
    if config.wecom_bot is not None:
        adapters.append(WecomBotChannel(config.wecom_bot, client))
    if config.wecom_app is not None:
        adapters.append(WecomAppChannel(config.wecom_app, client, clock))
    if config.dingtalk is not None:
        adapters.append(DingtalkChannel(config.dingtalk, client, clock))
    if config.feishu is not None:
        adapters.append(FeishuChannel(config.feishu, client, clock))
    adapters += [_sms(one, client, clock) for one in config.sms]
    adapters += [AliyunVoiceChannel(one, client, clock) for one in config.voice]
    if config.smtp is not None:
        adapters.append(SmtpChannel(config.smtp, clock))
    if config.web_push is not None:
        adapters.append(WebPushChannel(config.web_push, client, clock))
    if config.siren is not None and publish is not None:
        adapters.append(MqttChannel(config.siren, publish, clock))
    return {
        channel: tuple(one for one in adapters if one.channel is channel)
        for channel in dict.fromkeys(one.channel for one in adapters)
    }


def _sms(
    config: AliyunSmsConfig | TencentSmsConfig, client: httpx.AsyncClient, clock: Clock
) -> ChannelAdapter:
    match config:
        case AliyunSmsConfig():
            return AliyunSmsChannel(config, client, clock)
        case TencentSmsConfig():
            return TencentSmsChannel(config, client, clock)
        case _:
            assert_never(config)
