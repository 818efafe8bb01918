"""Settings of the response engine: escalator, relay and policies; those of the channels stand with them.

Every field has a bound and a default with its reason; unknown keys are refused. Secrets are given
in place or by file (`…_file`), never both, and never print.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator

from tocsin.alerts.channels.config import (
    ChannelsConfig,
    SirenConfig,
    SmtpConfig,
    WebhookConfig,
    WecomBotConfig,
)
from tocsin.alerts.channels.secret import Config, read_secret

__all__ = [
    "AlertsConfig",
    "ChannelsConfig",
    "EscalatorConfig",
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


class AlertsConfig(Config):
    """The response engine."""

    policy: PolicyConfig = Field(default_factory=PolicyConfig, description="Where the rules come from.")
    escalator: EscalatorConfig = Field(
        default_factory=EscalatorConfig, description="How deadlines are fired."
    )
    relay: RelayConfig = Field(default_factory=RelayConfig, description="How notices are sent.")
    channels: ChannelsConfig = Field(default_factory=ChannelsConfig, description="Ways of reaching people.")

    @model_validator(mode="after")
    def _lease_exceeds_limits(self) -> AlertsConfig:
        longest = self.channels.time_limit_seconds_max()
        if self.relay.lease_seconds < longest + 10:
            raise ValueError(
                f"relay.lease_seconds: {self.relay.lease_seconds:g} s is shorter than the longest time limit of a "
                f"channel ({longest:g} s) and 10 s: a notice would be sent twice; write {longest + 10:g} or more"
            )
        return self
