"""How a paho client is made and connected by the settings."""

from __future__ import annotations

import ssl
from typing import Final

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tocsin.core.errors import Rejected
from tocsin.ingest.config import MqttConfig
from tocsin.ingest.protocol import speaks_five

OUTGOING_MAX: Final = 20_000
"""Receipts waiting for the network; beyond it `publish` says `Transient`."""


def password(config: MqttConfig) -> str | None:
    """Read the password; raises `Rejected` (`mqtt.password_file`)."""
    if config.password_file is None:
        return None
    try:
        lines = config.password_file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Rejected(
            "mqtt.password_file", f"cannot read the broker's password from {config.password_file}: {error}"
        ) from error
    if not lines or not lines[0].strip():
        raise Rejected(
            "mqtt.password_file",
            f"{config.password_file} is empty: write the broker's password in its first line",
        )
    return lines[0].strip()


def make_client(config: MqttConfig, identifier: str, version: int, *, persistent: bool) -> paho.Client:
    """Make a client that is not connected; raises `Rejected` (`mqtt.password_file`, `mqtt.tls`)."""
    five = version == paho.MQTTv5
    made = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=identifier,
        clean_session=None if five else not persistent,
        protocol=MQTTProtocolVersion(version),
        reconnect_on_failure=False,
        manual_ack=True,
    )
    made.connect_timeout = config.connect_seconds
    made.max_queued_messages_set(OUTGOING_MAX)
    if config.username is not None:
        made.username_pw_set(config.username, password(config))
    context = tls_context(config)
    if context is not None:
        made.tls_set_context(context)
    return made


def tls_context(config: MqttConfig) -> ssl.SSLContext | None:
    """Build the TLS context, None without TLS; raises `Rejected` (`mqtt.tls`)."""
    if not config.tls:
        return None
    try:
        context = ssl.create_default_context(cafile=config.ca_file)
        if config.certificate_file is not None:
            context.load_cert_chain(config.certificate_file, config.key_file)
    except (OSError, ssl.SSLError) as error:
        raise Rejected("mqtt.tls", f"cannot use the TLS files of the broker: {error}") from error
    return context


def choose_version(config: MqttConfig) -> int:
    """Give paho's number of the protocol to speak, asking the broker where the settings say `auto`.

    Blocks; raises `OSError` when nobody listens, `Rejected` (`mqtt.tls`).
    """
    match config.protocol:
        case "5":
            return paho.MQTTv5
        case "3.1.1":
            return paho.MQTTv311
        case "auto":
            return paho.MQTTv5 if speaks_five(config, tls_context(config)) else paho.MQTTv311


def connect(client: paho.Client, config: MqttConfig, *, persistent: bool) -> None:
    """Open the socket and send CONNECT; blocks, and raises `OSError`."""
    if client.protocol != paho.MQTTv5:
        client.connect(config.host, config.port, config.keepalive_seconds)
        return
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho has no annotation here
    properties.ReceiveMaximum = config.receive_maximum
    properties.SessionExpiryInterval = config.session_expiry_seconds if persistent else 0
    client.connect(
        config.host,
        config.port,
        config.keepalive_seconds,
        clean_start=not persistent,
        properties=properties,
    )
