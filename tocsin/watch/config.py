"""Settings of the watcher: what it takes for wrong, and whom it pages by which channels of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from tocsin.alerts.config import ChannelsConfig
from tocsin.core.responders import Channel
from tocsin.watch.limits import LimitsConfig


class _Config(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PageTo(_Config):
    """One address that is paged."""

    channel: Channel = Field(
        description="By which of the watcher's channels: webhook, sms, voice, smtp, wecom_bot, dingtalk, feishu."
    )
    address: str = Field(
        min_length=1, max_length=500, description="Number, mail address or web address, by channel."
    )
    tickets: bool = Field(
        default=False, description="Also tell what can wait until day. False: only what pages."
    )


class LampMqttConfig(_Config):
    """A broker that carries the lamp's colour; better not the broker that is watched."""

    host: str = Field(min_length=1, max_length=253, description="Name of the broker.")
    port: int = Field(default=1883, ge=1, le=65_535, description="Its port; 8883 with TLS.")
    topic: str = Field(
        default="tocsin/lamp",
        min_length=1,
        max_length=200,
        pattern=r"^[^+#\x00]+$",
        description="Where the colour is written, retained.",
    )
    username: str | None = Field(default=None, max_length=200, description="Name for signing in.")
    password: SecretStr | None = Field(default=None, description="Password for signing in.")
    password_file: Path | None = Field(default=None, description="File that holds the password.")
    tls: bool = Field(default=False, description="Speak TLS, trusting the system's certificates.")


class LampConfig(_Config):
    """A lamp that people see: green, yellow (tickets), red (pages)."""

    webhook: str | None = Field(
        default=None,
        max_length=500,
        pattern=r"^https?://",
        description="Web address that is told `{lamp, findings, at}`, at every change and every half minute.",
    )
    mqtt: LampMqttConfig | None = Field(default=None, description="Broker that is told the same.")
    every_seconds: float = Field(
        default=30.0,
        ge=1,
        le=600,
        description="How often the colour is said again, so that a lamp can tell a silent watcher from a green one.",
    )

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.webhook is None and self.mqtt is None:
            raise ValueError("write webhook or mqtt, or leave lamp out")
        return self


class WatchConfig(_Config):
    """The watcher."""

    site: str = Field(
        default="Tocsin", min_length=1, max_length=40, description="Name of this centre in pages."
    )
    language: Literal["zh", "en"] = Field(default="zh", description="Language of findings and pages.")
    every_seconds: float = Field(
        default=1.0, ge=0.2, le=60, description="Time between two looks; a look is a dozen small questions."
    )
    timeout_seconds: float = Field(
        default=3.0,
        ge=0.5,
        le=30,
        description="Longest one look may take; a database that answers later counts as one that does not answer.",
    )
    raise_after: int = Field(
        default=2,
        ge=1,
        le=100,
        description="Looks in a row that must find something before it counts: one is a hiccup.",
    )
    clear_after: int = Field(
        default=5, ge=1, le=100, description="Looks in a row without it before it counts as over."
    )
    repeat_minutes: float = Field(
        default=15.0, ge=1, le=1440, description="How often a page is repeated while it stands."
    )
    audit_seconds: float = Field(
        default=60.0,
        ge=5,
        le=86_400,
        description="Time between two audits of a sample: hash chains, and deadlines and notices against a replay of the events.",
    )
    audit_incidents: int = Field(
        default=5, ge=0, le=200, description="Incidents in one sample; 0 switches the audits off."
    )
    expect: tuple[str, ...] = Field(
        default=("ingest", "escalator", "relay", "alarm_keeper", "api"),
        max_length=20,
        description="Roles that must beat somewhere; leave out what you do not run.",
    )
    limits: LimitsConfig = Field(default_factory=LimitsConfig, description="From when on something is wrong.")
    disks: dict[str, Path] = Field(
        default_factory=dict,
        max_length=20,
        description="Places on the watcher's own host whose disk it watches, by name. Those of the centre's processes come with their beats.",
    )
    channels: ChannelsConfig = Field(
        default_factory=lambda: ChannelsConfig(siren=None),
        description="The watcher's own channels, with credentials of their own: not those it watches.",
    )
    page: tuple[PageTo, ...] = Field(
        default=(), max_length=50, description="Whom it pages; all at once, for a page must not wait."
    )
    lamp: LampConfig | None = Field(default=None, description="A lamp that shows how things stand.")
    metrics_host: str = Field(
        default="127.0.0.1", min_length=1, max_length=253, description="Address of /metrics and the probes."
    )
    metrics_port: int | None = Field(
        default=9704, ge=0, le=65_535, description="Port of /metrics and the probes; none serves none."
    )
