"""Settings of the channels; each class stands for one kind of provider.

Every field has a bound and a default with its reason; the settings of short messages and calls, with
their registered templates, stand in `phone_config`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator

from tocsin.alerts.channels.phone_config import SmsConfig, VoiceConfig
from tocsin.alerts.channels.secret import Config, HttpChannel, needed, one_of, read_secret

PROVIDERS_MAX = 4


class WebhookConfig(HttpChannel):
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
        one_of("signing_key", self.signing_key, self.signing_key_file)
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


class WecomBotConfig(HttpChannel):
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


class WecomAppConfig(HttpChannel):
    """An application of the enterprise in WeCom (企业微信自建应用), which writes to single members."""

    corp_id: str = Field(
        pattern=r"^[A-Za-z0-9_-]{4,64}$", description="Id of the enterprise (企业ID), from 我的企业."
    )
    agent_id: int = Field(ge=1, description="Id of the application (AgentId).")
    secret: SecretStr | None = Field(default=None, description="Secret of the application.")
    secret_file: Path | None = Field(default=None, description="File that holds the secret.")
    base_url: str = Field(
        default="https://qyapi.weixin.qq.com",
        max_length=500,
        description="Address of the service; a private deployment has its own.",
    )
    duplicate_check_seconds: int = Field(
        default=1800,
        ge=60,
        le=14_400,
        description="How long the provider drops a repetition of the same message; half an hour is its own default.",
    )
    per_minute: int = Field(
        default=6000,
        ge=1,
        le=100_000,
        description="Most messages a minute of the application; the provider takes 10,000 calls of one interface.",
    )
    person_per_minute: int = Field(
        default=30,
        ge=1,
        le=1000,
        description="Most messages a minute to one member; the provider drops the 31st without saying so.",
    )
    person_per_hour: int = Field(
        default=1000,
        ge=1,
        le=100_000,
        description="Most messages an hour to one member; the provider's bound.",
    )

    @model_validator(mode="after")
    def _check(self) -> WecomAppConfig:
        one_of("secret", self.secret, self.secret_file)
        return self

    def key(self) -> str:
        """Read the application's secret; raises `ValueError` when there is none."""
        return needed("secret", self.secret, self.secret_file)


class DingtalkConfig(HttpChannel):
    """Group bots of DingTalk (钉钉自定义机器人)."""

    base_url: str = Field(
        default="https://oapi.dingtalk.com/robot/send",
        max_length=500,
        description="Address of the bot service.",
    )
    at_all: bool = Field(
        default=True,
        description="Call everybody in the group by @所有人, so that it rings in a muted group too; never for a recall.",
    )
    per_minute: int = Field(
        default=19,
        ge=1,
        le=10_000,
        description="Most messages a minute to one bot; one below the provider's 20, whose 21st costs ten minutes.",
    )


class FeishuConfig(HttpChannel):
    """Group bots of Feishu (飞书自定义机器人)."""

    base_url: str = Field(
        default="https://open.feishu.cn/open-apis/bot/v2/hook",
        max_length=500,
        description="Address of the bot service; Lark and private deployments have their own.",
    )
    at_all: bool = Field(
        default=True,
        description="Call everybody in the group by @所有人, so that it rings in a muted group too; never for a recall.",
    )
    per_minute: int = Field(
        default=100, ge=1, le=10_000, description="Most messages a minute to one bot; the provider's bound."
    )
    per_second: int = Field(
        default=5, ge=1, le=1000, description="Most messages a second to one bot; the provider's bound."
    )


class WebPushConfig(HttpChannel):
    """Pushes to browsers (RFC 8030); a bonus, because few phones in mainland China can take them."""

    key_file: Path = Field(
        default=Path("data/centre/web_push.pem"),
        description="File of the key that signs the pushes (VAPID); made at the first start. The same on all machines.",
    )
    contact: str = Field(
        pattern=r"^(mailto:[^\s@]+@[^\s@]+|https://\S+)$",
        max_length=254,
        description="Whom the push service may ask about us: `mailto:ops@example.org` or an https page.",
    )
    ttl_seconds_max: int = Field(
        default=600,
        ge=0,
        le=86_400,
        description="Longest the push service keeps a push for a browser that is off; never longer than the notice's time.",
    )
    per_minute: int = Field(
        default=60,
        ge=1,
        le=10_000,
        description="Most pushes a minute to one browser; more is a loop, not an alarm.",
    )


class SmtpConfig(Config):
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
        one_of("password", self.password, self.password_file)
        if self.security == "none" and self.host not in {"localhost", "127.0.0.1", "::1"}:
            raise ValueError(
                f"security: none would send names and places in the clear to {self.host}: use starttls or tls"
            )
        if self.user is None and (self.password is not None or self.password_file is not None):
            raise ValueError(
                "user: a password without a user cannot sign in: set user, or leave the password out"
            )
        return self


class SirenConfig(Config):
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


class ChannelsConfig(Config):
    """Which ways of reaching people are there; a channel that is not configured is not offered."""

    log: bool = Field(
        default=True, description="Write notices to the log; for demonstrations and as a last trace."
    )
    webhook: WebhookConfig | None = Field(default=None, description="Signed calls to web addresses.")
    wecom_bot: WecomBotConfig | None = Field(default=None, description="WeCom group bots.")
    wecom_app: WecomAppConfig | None = Field(default=None, description="WeCom application messages.")
    dingtalk: DingtalkConfig | None = Field(default=None, description="DingTalk group bots.")
    feishu: FeishuConfig | None = Field(default=None, description="Feishu group bots.")
    sms: tuple[SmsConfig, ...] = Field(
        default=(),
        max_length=PROVIDERS_MAX,
        description="Providers of short messages, best first; a second one stands in when the first fails.",
    )
    voice: tuple[VoiceConfig, ...] = Field(
        default=(),
        max_length=PROVIDERS_MAX,
        description="Providers of calls, best first; a second one stands in when the first fails.",
    )
    smtp: SmtpConfig | None = Field(default=None, description="Mail.")
    web_push: WebPushConfig | None = Field(default=None, description="Pushes to browsers.")
    siren: SirenConfig | None = Field(
        default_factory=SirenConfig, description="Sirens and loudspeakers of collectors, over MQTT."
    )

    @model_validator(mode="after")
    def _names_differ(self) -> ChannelsConfig:
        for field, providers in (("sms", self.sms), ("voice", self.voice)):
            names = [one.name for one in providers]
            if len(set(names)) != len(names):
                raise ValueError(f"{field}: two providers have the same name: give each a `name` of its own")
        return self

    def time_limit_seconds_max(self) -> float:
        """Give the longest time limit of all channels."""
        configured = (
            self.webhook,
            self.wecom_bot,
            self.wecom_app,
            self.dingtalk,
            self.feishu,
            *self.sms,
            *self.voice,
            self.smtp,
            self.web_push,
            self.siren,
        )
        return max((one.time_limit_seconds for one in configured if one is not None), default=0.0)
