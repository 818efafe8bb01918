"""Everything that can be set at the centre, as one typed tree.

`load` reads a YAML file and the environment (`TOCSIN__STORE__POOL_MAX=20` wins over the file) and
either gives checked `Settings` or raises `Rejected` with every fault at once, each as a sentence.
The types of a part stand with that part; `docs/configuration.md` is made from them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tocsin.alerts.config import AlertsConfig
from tocsin.api.config import ApiConfig
from tocsin.broker import EmbeddedBrokerConfig
from tocsin.core.errors import Rejected
from tocsin.ingest.config import IngestConfig, MqttConfig
from tocsin.store.config import StoreConfig
from tocsin.watch.config import WatchConfig

PREFIX: Final = "TOCSIN__"
FILE_BYTES_MAX: Final = 1024 * 1024


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LogConfig(_Section):
    """How the product speaks to whoever watches its terminal or its journal."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        description="Least important line that is written; `info` is a line per flush of consequence.",
    )
    form: Literal["auto", "text", "json"] = Field(
        default="auto",
        description="`text` for people, `json` for machines, `auto` asks whether a terminal listens.",
    )


class HttpConfig(_Section):
    """Where the API and the console listen."""

    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        max_length=253,
        description="Address to listen on. Loopback by default: put a reverse proxy with TLS before it.",
    )
    port: int = Field(
        default=8700, ge=0, le=65535, description="Port of the API and the console; 0 chooses a free one."
    )


class TelemetryConfig(_Section):
    """Where roles without the API answer `/metrics`, `/healthz` and `/readyz`."""

    host: str = Field(default="127.0.0.1", min_length=1, max_length=253, description="Address to listen on.")
    port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="Port; none means that the API answers, or in a process without it a free port, named in the log.",
    )


class Settings(_Section):
    """The centre."""

    data: Path = Field(
        default=Path("data/centre"),
        description="Folder of everything that is kept here: embedded database, pictures. Relative to the working folder.",
    )
    log: LogConfig = Field(default_factory=LogConfig, description="Logs.")
    http: HttpConfig = Field(default_factory=HttpConfig, description="API and console.")
    telemetry: TelemetryConfig = Field(
        default_factory=TelemetryConfig, description="Metrics of the other roles."
    )
    store: StoreConfig = Field(default_factory=StoreConfig, description="Database and pictures.")
    broker: MqttConfig = Field(default_factory=MqttConfig, description="The broker that collectors speak to.")
    embedded_broker: EmbeddedBrokerConfig | None = Field(
        default=None,
        description="Run a small broker inside the centre, on loopback or a trusted wire; `broker` then points at it by itself. None where Mosquitto or another serves.",
    )
    ingest: IngestConfig = Field(default_factory=IngestConfig, description="From the broker to the database.")
    detectors: Path | None = Field(
        default=None,
        description="The site's `detectors.yaml`, the same file as on its boxes, read again whenever it changes; what is shipped when left out.",
    )
    alerts: AlertsConfig = Field(
        default_factory=AlertsConfig, description="Alarms, incidents, clocks, notices."
    )
    watch: WatchConfig | None = Field(
        default=None,
        description="The watcher, a process of its own (`tocsin watch`). None where nothing watches; the console then says nothing about a watcher that is gone.",
    )
    api: ApiConfig = Field(default_factory=ApiConfig, description="Sign-in and limits of the API.")

    @model_validator(mode="after")
    def _links_need_an_address(self) -> Self:
        if self.alerts.relay.link_base and self.alerts.relay.link_base.rstrip(
            "/"
        ) != self.api.public_url.rstrip("/"):
            raise ValueError(
                "alerts.relay.link_base and api.public_url differ: write the address people use into public_url and leave link_base out, or make both equal"
            )
        return self


def load(path: Path | None, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; without a file the defaults and the environment hold.

    Raises `Rejected` (`settings.file`, `settings.yaml`, `settings.faults`).
    """
    data = _read(path) if path is not None else {}
    for key, text in sorted((os.environ if environment is None else environment).items()):
        if key.startswith(PREFIX):
            _place(data, key.removeprefix(PREFIX).lower().split("__"), _scalar(text), key)
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        raise Rejected("settings.faults", "\n".join(sentences(error))) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise Rejected("settings.file", f"{path} is larger than 1 MiB: that is no settings file")
        data: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Rejected("settings.file", f"cannot read {path}: {error}") from error
    except yaml.YAMLError as error:
        raise Rejected("settings.yaml", f"{path} is not YAML: {error}") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise Rejected(
            "settings.yaml", f"{path} must be a mapping such as `store: {{dsn_file: /etc/tocsin/dsn}}`"
        )
    return data


def _scalar(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def _place(data: dict[str, Any], keys: list[str], value: object, name: str) -> None:
    for key in keys[:-1]:
        inner = data.setdefault(key, {})
        if not isinstance(inner, dict):
            raise Rejected(
                "settings.environment",
                f"{name} reaches into `{key}`, which the file gives a plain value: change one of them",
            )
        data = inner
    data[keys[-1]] = value


def sentences(error: ValidationError) -> list[str]:
    """Say every fault as a sentence that names the place and what to write."""
    said = []
    for fault in error.errors(include_url=False):
        where = ".".join(str(part) for part in fault["loc"]) or "the file"
        message = fault["msg"].removeprefix("Value error, ")
        match fault["type"]:
            case "extra_forbidden":
                message = (
                    "is not a setting: remove it or correct its spelling (docs/configuration.md lists all)"
                )
            case "missing":
                message = "is missing: write it"
            case _:
                shown = repr(fault.get("input"))
                secret = any(word in where for word in ("password", "key", "secret", "dsn"))
                whole = isinstance(fault.get("input"), dict)
                message = message if secret or whole or len(shown) > 60 else f"{message}, not {shown}"
        said.append(f"{where}: {message}")
    return said
