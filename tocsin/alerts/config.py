"""Settings of the response engine: escalator, relay and policies; those of the channels stand with them.

Every field has a bound and a default with its reason; unknown keys are refused. Secrets are given
in place or by file (`…_file`), never both, and never print.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, model_validator

from tocsin.alerts.channels.config import (
    ChannelsConfig,
    SirenConfig,
    SmtpConfig,
    WebhookConfig,
    WecomBotConfig,
)
from tocsin.alerts.channels.secret import Config, read_secret
from tocsin.alerts.throttle import Rate
from tocsin.core.responders import Channel

__all__ = [
    "AlarmKeeperConfig",
    "AlertsConfig",
    "ChannelTestConfig",
    "ChannelsConfig",
    "EscalatorConfig",
    "HookConfig",
    "LinkWatchConfig",
    "PolicyConfig",
    "RelayConfig",
    "SirenConfig",
    "SmtpConfig",
    "WebhookConfig",
    "WecomBotConfig",
    "read_secret",
]


class PolicyConfig(Config):
    """Where the rules of response come from."""

    directory: Path | None = Field(
        default=None,
        description="Folder of policy files (*.yaml), one per area; none means the one that is shipped.",
    )
    speed: float = Field(
        default=1.0,
        ge=1.0,
        le=1000.0,
        description="Divides every duration of the policy; for demonstrations and drills only. 1 is real time.",
    )


class EscalatorConfig(Config):
    """How deadlines are fired."""

    batch: int = Field(
        default=500,
        ge=1,
        le=2000,
        description="Incidents decided in one transaction; 500 keeps a transaction under about 300 ms.",
    )
    wait_seconds_max: float = Field(
        default=1.0,
        gt=0,
        le=1.0,
        description="Longest sleep; a dead database connection is noticed no later than this.",
    )
    isolated_backoff_seconds: float = Field(
        default=5.0,
        gt=0,
        le=600.0,
        description="First pause for an incident whose deadline cannot be decided; doubles up to the maximum.",
    )
    isolated_backoff_seconds_max: float = Field(
        default=300.0,
        gt=0,
        le=3600.0,
        description="Longest such pause; five minutes, so that a repaired fault heals by itself.",
    )


class AlarmKeeperConfig(Config):
    """How alarms are looked at again: delays, shelves, maintenance windows, root causes."""

    batch: int = Field(
        default=200,
        ge=1,
        le=2000,
        description="Alarms stepped in one transaction; 200 keeps the locks of a township short.",
    )
    wait_seconds_max: float = Field(
        default=1.0,
        gt=0,
        le=1.0,
        description="Longest sleep; an alarm that becomes due meanwhile is looked at no later than this.",
    )
    count_seconds: float = Field(
        default=15.0,
        gt=0,
        le=600.0,
        description="How often the metrics of standing alarms are counted; about as often as they are read.",
    )


class LinkWatchConfig(Config):
    """When a collector counts as gone."""

    enabled: bool = Field(
        default=True,
        description="Raise an alarm for a collector that is gone; off where another system does.",
    )
    every_seconds: float = Field(
        default=5.0, gt=0, le=60.0, description="How often all links are looked at; one query."
    )
    offline_seconds: float = Field(
        default=60.0,
        ge=5.0,
        le=3600.0,
        description="How long a collector may be gone; most links come back within a minute by themselves.",
    )
    missed_heartbeats: int = Field(
        default=3,
        ge=2,
        le=100,
        description="So many heartbeats must be missing besides, where the link itself says nothing.",
    )
    stopped_seconds: float = Field(
        default=600.0,
        ge=5.0,
        le=86_400.0,
        description="The same for a collector that somebody stopped; an update takes less than ten minutes.",
    )
    listening_seconds: float = Field(
        default=10.0,
        ge=2.0,
        le=300.0,
        description="Ingest that wrote nothing for so long does not listen: nobody is judged until it does again.",
    )


class RelayConfig(Config):
    """How notices are sent."""

    concurrency: int = Field(
        default=64,
        ge=1,
        le=1000,
        description="Notices on the way at one time, all channels together.",
    )
    channel_concurrency: int = Field(
        default=24,
        ge=1,
        le=1000,
        description="The same for one channel, so that a provider that hangs cannot take all places.",
    )
    lease_seconds: float = Field(
        default=45.0,
        ge=5.0,
        le=600.0,
        description="How long a claimed notice is ours; must exceed the longest time limit of a channel by 10 s.",
    )
    attempts: int = Field(
        default=4,
        ge=1,
        le=20,
        description="Tries on one channel before it counts as failed and the next channel is called.",
    )
    retry_seconds: float = Field(
        default=3.0,
        gt=0,
        le=600.0,
        description="Pause after a try without an understandable answer; doubles with every try.",
    )
    wait_seconds_max: float = Field(
        default=1.0,
        gt=0,
        le=1.0,
        description="Longest sleep between looks into the outbox.",
    )
    link_base: str = Field(
        default="",
        max_length=500,
        description="Address under which people reach the pages (`public_url`); empty sends no links.",
    )
    person_per_minute: int = Field(
        default=12,
        ge=1,
        le=1000,
        description="Most notices a minute to one person over all channels that have budgets; more cannot be read.",
    )
    person_per_hour: int = Field(
        default=200,
        ge=1,
        le=2000,
        description="The same in an hour; a night of floods has its bound, too.",
    )

    def person_rates(self) -> tuple[Rate, ...]:
        """Give what one person may be told."""
        return (
            Rate(self.person_per_minute, timedelta(minutes=1)),
            Rate(self.person_per_hour, timedelta(hours=1)),
        )


class HookConfig(Config):
    """One way in for a provider's receipts and replies: `/api/hooks/{name}/{secret}`."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$", description="Name in the address: `aliyun-sms`.")
    form: Literal["aliyun_sms", "aliyun_voice", "tencent_sms", "webhook"] = Field(
        description="What the provider sends: its reports and replies as it publishes them, or our own form."
    )
    provider: str = Field(
        default="",
        pattern=r"^([a-z][a-z0-9_-]{0,31})?$",
        description="Name of the provider among those of the channel; empty for `aliyun`, `tencent` or `webhook`.",
    )
    secret: SecretStr | None = Field(
        default=None, description="Last part of the address; at least 16 characters of A-Z a-z 0-9 _ -."
    )
    secret_file: Path | None = Field(default=None, description="File that holds it.")

    @model_validator(mode="after")
    def _check(self) -> HookConfig:
        if (self.secret is None) == (self.secret_file is None):
            raise ValueError("give secret_file, or secret, and not both: the address must not be guessed")
        return self

    def key(self) -> bytes:
        """Read the secret; raises `ValueError` with what to write when it is missing or no part of an address."""
        found = read_secret("secret", self.secret, self.secret_file) or ""
        if not re.fullmatch(r"[A-Za-z0-9_-]{16,200}", found):
            raise ValueError(
                "secret: use 16 to 200 of A-Z a-z 0-9 _ -, for example from `openssl rand -hex 24`"
            )
        return found.encode()


