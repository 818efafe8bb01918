"""Settings of the response engine: escalator, relay, policies and channels.

Every field has a bound and a default with its reason; unknown keys are refused. Secrets are given
in place or by file (`…_file`), never both, and never print.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

SECRET_BYTES_MAX = 4096


class _Config(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def read_secret(name: str, value: SecretStr | None, file: Path | None) -> str | None:
    """Read a secret from its value or its file, without surrounding white space; None when neither is set.

    Raises `ValueError` with a sentence when the file cannot be read, is empty or too large.
    """
    if value is not None:
        return value.get_secret_value()
    if file is None:
        return None
    try:
        with file.open("rb") as opened:
            raw = opened.read(SECRET_BYTES_MAX + 1)
    except OSError as error:
        raise ValueError(
            f"{name}_file: {file} cannot be read ({error.strerror}): write the secret into it"
        ) from error
    if len(raw) > SECRET_BYTES_MAX:
        raise ValueError(
            f"{name}_file: {file} is larger than {SECRET_BYTES_MAX} bytes: it should hold one secret"
        )
    try:
        text = raw.decode().strip()
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{name}_file: {file} is not UTF-8 text: write the secret into it as text"
        ) from error
    if not text:
        raise ValueError(f"{name}_file: {file} is empty: write the secret into it")
    return text


def _one_of(name: str, value: SecretStr | None, file: Path | None) -> None:
    if value is not None and file is not None:
        raise ValueError(f"give {name} or {name}_file, not both")


class PolicyConfig(_Config):
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


class EscalatorConfig(_Config):
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


class RelayConfig(_Config):
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


class _HttpChannel(_Config):
    time_limit_seconds: float = Field(
        default=8.0,
        gt=0,
        le=30.0,
        description="Longest a sending may take; a village has 180 s, of which one hanging provider may take this.",
    )
    allow: tuple[str, ...] = Field(
        default=(),
        max_length=100,
        description="Hosts (`host` or `host:port`) that may be called although they are neither https nor loopback, or are private addresses.",
    )


class WebhookConfig(_HttpChannel):
    """A web address that is told, signed."""

    signing_key: SecretStr | None = Field(
        default=None, description="Key of the HMAC-SHA256 signature; at least 16 characters."
    )
    signing_key_file: Path | None = Field(default=None, description="File that holds the signing key.")
    per_minute: int = Field(
        default=600, ge=1, le=100_000, description="Most notices a minute to one address; ten a second."
    )

    @model_validator(mode="after")
    def _check(self) -> WebhookConfig:
        _one_of("signing_key", self.signing_key, self.signing_key_file)
        if self.signing_key is not None and len(self.signing_key.get_secret_value()) < 16:
            raise ValueError(
                "signing_key: use at least 16 characters, for example from `openssl rand -hex 32`"
            )
        return self

    def key(self) -> str:
        """Read the signing key; raises `ValueError` when there is none or it is too short."""
        key = read_secret("signing_key", self.signing_key, self.signing_key_file)
        if key is None:
            raise ValueError(
                "signing_key: set signing_key_file, so that receivers can tell our calls from others'"
            )
        if len(key) < 16:
            raise ValueError(
                "signing_key: use at least 16 characters, for example from `openssl rand -hex 32`"
            )
        return key


class WecomBotConfig(_HttpChannel):
    """A group bot of WeCom (企业微信群机器人)."""

    base_url: str = Field(
        default="https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
        max_length=500,
        description="Address of the bot service; a private deployment has its own.",
    )
    per_minute: int = Field(
        default=20,
        ge=1,
        le=10_000,
        description="Most messages a minute to one bot; the provider refuses the 21st.",
    )


class SmtpConfig(_Config):
    """A mail server."""

    host: str = Field(min_length=1, max_length=255, description="Name of the mail server.")
    port: int = Field(
        default=587, ge=1, le=65_535, description="Port; 587 for STARTTLS, 465 for TLS, 25 for neither."
    )
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="How the connection is protected; `none` is accepted on loopback only.",
    )
    sender: str = Field(
        min_length=3, max_length=254, description="Address in From, as the server accepts it."
    )
    user: str | None = Field(
        default=None, max_length=254, description="Name for signing in; none means without."
    )
    password: SecretStr | None = Field(default=None, description="Password for signing in.")
    password_file: Path | None = Field(default=None, description="File that holds the password.")
    time_limit_seconds: float = Field(
        default=15.0, gt=0, le=30.0, description="Longest a sending may take, from connection to acceptance."
    )
    per_minute: int = Field(
        default=120,
        ge=1,
        le=100_000,
        description="Most mails a minute to one address; more is a loop, not an alarm.",
    )

    @model_validator(mode="after")
    def _check(self) -> SmtpConfig:
        _one_of("password", self.password, self.password_file)
        if self.security == "none" and self.host not in {"localhost", "127.0.0.1", "::1"}:
            raise ValueError(
                f"security: none would send names and places in the clear to {self.host}: use starttls or tls"
            )
        if self.user is None and (self.password is not None or self.password_file is not None):
            raise ValueError(
                "user: a password without a user cannot sign in: set user, or leave the password out"
            )
        return self


class SirenConfig(_Config):
    """Siren and loudspeaker of a village's collector."""

    time_limit_seconds: float = Field(
        default=5.0, gt=0, le=30.0, description="Longest the hand-over to the broker may take."
    )
    sound_seconds: float = Field(
        default=60.0,
        gt=0,
        le=600.0,
        description="How long the siren sounds; a minute wakes a lane, more drives it mad.",
    )
    per_minute: int = Field(
        default=10,
        ge=1,
        le=600,
        description="Most orders a minute to one collector; the siren is not a horn.",
    )


class ChannelsConfig(_Config):
    """Which ways of reaching people are there; a channel that is not configured is not offered."""

    log: bool = Field(
        default=True, description="Write notices to the log; for demonstrations and as a last trace."
    )
    webhook: WebhookConfig | None = Field(default=None, description="Signed calls to web addresses.")
    wecom_bot: WecomBotConfig | None = Field(default=None, description="WeCom group bots.")
    smtp: SmtpConfig | None = Field(default=None, description="Mail.")
    siren: SirenConfig | None = Field(
        default_factory=SirenConfig, description="Sirens and loudspeakers of collectors, over MQTT."
    )


class AlertsConfig(_Config):
    """The response engine."""

    policy: PolicyConfig = Field(default_factory=PolicyConfig, description="Where the rules come from.")
    escalator: EscalatorConfig = Field(
        default_factory=EscalatorConfig, description="How deadlines are fired."
    )
    relay: RelayConfig = Field(default_factory=RelayConfig, description="How notices are sent.")
    channels: ChannelsConfig = Field(default_factory=ChannelsConfig, description="Ways of reaching people.")

    @model_validator(mode="after")
    def _lease_exceeds_limits(self) -> AlertsConfig:
        limits = [
            one.time_limit_seconds
            for one in (
                self.channels.webhook,
                self.channels.wecom_bot,
                self.channels.smtp,
                self.channels.siren,
            )
            if one is not None
        ]
        longest = max(limits, default=0.0)
        if self.relay.lease_seconds < longest + 10:
            raise ValueError(
                f"relay.lease_seconds: {self.relay.lease_seconds:g} s is shorter than the longest time limit of a "
                f"channel ({longest:g} s) and 10 s: a notice would be sent twice; write {longest + 10:g} or more"
            )
        return self
