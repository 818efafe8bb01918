"""Settings of short messages and calls: accounts of providers, and the templates registered with them.

A provider in China sends registered texts only. Our templates (`call`, `recall`, …) are mapped to the
codes of registered ones; `*` stands for every other but a recall and a test. What is mapped nowhere is not sent.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, StringConstraints, model_validator

from tocsin.alerts.channels.secret import Config, HttpChannel, needed, one_of

ANY_OTHER = "*"
Word = Literal["what", "where", "grade", "began", "by", "title", "text", "token", "reply"]
TemplateName = Annotated[str, StringConstraints(pattern=r"^([a-z_]{1,40}|\*)$")]
ParameterName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,31}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,64}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[0-9*#]$")]
ProviderName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]


class NamedTemplate(Config):
    """A registered template whose variables have names (Aliyun)."""

    code: Code = Field(description="Code of the registered template, `SMS_…` or `TTS_…`.")
    parameters: dict[ParameterName, Word] = Field(
        default_factory=dict,
        max_length=20,
        description="Name of each of its variables, and which of our words goes in; `token` is the end of the link.",
    )


class CallTemplate(NamedTemplate):
    """A registered text that is read aloud, and the keys that the called person may press."""

    keys: dict[Key, Code] = Field(
        default_factory=dict,
        max_length=12,
        description="Keys that answer the call, each with the registered text that is read when it is pressed; none only reads.",
    )


class OrderedTemplate(Config):
    """A registered template whose variables are numbered {1}, {2}, … (Tencent)."""

    code: Code = Field(description="Id of the registered template.")
    parameters: tuple[Word, ...] = Field(
        default=(), max_length=20, description="Which of our words goes into {1}, {2}, …"
    )


class _Provider(HttpChannel):
    characters_max: int = Field(
        default=35,
        ge=4,
        le=500,
        description="Longest a variable may be; 35 is the bound of Aliyun's ordinary variables. Longer is cut.",
    )


class _Aliyun(_Provider):
    kind: Literal["aliyun"] = Field(default="aliyun", description="Alibaba Cloud (阿里云).")
    access_key_id: str = Field(
        pattern=r"^[A-Za-z0-9]{8,64}$", description="AccessKey ID of a RAM user that may do nothing else."
    )
    access_key_secret: SecretStr | None = Field(default=None, description="AccessKey Secret of that user.")
    access_key_secret_file: Path | None = Field(default=None, description="File that holds it.")

    @model_validator(mode="after")
    def _check(self) -> _Aliyun:
        one_of("access_key_secret", self.access_key_secret, self.access_key_secret_file)
        return self

    def key(self) -> str:
        """Read the secret; raises `ValueError` when there is none."""
        return needed("access_key_secret", self.access_key_secret, self.access_key_secret_file)


class AliyunSmsConfig(_Aliyun):
    """Short messages by Alibaba Cloud (阿里云短信服务)."""

    name: ProviderName = Field(default="aliyun", description="Name shown for this provider.")
    signature: str = Field(
        min_length=2, max_length=30, description="Registered signature (短信签名), without 【】."
    )
    templates: dict[TemplateName, NamedTemplate] = Field(
        min_length=1,
        max_length=50,
        description="Our templates and the registered ones that stand for them; `*` for every other but `recall`, `test` and `sweep`.",
    )
    base_url: str = Field(
        default="https://dysmsapi.aliyuncs.com/", max_length=500, description="Address of the service."
    )
    per_minute: int = Field(
        default=3000, ge=1, le=300_000, description="Most messages a minute of the account; 50 a second."
    )
    number_per_minute: int = Field(
        default=10,
        ge=1,
        le=50,
        description="Most messages a minute to one number; set the console's bound alike.",
    )
    number_per_hour: int = Field(
        default=30,
        ge=1,
        le=50,
        description="Most messages an hour to one number; set the console's bound alike.",
    )
    number_per_day: int = Field(
        default=50,
        ge=1,
        le=1000,
        description="Most messages a day to one number; the provider's for one template.",
    )


class TencentSmsConfig(_Provider):
    """Short messages by Tencent Cloud (腾讯云短信)."""

    kind: Literal["tencent"] = Field(description="Tencent Cloud (腾讯云).")
    name: ProviderName = Field(default="tencent", description="Name shown for this provider.")
    secret_id: str = Field(
        pattern=r"^[A-Za-z0-9]{8,64}$", description="SecretId of a CAM user that may do nothing else."
    )
    secret_key: SecretStr | None = Field(default=None, description="SecretKey of that user.")
    secret_key_file: Path | None = Field(default=None, description="File that holds it.")
    app_id: str = Field(pattern=r"^[0-9]{5,20}$", description="SmsSdkAppId of the application.")
    signature: str = Field(
        min_length=2, max_length=30, description="Registered signature (短信签名), without 【】."
    )
    region: str = Field(
        default="ap-guangzhou", pattern=r"^[a-z]+-[a-z0-9-]+$", description="Region of the service."
    )
    base_url: str = Field(
        default="https://sms.tencentcloudapi.com/", max_length=500, description="Address of the service."
    )
    templates: dict[TemplateName, OrderedTemplate] = Field(
        min_length=1,
        max_length=50,
        description="Our templates and the registered ones that stand for them; `*` for every other but `recall`, `test` and `sweep`.",
    )
    per_minute: int = Field(
        default=3000, ge=1, le=300_000, description="Most messages a minute of the account; 50 a second."
    )
    number_per_half_minute: int = Field(
        default=1, ge=1, le=50, description="Most messages in 30 s to one number; the console's own default."
    )
    number_per_hour: int = Field(
        default=10,
        ge=1,
        le=1000,
        description="Most messages an hour to one number; set the console's bound alike.",
    )
    number_per_day: int = Field(
        default=10,
        ge=1,
        le=1000,
        description="Most messages a day to one number; raise it here and in the console.",
    )

    @model_validator(mode="after")
    def _check(self) -> TencentSmsConfig:
        one_of("secret_key", self.secret_key, self.secret_key_file)
        return self

    def key(self) -> str:
        """Read the secret; raises `ValueError` when there is none."""
        return needed("secret_key", self.secret_key, self.secret_key_file)


class AliyunVoiceConfig(_Aliyun):
    """Calls by Alibaba Cloud that read a text aloud (阿里云语音服务)."""

    name: ProviderName = Field(default="aliyun", description="Name shown for this provider.")
    shown_number: str | None = Field(
        default=None,
        pattern=r"^[0-9]{5,20}$",
        description="Number that the called person sees (专属模式); none calls from the provider's pool (公共模式).",
    )
    templates: dict[TemplateName, CallTemplate] = Field(
        min_length=1,
        max_length=50,
        description="Our templates and the registered ones that stand for them; `*` for every other but `recall`, `test` and `sweep`.",
    )
    key_seconds: float = Field(
        default=5.0, ge=1.0, le=30.0, description="How long a key is waited for after the text was read."
    )
    play_times: int = Field(
        default=2,
        ge=1,
        le=3,
        description="How often the text is read; twice, because the first words are missed.",
    )
    base_url: str = Field(
        default="https://dyvmsapi.aliyuncs.com/", max_length=500, description="Address of the service."
    )
    per_minute: int = Field(default=600, ge=1, le=60_000, description="Most calls a minute of the account.")
    number_per_minute: int = Field(
        default=1, ge=1, le=60, description="Most calls a minute to one number; the provider's bound."
    )
    number_per_hour: int = Field(
        default=5, ge=1, le=600, description="Most calls an hour to one number; the provider's bound."
    )
    number_per_day: int = Field(
        default=20, ge=1, le=1000, description="Most calls in 24 hours to one number; the provider's bound."
    )

    @model_validator(mode="after")
    def _keys_need_a_number(self) -> AliyunVoiceConfig:
        if self.shown_number is None and any(one.keys for one in self.templates.values()):
            raise ValueError(
                "shown_number: calls that take keys are made from a number of one's own: buy one and set it"
            )
        return self


SmsConfig = Annotated[AliyunSmsConfig | TencentSmsConfig, Field(discriminator="kind")]
VoiceConfig = AliyunVoiceConfig