class ChannelTestConfig(Config):
    """The weekly test of everybody's channels."""

    weekly: bool = Field(
        default=False,
        description="Test every channel of everybody once a week. Off by default: it sends messages that cost money.",
    )
    weekdays: tuple[Annotated[int, Field(ge=1, le=7)], ...] = Field(
        default=(1, 2, 3, 4, 5),
        min_length=1,
        max_length=7,
        description="Days of the week, 1 is Monday; each person and channel has its own of these.",
    )
    from_hour: int = Field(
        default=9, ge=6, le=20, description="First hour, Beijing time; nobody is tested before 6."
    )
    until_hour: int = Field(
        default=18, ge=7, le=21, description="End of the last hour, Beijing time; nobody is tested after 21."
    )
    channels: tuple[Channel, ...] = Field(
        default=(Channel.WECOM_APP, Channel.SMS, Channel.VOICE, Channel.WEB_PUSH, Channel.SMTP),
        max_length=len(Channel),
        description="Channels that are tested weekly. Bots are left out: each member would write to the whole group.",
    )

    @model_validator(mode="after")
    def _check(self) -> ChannelTestConfig:
        if self.until_hour <= self.from_hour:
            raise ValueError("until_hour: write a later hour than from_hour, so that there is time to test")
        return self


class AlertsConfig(Config):
    """The response engine."""

    policy: PolicyConfig = Field(default_factory=PolicyConfig, description="Where the rules come from.")
    escalator: EscalatorConfig = Field(
        default_factory=EscalatorConfig, description="How deadlines are fired."
    )
    alarms: AlarmKeeperConfig = Field(
        default_factory=AlarmKeeperConfig, description="How alarms are looked at again."
    )
    link: LinkWatchConfig = Field(
        default_factory=LinkWatchConfig, description="When a collector counts as gone."
    )
    relay: RelayConfig = Field(default_factory=RelayConfig, description="How notices are sent.")
    channels: ChannelsConfig = Field(default_factory=ChannelsConfig, description="Ways of reaching people.")
    hooks: tuple[HookConfig, ...] = Field(
        default=(), max_length=20, description="Where providers report receipts and replies."
    )
    channel_tests: ChannelTestConfig = Field(
        default_factory=ChannelTestConfig, description="Tests of people's channels."
    )

    @model_validator(mode="after")
    def _hooks_differ(self) -> AlertsConfig:
        names = [hook.name for hook in self.hooks]
        if len(set(names)) != len(names):
            raise ValueError("hooks: two have the same name: give each one of its own")
        return self

    @model_validator(mode="after")
    def _lease_exceeds_limits(self) -> AlertsConfig:
        longest = self.channels.time_limit_seconds_max()
        if self.relay.lease_seconds < longest + 10:
            raise ValueError(
                f"relay.lease_seconds: {self.relay.lease_seconds:g} s is shorter than the longest time limit of a "
                f"channel ({longest:g} s) and 10 s: a notice would be sent twice; write {longest + 10:g} or more"
            )
        return self
